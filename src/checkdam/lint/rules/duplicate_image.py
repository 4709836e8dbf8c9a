"""An image is there more than once.

## What it catches

Images with exactly the same pixels as an earlier one, in whatever file format without loss. One finding for each
redundant copy: three equal images are two findings.

## Why it matters

Copies weigh more than other images while training. A copy that lies in another split is worse: the model is tested on
what it has learnt by heart, and every score is too good. Copies with different annotations contradict each other.

## Example

```yaml
- name: the same picture in train and test
  items:
    - {name: a.png, split: train, picture: {size: [64, 48], seed: 1}}
    - {name: b.png, split: test, picture: {copy_of: a.png}}
    - {name: c.png, split: test, picture: {size: [64, 48], seed: 2}}
  findings:
    - items: [b.png, a.png]
      message: "same pixels as a.png; the copies are in the splits test and train"
      fix: delete this copy and its annotations
      safe: false
      fixed: [delete b.png]
```

The fix deletes the later copy with its annotations. It is not safe: the copies may be annotated differently.

## Options

- `by` (default `"pixels"`): `"pixels"` compares the decoded pixels (as RGB, and the size), `"bytes"` the files.
- `splits` (default `"any"`): `"across"` reports only copies that are in another split than the first image.

## False alarms

Frames of a fixed camera, and pictures of one colour, can be equal without being copies.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

from msgspec import Struct

from checkdam.lint.copies import across, splits_note, statements
from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import DeleteItem, Finding, Fix, Severity, SubjectKind


class DuplicateImage:
    name: ClassVar[str] = "duplicate-image"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"media"})
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        by: Literal["pixels", "bytes"] = "pixels"
        splits: Literal["any", "across"] = "any"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        first: dict[str, int] = {}
        for row, image in enumerate(facts.images):
            digest = None if image is None else image.pixels if options.by == "pixels" else image.sha256
            if digest is None:
                continue
            original = first.setdefault(digest, row)
            crossing = across(frame, row, original)
            if original == row or (options.splits == "across" and not crossing):
                continue
            differ = statements(frame, row) != statements(frame, original)
            yield item_finding(
                self,
                frame,
                [row, original],
                f"same {options.by} as {frame.items[original].name}"
                + splits_note(frame, row, original)
                + ("; their annotations differ" if differ else ""),
                evidence={"across_splits": crossing, "annotations_differ": differ},
                fix=Fix("delete this copy and its annotations", (DeleteItem(frame.items[row].id),)),
            )
