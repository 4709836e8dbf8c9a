"""A box touches the edge of its image.

## What it catches

Boxes, and the extents of all other geometries, that reach an edge of the image or cross it. The size of the image is
that of its file, or the declared one where the file is not at hand. One finding for each annotation.

The rule is off by default: objects that go on beyond the picture are in most datasets, and right to be there. Select it
to look at them: whether cut-off objects are boxed by one custom, and marked (`truncated`) where the taxonomy asks for
it.

## Why it matters

Annotators differ in what they do at the edge: some stop a pixel short, some let the box out, some leave cut-off objects
away. Sizes and shapes of cut-off objects are not those of the label.

## Example

```yaml
- name: a car that goes on beyond the picture
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [Car, 300, 100, 116, 80]
  findings:
    - annotations: [street.jpg/0]
      message: "Car box touches the edge of the 416 × 416 px image (right)"
```

## Options

- `distance` (default `0.0`): how many pixels from the edge still count as touching. Differences below 0.00005 px never
  count.

## False alarms

All, in the sense that a box at the edge is no flaw by itself.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding, number
from checkdam.measure.boxes import corners, snap
from checkdam.schema import Finding, Severity, SubjectKind

SIDES = ("left", "top", "right", "bottom")


class TouchingFrame:
    name: ClassVar[str] = "touching-frame"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"size"})
    fixable: ClassVar[bool] = False
    default: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        distance: Annotated[float, Meta(ge=0)] = 0.0

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        if not len(frame):
            return
        width, height = (size[frame.item] for size in facts.sizes(frame))
        left, top, right, bottom = corners(frame.x, frame.y, frame.width, frame.height).T
        with np.errstate(invalid="ignore", over="ignore"):
            near = (np.minimum(left, right), np.minimum(top, bottom))
            far = (np.maximum(left, right), np.maximum(top, bottom))
            room = snap(np.stack([*near, width - far[0], height - far[1]], axis=1))
            touching = room <= options.distance
        for row in np.flatnonzero(touching.any(axis=1)).tolist():
            kind = frame.kinds[int(frame.kind[row])].replace("_", " ")
            size = (float(width[row]), float(height[row]))
            image = "image" if any(np.isnan(size)) else f"{number(size[0])} × {number(size[1])} px image"
            which = [side for side, reached in zip(SIDES, touching[row], strict=True) if reached]
            crossed = any(room[row, SIDES.index(side)] < 0 for side in which)
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} {kind} {'crosses' if crossed else 'touches'} the edge of the {image} "
                f"({', '.join(which)})",
                evidence={"sides": which, "image": list(size)},
            )
