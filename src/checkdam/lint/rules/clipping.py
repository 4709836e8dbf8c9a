"""A sound is clipped.

## What it catches

Sounds with at least three samples at full scale in a row (in one channel): the wave went on, the converter could not.
One finding for each sound.

## Why it matters

A clipped wave has overtones that nobody spoke. Speech recognition suffers, and what was cut off cannot be had back.

## Example

```yaml
- name: recorded too loud
  items:
    - {name: loud.wav, sound: {tone: 440, gain: 1.5}}
    - {name: full.wav, sound: {tone: 440, gain: 0.9}}
  findings:
    - items: [loud.wav]
      message: "the sound is clipped: * % of the samples are at full scale, up to * in a row"
```

## Options

- `run` (default `3`): how many samples at full scale must follow each other. A sound that was made as loud as it can
  be, and no louder, touches full scale with single samples; meters for mastering count three as clipped.
- `share` (default `0.0`): the share of the samples that must be at full scale.

## False alarms

Synthetic sounds: square waves, and effects that are meant to sound so.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding, number
from checkdam.schema import Finding, Severity, SubjectKind


class Clipping:
    name: ClassVar[str] = "clipping"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"sound"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        run: Annotated[int, Meta(ge=1)] = 3
        share: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        for row, sound in enumerate(facts.sounds):
            if sound is None or not sound.frames or not sound.channels or sound.full_scale_run < options.run:
                continue
            share = sound.full_scale / (sound.frames * sound.channels)
            if share < options.share:
                continue
            message = (
                f"the sound is clipped: {number(round(100 * share, 2))} % of the samples are at full scale, up to "
                f"{sound.full_scale_run} in a row"
            )
            yield item_finding(self, frame, [row], message, evidence={"share": share, "run": sound.full_scale_run})
