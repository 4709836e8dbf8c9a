"""The box that is declared beside a polygon or mask is not the box around it.

## What it catches

Annotations that carry both a box and a finer geometry (COCO's `bbox` and `segmentation`), where a side of the box lies
more than two pixels from the polygon's or mask's own extent. One finding for each annotation.

## Why it matters

Detectors are trained on the box, segmenters on the polygon: one of them learns something wrong. Mostly one of the two
was edited later and the other was not, or a shift by an offset, a scale or a swapped axis hit only one of them.

## Example

```yaml
- name: the polygon was moved, the box was not
  items:
    - name: street.jpg
      size: [416, 416]
      annotations:
        - label: Car
          geometry: {type: polygon, parts: [[[[30, 10], [130, 10], [130, 60], [30, 60]]]]}
          box: {type: box, x: 10, y: 10, width: 100, height: 50}
  findings:
    - annotations: [street.jpg/0]
      message: "Car box differs from the extent of its polygon by 20 px (left, right)"
      fix: set the box to the polygon's extent
      safe: false
      fixed: ["replace street.jpg/0: declared 30 10 100 50"]
```

The fix sets the box to the extent. It is not safe: the box may be the one that is right.

## Options

- `tolerance` (default `2.0`): how many pixels a side may be off. Whether the last pixel belongs to a box makes one
  pixel, rounding of box and outline another.

## False alarms

Amodal boxes, which hold an object's hidden part too, beside outlines of what is visible.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct, structs

from checkdam.lint.frame import Floats, Frame
from checkdam.lint.media import Facts
from checkdam.lint.outlines import Indices, outline_boxes
from checkdam.lint.rule import Need, annotation_finding, number
from checkdam.measure.boxes import corners, snap
from checkdam.schema import Box, Finding, Fix, ReplaceAnnotation, Severity, SubjectKind

SIDES = ("left", "top", "right", "bottom")


class MaskBoxMismatch:
    name: ClassVar[str] = "mask-box-mismatch"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        tolerance: Annotated[float, Meta(ge=0)] = 2.0

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        rows, own = _extents(frame)
        declared = corners(frame.x[rows], frame.y[rows], frame.width[rows], frame.height[rows])
        with np.errstate(invalid="ignore", over="ignore"):
            off = np.abs(snap(own - declared))
            # A box that is no number is not that of the polygon; a polygon that is none has no extent.
            wrong = ~(off <= options.tolerance)
        for at in np.flatnonzero(wrong.any(axis=1)).tolist():
            row = int(rows[at])
            annotation = frame.annotation(row)
            kind = frame.kinds[int(frame.kind[row])]
            left, top, right, bottom = own[at].tolist()
            replaced = structs.replace(annotation, box=Box(left, top, right - left, bottom - top))
            finite = np.isfinite([left, top, right - left, bottom - top]).all()
            which = ", ".join(side for side, bad in zip(SIDES, wrong[at], strict=True) if bad)
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{annotation.label} box differs from the extent of its {kind} by "
                f"{number(float(off[at].max()))} px ({which})",
                evidence={"extent": own[at].tolist(), "declared": declared[at].tolist()},
                fix=Fix(f"set the box to the {kind}'s extent", (ReplaceAnnotation(replaced),)) if finite else None,
            )


def _extents(frame: Frame) -> tuple[Indices, Floats]:
    """Rows and corners of the polygons and masks that have an extent of their own and a declared box."""
    outlined, boxes = outline_boxes(frame)
    masks = frame.masks
    x, y, width, height = masks.box.T
    row = np.concatenate([outlined, masks.row])
    own = np.concatenate([boxes, np.stack([x, y, x + width, y + height], axis=1)])
    kept = (frame.is_kind("polygon", "mask") & frame.declared)[row] & ~np.isnan(own).any(axis=1)
    return row[kept], own[kept]
