"""A polygon, line or skeleton has too few points to be one.

## What it catches

Polygons with a ring of fewer than three different points, lines with fewer than two, and skeletons of which no joint is
labelled. One finding for each annotation.

## Why it matters

There is nothing to draw or to train on, yet the annotation counts in every statistic; loaders fail on it, or make an
empty mask of it. Mostly a click too early ended the drawing.

## Example

```yaml
- name: a polygon that ended after two clicks
  items:
    - name: street.jpg
      size: [416, 416]
      annotations:
        - {label: Car, geometry: {type: polygon, parts: [[[[10, 10], [110, 60], [10, 10]]]]}}
  findings:
    - annotations: [street.jpg/0]
      message: "Car polygon has a ring of 2 different points; it takes 3"
      fix: delete it
      safe: false
      fixed: [delete street.jpg/0]
```

The fix deletes the annotation. It is not safe: that something is there may be all that is known. It is offered only
where nothing of the annotation is left to keep: no ring with three points, and no declared box.

## Options

None.

## False alarms

None are known for polygons and lines. COCO keeps people without labelled joints, with their box, on purpose: a skeleton
with a declared box is left out.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.outlines import polygons
from checkdam.lint.rule import Need, NoOptions, annotation_finding
from checkdam.measure.rings import distinct_points
from checkdam.schema import DeleteAnnotation, Finding, Fix, Severity, SubjectKind


class TooFewPoints:
    name: ClassVar[str] = "too-few-points"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        vertices = frame.vertices
        counts = distinct_points(vertices.xy, vertices.start)
        good = set(vertices.row[~vertices.line & (counts >= 3)].tolist())
        measured = polygons(frame)
        # A polygon without a single ring is empty-mask's and zero-area's.
        poor = (measured.fewest < 3) & (measured.points > 0)
        for row, fewest in zip(measured.row[poor].tolist(), measured.fewest[poor].tolist(), strict=True):
            yield self._found(frame, row, f"polygon has a ring of {_points(fewest)}; it takes 3", row not in good)
        short = vertices.line & (counts < 2)
        for row, count in zip(vertices.row[short].tolist(), counts[short].tolist(), strict=True):
            yield self._found(frame, row, f"polyline has {_points(count)}; it takes 2", True)
        joints = frame.joints
        labelled = np.bincount(joints.skeleton[joints.visibility > 0], minlength=len(joints.row))
        for row in joints.row[(labelled == 0) & ~frame.declared[joints.row]].tolist():
            yield self._found(frame, row, "skeleton has no labelled joint", True)

    def _found(self, frame: Frame, row: int, message: str, empty: bool) -> Finding:
        fix = None
        if empty and not frame.declared[row]:
            fix = Fix("delete it", (DeleteAnnotation(frame.annotation(row).id),))
        return annotation_finding(self, frame, [row], f"{frame.label_of(row)} {message}", fix=fix)


def _points(count: int) -> str:
    return f"{count} different point{'' if count == 1 else 's'}"
