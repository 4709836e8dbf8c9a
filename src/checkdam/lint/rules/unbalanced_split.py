"""A label is spread unevenly over the splits.

## What it catches

Labels whose share of the items differs between the splits by more than chance explains. Counted are items that hold
the label at least once, since the annotations of one item depend on each other. For each label a G-test of the table
*holds it or not* × *split* is made (Sokal and Rohlf, Biometry, 1981), where at least five items are expected in each
cell; the p-values of all labels are adjusted by Benjamini and Hochberg (1995). A label is reported if its adjusted
p-value is below 0.01 **and** a split's share is more than 1.5 times, or less than 1 / 1.5 of, that of the whole. One
finding for the dataset, which names the labels, the worst first.

## Why it matters

What is measured on a split with other shares is not what will be met: a rare label that lies in the training split
alone is never tested. Mostly the items were split by folder, by time or by source rather than by chance.

## Example

```yaml
- name: all the trams were set aside for the test
  items:
    - {copies: 60, name: "train/{}.jpg", size: [416, 416], split: train, boxes: [[Car, 10, 10, 80, 50]]}
    - {copies: 20, name: "test/{}.jpg", size: [416, 416], split: test, boxes: [[Tram, 10, 10, 80, 50]]}
    - {copies: 20, name: "more/{}.jpg", size: [416, 416], split: test, boxes: [[Car, 10, 10, 80, 50]]}
  findings:
    - message: "2 labels are spread unevenly over the splits, by their share of the items: \\
        Tram (test 50 %, train 0 %), \\
        Car (test 50 %, train 100 %)"
```

## Options

- `p` (default `0.01`): the adjusted p-value must be below it: of the labels named, one of a hundred is named by
  chance.
- `ratio` (default `1.5`): how many times larger or smaller than in the whole the share of a split must be. In large
  datasets the smallest difference is significant, and does no harm.

## False alarms

Splits that differ on purpose: a test in another town, other years.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Floats, Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding, listed
from checkdam.measure.counts import benjamini_hochberg, chi2_tail, g_test
from checkdam.schema import Finding, Severity, SubjectKind

LEAST_EXPECTED = 5
"""Below this the distribution of G is not that of χ² (Cochran's rule)."""


class UnbalancedSplit:
    name: ClassVar[str] = "unbalanced-split"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "dataset"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        p: Annotated[float, Meta(gt=0, le=1)] = 0.01
        ratio: Annotated[float, Meta(ge=1)] = 1.5

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        splits = sorted({item.split for item in frame.items if item.split is not None})
        if len(splits) < 2 or not len(frame):
            return
        items, holding = _holding(frame, splits)
        expected = holding.sum(axis=1, keepdims=True) * items / items.sum()
        tested = np.flatnonzero(
            (expected >= LEAST_EXPECTED).all(axis=1) & (items - expected >= LEAST_EXPECTED).all(axis=1)
        )
        tests = [g_test(np.stack([holding[code], items - holding[code]])) for code in tested.tolist()]
        adjusted = benjamini_hochberg(np.array([chi2_tail(*test) if test[1] else 1.0 for test in tests]))
        share = holding[tested] / items
        over = share / (holding[tested].sum(axis=1, keepdims=True) / items.sum())
        uneven = (adjusted < options.p) & ((over > options.ratio) | (over < 1 / options.ratio)).any(axis=1)
        if not uneven.any():
            return
        with np.errstate(divide="ignore"):
            worst = np.abs(np.log(over)).max(axis=1)
        at = np.flatnonzero(uneven)
        at = at[np.argsort(-worst[at], kind="stable")]
        names = [frame.labels[code] for code in tested[at].tolist()]
        told = [
            f"{name} ({', '.join(f'{split} {part:.0%}' for split, part in zip(splits, parts, strict=True))})"
            for name, parts in zip(names, share[at].tolist(), strict=True)
        ]
        yield item_finding(
            self,
            frame,
            [],
            f"{len(names)} label{' is' if len(names) == 1 else 's are'} spread unevenly over the splits, "
            "by their share of the items: " + listed([one.replace("%", " %") for one in told], 4, 300),
            evidence={
                "splits": splits,
                "labels": {
                    name: {"share": share[one].tolist(), "g": tests[one][0], "p": float(adjusted[one])}
                    for name, one in zip(names, at.tolist(), strict=True)
                },
            },
        )


def _holding(frame: Frame, splits: list[str]) -> tuple[Floats, Floats]:
    """How many items each split has (s,), and how many of them hold each label (l, s)."""
    place = {split: at for at, split in enumerate(splits)}
    own = np.array([-1 if item.split is None else place[item.split] for item in frame.items], dtype=np.int64)
    items = np.bincount(own[own >= 0], minlength=len(splits))
    pairs = np.unique(frame.item.astype(np.int64) * len(frame.labels) + frame.label)
    item, label = pairs // len(frame.labels), pairs % len(frame.labels)
    there = own[item] >= 0
    cell = label[there] * len(splits) + own[item[there]]
    counts = np.bincount(cell, minlength=len(frame.labels) * len(splits)).reshape(-1, len(splits))
    return items.astype(np.float64), counts.astype(np.float64)
