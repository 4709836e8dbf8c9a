"""An item has more or fewer annotations of a label than the taxonomy allows.

## What it catches

Items whose number of annotations of a label lies outside the `limits` that the taxonomy gives for it. An item that has
no annotation at all is left to unannotated-item. One finding for each item, with all its labels.

## Why it matters

The limit says what is known of every picture: one face on a passport photo, a plate on every car. An item beyond it
has a doubled, a missing or a mistaken annotation.

## Example

```yaml
- name: two faces on a passport photo
  taxonomy:
    - {name: face, limits: {minimum: 1, maximum: 1}}
  items:
    - name: ann.jpg
      size: [300, 400]
      boxes:
        - [face, 50, 50, 150, 200]
        - [face, 220, 10, 30, 40]
  findings:
    - items: [ann.jpg]
      message: "2 annotations of face; the taxonomy allows at most 1"
```

## Options

None.

## False alarms

Items that are not finished yet.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, item_finding
from checkdam.schema import Finding, RuleGroup, Severity, SubjectKind


class CountLimits:
    name: ClassVar[str] = "count-limits"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False
    group: ClassVar[RuleGroup] = "labels"
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        limited = [label for label in frame.taxonomy.labels if label.limits is not None]
        if not limited:
            return
        used = np.bincount(frame.item, minlength=len(frame.items)) > 0
        wrong: dict[int, list[tuple[str, int, str]]] = defaultdict(list)
        for label in limited:
            limits = label.limits
            if limits is None:
                continue
            own = frame.label == (frame.labels.index(label.name) if label.name in frame.labels else -1)
            counts = np.bincount(frame.item[own], minlength=len(frame.items))
            few = used & (counts < limits.minimum)
            many = used & (counts > (np.inf if limits.maximum is None else limits.maximum))
            for row in np.flatnonzero(few | many).tolist():
                bound = f"at least {limits.minimum}" if few[row] else f"at most {limits.maximum}"
                wrong[row].append((label.name, int(counts[row]), bound))
        for row, found in wrong.items():
            told = [
                f"{count} annotation{'' if count == 1 else 's'} of {label}; the taxonomy allows {bound}"
                for label, count, bound in found
            ]
            message = told[0] + (f"; and {len(told) - 1} more labels are outside their limits" if len(told) > 1 else "")
            yield item_finding(
                self, frame, [row], message, evidence={"counts": {label: count for label, count, _ in found}}
            )
