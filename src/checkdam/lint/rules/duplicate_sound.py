"""A sound is there more than once.

## What it catches

Sounds with exactly the same samples (and rate and channels) as an earlier one, in whatever file format without loss.
One finding for each redundant copy. Silent sounds are left to near-silent.

## Why it matters

Copies weigh more than other sounds while training. A copy that lies in another split is worse: the model is tested on
what it has learnt by heart. Copies with different labels contradict each other.

## Example

```yaml
- name: the same word in train and test
  items:
    - {name: a.wav, split: train, sound: {tone: 440}, categories: [one]}
    - {name: b.wav, split: test, sound: {copy_of: a.wav, format: FLAC}, categories: [two]}
    - {name: c.wav, split: test, sound: {tone: 450}, categories: [one]}
  findings:
    - items: [b.wav, a.wav]
      message: "same samples as a.wav; the copies are in the splits test and train; their annotations differ"
      fix: delete this copy and its annotations
      safe: false
      fixed: [delete b.wav]
```

The fix deletes the later copy with its annotations. It is not safe: the copies may be annotated differently.

## Options

- `by` (default `"samples"`): `"samples"` compares the decoded samples, `"bytes"` the files.
- `splits` (default `"any"`): `"across"` reports only copies that are in another split than the first sound.

## False alarms

Synthetic sounds, and sounds of an instrument or a machine that are played from memory.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

from msgspec import Struct

from checkdam.lint.copies import across, splits_note, statements
from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import DeleteItem, Finding, Fix, Severity, SubjectKind


class DuplicateSound:
    name: ClassVar[str] = "duplicate-sound"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"sound"})
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        by: Literal["samples", "bytes"] = "samples"
        splits: Literal["any", "across"] = "any"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        first: dict[str, int] = {}
        for row, sound in enumerate(facts.sounds):
            if sound is None or (options.by == "samples" and not sound.peak):
                continue
            digest = sound.samples if options.by == "samples" else sound.sha256
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
