"""An image shows next to nothing.

## What it catches

Images of nearly one tone: of the picture reduced to at most 512 pixels a side, 98 of 100 pixels lie within 8 of the
256 grey values, or the entropy of the grey values is below 0.5 bits (nearly all pixels have one value). One finding for
each image.

## Why it matters

A blank page, a lens cap, a placeholder that a server sent in place of a picture: there is nothing to learn from, and
placeholders come in hundreds.

## Example

```yaml
- name: a placeholder
  items:
    - {name: a.png, picture: {seed: 1}}
    - {name: blank.png, picture: {plain: 240}}
  findings:
    - items: [blank.png]
      message: "the image shows next to nothing: its grey values have an entropy of 0 bits, 98 % lie within 1 of 256"
```

## Options

- `bits` (default `0.5`): the entropy, from 0 to 8 bits, below which an image is reported.
- `greys` (default `8`): the grey values within which 98 of 100 pixels may lie.

## False alarms

Drawings with few thin lines on a clean ground, masks of small things: few tones, and all that there is to see.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.image_facts import PERCENTILES
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding, number
from checkdam.schema import Finding, Severity, SubjectKind

_LOW, _HIGH = PERCENTILES.index(1), PERCENTILES.index(99)


class LowInformation:
    name: ClassVar[str] = "low-information"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"media"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        bits: Annotated[float, Meta(ge=0.0, le=8.0)] = 0.5
        greys: Annotated[int, Meta(ge=0, le=256)] = 8

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        for row, image in enumerate(facts.images):
            if image is None or image.entropy is None or image.greys is None:
                continue
            within = image.greys[_HIGH] - image.greys[_LOW] + 1
            if image.entropy >= options.bits and within > options.greys:
                continue
            bits = number(round(image.entropy, 2))
            message = (
                f"the image shows next to nothing: its grey values have an entropy of {bits} bits, 98 % lie within "
                f"{within:.0f} of 256"
            )
            yield item_finding(self, frame, [row], message, evidence={"entropy": image.entropy, "greys": within})
