"""A sound is silent, or nearly so.

## What it catches

Sounds of which no sample reaches 1 % of full scale (-40 dBFS). One finding for each sound.

## Why it matters

A microphone that was off, a wrong channel, a file that was filled with zeros: the label speaks of something that cannot
be heard.

## Example

```yaml
- name: the microphone was off
  items:
    - {name: a.wav, sound: {tone: 440, gain: 0.5}}
    - {name: b.wav, sound: {tone: 440, gain: 0.002}}
    - {name: c.wav, sound: {tone: 440, gain: 0}}
  findings:
    - items: [b.wav]
      message: "the sound is nearly silent: its peak is * dBFS"
    - items: [c.wav]
      message: "the sound is silent: every sample is 0"
```

## Options

- `peak` (default `0.01`): the share of full scale that the loudest sample must reach.

## False alarms

Samples of silence or of noise that are there on purpose, as a class of their own.
"""

from collections.abc import Iterator
from math import log10
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import Finding, Severity, SubjectKind


class NearSilent:
    name: ClassVar[str] = "near-silent"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"sound"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        peak: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.01

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        for row, sound in enumerate(facts.sounds):
            if sound is None or not sound.frames or sound.peak is None or sound.peak >= options.peak:
                continue
            silent = "the sound is silent: every sample is 0"
            message = (
                f"the sound is nearly silent: its peak is {20 * log10(sound.peak):.0f} dBFS" if sound.peak else silent
            )
            yield item_finding(self, frame, [row], message, evidence={"peak": sound.peak, "rms": sound.rms})
