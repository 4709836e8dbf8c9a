"""A mask is not of the size of its image.

## What it catches

Masks whose height or width is not that of the image, and masks whose run lengths do not add up to height times width.
The size of the image is that of its file, or the declared one where the file is not at hand. One finding for each mask.

## Why it matters

Run lengths say nothing without the size: laid over an image of another size, a mask is shifted and sheared. Mostly the
images were scaled and the masks were not, or height and width were exchanged.

## Example

```yaml
- name: height and width exchanged
  items:
    - name: street.jpg
      size: [4, 3]
      annotations:
        - {label: Car, geometry: {type: mask, height: 4, width: 3, counts: [5, 2, 5]}}
  findings:
    - annotations: [street.jpg/0]
      message: "Car mask of 3 × 4 px lies on an image of 4 × 3 px (exchanged)"
```

## Options

None.

## False alarms

An image that EXIF turns, where the mask was drawn on the upright picture and the dataset declares no size.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, annotation_finding, number
from checkdam.schema import Finding, Severity, SubjectKind


class MaskSizeMismatch:
    name: ClassVar[str] = "mask-size-mismatch"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"size"})
    fixable: ClassVar[bool] = False
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        masks = frame.masks
        if not len(masks.row):
            return
        width, height = (size[frame.item[masks.row]] for size in facts.sizes(frame))
        other = (masks.width != width) | (masks.height != height)
        other &= ~np.isnan(width) & ~np.isnan(height)
        broken = masks.runs != masks.width * masks.height
        for at in np.flatnonzero(other | broken).tolist():
            row = int(masks.row[at])
            what = f"{frame.label_of(row)} mask of {number(masks.width[at])} × {number(masks.height[at])} px"
            if broken[at]:
                message = f"{what} has run lengths for {number(masks.runs[at])} pixels"
            else:
                exchanged = (masks.width[at], masks.height[at]) == (height[at], width[at])
                message = f"{what} lies on an image of {number(width[at])} × {number(height[at])} px"
                message += " (exchanged)" if exchanged else ""
            yield annotation_finding(
                self,
                frame,
                [row],
                message,
                evidence={"mask": [masks.width[at], masks.height[at]], "image": [width[at], height[at]]},
            )
