"""Labels that are declared and never used.

## What it catches

Labels of the taxonomy that no annotation has, neither as its label nor as an answer, and that are no other label's
parent. A dataset without any annotation is left out. One finding for the dataset, which names them all.

## Why it matters

A model has an output for each of them that never learns anything, and the mean over classes counts them, or not, as the
tool pleases. Sometimes the examples were lost on the way, or carry another spelling.

## Example

```yaml
- name: no buses
  taxonomy: [Car, Bus]
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [Car, 10, 10, 100, 50]
  findings:
    - message: "1 of 2 declared labels is never used: Bus"
```

## Options

None.

## False alarms

A part of a larger dataset, which keeps the list of labels of the whole.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, item_finding, listed
from checkdam.schema import Finding, MultiCategory, RuleGroup, Severity, SubjectKind


class UnusedLabel:
    name: ClassVar[str] = "unused-label"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "dataset"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False
    group: ClassVar[RuleGroup] = "labels"
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        declared = frame.taxonomy.names()
        if not declared or not len(frame):
            return
        counts = np.bincount(frame.label, minlength=len(frame.labels))
        used = {label for label, count in zip(frame.labels, counts.tolist(), strict=True) if count}
        for geometry in frame.geometries(np.flatnonzero(frame.is_kind("multi_category"))):
            used.update(geometry.labels if isinstance(geometry, MultiCategory) else ())
        used.update(label.parent for label in frame.taxonomy.labels if label.parent is not None)
        unused = [label for label in dict.fromkeys(declared) if label not in used]
        if unused:
            yield item_finding(
                self,
                frame,
                [],
                f"{len(unused)} of {len(declared)} declared labels {'is' if len(unused) == 1 else 'are'} never used: "
                f"{listed(unused)}",
                evidence={"labels": unused},
            )
