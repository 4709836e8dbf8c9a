"""A box is far larger than the others of its label.

## What it catches

Boxes whose area is far above that of the label's other boxes: a robust z-score of the logarithm of the area above 5,
among at least 20 boxes of the label. The score is (value - median) / (1.4826 × MAD) of the logarithms, so that a few
wrong boxes do not move it; the spread is taken as at least 0.2 (22 %). One finding for each box.

## Why it matters

A box drawn around several objects, or around the whole image, teaches a detector that background belongs to the
object, and spoils the anchors and scales that are fitted to the dataset.

## Example

```yaml
- name: a box over most of the image
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [Car, 0, 0, 416, 414]
        - [Car, 10, 10, 60, 40]
  options: {max_fraction: 0.95}
  findings:
    - annotations: [street.jpg/0]
      message: "Car box covers 99.5 % of the image"
```

## Options

- `z` (default `5.0`): the robust z-score that the area must exceed.
- `max_fraction` (default none): report instead every box that covers more than this share of the image, whatever the
  others are. Where it is given it decides alone.

## False alarms

Close-ups: an object that fills the picture is rightly large. Annotations that stand for a crowd (`iscrowd`) are left
out of the z-score's findings.
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


class BoxTooLarge:
    name: ClassVar[str] = "box-too-large"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"size"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        z: Annotated[float, Meta(gt=0)] = 5.0
        max_fraction: Annotated[float, Meta(ge=0)] | None = None

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        shapes = shapes_of(frame)
        if options.max_fraction is not None:
            yield from self._by_fraction(frame, facts, shapes, options.max_fraction)
            return
        z, medians = shapes.z_scores(np.log(shapes.area), shapes.solid)
        with np.errstate(invalid="ignore"):
            rows = np.flatnonzero(z > options.z).tolist()
        for row in rows:
            if is_crowd(frame.annotation(row)):
                continue
            median, area = float(np.exp(medians[row])), float(shapes.area[row])
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} box of {number(shapes.width[row])} × {number(shapes.height[row])} px has "
                f"{area / median:.1f} times the usual area of the label (robust z {z[row]:.1f})",
                evidence={"z": z[row], "area": area, "median_area": median},
            )

    def _by_fraction(self, frame: Frame, facts: Facts, shapes: Shapes, most: float) -> Iterator[Finding]:
        width, height = facts.sizes(frame)
        with np.errstate(invalid="ignore"):
            size = (width * height)[frame.item]
            rows = np.flatnonzero(shapes.solid & (shapes.area > most * size)).tolist()
        for row in rows:
            fraction = float(shapes.area[row] / size[row])
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} box covers {number(round(100 * fraction, 1))} % of the image",
                evidence={"fraction": fraction},
            )
