"""Labels that have only a few annotations.

## What it catches

Labels that are used, and have fewer than ten annotations, in a dataset of at least a hundred. One finding for the
dataset, which names them all.

## Why it matters

Of fewer than ten examples hardly any are left for validation once training has its share: nothing is learned of the
label, and what is measured of it is chance. Often a rare label is a mistaken one.

## Example

```yaml
- name: a label that is used once
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [Tram, 10, 10, 100, 50]
      many:
        - {label: Car, count: 120, width: [80, 120], height: [50, 70]}
  findings:
    - message: "1 label has fewer than 10 annotations: Tram (1)"
```

## Options

- `minimum` (default `10`): how many annotations a label needs not to be rare.
- `total` (default `100`): how many annotations a dataset needs to be judged: in a smaller one every label is rare.

## False alarms

Data with many labels, most of which are rare in the world too.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding, listed
from checkdam.schema import Finding, RuleGroup, Severity, SubjectKind


class RareLabel:
    name: ClassVar[str] = "rare-label"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "dataset"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False
    group: ClassVar[RuleGroup] = "labels"

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        minimum: Annotated[int, Meta(ge=1)] = 10
        total: Annotated[int, Meta(ge=0)] = 100

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        counts = np.bincount(frame.label, minlength=len(frame.labels))
        rare = np.flatnonzero((counts > 0) & (counts < options.minimum))
        if len(frame) < options.total or not len(rare):
            return
        rare = rare[np.argsort(counts[rare], kind="stable")]
        names = {frame.labels[code]: int(counts[code]) for code in rare.tolist()}
        has = "label has" if len(names) == 1 else "labels have"
        message = f"{len(names)} {has} fewer than {options.minimum} annotations: "
        yield item_finding(
            self,
            frame,
            [],
            message + listed([f"{name} ({count})" for name, count in names.items()]),
            evidence={"labels": names},
        )
