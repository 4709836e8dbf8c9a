"""Two images are nearly the same.

## What it catches

Pairs of images whose 64-bit difference hashes (dHash: is each pixel of a 9 × 8 grey thumbnail brighter than its left
neighbour?) differ in at most 5 bits: the same picture in another size, compression or brightness, or the next frame of
a burst. Images with the same pixels are left to duplicate-image. One finding for each pair. A pair that lies in two
different splits is an `error`.

## Why it matters

Near copies across splits leak what is tested into what is trained. Within a split they make a dataset look larger and
more varied than it is.

## Example

```yaml
- name: a brighter print, in another split
  items:
    - {name: a.png, split: train, picture: {size: [64, 48], seed: 1}}
    - {name: b.png, split: val, picture: {copy_of: a.png, brightness: 1.1}}
    - {name: c.png, split: val, picture: {size: [64, 48], seed: 2}}
  findings:
    - items: [b.png, a.png]
      message: "looks like a.png (* of 64 bits of the perceptual hash differ); they are in the splits val and train"
      severity: error
```

## Options

- `distance` (default `5`): how many of the 64 bits may differ.
- `splits` (default `"any"`): `"across"` reports only pairs that lie in two splits.

## False alarms

Pictures with a plain background, such as objects on a white table, and frames of a fixed camera all hash alike: raise
the demand with a smaller `distance`, or ignore the rule there.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.copies import across, splits_note
from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.measure.hashing import hamming_pairs
from checkdam.schema import Finding, LimitError, Severity, SubjectKind

MOST_PAIRS = 200_000


class NearDuplicateImage:
    name: ClassVar[str] = "near-duplicate-image"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"media"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        distance: Annotated[int, Meta(ge=0, le=16)] = 5
        splits: Literal["any", "across"] = "any"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        hashed = [(row, image) for row, image in enumerate(facts.images) if image is not None and image.dhash]
        hashes = np.array([int(image.dhash or "0", 16) for _, image in hashed], dtype=np.uint64)
        try:
            first, second, distances = hamming_pairs(hashes, options.distance, MOST_PAIRS)
        except OverflowError as error:
            remedy = "the images have plain backgrounds or are frames of a video: lower `distance` or ignore the rule"
            raise LimitError(str(error), remedy) from error
        for one, other, distance in zip(first.tolist(), second.tolist(), distances.tolist(), strict=True):
            (original, a), (row, b) = hashed[one], hashed[other]
            crossing = across(frame, row, original)
            if a.pixels == b.pixels or (options.splits == "across" and not crossing):
                continue
            bits = (
                "1 of 64 bits of the perceptual hash differs"
                if distance == 1
                else (f"{distance} of 64 bits of the perceptual hash differ")
            )
            yield item_finding(
                self,
                frame,
                [row, original],
                f"looks like {frame.items[original].name} ({bits})" + splits_note(frame, row, original, "they"),
                severity="error" if crossing else self.severity,
                evidence={"distance": distance, "across_splits": crossing},
            )
