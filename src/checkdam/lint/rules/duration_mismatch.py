"""The declared length or rate of a sound is not that of its file, or a segment does not lie in it.

## What it catches

Sounds whose declared duration differs from that of the decoded file by more than 0.05 seconds, or whose declared sample
rate is another; and segments and transcripts that begin or end outside the sound. One finding for each item.

## Why it matters

Segments are cut by time. Where the file is shorter than was declared, the last of them are empty; where the rate is
another, each is moved.

## Example

```yaml
- name: half a file
  items:
    - {name: a.wav, duration: 2.0, sound: {tone: 440, seconds: 1}}
    - {name: b.wav, duration: 1.0, sound: {tone: 440, seconds: 1}}
  findings:
    - items: [a.wav]
      message: "the declared duration is 2 s, the file's is 1 s"
      fix: set the duration and rate of the file
      safe: true
      fixed: ["replace a.wav: duration 1"]
```

The fix sets what the file says, which is safe where no segment lies outside. It moves no segment.

## Options

- `seconds` (default `0.05`): how far a time may be off. MP3 files have some padding at their ends.

## False alarms

Sounds that were trimmed after they were listed, and whose labels speak of the whole.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct, structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding, number
from checkdam.lint.sound_facts import SoundFacts
from checkdam.schema import AudioSegment, Finding, Fix, Item, ReplaceItem, Severity, SubjectKind, Transcript


class DurationMismatch:
    name: ClassVar[str] = "duration-mismatch"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"sound"})
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        seconds: Annotated[float, Meta(ge=0.0)] = 0.05

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        outside = _outside(frame, facts, options.seconds)
        for row, sound in enumerate(facts.sounds):
            if sound is None or sound.duration is None:
                continue
            item = frame.items[row]
            told = _declared(item, sound, options.seconds)
            beyond = outside.get(row, [])
            fix = None
            if told:
                replaced = structs.replace(
                    item,
                    duration=None if item.duration is None else sound.duration,
                    sample_rate=None if item.sample_rate is None else sound.sample_rate,
                )
                fix = Fix("set the duration and rate of the file", (ReplaceItem(replaced),), safe=not beyond)
            if beyond:
                count = "a segment lies" if len(beyond) == 1 else f"{len(beyond)} segments lie"
                told.append(f"{count} outside the file's {number(sound.duration)} s")
            if told:
                evidence = {
                    "declared": item.duration,
                    "real": sound.duration,
                    "declared_rate": item.sample_rate,
                    "real_rate": sound.sample_rate,
                    "outside": len(beyond),
                }
                yield item_finding(self, frame, [row], "; ".join(told), evidence=evidence, fix=fix)


def _declared(item: Item, sound: SoundFacts, slack: float) -> list[str]:
    told = []
    if item.duration is not None and not abs(item.duration - (sound.duration or 0.0)) <= slack:
        told.append(
            f"the declared duration is {number(item.duration)} s, the file's is {number(sound.duration or 0)} s"
        )
    if item.sample_rate is not None and item.sample_rate != sound.sample_rate:
        told.append(f"the declared sample rate is {item.sample_rate} Hz, the file's is {sound.sample_rate} Hz")
    return told


def _outside(frame: Frame, facts: Facts, slack: float) -> dict[int, list[int]]:
    """By the row of a sound, the rows of its segments and transcripts that do not lie in it."""
    found: dict[int, list[int]] = {}
    rows = np.flatnonzero(frame.is_kind("audio_segment", "transcript"))
    for row, geometry in zip(rows.tolist(), frame.geometries(rows), strict=True):
        item = int(frame.item[row])
        sound = facts.sounds[item]
        if sound is None or sound.duration is None or not isinstance(geometry, AudioSegment | Transcript):
            continue
        start, end = geometry.start, geometry.end
        inside = (start is None or -slack <= start <= sound.duration + slack) and (
            end is None or -slack <= end <= sound.duration + slack
        )
        if not inside:
            found.setdefault(item, []).append(row)
    return found
