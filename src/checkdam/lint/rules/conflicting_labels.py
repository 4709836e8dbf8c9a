"""Texts that say the same are labelled differently.

## What it catches

Texts that have the same words (in lower case, whatever stands between them) and different labels of the whole text.
Texts that are equal letter by letter are left to duplicate-text. One finding for each text whose labels are not those
of most of its fellows; of two, for the later one.

## Why it matters

Both cannot be right. A model cannot learn what the words do not decide, and a test text with the wrong label makes a
right answer an error.

## Example

```yaml
- name: a mark of exclamation changes no opinion
  items:
    - {name: "1", text: Works fine., categories: [positive]}
    - {name: "2", text: works fine!, categories: [positive]}
    - {name: "3", text: "works, fine", categories: [negative]}
  findings:
    - items: ["3", "1"]
      message: "labelled negative, but 2 of 3 texts with the same words are positive: 'works, fine'"
```

## Options

- `words` (default `2`): how many words a text needs.

## False alarms

Short texts that mean different things in different places, and classes that depend on case or punctuation ("Polish",
a question and a statement).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, cut, item_finding
from checkdam.schema import Finding, MultiCategory, Severity, SubjectKind

Labels = tuple[str, ...]


class ConflictingLabels:
    name: ClassVar[str] = "conflicting-labels"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        words: Annotated[int, Meta(ge=1)] = 2

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for row, item in enumerate(frame.items):
            words = tuple(re.findall(r"\w+", (item.text or "").lower())) if item.kind == "text" else ()
            if len(words) >= options.words:
                groups[words].append(row)
        for rows in groups.values():
            if len({frame.items[row].text for row in rows}) > 1:
                yield from self._of_group(frame, rows)

    def _of_group(self, frame: Frame, rows: list[int]) -> Iterator[Finding]:
        told = {row: labels for row in rows if (labels := _labels(frame, row))}
        votes = Counter(told.values())
        if len(votes) < 2:
            return
        usual, count = votes.most_common(1)[0]  # of equally frequent ones the first that was met
        original = next(row for row, labels in told.items() if labels == usual)
        for row, labels in told.items():
            text = frame.items[row].text or ""
            if labels == usual or text == frame.items[original].text:
                continue
            yield item_finding(
                self,
                frame,
                [row, original],
                f"labelled {_shown(labels)}, but {count} of {len(told)} texts with the same words "
                f"{'is' if count == 1 else 'are'} {_shown(usual)}: {cut(text)}",
                evidence={"usual": list(usual), "count": count, "of": len(told)},
            )


def _labels(frame: Frame, row: int) -> Labels:
    """What is said of the whole text, in the order of names."""
    rows = [int(one) for one in frame.rows_of_items[row]]
    found: set[str] = set()
    for one, geometry in zip(rows, frame.geometries(rows), strict=True):
        if geometry.__struct_config__.tag == "category":
            found.add(frame.label_of(one))
        elif isinstance(geometry, MultiCategory):
            found.update(f"{frame.label_of(one)} {label}" for label in geometry.labels)
    return tuple(sorted(found))


def _shown(labels: Labels) -> str:
    return "/".join(labels)
