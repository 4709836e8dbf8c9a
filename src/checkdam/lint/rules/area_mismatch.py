"""The area that is declared for an annotation is not that of its polygon or mask.

## What it catches

Annotations with an attribute `area` (COCO) that differs from the area of the polygon or mask by more than 5 %, and by
more than half a pixel along the whole outline. Crowds (COCO's `iscrowd`) are left out: evaluation sets them aside
whatever their area. One finding for each annotation.

## Why it matters

COCO's evaluation sorts objects into small, medium and large by this number, not by the shape. A number that was not
computed anew after an edit, or after the images were scaled, makes the scores of the three sizes meaningless.

## Example

```yaml
- name: the area was left as it was before the picture was halved
  items:
    - name: street.jpg
      size: [208, 208]
      annotations:
        - label: Car
          geometry: {type: polygon, parts: [[[[10, 10], [60, 10], [60, 40], [10, 40]]]]}
          attributes: {area: 6000}
  findings:
    - annotations: [street.jpg/0]
      message: "declared area of 6000 px² is not that of the Car polygon, 1500 px²"
      fix: set the area to that of the polygon
      safe: false
      fixed: ["replace street.jpg/0: attribute area 1500.0"]
```

The fix sets the attribute. It is not safe, since the outline may be what is wrong; where the shape has no area, as one
whose loops cancel out (see self-intersecting-polygon), there is none.

## Options

- `relative` (default `0.05`): the share of the shape's own area that the difference must exceed.
- `edge` (default `0.5`): how many pixels wide a band along the outline the difference must exceed, too. An area counted
  in pixels gains or loses as much where the outline cuts through them. `0` lets `relative` decide alone.

## False alarms

Polygons with overlapping parts, whose areas are added up here, as COCO does.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct, structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.outlines import polygons
from checkdam.lint.rule import Need, annotation_finding, number
from checkdam.lint.shape import is_crowd
from checkdam.schema import Finding, Fix, ReplaceAnnotation, Severity, SubjectKind

NAME = "area"


class AreaMismatch:
    name: ClassVar[str] = "area-mismatch"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        relative: Annotated[float, Meta(ge=0)] = 0.05
        edge: Annotated[float, Meta(ge=0)] = 0.5

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        outlined, masks = polygons(frame), frame.masks
        rows = np.concatenate([outlined.row, masks.row])
        area = np.concatenate([outlined.area, masks.area])
        length = np.concatenate([outlined.length, np.zeros(len(masks.row))])  # a mask has whole pixels: no doubt there
        given = np.array([_number(one.get(NAME)) for one in frame.attributes(rows)], dtype=np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            off = np.abs(given - area)
            wrong = (off > options.relative * area) & (off > options.edge * length)
        for at in np.flatnonzero(wrong & np.isfinite(area)).tolist():
            row, own = int(rows[at]), float(area[at])
            annotation = frame.annotation(row)
            if is_crowd(annotation):
                continue
            kind = frame.kinds[int(frame.kind[row])]
            replaced = structs.replace(annotation, attributes=annotation.attributes | {NAME: own})
            yield annotation_finding(
                self,
                frame,
                [row],
                f"declared area of {number(given[at])} px² is not that of the {annotation.label} {kind}, "
                f"{number(round(own, 2))} px²",
                evidence={"declared": given[at], "area": own},
                fix=Fix(f"set the area to that of the {kind}", (ReplaceAnnotation(replaced),)) if own > 0 else None,
            )


def _number(value: object) -> float:
    """The value as a number; NaN for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf
