"""A split is too small to measure anything on it.

## What it catches

Splits of fewer than 30 items, in a dataset of at least ten times as many. One finding for the dataset, which names
them.

## Why it matters

A share measured on 30 items has a standard error of up to nine points (√(¼ / 30)): two models that differ by less
cannot be told apart. Mostly the split was cut by a rule that met few items, or files of it were lost.

## Example

```yaml
- name: four items to validate on
  items:
    - {copies: 396, name: "train/{}.jpg", size: [416, 416], split: train}
    - {copies: 4, name: "val/{}.jpg", size: [416, 416], split: val}
  findings:
    - message: "1 split has fewer than 30 of 400 items: val (4)"
```

## Options

- `minimum` (default `30`): how many items a split needs.

## False alarms

A sample that is kept for looking at by eye.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding, listed
from checkdam.schema import Finding, Severity, SubjectKind

TIMES = 10


class SmallSplit:
    name: ClassVar[str] = "small-split"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "dataset"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        minimum: Annotated[int, Meta(ge=1)] = 30

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        counts = Counter(item.split for item in frame.items if item.split is not None)
        small = {split: count for split, count in sorted(counts.items()) if count < options.minimum}
        if len(frame.items) < TIMES * options.minimum or not small:
            return
        has = "split has" if len(small) == 1 else "splits have"
        yield item_finding(
            self,
            frame,
            [],
            f"{len(small)} {has} fewer than {options.minimum} of {len(frame.items)} items: "
            + listed([f"{split} ({count})" for split, count in small.items()]),
            evidence={"splits": small},
        )
