"""Some items are in a split, others in none.

## What it catches

Items without a split in a dataset where others have one. One finding for the dataset.

## Why it matters

Tools disagree about such items: some train on them, some leave them out, some put them into the test.

## Example

```yaml
- name: one was forgotten
  items:
    - {name: a.jpg, size: [416, 416], split: train}
    - {name: b.jpg, size: [416, 416], split: val}
    - {name: c.jpg, size: [416, 416]}
  findings:
    - message: "1 of 3 items is in no split (train, val), first c.jpg"
```

## Options

None.

## False alarms

A pool of items that are kept apart on purpose.
"""

from collections.abc import Iterator
from typing import ClassVar

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, item_finding, listed
from checkdam.schema import Finding, Severity, SubjectKind


class MissingSplit:
    name: ClassVar[str] = "missing-split"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "dataset"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        splits = sorted({item.split for item in frame.items if item.split is not None})
        without = [item for item in frame.items if item.split is None]
        if splits and without:
            are = "item is" if len(frame.items) == 1 else "items is" if len(without) == 1 else "items are"
            yield item_finding(
                self,
                frame,
                [],
                f"{len(without)} of {len(frame.items)} {are} in no split ({listed(splits)}), "
                f"first {listed([without[0].name])}",
                evidence={"items": len(without), "splits": splits},
            )
