"""A skeleton has more or fewer joints than its label declares.

## What it catches

Keypoints whose number is not that of the joints in the taxonomy's skeleton for the label (COCO's `keypoints` of a
category, YOLO's `kpt_shape`). Labels without a skeleton in the taxonomy are left out. One finding for each skeleton.

## Why it matters

Joints are known by their place in the list alone. With one missing, every joint after it takes the name of its
neighbour.

## Example

```yaml
- name: a joint was lost
  taxonomy:
    - {name: person, skeleton: {joints: [head, left_hand, right_hand]}}
  items:
    - name: street.jpg
      size: [416, 416]
      annotations:
        - {label: person, geometry: {type: keypoints, points: [[60, 20, 2], [30, 60, 2]]}}
  findings:
    - annotations: [street.jpg/0]
      message: "person skeleton has 2 joints; the taxonomy names 3"
```

## Options

None.

## False alarms

None are known.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, annotation_finding
from checkdam.schema import Finding, RuleGroup, Severity, SubjectKind


class KeypointCount:
    name: ClassVar[str] = "keypoint-count"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False
    group: ClassVar[RuleGroup] = "labels"
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        wanted = {label.name: len(label.skeleton.joints) for label in frame.taxonomy.labels if label.skeleton}
        if not wanted or not len(frame):
            return
        joints = frame.joints
        expected = np.array([wanted.get(label, -1) for label in frame.labels])[frame.label[joints.row]]
        for at in np.flatnonzero((expected >= 0) & (expected != joints.count)).tolist():
            row, count = int(joints.row[at]), int(joints.count[at])
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} skeleton has {count} joint{'' if count == 1 else 's'}; "
                f"the taxonomy names {expected[at]}",
                evidence={"joints": count, "declared": expected[at]},
            )
