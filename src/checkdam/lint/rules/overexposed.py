"""An image is so bright that little can be seen.

## What it catches

Images of which 95 of 100 pixels have a grey value above 192 (three quarters of the scale), looked at in a picture
reduced to at most 512 pixels a side. One finding for each image.

## Why it matters

Where the sensor is at its limit nothing is left to see, and no processing brings it back.

## Example

```yaml
- name: into the sun
  items:
    - {name: day.png, picture: {seed: 1}}
    - {name: sun.png, picture: {seed: 1, brightness: 8}}
  findings:
    - items: [sun.png]
      message: "the image is overexposed: 95 % of it is brighter than * of 255"
```

## Options

- `grey` (default `192`): the grey value, from 0 to 255, above which 95 of 100 pixels must lie.

## False alarms

Scanned pages, drawings and objects on a white ground, snow.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.image_facts import PERCENTILES
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import Finding, Severity, SubjectKind

_DARK = PERCENTILES.index(5)


class Overexposed:
    name: ClassVar[str] = "overexposed"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"media"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        grey: Annotated[int, Meta(ge=0, le=255)] = 192

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        for row, image in enumerate(facts.images):
            if image is None or image.greys is None or image.greys[_DARK] <= options.grey:
                continue
            dark = image.greys[_DARK]
            message = f"the image is overexposed: 95 % of it is brighter than {dark - 1:.0f} of 255"
            yield item_finding(self, frame, [row], message, evidence={"grey": dark})
