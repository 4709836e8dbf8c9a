"""The same words are labelled differently elsewhere.

## What it catches

Spans whose words have another label nearly everywhere else in the dataset. One finding for each span that is of a label
that at most one in ten of the spans with the same words have, where there are at least ten.

## Why it matters

Some words mean several things (Washington the person, the city and the state). But a label that one in many spans has
is often a slip, and the quickest to find: it stands out in a list.

## Example

```yaml
- name: Paris in the wrong colour
  options: {count: 4, share: 0.25}
  items:
    - name: "1"
      text: Paris, Paris, Paris, Paris
      annotations:
        - {label: LOC, geometry: {type: span, start: 0, end: 5}}
        - {label: LOC, geometry: {type: span, start: 7, end: 12}}
        - {label: PER, geometry: {type: span, start: 14, end: 19}}
        - {label: LOC, geometry: {type: span, start: 21, end: 26}}
  findings:
    - annotations: ["1/2"]
      message: "'Paris' is labelled PER in 1 of 4 places, LOC in 3"
```

## Options

- `count` (default `10`): how many spans with the same words there must be.
- `share` (default `0.1`): the largest share of them that a label may have to be reported.

## False alarms

Words of two meanings of which one is rare.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding, cut
from checkdam.lint.words import LONGEST_WORD
from checkdam.schema import Finding, Severity, SubjectKind

_OUTSIDE = "O"
"""The tag of tokens that belong to nothing, where every token is a span."""


class InconsistentSurfaceForm:
    name: ClassVar[str] = "inconsistent-surface-form"
    severity: ClassVar[Severity] = "info"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        count: Annotated[int, Meta(ge=2)] = 10
        share: Annotated[float, Meta(ge=0.0, le=0.5)] = 0.1

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        forms: dict[str, list[int]] = defaultdict(list)
        for row, start, end in zip(*frame.spans, strict=True):
            text = frame.item_of(row).text
            if (
                text is not None
                and 0 <= start < end <= min(len(text), start + LONGEST_WORD)
                and frame.label_of(row) != _OUTSIDE
            ):
                forms[" ".join(text[start:end].split())].append(row)
        for form, rows in forms.items():
            votes = Counter(frame.label_of(row) for row in rows)
            if len(rows) < options.count or len(votes) < 2:
                continue
            usual, most = votes.most_common(1)[0]
            for row in rows:
                label = frame.label_of(row)
                if label == usual or votes[label] > options.share * len(rows):
                    continue
                yield annotation_finding(
                    self,
                    frame,
                    [row],
                    f"{cut(form)} is labelled {label} in {votes[label]} of {len(rows)} places, {usual} in {most}",
                    evidence={"count": votes[label], "of": len(rows), "usual": usual},
                )
