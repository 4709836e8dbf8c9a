"""A label is written almost like another one.

## What it catches

Annotations with a label that looks like a slip of the pen in another, more frequent one:

- *whitespace*: white space before or after it;
- *spelling*: another label differs only in letter case, spaces, underscores and dashes;
- *typo*: it differs from another label by one letter (added, left out, replaced, or two exchanged), is of at least five
  letters, and the other is at least 50 times as frequent. Labels that differ in a digit are left out.

Labels that the taxonomy does not know are left to unknown-label. One finding for each annotation.

## Why it matters

Each spelling is a class of its own to a loader. The rare one takes examples from the right one, and in evaluation every
such object is both a miss and a false alarm.

## Example

```yaml
- name: two spellings of one label
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [traffic light, 10, 10, 20, 50]
        - [traffic light, 110, 10, 20, 50]
        - [Traffic_Light, 210, 10, 20, 50]
  findings:
    - annotations: [street.jpg/2]
      message: "label 'Traffic_Light' (1 annotation) is written almost like 'traffic light' (2)"
      fix: "change the label to 'traffic light'"
      safe: false
      fixed: ["replace street.jpg/2: label traffic light"]
```

The fix changes the label to the other one. A person confirms it.

## Options

- `what` (default `"any"`): only `"whitespace"`, `"spelling"` or `"typo"`.

## False alarms

Labels that mean to differ in case alone, such as letters in handwriting: single letters are left out. Two words that
happen to differ by a letter, one of them rare.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from msgspec import Struct, structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding, cut
from checkdam.measure.spelling import folded, one_slip
from checkdam.schema import Finding, Fix, ReplaceAnnotation, RuleGroup, Severity, SubjectKind

SHORTEST = 5
"""Shorter words that differ by a letter are mostly different words: cat, car, bar."""

RARE = 50
"""How many times as frequent the right spelling is: a slip happens in a few of a hundred labels, not in ten."""

MOST_LABELS = 1_000
"""More labels than this are no list that anybody wrote; comparing all with all would take long."""


class NearMissLabel:
    name: ClassVar[str] = "near-miss-label"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True
    group: ClassVar[RuleGroup] = "labels"

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        what: Literal["any", "whitespace", "spelling", "typo"] = "any"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        known = set(frame.taxonomy.names())
        counts = dict(zip(frame.labels, np.bincount(frame.label, minlength=len(frame.labels)).tolist(), strict=True))
        # What the taxonomy declares is there to be the right one, even where it is not used.
        counts |= {label: 0 for label in known if label not in counts}
        spellings = _Spellings({label: count for label, count in counts.items() if not known or label in known})
        wrong = {one: found for one in spellings.counts if (found := spellings.other(one, options.what)) is not None}
        codes = [code for code, label in enumerate(frame.labels) if label in wrong]
        for row in np.flatnonzero(np.isin(frame.label, codes)).tolist():
            annotation = frame.annotation(row)
            what, other = wrong[annotation.label]
            count = counts[annotation.label]
            many = f"{count} annotation{'' if count == 1 else 's'}"
            how = "has white space around it, unlike" if what == "whitespace" else "is written almost like"
            replaced = structs.replace(annotation, label=other)
            yield annotation_finding(
                self,
                frame,
                [row],
                f"label {cut(annotation.label)} ({many}) {how} {cut(other)} ({counts.get(other, 0)})",
                evidence={"what": what, "other": other},
                fix=Fix(f"change the label to {other!r}", (ReplaceAnnotation(replaced),)),
            )


class _Spellings:
    """The labels with their counts, in order, and those that are the same when folded."""

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts
        # A label with white space around it is never the right one.
        self._rank = {
            label: (label == label.strip(), count, -place) for place, (label, count) in enumerate(counts.items())
        }
        self._alike: dict[str, list[str]] = defaultdict(list)
        for label in counts:
            self._alike[folded(label)].append(label)

    def other(self, label: str, what: str) -> tuple[str, str] | None:
        """What is the matter with a label, and the one that is meant; None if nothing is."""
        if what in ("any", "whitespace") and label.strip() not in (label, ""):
            return "whitespace", label.strip()
        if what in ("any", "spelling") and len(folded(label)) > 1:
            # The more frequent of two is right; of equals the first in order.
            best = max(self._alike[folded(label)], key=self._rank.__getitem__)
            if best != label:
                return "spelling", best
        if what in ("any", "typo") and len(label) >= SHORTEST and len(self.counts) <= MOST_LABELS:
            near = next((one for one in self.counts if self._is_typo(label, one)), None)
            return None if near is None else ("typo", near)
        return None

    def _is_typo(self, label: str, other: str) -> bool:
        if self.counts[other] < RARE * max(self.counts[label], 1) or not one_slip(folded(label), folded(other)):
            return False
        return re.findall(r"\d", label) == re.findall(r"\d", other)
