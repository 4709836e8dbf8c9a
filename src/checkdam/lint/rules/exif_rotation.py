"""EXIF says to turn the image, and its labels fit only one of the two.

## What it catches

Images whose EXIF orientation turns or mirrors them. The message says which way the labels fit, where that can be told:
by the declared size, if it is that of one of the two, or by boxes that lie in one of them and not in the other. One
finding for each image that has labels with a place in it.

## Why it matters

Browsers and labelling tools show the turned picture, most training code (OpenCV without flags, Pillow, torchvision)
reads the stored one. The boxes of a turned picture then lie anywhere, and nothing fails.

## Example

```yaml
- name: a phone's picture
  items:
    - name: upright.jpg
      size: [48, 64]
      picture: {size: [64, 48], seed: 1, exif: 6, format: JPEG}
      boxes: [[dog, 4, 4, 30, 55]]
  findings:
    - items: [upright.jpg]
      message: "EXIF turns the picture by 90° (64 × 48 px stored, 48 × 64 px shown); the labels fit the one shown"
      severity: warning
```

Where the labels fit the stored picture, or it cannot be told, the finding is an `info`.

## Options

None.

## False alarms

Where all programs in use apply EXIF orientation, or all ignore it, nothing is wrong. Saving the pictures without it
settles the matter.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np

from checkdam.lint.frame import Frame
from checkdam.lint.image_facts import ImageFacts
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, item_finding
from checkdam.schema import Finding, Severity, SubjectKind

_TURNS = {
    2: "mirrors the picture",
    3: "turns the picture by 180°",
    4: "turns the picture upside down as in a mirror",
    5: "turns the picture by 90° and mirrors it",
    6: "turns the picture by 90°",
    7: "turns the picture by 270° and mirrors it",
    8: "turns the picture by 270°",
}
_SLACK = 1.0
"""Pixels by which a box may lie outside and still fit: tools round."""

Fit = Literal["stored", "shown"]


class ExifRotation:
    name: ClassVar[str] = "exif-rotation"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"media"})
    fixable: ClassVar[bool] = False
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        for row, image in enumerate(facts.images):
            if image is None or image.orientation not in _TURNS or not image.width or not image.height:
                continue
            rows = frame.rows_of_items[row]
            rows = rows[~np.isnan(frame.x[rows])]
            if not len(rows):
                continue
            item, stored = frame.items[row], (image.width, image.height)
            shown = stored[::-1] if image.orientation >= 5 else stored
            with np.errstate(over="ignore"):
                right = float(np.max(frame.x[rows] + frame.width[rows]))
                bottom = float(np.max(frame.y[rows] + frame.height[rows]))
            fit, by = _fit(image, (item.width, item.height), right, bottom)
            sizes = f" ({_px(stored)} stored, {_px(shown)} shown)" if shown != stored else ""
            told = "it cannot be told which the labels fit" if fit is None else f"the labels fit the one {fit}"
            yield item_finding(
                self,
                frame,
                [row],
                f"EXIF {_TURNS[image.orientation]}{sizes}; {told}",
                severity="warning" if fit == "shown" else self.severity,
                evidence={"orientation": image.orientation, "fit": fit, "by": by},
            )


def _fit(
    image: ImageFacts, declared: tuple[int | None, int | None], right: float, bottom: float
) -> tuple[Fit | None, str | None]:
    """Which picture the labels fit, and by what that is seen: the declared size, or the boxes' far corner."""
    stored = (image.width or 0, image.height or 0)
    if image.orientation < 5 or stored[0] == stored[1]:
        return None, None
    in_stored = right <= stored[0] + _SLACK and bottom <= stored[1] + _SLACK
    in_shown = right <= stored[1] + _SLACK and bottom <= stored[0] + _SLACK
    if in_stored != in_shown:
        return ("stored" if in_stored else "shown"), "boxes"
    if in_stored and declared in (stored, stored[::-1]):
        return ("stored" if declared == stored else "shown"), "declared size"
    return None, None


def _px(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]} px"
