"""A box has no area.

## What it catches

Boxes whose right edge is not right of the left one, or whose bottom is not below the top; boxes with coordinates that
are not numbers; masks and polygons that cover nothing. One finding for each annotation.

## Why it matters

Such a box matches nothing, and many losses divide by its area: training stops with NaN, or a loader drops the whole
image. It is mostly a click that was meant for something else, or two corners in the wrong order.

## Example

```yaml
- name: a stray click
  items:
    - name: blood.jpg
      size: [640, 480]
      boxes:
        - [RBC, 504, 337, 0, 0]
        - [RBC, 453, 81, 102, 101]
  findings:
    - annotations: [blood.jpg/0]
      message: "RBC box has no area: 0 × 0 px at (504, 337)"
      fix: delete it
      safe: true
      fixed: [delete blood.jpg/0]
```

The fix deletes a box that covers nothing, which is safe. Where both sides are negative or one is, and none is zero, the
corners were given in the wrong order: then the fix puts them in order, which is for a person to confirm.

## Options

None.

## False alarms

None are known: lines and joints, which have no area by nature, are not looked at.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from msgspec import structs

from checkdam.lint.frame import AREAL_KINDS, Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, annotation_finding, number
from checkdam.measure.boxes import corners
from checkdam.schema import (
    Annotation,
    Box,
    DeleteAnnotation,
    Finding,
    Fix,
    ReplaceAnnotation,
    RotatedBox,
    Severity,
    SubjectKind,
)


class ZeroArea:
    name: ClassVar[str] = "zero-area"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        left, top, right, bottom = corners(frame.x, frame.y, frame.width, frame.height).T
        with np.errstate(invalid="ignore"):
            solid = (right > left) & (bottom > top)
        # The extent of a turned box has an area even where the box has none.
        for row in np.flatnonzero(frame.is_kind("rotated_box") & ~frame.declared).tolist():
            geometry = frame.annotation(row).geometry
            solid[row] = isinstance(geometry, RotatedBox) and geometry.width > 0 and geometry.height > 0
        covering = frame.is_kind(*AREAL_KINDS) | frame.declared
        for row in np.flatnonzero(covering & ~solid).tolist():
            annotation = frame.annotation(row)
            yield annotation_finding(
                self,
                frame,
                [row],
                _message(frame, row, annotation),
                evidence={"box": [frame.x[row], frame.y[row], frame.width[row], frame.height[row]]},
                fix=_fix(annotation),
            )


def _message(frame: Frame, row: int, annotation: Annotation) -> str:
    geometry = annotation.geometry
    if isinstance(geometry, RotatedBox) and annotation.box is None:
        return f"{annotation.label} box has no area: {number(geometry.width)} × {number(geometry.height)} px, rotated"
    if np.isnan(frame.x[row]) and not isinstance(geometry, Box):
        return f"{annotation.label} {frame.kinds[int(frame.kind[row])]} covers nothing"
    x, y, width, height = (number(float(values[row])) for values in (frame.x, frame.y, frame.width, frame.height))
    return f"{annotation.label} box has no area: {width} × {height} px at ({x}, {y})"


def _fix(annotation: Annotation) -> Fix:
    box = annotation.geometry
    if isinstance(box, Box) and abs(box.width) > 0 and abs(box.height) > 0 and np.isfinite(list(_values(box))).all():
        turned = Box(min(box.x, box.x + box.width), min(box.y, box.y + box.height), abs(box.width), abs(box.height))
        if turned != box:
            replaced = structs.replace(annotation, geometry=turned)
            return Fix("put its corners in order", (ReplaceAnnotation(replaced),))
    return Fix("delete it", (DeleteAnnotation(annotation.id),), safe=isinstance(box, Box))


def _values(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.width, box.height
