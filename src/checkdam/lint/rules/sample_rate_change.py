"""A sound has another sample rate than the others.

## What it catches

Sounds whose sample rate or number of channels is not that of most sounds of the dataset, where at least nine in ten
have the usual one and there are at least ten. One finding for each sound.

## Why it matters

A model that reads samples without looking at their rate hears such a sound faster or slower, and higher or lower. Of
two channels, many loaders take the first, or make a sound twice as long.

## Example

```yaml
- name: one from another recorder
  options: {count: 3, share: 0.6}
  items:
    - {name: a.wav, sound: {tone: 440, rate: 8000}}
    - {name: b.wav, sound: {tone: 440, rate: 8000}}
    - {name: c.wav, sound: {tone: 440, rate: 16000}}
  findings:
    - items: [c.wav]
      message: "the sound has a sample rate of 16000 Hz, 2 of 3 have 8000 Hz"
```

## Options

- `count` (default `10`): how many sounds are needed to know what is usual.
- `share` (default `0.9`): the share of them that must have the usual one.

## False alarms

Training code that brings all sounds to one rate.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.lint.sound_facts import SoundFacts
from checkdam.schema import Finding, Severity, SubjectKind

_ASPECTS: tuple[tuple[Callable[[SoundFacts], int | None], Callable[[int], str]], ...] = (
    (lambda sound: sound.sample_rate, lambda rate: f"{rate} Hz"),
    (lambda sound: sound.channels, lambda count: "1 channel" if count == 1 else f"{count} channels"),
)


class SampleRateChange:
    name: ClassVar[str] = "sample-rate-change"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"sound"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        count: Annotated[int, Meta(ge=2)] = 10
        share: Annotated[float, Meta(gt=0.5, le=1.0)] = 0.9

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        told: dict[int, list[str]] = {}
        evidence: dict[int, dict[str, int]] = {}
        for name, (aspect, words) in zip(("sample_rate", "channels"), _ASPECTS, strict=True):
            values = {row: aspect(sound) for row, sound in enumerate(facts.sounds) if sound is not None}
            known = {row: value for row, value in values.items() if value is not None}
            if len(known) < options.count:
                continue
            usual, most = Counter(known.values()).most_common(1)[0]
            if most < options.share * len(known):
                continue
            what = "a sample rate of " if name == "sample_rate" else ""
            for row, value in known.items():
                if value != usual:
                    told.setdefault(row, []).append(f"{what}{words(value)}, {most} of {len(known)} have {words(usual)}")
                    evidence.setdefault(row, {})[name] = value
        for row, parts in told.items():
            yield item_finding(self, frame, [row], f"the sound has {'; and '.join(parts)}", evidence=evidence[row])
