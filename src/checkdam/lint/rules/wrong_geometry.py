"""An annotation has a kind of geometry that its label does not allow.

## What it catches

Boxes where the taxonomy asks for polygons, and so on: each label may name the kinds of geometry that it is drawn with.
A label that names none allows all. One finding for each annotation.

## Why it matters

A loader that expects one kind skips the others without a word, or fails on them.

## Example

```yaml
- name: a lane drawn as a box
  taxonomy:
    - {name: lane, geometry: [polyline]}
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [lane, 10, 10, 100, 50]
  findings:
    - annotations: [street.jpg/0]
      message: "lane is drawn as a box; the taxonomy allows polyline"
```

## Options

None.

## False alarms

A taxonomy that is older than the data.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, annotation_finding
from checkdam.schema import Finding, RuleGroup, Severity, SubjectKind


class WrongGeometry:
    name: ClassVar[str] = "wrong-geometry"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False
    group: ClassVar[RuleGroup] = "labels"
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        allowed = {label.name: label.geometry for label in frame.taxonomy.labels if label.geometry}
        if not allowed or not len(frame):
            return
        wrong = np.array(
            [[kind not in allowed.get(label, frame.kinds) for kind in frame.kinds] for label in frame.labels],
            dtype=np.bool_,
        )
        for row in np.flatnonzero(wrong[frame.label, frame.kind]).tolist():
            label, kind = frame.label_of(row), frame.kinds[int(frame.kind[row])]
            kinds = ", ".join(one.replace("_", " ") for one in allowed[label])
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{label} is drawn as a {kind.replace('_', ' ')}; the taxonomy allows {kinds}",
                evidence={"kind": kind, "allowed": list(allowed[label])},
            )
