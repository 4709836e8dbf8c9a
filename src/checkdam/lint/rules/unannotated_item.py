"""An item has no annotation.

## What it catches

Images, texts and clips without a single annotation, in a dataset that has annotations: files without a label file,
empty label files, empty responses. One finding for each item where at most one in ten has none; where more have none,
they are there on purpose or not done yet, and one finding for the dataset counts them.

## Why it matters

An empty image is a good negative example if nothing is there to label, and the worst one if somebody forgot it: every
object in it is then taught as background. Only a look tells.

## Example

```yaml
- name: one of eleven was forgotten
  items:
    - {copies: 10, name: "{}.jpg", size: [416, 416], boxes: [[Car, 10, 10, 80, 50]]}
    - {name: last.jpg, size: [416, 416]}
  findings:
    - items: [last.jpg]
      message: "has no annotation"
```

## Options

- `few` (default `0.1`): up to which share of the items without annotation each one is reported. `1` reports each
  always.

## False alarms

Negative examples: hence the severity `info`.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import Finding, RuleGroup, Severity, SubjectKind


class UnannotatedItem:
    name: ClassVar[str] = "unannotated-item"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False
    group: ClassVar[RuleGroup] = "labels"

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        few: Annotated[float, Meta(ge=0, le=1)] = 0.1

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        empty = np.flatnonzero(np.bincount(frame.item, minlength=len(frame.items)) == 0)
        if not len(frame) or not len(empty):
            return
        if len(empty) > options.few * len(frame.items):
            message = f"{len(empty)} of {len(frame.items)} items have no annotation"
            yield item_finding(self, frame, [], message, evidence={"items": len(empty)})
            return
        for row in empty.tolist():
            yield item_finding(self, frame, [row], "has no annotation")
