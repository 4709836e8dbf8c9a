"""A text is empty.

## What it catches

Items that are texts and hold nothing, or nothing but white space and invisible characters.

## Why it matters

There is nothing to label. An empty text with a label teaches that the label needs no reason; it mostly stems from a
column that was lost on the way.

## Example

```yaml
- name: a row without its text
  items:
    - {name: "1", text: "  ", categories: [positive]}
    - {name: "2", text: fine, categories: [positive]}
  findings:
    - items: ["1"]
      message: "the text is empty but for white space; it is labelled positive"
      fix: delete this item and its annotations
      safe: false
      fixed: [delete 1]
```

The fix deletes the item. It is not safe: the text may be found again in the source.

## Options

None.

## False alarms

Data of which empty texts are a class of their own, such as answers that were not given.
"""

from collections.abc import Iterator
from typing import ClassVar

from checkdam.lint.copies import labels_of
from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, item_finding
from checkdam.schema import DeleteItem, Finding, Fix, Severity, SubjectKind

_BLANK = " \t\n\r\x0b\x0c\u200b\u200c\u200d\u2060\ufeff"


class EmptyText:
    name: ClassVar[str] = "empty-text"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = True
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        for row, item in enumerate(frame.items):
            if item.kind != "text" or (item.text is not None and item.text.strip().strip(_BLANK).strip()):
                continue
            labels = labels_of(frame, row)
            yield item_finding(
                self,
                frame,
                [row],
                ("the text is empty but for white space" if item.text else "the text is empty")
                + (f"; it is labelled {', '.join(labels)}" if labels else ""),
                evidence={"length": len(item.text or ""), "labels": labels},
                fix=Fix("delete this item and its annotations", (DeleteItem(item.id),)),
            )
