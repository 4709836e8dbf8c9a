"""The outline of a polygon crosses itself.

## What it catches

Polygons with a ring whose edges cross. A crossing divides its ring into two loops; it counts if the smaller loop holds
more than 1 % of the area of both. Edges that only touch are no crossing, and rings that cross other rings of the same
polygon are not looked at. One finding for each polygon.

## Why it matters

What is inside a crossed outline is a matter of convention: fillers by even-odd and by winding number draw different
masks, areas come out too small since loops cancel out, and geometry libraries refuse it. Mostly two vertices are in
the wrong order, or a drag went across the object.

## Example

```yaml
- name: two corners in the wrong order
  items:
    - name: street.jpg
      size: [416, 416]
      annotations:
        - {label: Car, geometry: {type: polygon, parts: [[[[10, 10], [110, 60], [110, 10], [10, 60]]]]}}
  findings:
    - annotations: [street.jpg/0]
      message: "Car polygon crosses itself at (60, 35); the smaller loop holds 50 % of the area"
```

## Options

- `share` (default `0.01`): the share of the area of both loops that the smaller one must exceed. Smaller loops come
  from rounding and from dense freehand lines; they change a mask by less than annotators differ. `0` reports every
  crossing.

## False alarms

Outlines that run into an object and out again along nearly the same line, to spare a hole. An outline with so many
vertices that more than 20 million pairs of its edges lie close together is not looked at.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding, number
from checkdam.measure.rings import self_crossings
from checkdam.schema import Finding, Severity, SubjectKind


class SelfIntersectingPolygon:
    name: ClassVar[str] = "self-intersecting-polygon"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        share: Annotated[float, Meta(ge=0, lt=0.5)] = 0.01

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        vertices = frame.vertices
        found = self_crossings(vertices.xy, vertices.start)
        smaller, both = found.areas.min(axis=1, initial=np.inf), found.areas.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(both > 0, smaller / both, 0.0)
        keep = ~vertices.line[found.ring] & ((share > options.share) | (options.share <= 0))
        crossings = defaultdict(list)
        for at in np.flatnonzero(keep).tolist():
            crossings[int(vertices.row[found.ring[at]])].append(at)
        for row, places in crossings.items():
            at = max(places, key=lambda one: float(share[one]))
            place = f"({number(found.x[at])}, {number(found.y[at])})"
            more = f" and {len(places) - 1} more times" if len(places) > 1 else ""
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} polygon crosses itself at {place}{more}; "
                f"the smaller loop holds {number(100 * round(float(share[at]), 3))} % of the area",
                evidence={
                    "crossings": [[float(found.x[one]), float(found.y[one])] for one in places[:100]],
                    "share": float(share[at]),
                },
            )
