"""A sound is too short, or too long.

## What it catches

Sounds shorter than 0.1 seconds, the length of a short syllable; with `longest` also those longer than that. One finding
for each sound.

## Why it matters

A sound that short was cut in the wrong place, or is a click; many models fail on inputs shorter than one of their
windows. One that is far too long fills the memory of a training run.

## Example

```yaml
- name: a click
  items:
    - {name: a.wav, sound: {tone: 440, seconds: 0.05}}
    - {name: b.wav, sound: {tone: 440, seconds: 0.5}}
  findings:
    - items: [a.wav]
      message: "the sound is 0.05 s long, shorter than 0.1 s"
```

## Options

- `shortest` (default `0.1`): in seconds; what is shorter is reported.
- `longest` (default none): in seconds; what is longer is reported.

## False alarms

Sounds that are short by nature: drums, clicks of a keyboard.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding, number
from checkdam.schema import Finding, Severity, SubjectKind


class SoundLength:
    name: ClassVar[str] = "sound-length"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"sound"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        shortest: Annotated[float, Meta(ge=0.0)] = 0.1
        longest: Annotated[float, Meta(gt=0.0)] | None = None

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        for row, sound in enumerate(facts.sounds):
            if sound is None or sound.duration is None:
                continue
            if sound.duration < options.shortest:
                bound = f"shorter than {number(options.shortest)} s"
            elif options.longest is not None and sound.duration > options.longest:
                bound = f"longer than {number(options.longest)} s"
            else:
                continue
            message = f"the sound is {number(sound.duration)} s long, {bound}"
            yield item_finding(self, frame, [row], message, evidence={"seconds": sound.duration})
