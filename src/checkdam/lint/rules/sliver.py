"""A box or polygon is thinner than a pixel.

## What it catches

Boxes with a side, and polygons with a mean thickness, below one pixel. The mean thickness of a polygon is twice its
area over the length of its outline, which for a long thin shape is its width. What has no area at all is left to
zero-area. Polygons with fewer than three different points are left to too-few-points.

## Why it matters

No picture shows a thing thinner than a pixel. It is what remains of a click that slipped, of a box clipped at the edge
of the image, or of the subtraction of two shapes; a loss over its sides explodes.

## Example

```yaml
- name: what remained of a box at the edge
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [Car, 415.6, 100, 0.4, 80]
  findings:
    - annotations: [street.jpg/0]
      message: "Car box of 0.4 × 80 px is 0.4 px thin"
```

## Options

- `thickness` (default `1.0`): the thickness in pixels below which it is reported.

## False alarms

Coordinates that are not in pixels. Wires, masts and lane markings far away, outlined by polygons, can be thinner than
a pixel on purpose.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.outlines import polygons
from checkdam.lint.rule import Need, annotation_finding, number
from checkdam.measure.boxes import corners, sides
from checkdam.schema import Finding, RotatedBox, Severity, SubjectKind


class Sliver:
    name: ClassVar[str] = "sliver"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        thickness: Annotated[float, Meta(gt=0)] = 1.0

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        width, height = sides(corners(frame.x, frame.y, frame.width, frame.height))
        with np.errstate(invalid="ignore"):
            thin = (width > 0) & (height > 0) & (np.minimum(width, height) < options.thickness)
        for row in np.flatnonzero(thin & frame.is_kind("box")).tolist():
            yield self._found(frame, row, "box", float(width[row]), float(height[row]))
        rotated = np.flatnonzero(frame.is_kind("rotated_box"))
        for row, box in zip(rotated.tolist(), frame.geometries(rotated), strict=True):
            if isinstance(box, RotatedBox) and 0 < min(box.width, box.height) < options.thickness:
                yield self._found(frame, row, "rotated box", box.width, box.height)
        measured = polygons(frame)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            mean = 2 * measured.area / measured.length
            flat = (mean < options.thickness) & (measured.area > 0) & (measured.fewest >= 3)
        for at in np.flatnonzero(flat).tolist():
            row = int(measured.row[at])
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} polygon of {number(round(float(measured.area[at]), 2))} px² is "
                f"{number(round(float(mean[at]), 2))} px thin on average",
                evidence={"thickness": mean[at], "area": measured.area[at], "length": measured.length[at]},
            )

    def _found(self, frame: Frame, row: int, kind: str, width: float, height: float) -> Finding:
        thin = min(width, height)
        message = f"{frame.label_of(row)} {kind} of {number(width)} × {number(height)} px is {number(thin)} px thin"
        return annotation_finding(self, frame, [row], message, evidence={"thickness": thin})
