"""A sound begins or ends with a long silence.

## What it catches

Sounds in which no sample reaches 1 % of full scale (-40 dBFS) for more than half a second at the beginning or at the
end. Pauses between words are shorter than that. A sound that is silent throughout is left to near-silent. One finding
for each sound.

## Why it matters

Silence costs time and memory while training. It moves the begin and end that a model learns, and long silences make
speech recognition invent words.

## Example

```yaml
- name: the recorder ran on
  items:
    - {name: a.wav, sound: {tone: 440, seconds: 1, silence: [0.1, 0.1]}}
    - {name: b.wav, sound: {tone: 440, seconds: 1, silence: [0.7, 0.9]}}
  findings:
    - items: [b.wav]
      message: "the sound begins with 0.7 s and ends with 0.9 s of silence (below -40 dBFS)"
```

## Options

- `seconds` (default `0.5`): a silence must be longer than this.
- `level` (default `-40`): what counts as silence, in dBFS: -60, -50, -40, -30 or -20.
- `ends` (default `"any"`): `"begin"` or `"end"` looks at one end only.

## False alarms

Sounds that are cut to one length on purpose, with silence to fill them; quiet recordings (lower the `level`).
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding, number
from checkdam.lint.sound_facts import QUIET_LEVELS
from checkdam.schema import Finding, Severity, SubjectKind


class SilenceAtEnds:
    name: ClassVar[str] = "silence-at-ends"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"sound"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        seconds: Annotated[float, Meta(ge=0.0)] = 0.5
        level: Literal[-60, -50, -40, -30, -20] = -40
        ends: Literal["any", "begin", "end"] = "any"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        at = QUIET_LEVELS.index(options.level)
        for row, sound in enumerate(facts.sounds):
            if sound is None or sound.before is None or sound.after is None:
                continue
            before, after = sound.before[at], sound.after[at]
            if before is None or after is None:
                continue
            told = [
                f"{verb} with {number(round(seconds, 2))} s"
                for end, verb, seconds in (("begin", "begins", before), ("end", "ends", after))
                if options.ends in ("any", end) and seconds > options.seconds
            ]
            if told:
                message = f"the sound {' and '.join(told)} of silence (below {options.level} dBFS)"
                yield item_finding(self, frame, [row], message, evidence={"before": before, "after": after})
