"""A mask or polygon beside a declared box is empty.

## What it catches

Masks without a single pixel and polygons without a point, for which a box is declared. Without a box zero-area reports
them. One finding for each annotation.

## Why it matters

The box says that something is there, the mask that nothing is. A segmenter learns background there; tools that take the
box from the mask fail. Mostly a conversion lost the outline, or the mask of a tiny object was rounded away.

## Example

```yaml
- name: the outline was lost
  items:
    - name: street.jpg
      size: [416, 416]
      annotations:
        - label: Car
          geometry: {type: mask, height: 416, width: 416, counts: [173056]}
          box: {type: box, x: 10, y: 10, width: 100, height: 50}
  findings:
    - annotations: [street.jpg/0]
      message: "Car mask is empty, though a box of 100 × 50 px is declared"
      fix: keep the box alone
      safe: false
      fixed: ["replace street.jpg/0: box 10 10 100 50"]
```

The fix keeps the box as the geometry. It is not safe: whoever wants masks must draw it anew.

## Options

None.

## False alarms

None are known.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from msgspec import structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.outlines import polygons
from checkdam.lint.rule import Need, NoOptions, annotation_finding, number
from checkdam.schema import Finding, Fix, ReplaceAnnotation, Severity, SubjectKind


class EmptyMask:
    name: ClassVar[str] = "empty-mask"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        masks, outlined = frame.masks, polygons(frame)
        rows = np.concatenate([masks.row[~(masks.area > 0)], outlined.row[outlined.points == 0]])
        for row in rows[frame.declared[rows]].tolist():
            annotation, kind = frame.annotation(row), frame.kinds[int(frame.kind[row])]
            width, height = float(frame.width[row]), float(frame.height[row])
            fix = None
            if annotation.box is not None:
                boxed = structs.replace(annotation, geometry=annotation.box, box=None)
                fix = Fix("keep the box alone", (ReplaceAnnotation(boxed),))
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{annotation.label} {kind} is empty, though a box of {number(width)} × {number(height)} px "
                "is declared",
                evidence={"box": [frame.x[row], frame.y[row], width, height]},
                fix=fix,
            )
