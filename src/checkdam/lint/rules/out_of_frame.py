"""An annotation reaches beyond its image.

## What it catches

Boxes, and the extents of all other geometries, that cross an edge of the image by more than a pixel; where a box is
declared beside polygon, line or joints, both are looked at. The size of the image is that of its file, or the declared
one where the file is not at hand. One finding for each annotation. Boxes that only touch the edge: touching-frame.

## Why it matters

Loaders treat such boxes differently: some clip them, some fail, some train on coordinates beyond 1. Often it is the
first sign of something worse: boxes of another image, of another size of this image, or in another unit.

## Example

```yaml
- name: a car that ends 24 px beyond the picture
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [Car, 300, 100, 140, 80]
  findings:
    - annotations: [street.jpg/0]
      message: "Car box reaches beyond the 416 × 416 px image by 24 px (right)"
      fix: clip it to the image
      safe: false
      fixed: ["replace street.jpg/0: box 300 100 116 80"]
```

The fix clips a box to the image, or deletes one that lies outside altogether. It is not safe: where the box belongs to
another image, clipping hides the mistake. Other geometries have no fix.

## Options

- `tolerance` (default `1.0`): how many pixels beyond the edge are allowed. Differences below 0.00005 px never count.

## False alarms

Amodal annotation, which outlines an object's unseen part too, crosses the edge on purpose: ignore the rule there.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct, structs

from checkdam.lint.frame import Floats, Frame
from checkdam.lint.media import Facts
from checkdam.lint.outlines import outline_boxes
from checkdam.lint.rule import Need, annotation_finding, number
from checkdam.measure.boxes import corners, snap
from checkdam.schema import (
    Annotation,
    Box,
    DeleteAnnotation,
    Edit,
    Finding,
    Fix,
    ReplaceAnnotation,
    Severity,
    SubjectKind,
)

LARGEST = float(np.finfo(np.float64).max)
SIDES = ("left", "top", "right", "bottom")


class OutOfFrame:
    name: ClassVar[str] = "out-of-frame"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"size"})
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        tolerance: Annotated[float, Meta(ge=0)] = 1.0

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        if not len(frame):
            return
        width, height = (size[frame.item] for size in facts.sizes(frame))
        left, top, right, bottom = _extents(frame).T
        with np.errstate(invalid="ignore", over="ignore"):
            # A box with negative sides reaches as far as one with its corners in order.
            near_x, far_x = np.minimum(left, right), np.maximum(left, right)
            near_y, far_y = np.minimum(top, bottom), np.maximum(top, bottom)
            beyond = snap(np.stack([-near_x, -near_y, far_x - width, far_y - height], axis=1))
            out = beyond > options.tolerance
        for row in np.flatnonzero(out.any(axis=1)).tolist():
            size = float(width[row]), float(height[row])
            by = {side: float(beyond[row, at]) for at, side in enumerate(SIDES) if out[row, at]}
            annotation = frame.annotation(row)
            yield annotation_finding(
                self,
                frame,
                [row],
                _message(annotation, frame.kinds[int(frame.kind[row])], size, by),
                evidence={"beyond": {side: min(amount, LARGEST) for side, amount in by.items()}, "image": list(size)},
                fix=_fix(annotation, *size),
            )


def _extents(frame: Frame) -> Floats:
    """The corners (n, 4) of each annotation's box, widened to its own points where the box is a declared one."""
    boxes = corners(frame.x, frame.y, frame.width, frame.height)
    rows, own = outline_boxes(frame)
    declared = frame.declared[rows]
    rows, own = rows[declared], snap(own[declared])
    boxes[rows, :2] = np.fmin(boxes[rows, :2], own[:, :2])
    boxes[rows, 2:] = np.fmax(boxes[rows, 2:], own[:, 2:])
    return boxes


def _message(annotation: Annotation, kind: str, size: tuple[float, float], by: dict[str, float]) -> str:
    what = f"{annotation.label} {kind.replace('_', ' ')}"
    image = "image" if any(np.isnan(size)) else f"{number(size[0])} × {number(size[1])} px image"
    if max(by.values()) == np.inf:
        return f"{what} reaches beyond any image ({', '.join(by)})"
    amounts = ", ".join(f"{number(amount)} px ({side})" for side, amount in by.items() if amount > 0)
    return f"{what} reaches beyond the {image} by {amounts}"


def _fix(annotation: Annotation, width: float, height: float) -> Fix | None:
    box = annotation.geometry
    if not isinstance(box, Box) or not np.isfinite([box.x, box.y, box.width, box.height, width, height]).all():
        return None
    if box.width <= 0 or box.height <= 0:
        return None
    left, top = max(box.x, 0.0), max(box.y, 0.0)
    right, bottom = min(box.x + box.width, width), min(box.y + box.height, height)
    if right <= left or bottom <= top:
        edit: Edit = DeleteAnnotation(annotation.id)
        return Fix("delete it: it lies outside the image", (edit,))
    clipped = Box(left, top, right - left, bottom - top)
    return Fix("clip it to the image", (ReplaceAnnotation(structs.replace(annotation, geometry=clipped)),))
