"""A box is far wider or taller than the others of its label.

## What it catches

Boxes whose ratio of width to height is far from that of the label's other boxes: a robust z-score of the logarithm of
the ratio beyond 5 to either side, among at least 20 boxes of the label (see box-too-large for the score). Boxes that
come within a pixel of the image's edge are not judged, and do not count: the object may go on beyond it. Rotated boxes
are left out.

## Why it matters

A box much too flat or too narrow is mostly one that was dragged from the wrong corner, covers two neighbours, or only a
part of the object. Regressors pay for such boxes with large losses.

## Example

```yaml
- name: a sliver
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [Car, 100, 100, 120, 10]
        - [Car, 10, 10, 60, 40]
  options: {max_ratio: 5}
  findings:
    - annotations: [street.jpg/0]
      message: "Car box of 120 × 10 px has a ratio of sides of 12"
```

## Options

- `z` (default `5.0`): how far from the median, as a robust z-score, the ratio must be.
- `max_ratio` (default none): report instead every box whose longer side is more than this many times the shorter one.
  Where it is given it decides alone, and boxes at the edge count too.

## False alarms

Objects seen from an unusual side, partly hidden ones, and labels that hold things of several shapes: most findings are
right to be odd (see `docs/judged`), hence the severity `info`.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding, number
from checkdam.lint.shape import Shapes, is_crowd, shapes_of
from checkdam.schema import Finding, Severity, SubjectKind


class OddAspectRatio:
    name: ClassVar[str] = "odd-aspect-ratio"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"size"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        z: Annotated[float, Meta(gt=0)] = 5.0
        max_ratio: Annotated[float, Meta(ge=1)] | None = None

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        shapes = shapes_of(frame)
        ratio = shapes.width / shapes.height
        longer = np.maximum(ratio, shapes.height / shapes.width)
        if options.max_ratio is not None:
            for row in np.flatnonzero(shapes.upright & (longer > options.max_ratio)).tolist():
                yield annotation_finding(
                    self,
                    frame,
                    [row],
                    f"{_size(frame, shapes, row)} has a ratio of sides of {number(round(longer[row], 2))}",
                    evidence={"ratio": ratio[row]},
                )
            return
        z, medians = shapes.z_scores(np.log(ratio), shapes.upright & ~shapes.cut_off(facts))
        with np.errstate(invalid="ignore"):
            rows = np.flatnonzero(np.abs(z) > options.z).tolist()
        for row in rows:
            if is_crowd(frame.annotation(row)):
                continue
            median = float(np.exp(medians[row]))
            how = "wide" if z[row] > 0 else "narrow"
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{_size(frame, shapes, row)} is unusually {how}: width to height {ratio[row]:.2f}, "
                f"usual for the label {median:.2f} (robust z {z[row]:.1f})",
                evidence={"z": z[row], "ratio": ratio[row], "median_ratio": median},
            )


def _size(frame: Frame, shapes: Shapes, row: int) -> str:
    return f"{frame.label_of(row)} box of {number(shapes.width[row])} × {number(shapes.height[row])} px"
