"""Two boxes of one item cover the same place.

## What it catches

Pairs of boxes of the same label and the same kind of geometry in one image, whose intersection over union (IoU) is
above 0.9. One finding for each pair; it is about the later box, and names the earlier one. Polygons, masks and rotated
boxes are compared by the box that is declared for them, or else by their extent.

## Why it matters

A doubled box counts an object twice: in the loss while training, in the statistics of the dataset, and as a missed
detection in every evaluation, since no detector that suppresses its own doubles can match both.

## Example

```yaml
- name: a cell drawn twice, two pixels apart
  items:
    - name: blood.jpg
      size: [640, 480]
      boxes:
        - [RBC, 144, 366, 107, 107]
        - [RBC, 142, 364, 107, 107]
  findings:
    - annotations: [blood.jpg/1, blood.jpg/0]
      message: "RBC box covers the same place as another RBC box (line 1, IoU 0.929)"
      fix: delete the later box
      safe: true
      fixed: [delete blood.jpg/1]
```

The fix deletes the later box. It is safe where both are plain boxes with the same label and the same attributes, and
the earlier one is not itself to be deleted.

## Options

- `iou` (default `0.9`): the IoU that a pair must exceed.
- `label` (default `"same"`): `"same"` looks at pairs of one label, `"other"` at pairs of different labels, `"any"` at
  both.
- `kind` (default `"same"`): `"same"` compares boxes with boxes, polygons with polygons and so on, `"any"` all.
- `identical` (default `false`): only pairs that agree in all four coordinates; `iou` is then not looked at, and boxes
  without area count too.

## False alarms

Two objects one behind the other can have nearly the same extent; hence polygons, masks and rotated boxes that are not
equal are only a `warning`. Datasets that mean to give an object two labels will want `label = "same"`, as it is.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Bools, Floats, Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding
from checkdam.measure.boxes import corners, identical_pairs, iou, iou_pairs
from checkdam.measure.pairs import Indices
from checkdam.schema import Annotation, Box, DeleteAnnotation, Finding, Fix, LimitError, Severity, SubjectKind

MOST_PAIRS = 1_000_000


class DuplicateBox:
    name: ClassVar[str] = "duplicate-box"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        iou: Annotated[float, Meta(ge=0, lt=1)] = 0.9
        label: Literal["same", "other", "any"] = "same"
        kind: Literal["same", "any"] = "same"
        identical: bool = False

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        boxes = corners(frame.x, frame.y, frame.width, frame.height)
        first, second = _pairs(frame, boxes, options)
        doomed: set[int] = set()
        for keep, drop, overlap in zip(
            first.tolist(), second.tolist(), iou(boxes[first], boxes[second]).tolist(), strict=True
        ):
            kept, dropped = frame.annotation(keep), frame.annotation(drop)
            same_label = kept.label == dropped.label
            plain = isinstance(kept.geometry, Box) and isinstance(dropped.geometry, Box)
            fix = None
            if same_label:
                safe = plain and kept.attributes == dropped.attributes and keep not in doomed
                fix = Fix("delete the later box", (DeleteAnnotation(dropped.id),), safe=safe)
                doomed.add(drop)
            yield annotation_finding(
                self,
                frame,
                [drop, keep],
                f"{dropped.label} box covers the same place as another {kept.label} box "
                f"({_place(frame, keep, kept, dropped)}, IoU {overlap:.3f})",
                severity="error" if plain or kept.geometry == dropped.geometry else "warning",
                evidence={"iou": overlap, "labels": [dropped.label, kept.label]},
                fix=fix,
            )


def _pairs(frame: Frame, boxes: Floats, options: DuplicateBox.Options) -> tuple[Indices, Indices]:
    """The pairs of rows, the earlier first. Boxes that may not form a pair are never compared."""
    rows = np.flatnonzero(frame.areal)
    group = frame.item[rows].astype(np.int64)
    if options.kind == "same":
        group = group * len(frame.kinds) + frame.kind[rows]
    if options.label == "same":
        group = group * len(frame.labels) + frame.label[rows]
    try:
        if options.identical:
            first, second = identical_pairs(group, boxes[rows], MOST_PAIRS)
        else:
            first, second, _ = iou_pairs(group, boxes[rows], options.iou, MOST_PAIRS)
    except OverflowError as error:
        raise LimitError(str(error), "these are no stray doubles: look at how the boxes were made") from error
    first, second = rows[first], rows[second]
    if options.label == "other":
        different: Bools = frame.label[first] != frame.label[second]
        first, second = first[different], second[different]
    return first, second


def _place(frame: Frame, row: int, kept: Annotation, dropped: Annotation) -> str:
    """Where the earlier box is: its line where it is in the same file, else its place or its ordinal in the item."""
    if kept.origin is None:
        return f"box {int(np.searchsorted(frame.rows_of_items[int(frame.item[row])], row)) + 1} of the item"
    if kept.origin.at is not None and dropped.origin is not None and kept.origin.file == dropped.origin.file:
        return f"line {kept.origin.at}" if kept.origin.array is None else f"{kept.origin.array}[{kept.origin.at}]"
    return str(kept.origin)
