"""A transcript is far too long or too short for its sound.

## What it catches

Transcripts whose number of characters a second is far from what is usual in the dataset: a robust z-score (of the
logarithm) of more than 5, where at least 20 transcripts can be measured. One finding for each transcript.

## Why it matters

A transcript of the wrong file, of half the sound, or of two sounds together is not seen in the text alone; the rate
shows it.

## Example

```yaml
- name: a whole sentence in a tenth of a second
  options: {count: 3}
  items:
    - name: a.wav
      sound: {tone: 440, seconds: 2}
      annotations: [{label: t, geometry: {type: transcript, text: this takes two seconds}}]
    - name: b.wav
      sound: {tone: 440, seconds: 1}
      annotations: [{label: t, geometry: {type: transcript, text: a second}}]
    - name: c.wav
      sound: {tone: 440, seconds: 0.1}
      annotations: [{label: t, geometry: {type: transcript, text: nobody speaks so fast}}]
  findings:
    - annotations: [c.wav/0]
      message: "210 characters a second, 19 times more than usual (11): 'nobody speaks so fast'"
```

## Options

- `z` (default `5.0`): how far from the usual, as a robust z-score.
- `count` (default `20`): how many transcripts are needed to know what is usual.

## False alarms

Numbers and signs that are long to speak and short to write ("1999"); long pauses.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding, cut
from checkdam.measure.robust import robust_z
from checkdam.schema import Finding, Severity, SubjectKind, Transcript

_LEAST_SCALE = float(np.log(1.2))
"""Rates within a fifth of each other count as equal: at the default z a finding is 2.5 times off or more."""


class SpeakingRate:
    name: ClassVar[str] = "speaking-rate"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"sound"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        z: Annotated[float, Meta(gt=0.0)] = 5.0
        count: Annotated[int, Meta(ge=3)] = 20

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        measured = list(_measured(frame, facts))
        rates = np.array([len(text) / seconds for _, text, seconds in measured], dtype=np.float64)
        group = np.zeros(len(rates), dtype=np.int64)
        z, usual = robust_z(np.log(rates), group, options.count, _LEAST_SCALE)
        for at in np.flatnonzero(np.abs(z) > options.z).tolist():
            row, text, seconds = measured[at]
            median = float(np.exp(usual[at]))
            factor = max(rates[at] / median, median / rates[at])
            more = "more" if rates[at] > median else "fewer"
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{rates[at]:.3g} characters a second, {factor:.2g} times {more} than usual ({median:.2g}): "
                + cut(text),
                evidence={"rate": float(rates[at]), "usual": median, "z": float(z[at]), "seconds": seconds},
            )


def _measured(frame: Frame, facts: Facts) -> Iterator[tuple[int, str, float]]:
    """Row, text without outer space, and seconds of each transcript that has a length: its own, the file's, or the
    declared one."""
    rows = np.flatnonzero(frame.is_kind("transcript"))
    for row, geometry in zip(rows.tolist(), frame.geometries(rows), strict=True):
        if not isinstance(geometry, Transcript):
            continue
        item = int(frame.item[row])
        sound = facts.sounds[item]
        whole = frame.items[item].duration if sound is None or sound.duration is None else sound.duration
        end = whole if geometry.end is None else geometry.end
        text = " ".join(geometry.text.split())
        seconds = 0.0 if end is None else end - (geometry.start or 0.0)
        if text and 0 < seconds < float("inf"):
            yield row, text, seconds
