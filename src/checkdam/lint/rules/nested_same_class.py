"""A box lies almost wholly inside another box of its label.

## What it catches

Boxes of one image and label, of which the smaller one lies in the larger one by more than 95 % of its area. One
finding for each inner box, about the smallest box around it. Pairs that cover the same place (IoU above 0.9) are left
to duplicate-box. A box around a crowd (COCO's `iscrowd`) holds others by its nature and is left out.

## Why it matters

A part was drawn beside its whole (the head of a cell, the cabin of a truck), a group beside its members, or one object
twice by two annotators of different taste. A detector learns that one object has two boxes, and suppresses the wrong
one.

## Example

```yaml
- name: the cabin of a truck, drawn as a second truck
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [Truck, 100, 100, 200, 120]
        - [Truck, 110, 110, 60, 100]
  findings:
    - annotations: [street.jpg/1, street.jpg/0]
      message: "Truck box lies inside another Truck box (100 % of its area, 25 % of the other's)"
```

## Options

- `share` (default `0.95`): the share of the inner box's area that must lie in the outer one, and be exceeded. A box
  that was drawn inside another by hand may cross its edge by a pixel or two: of a side of 40 px that is 5 %.
- `kind` (default `"box"`): `"box"` looks at plain boxes, `"any"` also at the declared boxes and extents of polygons,
  masks and rotated boxes.

## False alarms

A small object in front of a large one of the same label, or behind it: a car behind a car, a book on a book. In
pictures of streets nearly all findings were of this sort (see `docs/judged`), hence the rule is `info` and off by
default. It is of use where things do not hide each other: cells, letters, goods on a shelf. The extents of polygons
and masks lie in one another more often still, hence they are left out unless asked for.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding
from checkdam.lint.shape import is_crowd
from checkdam.measure.boxes import corners, iou, nested_pairs
from checkdam.schema import Finding, LimitError, Severity, SubjectKind

MOST_PAIRS = 1_000_000
SAME_PLACE = 0.9
"""The IoU above which duplicate-box speaks, by default."""


class NestedSameClass:
    name: ClassVar[str] = "nested-same-class"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False
    default: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        share: Annotated[float, Meta(gt=0, lt=1)] = 0.95
        kind: Literal["box", "any"] = "box"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        boxes = corners(frame.x, frame.y, frame.width, frame.height)
        rows = np.flatnonzero(frame.areal if options.kind == "any" else frame.is_kind("box"))
        group = frame.item[rows].astype(np.int64) * len(frame.labels) + frame.label[rows]
        try:
            inner, outer, share = nested_pairs(group, boxes[rows], options.share, MOST_PAIRS)
        except OverflowError as error:
            raise LimitError(str(error), "these are no stray boxes: look at how they were made") from error
        inner, outer = rows[inner], rows[outer]
        with np.errstate(over="ignore", invalid="ignore"):
            areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        apart = iou(boxes[inner], boxes[outer]) <= SAME_PLACE
        inner, outer, share = inner[apart], outer[apart], share[apart]
        order = np.lexsort((areas[outer], inner))
        told: set[int] = set()
        for row, around, part in zip(inner[order].tolist(), outer[order].tolist(), share[order].tolist(), strict=True):
            if row in told or is_crowd(frame.annotation(row)) or is_crowd(frame.annotation(around)):
                continue
            told.add(row)
            label, fraction = frame.label_of(row), float(areas[row] / areas[around])
            yield annotation_finding(
                self,
                frame,
                [row, around],
                f"{label} box lies inside another {label} box "
                f"({part:.0%} of its area, {fraction:.0%} of the other's)".replace("%", " %"),
                evidence={"inside": part, "area_ratio": fraction},
            )
