"""A box is far smaller than the others of its label.

## What it catches

Boxes whose area is far below that of the label's other boxes: a robust z-score of the logarithm of the area below -5,
among at least 20 boxes of the label (see box-too-large for the score). Boxes that come within a pixel of the image's
edge are not judged, and do not count: the object may go on beyond it. Boxes without area are left to zero-area.

## Why it matters

A tiny box is mostly a slip of the mouse that was saved. It cannot be seen by most detectors, and asks the network to
find an object in a few pixels of background.

## Example

```yaml
- name: a slip of the mouse
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [Car, 100, 100, 4, 3]
        - [Car, 10, 10, 60, 40]
  options: {min_side: 10}
  findings:
    - annotations: [street.jpg/0]
      message: "Car box is 4 × 3 px"
```

## Options

- `z` (default `5.0`): how far below the median, as a robust z-score, the area must be.
- `min_side` (default none): report instead every box with a side shorter than this many pixels.
- `min_area` (default none): report instead every box with an area below this many square pixels.

Where `min_side` or `min_area` is given they decide alone (either is enough), and boxes at the edge count too.

## False alarms

Objects far away are rightly small; so are the visible parts of hidden ones.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding, number
from checkdam.lint.shape import is_crowd, shapes_of
from checkdam.schema import Finding, Severity, SubjectKind


class BoxTooSmall:
    name: ClassVar[str] = "box-too-small"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"size"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        z: Annotated[float, Meta(gt=0)] = 5.0
        min_side: Annotated[float, Meta(ge=0)] | None = None
        min_area: Annotated[float, Meta(ge=0)] | None = None

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        shapes = shapes_of(frame)
        if options.min_side is not None or options.min_area is not None:
            small = np.minimum(shapes.width, shapes.height) < (options.min_side or 0)
            small |= shapes.area < (options.min_area or 0)
            for row in np.flatnonzero(shapes.solid & small).tolist():
                yield annotation_finding(
                    self,
                    frame,
                    [row],
                    f"{frame.label_of(row)} box is {number(shapes.width[row])} × {number(shapes.height[row])} px",
                    evidence={"width": shapes.width[row], "height": shapes.height[row], "area": shapes.area[row]},
                )
            return
        z, medians = shapes.z_scores(np.log(shapes.area), shapes.solid & ~shapes.cut_off(facts))
        with np.errstate(invalid="ignore"):
            rows = np.flatnonzero(z < -options.z).tolist()
        for row in rows:
            if is_crowd(frame.annotation(row)):
                continue
            median, area = float(np.exp(medians[row])), float(shapes.area[row])
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} box of {number(shapes.width[row])} × {number(shapes.height[row])} px has "
                f"{100 * area / median:.1f} % of the usual area of the label (robust z {z[row]:.1f})",
                evidence={"z": z[row], "area": area, "median_area": median},
            )
