"""A joint lies far outside the box of its object.

## What it catches

Skeletons with a declared box (COCO's `bbox` beside `keypoints`), of which a visible joint lies outside the box by more
than a tenth of the object's scale, the root of the box's area. One finding for each skeleton.

## Why it matters

Pose estimators cut the box out of the picture and look for joints inside: such a joint cannot be found. Mostly it was
dragged to another person, joints of two people were mixed, or box and joints belong to different sizes of the image.

## Example

```yaml
- name: a hand of the neighbour
  taxonomy:
    - {name: person, skeleton: {joints: [head, hand]}}
  items:
    - name: street.jpg
      size: [416, 416]
      annotations:
        - label: person
          geometry: {type: keypoints, points: [[60, 20, 2], [230, 60, 2]]}
          box: {type: box, x: 10, y: 10, width: 100, height: 100}
  findings:
    - annotations: [street.jpg/0]
      message: "person joint 'hand' lies 120 px outside the box of 100 × 100 px"
```

## Options

- `tolerance` (default `0.1`): the share of the object's scale that a joint may lie outside. The least certain joint
  of COCO, the hip, varies by 0.107 of the scale among annotators (the constants of its keypoint evaluation).
- `visible` (default `true`): only visible joints. With `false` hidden ones count too, whose place is a guess beyond
  what the box was drawn around.

## False alarms

Boxes that were drawn around the head or the visible part only.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding, cut, number
from checkdam.measure.boxes import corners
from checkdam.schema import Finding, Severity, SubjectKind

VISIBLE = 2


class KeypointOutsideBox:
    name: ClassVar[str] = "keypoint-outside-box"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        tolerance: Annotated[float, Meta(ge=0)] = 0.1
        visible: bool = True

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        joints = frame.joints
        row = joints.row[joints.skeleton]
        box = corners(frame.x[row], frame.y[row], frame.width[row], frame.height[row])
        with np.errstate(invalid="ignore", over="ignore"):
            scale = np.sqrt((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]))
            outside = np.maximum(np.maximum(box[:, :2] - joints.xy, joints.xy - box[:, 2:]), 0.0)
            distance = np.hypot(outside[:, 0], outside[:, 1])
            far = (distance > options.tolerance * scale) & (scale > 0) & np.isfinite(scale)
        far &= (joints.visibility >= (VISIBLE if options.visible else 1)) & frame.declared[row]
        names = {label.name: label.skeleton.joints for label in frame.taxonomy.labels if label.skeleton}
        found: dict[int, list[int]] = defaultdict(list)
        for at in np.flatnonzero(far).tolist():
            found[int(row[at])].append(at)
        for one, places in found.items():
            first = max(places, key=lambda at: float(distance[at]))
            number_ = first - int(joints.start[joints.skeleton[first]])
            known = names.get(frame.label_of(one), ())
            joint = cut(known[number_]) if number_ < len(known) else f"{number_ + 1}"
            more = f", {len(places) - 1} more too" if len(places) > 1 else ""
            size = f"{number(float(frame.width[one]))} × {number(float(frame.height[one]))} px"
            yield annotation_finding(
                self,
                frame,
                [one],
                f"{frame.label_of(one)} joint {joint} lies {number(round(float(distance[first]), 2))} px "
                f"outside the box of {size}{more}",
                evidence={"joints": [at - int(joints.start[joints.skeleton[at]]) for at in places]},
            )
