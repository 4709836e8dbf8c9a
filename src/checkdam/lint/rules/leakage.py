"""Parts of one source lie in several splits.

## What it catches

Items of one group in different splits: the same value of a metadata field that names a source (`group`, `group_id`,
`video`, `video_id`, `scene`, `sequence`, `patient`, `patient_id`, `session`, `document`, `source_image`), or pictures
that Roboflow made of one original (the name before `.rf.` is the same). One finding for each group. Copies and near
copies are found by duplicate-image, near-duplicate-image, duplicate-text and duplicate-sound.

## Why it matters

Frames of a video, slices of a patient and crops of a picture resemble each other far more than new data will. A model
that has seen one of them while training is tested on what it knows, and its score is too good.

## Example

```yaml
- name: a video in train and test
  items:
    - {name: a.png, split: train, metadata: {video: v1}}
    - {name: b.png, split: train, metadata: {video: v1}}
    - {name: c.png, split: test, metadata: {video: v1}}
    - {name: d.png, split: test, metadata: {video: v2}}
  findings:
    - items: [c.png, a.png]
      message: "video v1 lies in several splits: test 1, train 2"
```

## Options

- `field` (default none): the metadata field that names the group, instead of those above.

## False alarms

A split by time within each group, which is then what is to be tested.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, cut, item_finding
from checkdam.schema import Finding, Item, RuleGroup, Severity, SubjectKind

_FIELDS = (
    "group",
    "group_id",
    "video",
    "video_id",
    "scene",
    "sequence",
    "patient",
    "patient_id",
    "session",
    "document",
    "source_image",
)
_ROBOFLOW = ".rf."


class Leakage:
    name: ClassVar[str] = "leakage"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False
    group: ClassVar[RuleGroup] = "set"

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        field: str | None = None

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        fields = _FIELDS if options.field is None else (options.field,)
        groups: dict[tuple[str, str], list[int]] = defaultdict(list)
        for row, item in enumerate(frame.items):
            if item.split is not None:
                for key in _groups(item, fields):
                    groups[key].append(row)
        told: set[tuple[int, int]] = set()
        for (field, value), rows in groups.items():
            splits = Counter(str(frame.items[row].split) for row in rows)
            if len(splits) < 2:
                continue
            first = frame.items[rows[0]].split
            other = next(row for row in rows if frame.items[row].split != first)
            if (other, rows[0]) in told:  # two fields may name one group
                continue
            told.add((other, rows[0]))
            counts = ", ".join(f"{split} {count}" for split, count in sorted(splits.items()))
            yield item_finding(
                self,
                frame,
                [other, rows[0]],
                f"{field} {cut(value).strip(chr(39))} lies in several splits: {counts}",
                evidence={"field": field, "value": value, "splits": dict(splits)},
            )


def _groups(item: Item, fields: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for field in fields:
        value = item.metadata.get(field)
        if value is not None and not isinstance(value, bool) and str(value).strip():
            yield field, str(value)
    base = item.name.rpartition("/")[2]
    if item.kind == "image" and _ROBOFLOW in base[1:]:
        yield "the original", base.partition(_ROBOFLOW)[0]
