"""A span begins or ends inside a word.

## What it catches

Spans with an end between two letters or two digits, or before a combining mark. A letter beside a digit ("5km") is no
cut, and scripts that write no spaces between words (Thai, Lao, Khmer, Han, kana) are left alone. One finding for each
span.

## Why it matters

A tokeniser cannot give half a word a label: the span is lost or grows when the data are read for training. A cut word
mostly shows a slip of the mouse, or offsets that are moved.

## Example

```yaml
- name: the last letter was missed
  items:
    - name: "1"
      text: Ada lives in London.
      annotations:
        - {label: LOC, geometry: {type: span, start: 13, end: 18}}
        - {label: PER, geometry: {type: span, start: 0, end: 3}}
  findings:
    - annotations: ["1/0"]
      message: "LOC span 'Londo' ends inside the word 'London'"
      fix: widen the span to 'London'
      safe: false
      fixed: ["replace 1/0: span 13 19"]
```

The fix widens the span to whole words. It is not safe: the span may have been moved rather than cut.

## Options

None.

## False alarms

Languages that join words (German compounds, Turkish or Finnish endings), where a part of a word is labelled on purpose.
"""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, annotation_finding
from checkdam.lint.words import inside_word, shown, word_around
from checkdam.schema import Finding, Fix, ReplaceAnnotation, Severity, Span, SubjectKind


class SpanSplitsWord:
    name: ClassVar[str] = "span-splits-word"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = True
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        for row, start, end in zip(*frame.spans, strict=True):
            text = frame.item_of(row).text
            if text is None or not 0 <= start < end <= len(text):
                continue
            at_start, at_end = inside_word(text, start), inside_word(text, end)
            if not at_start and not at_end:
                continue
            low, high = word_around(text, start, end)
            verb = "begins and ends" if at_start and at_end else "begins" if at_start else "ends"
            word = word_around(text, start, start) if at_start else word_around(text, end, end)
            places = (
                f"inside {shown(text, low, high)}" if at_start and at_end else f"inside the word {shown(text, *word)}"
            )
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} span {shown(text, start, end)} {verb} {places}",
                evidence={"start": start, "end": end, "words": [low, high]},
                fix=None
                if inside_word(text, low) or inside_word(text, high)
                else Fix(
                    f"widen the span to {shown(text, low, high)}",
                    (ReplaceAnnotation(structs.replace(frame.annotation(row), geometry=Span(low, high))),),
                ),
            )
