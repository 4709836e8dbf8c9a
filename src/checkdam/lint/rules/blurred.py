"""An image is blurred.

## What it catches

Images of a blur of at least 0.65, by the measure of Crété et al. (The Blur Effect, 2007): how much of the difference
between neighbouring pixels is left when the picture is blurred once more. 0 is sharp, 1 is blurred. It does not depend
on contrast, and is taken of the picture reduced to at most 512 pixels a side, so that it does not depend much on size.
One finding for each image.

## Why it matters

What people can no longer tell in a picture they label by guessing, and a model learns the guesses.

## Example

```yaml
- name: out of focus
  items:
    - {name: sharp.png, picture: {size: [200, 150], seed: 1, noise: 40}}
    - {name: soft.png, picture: {size: [200, 150], seed: 1, noise: 40, blur: 4}}
  findings:
    - items: [soft.png]
      message: "the image is blurred: * on a scale from 0 to 1, where photographs are below 0.6"
```

## Options

- `blur` (default `0.65`): the blur from which an image is reported.

## False alarms

Skies, walls, close-ups with a soft background, microscopy of smooth things; drawings with large even areas.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import Finding, Severity, SubjectKind


class Blurred:
    name: ClassVar[str] = "blurred"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"media"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        blur: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.65

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        for row, image in enumerate(facts.images):
            if image is None or image.blur is None or image.blur < options.blur:
                continue
            message = f"the image is blurred: {image.blur:.2f} on a scale from 0 to 1, where photographs are below 0.6"
            yield item_finding(self, frame, [row], message, evidence={"blur": image.blur})
