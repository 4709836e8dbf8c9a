"""A span begins or ends with a space.

## What it catches

Spans whose first or last character is white space (also the no-break space, the zero-width space and the byte-order
mark), or with `punctuation` a mark of punctuation. One finding for each span.

## Why it matters

A span with a space at its end is another span than the one without: agreement between annotators and exact-match scores
fall, and models learn to guess spaces.

## Example

```yaml
- name: selected with the space behind
  items:
    - name: "1"
      text: Ada lives in London today
      annotations:
        - {label: LOC, geometry: {type: span, start: 13, end: 20}}
  findings:
    - annotations: ["1/0"]
      message: "LOC span 'London ' ends with a space"
      fix: trim the span to 'London'
      safe: true
      fixed: ["replace 1/0: span 13 19"]
```

The fix trims the span. It is safe where only white space goes. A span of white space alone has no fix.

## Options

- `punctuation` (default `false`): report punctuation at the ends as well; brackets and quotes, commas, stops.

## False alarms

With `punctuation`: names that end with a stop ("Inc.", "U.S."), titles in quotes.
"""

import unicodedata
from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct, structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding
from checkdam.lint.words import Trimmer, shown
from checkdam.schema import Finding, Fix, ReplaceAnnotation, Severity, Span, SubjectKind


class SpanEdgeSpace:
    name: ClassVar[str] = "span-edge-space"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        punctuation: bool = False

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        trimmers: dict[int, Trimmer] = {}
        for row, start, end in zip(*frame.spans, strict=True):
            text = frame.item_of(row).text
            if text is None or not 0 <= start < end <= len(text):
                continue
            item = int(frame.item[row])
            if item not in trimmers:
                trimmers[item] = Trimmer(text)
            low, high = only_spaces = trimmers[item](start, end)
            if options.punctuation:
                low, high = _without_punctuation(text, low, high)
            if (low, high) == (start, end):
                continue
            spaces = only_spaces == (low, high)
            span, label = shown(text, start, end), frame.label_of(row)
            if low >= high:
                yield annotation_finding(
                    self, frame, [row], f"{label} span {span} holds no word", evidence={"start": start, "end": end}
                )
                continue
            what = "a space" if spaces else "punctuation"
            ends = " and ".join([*(["begins"] if low > start else []), *(["ends"] if high < end else [])])
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{label} span {span} {ends} with {what}",
                evidence={"start": start, "end": end, "trimmed": [low, high]},
                fix=Fix(
                    f"trim the span to {shown(text, low, high)}",
                    (ReplaceAnnotation(structs.replace(frame.annotation(row), geometry=Span(low, high))),),
                    safe=spaces,
                ),
            )


def _without_punctuation(text: str, start: int, end: int) -> tuple[int, int]:
    def goes(character: str) -> bool:
        return character.isspace() or unicodedata.category(character).startswith("P")

    while start < end and goes(text[start]):
        start += 1
    while end > start and goes(text[end - 1]):
        end -= 1
    return start, end
