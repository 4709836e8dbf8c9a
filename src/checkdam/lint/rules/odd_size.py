"""An image is much larger or smaller than the others, or of another shape.

## What it catches

Images whose number of pixels, or whose ratio of width to height, is far from what is usual in the dataset: a robust
z-score (of the logarithm) of more than 5, where at least 20 images have a size. One finding for each image.

## Why it matters

A thumbnail among photographs, a screenshot among scans, a panorama: they often came in by mistake, and after scaling
to one size their objects are far smaller, larger or more distorted than all others.

## Example

```yaml
- name: a thumbnail among photographs
  options: {count: 3}
  items:
    - {name: a.jpg, size: [4000, 3000]}
    - {name: b.jpg, size: [4032, 3024]}
    - {name: c.jpg, size: [3264, 2448]}
    - {name: d.jpg, size: [160, 120]}
  findings:
    - items: [d.jpg]
      message: "the image has 160 × 120 px, * times fewer than usual"
```

## Options

- `z` (default `5.0`): how far from the usual, as a robust z-score.
- `count` (default `20`): how many images are needed to know what is usual.

## False alarms

Datasets put together from several sources, of which one gave few images.
"""

from collections.abc import Iterator
from math import exp
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding, number
from checkdam.measure.robust import robust_z
from checkdam.schema import Finding, Severity, SubjectKind

_LEAST_SCALE = float(np.log(1.2))
"""Sizes within a fifth of each other count as equal: at the default z a finding is 2.5 times off or more."""


class OddSize:
    name: ClassVar[str] = "odd-size"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"size"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        z: Annotated[float, Meta(gt=0.0)] = 5.0
        count: Annotated[int, Meta(ge=3)] = 20

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        widths, heights = facts.sizes(frame)
        rows = np.flatnonzero((widths > 0) & (heights > 0))
        one_group = np.zeros(len(rows), dtype=np.int64)
        pixels, shape = np.log(widths[rows] * heights[rows]), np.log(widths[rows] / heights[rows])
        by_pixels, usual = robust_z(pixels, one_group, options.count, _LEAST_SCALE)
        by_shape, usual_shape = robust_z(shape, one_group, options.count, _LEAST_SCALE)
        for at in np.flatnonzero((np.abs(by_pixels) > options.z) | (np.abs(by_shape) > options.z)).tolist():
            row = int(rows[at])
            size = f"{widths[row]:.0f} × {heights[row]:.0f} px"
            if abs(by_pixels[at]) > options.z:
                factor = exp(abs(pixels[at] - usual[at]))
                more = "more" if pixels[at] > usual[at] else "fewer"
                message = f"the image has {size}, {factor:.3g} times {more} than usual"
                score = float(by_pixels[at])
            else:
                message = (
                    f"the image is {size}: its ratio of width to height is {number(exp(shape[at]))}, usual is "
                    f"{number(exp(usual_shape[at]))}"
                )
                score = float(by_shape[at])
            yield item_finding(self, frame, [row], message, evidence={"z": score})
