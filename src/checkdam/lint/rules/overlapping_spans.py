"""Two spans of a text overlap.

## What it catches

Spans that cross, so that each holds a part of the other and more, and spans that cover the same characters: with
different labels, or twice with the same. With `nested` also spans that lie inside another. One finding for each span
that comes after one it overlaps; the first of those is named.

## Why it matters

Where each character has one label (tags of tokens, most models), one of two overlapping spans is lost when the data are
read. Two labels for the same words contradict each other.

## Example

```yaml
- name: two annotators, two opinions
  items:
    - name: "1"
      text: Bank of England today
      annotations:
        - {label: ORG, geometry: {type: span, start: 0, end: 15}}
        - {label: LOC, geometry: {type: span, start: 8, end: 21}}
        - {label: TIME, geometry: {type: span, start: 16, end: 21}}
  findings:
    - annotations: ["1/1", "1/0"]
      message: "LOC span 'England today' crosses the ORG span 'Bank of England'"
```

## Options

- `nested` (default `false`): report spans that lie inside another as well.

## False alarms

Schemes that allow several labels for the same words. Nested entities are left out by default, since many schemes allow
them.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import ClassVar

from msgspec import Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding
from checkdam.lint.words import shown
from checkdam.schema import Finding, LimitError, Severity, Span, SubjectKind

MOST_AT_ONCE = 1_000
"""Spans over one character; more is no labelling, and would take time in its square."""


class OverlappingSpans:
    name: ClassVar[str] = "overlapping-spans"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        nested: bool = False

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        found = sorted(
            (int(frame.item[row]), start, -end, row)
            for row, start, end in zip(*frame.spans, strict=True)
            if start < end
        )
        for item, group in groupby(found, key=lambda one: one[0]):
            for row, other, how in _overlaps([(start, -end, row) for _, start, end, row in group], options.nested):
                yield self._finding(frame, item, row, other, how)

    def _finding(self, frame: Frame, item: int, row: int, other: int, how: str) -> Finding:
        text = frame.items[item].text or ""
        words, others = _words(frame, row, text), _words(frame, other, text)
        label, before = frame.label_of(row), frame.label_of(other)
        message = {
            "equal": f"{label} span {words} covers the same characters as the {before} span",
            "twice": f"{label} span {words} is there twice",
            "inside": f"{label} span {words} lies inside the {before} span {others}",
            "crosses": f"{label} span {words} crosses the {before} span {others}",
        }["twice" if how == "equal" and label == before else how]
        return annotation_finding(self, frame, [row, other], message, evidence={"how": how})


def _words(frame: Frame, row: int, text: str) -> str:
    geometry = frame.annotation(row).geometry
    return shown(text, geometry.start, geometry.end) if isinstance(geometry, Span) else ""


def _overlaps(spans: list[tuple[int, int, int]], nested: bool) -> Iterator[tuple[int, int, str]]:
    """(row, earlier row, how) for each (start, end, row), sorted by start and falling end, that overlaps one before."""
    open_spans: list[tuple[int, int, int]] = []
    for start, end, row in spans:
        open_spans = [one for one in open_spans if one[1] > start]
        if len(open_spans) > MOST_AT_ONCE:
            raise LimitError(f"more than {MOST_AT_ONCE:,} spans cover one character")
        for low, high, other in open_spans:
            how = "equal" if (low, high) == (start, end) else "crosses" if end > high else "inside"
            if how != "inside" or nested:
                yield row, other, how
                break
        open_spans.append((start, end, row))
