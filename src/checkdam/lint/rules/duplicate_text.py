"""A text is there more than once.

## What it catches

Texts that are equal to an earlier one, letter by letter, or with `normalise` word by word: in lower case,
whatever stands between the words. One finding for each redundant copy. Copies whose annotations differ are
an `error`; a copy without any annotation contradicts nothing.

## Why it matters

Copies weigh more than other texts while training; a copy in another split lets a model be tested on what it has learnt
by heart; copies with different labels cannot both be right.

## Example

```yaml
- name: one sentence, two opinions
  items:
    - {name: "1", text: Works fine., categories: [positive]}
    - {name: "2", text: Works fine., categories: [negative]}
    - {name: "3", text: works fine!, categories: [positive]}
  findings:
    - items: ["2", "1"]
      message: "same text as 1: 'Works fine.'; the labels conflict: negative, positive"
      severity: error
      fix: delete this copy and its annotations
      safe: false
      fixed: [delete 2]
```

The fix deletes the later copy with its annotations. It is not safe: a person must see which labels are right.

## Options

- `normalise` (default `false`): compare the words (runs of letters, digits and underscores) in lower case, whatever
  stands between them.
- `conflicting` (default `false`): report only copies whose labels conflict.

## False alarms

Short answers ("yes", "thank you") that people really gave many times.
"""

import re
from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from checkdam.lint.copies import across, labels_of, splits_note, statements
from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, cut, item_finding
from checkdam.schema import DeleteItem, Finding, Fix, Severity, SubjectKind


class DuplicateText:
    name: ClassVar[str] = "duplicate-text"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        normalise: bool = False
        conflicting: bool = False

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        first: dict[str, int] = {}
        for row, item in enumerate(frame.items):
            if item.kind != "text" or item.text is None:
                continue
            text = " ".join(re.findall(r"\w+", item.text.lower())) if options.normalise else item.text
            original = first.setdefault(text, row)
            if original == row:
                continue
            here, there = statements(frame, row), statements(frame, original)
            conflict = bool(here and there) and here != there
            if options.conflicting and not conflict:
                continue
            same = "same text" if item.text == frame.items[original].text else "same text but for case and punctuation"
            yield item_finding(
                self,
                frame,
                [row, original],
                f"{same} as {frame.items[original].name}: {cut(item.text)}"
                + splits_note(frame, row, original)
                + (f"; the labels conflict: {_both(frame, row, original)}" if conflict else ""),
                severity="error" if conflict else self.severity,
                evidence={"across_splits": across(frame, row, original), "labels_conflict": conflict},
                fix=Fix("delete this copy and its annotations", (DeleteItem(item.id),)),
            )


def _both(frame: Frame, row: int, original: int) -> str:
    return ", ".join("/".join(labels_of(frame, one)) for one in (row, original))
