"""An image is so dark that little can be seen.

## What it catches

Images of which 95 of 100 pixels have a grey value below 64 (a quarter of the scale), looked at in a picture reduced to
at most 512 pixels a side. One finding for each image.

## Why it matters

What cannot be seen is labelled by guessing, or not at all. A black frame mostly is a camera that was off.

## Example

```yaml
- name: a night without a lamp
  items:
    - {name: day.png, picture: {seed: 1}}
    - {name: night.png, picture: {seed: 1, brightness: 0.2}}
  findings:
    - items: [night.png]
      message: "the image is dark: 95 % of it is darker than * of 255"
```

## Options

- `grey` (default `64`): the grey value, from 0 to 255, below which 95 of 100 pixels must lie.

## False alarms

Night scenes, fluorescence microscopy, stars and X-rays, which are dark by nature.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.image_facts import PERCENTILES
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import Finding, Severity, SubjectKind

_BRIGHT = PERCENTILES.index(95)


class Dark:
    name: ClassVar[str] = "dark"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"media"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        grey: Annotated[int, Meta(ge=0, le=255)] = 64

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        for row, image in enumerate(facts.images):
            if image is None or image.greys is None or image.greys[_BRIGHT] >= options.grey:
                continue
            bright = image.greys[_BRIGHT]
            message = f"the image is dark: 95 % of it is darker than {bright + 1:.0f} of 255"
            yield item_finding(self, frame, [row], message, evidence={"grey": bright})
