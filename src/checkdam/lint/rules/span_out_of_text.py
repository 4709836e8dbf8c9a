"""A span does not lie in its text.

## What it catches

Spans that begin before the text or end behind it, and spans that hold nothing, since they end where they begin or
before. One finding for each span.

## Why it matters

A span that ends behind the text comes from offsets counted in another unit (bytes, UTF-16) or in another version of the
text: then the spans before it are most likely moved too. Programs that read such a span cut it short, or fail.

## Example

```yaml
- name: the text was shortened after it was labelled
  items:
    - name: "1"
      text: Ada lives in London
      annotations:
        - {label: PER, geometry: {type: span, start: 0, end: 3}}
        - {label: LOC, geometry: {type: span, start: 13, end: 21}}
  findings:
    - annotations: ["1/1"]
      message: "LOC span 13 to 21 ends 2 characters behind the text, which has 19"
      fix: end the span with the text
      safe: false
      fixed: ["replace 1/1: span 13 19"]
```

The fix cuts the span to the text, or deletes one of which nothing is left. It is not safe: look whether all offsets of
the text are moved.

## Options

None.

## False alarms

None are known.
"""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, annotation_finding
from checkdam.schema import DeleteAnnotation, Finding, Fix, ReplaceAnnotation, Severity, Span, SubjectKind


class SpanOutOfText:
    name: ClassVar[str] = "span-out-of-text"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = True
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        for row, start, end in zip(*frame.spans, strict=True):
            text = frame.item_of(row).text
            if text is None or 0 <= start < end <= len(text):
                continue
            span = f"{frame.label_of(row)} span {start} to {end}"
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{span} {_what(start, end, len(text))}",
                evidence={"start": start, "end": end, "length": len(text)},
                fix=_fix(frame, row, start, end, len(text)),
            )


def _what(start: int, end: int, length: int) -> str:
    if end <= start:
        return "holds nothing" if end == start else "ends before it begins"
    if start >= length:
        return f"lies behind the text, which has {_characters(length)}"
    if start < 0:
        return f"begins {_characters(-start)} before the text"
    return f"ends {_characters(end - length)} behind the text, which has {length}"


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _fix(frame: Frame, row: int, start: int, end: int, length: int) -> Fix:
    annotation = frame.annotation(row)
    low, high = max(start, 0), min(end, length)
    if low >= high:
        return Fix("delete the span", (DeleteAnnotation(annotation.id),))
    what = "end the span with the text" if end > length else "begin the span with the text"
    return Fix(what, (ReplaceAnnotation(structs.replace(annotation, geometry=Span(low, high))),))
