"""Two images are nearly the same.

## What it catches

Pairs of images of which one is a copy of the other, though it was cropped (up to a quarter of each side), mirrored,
resized, compressed again, or made brighter or darker; and shots of one scene a moment or a step apart. Small grey
versions of both are laid upon one another, and the correlation of the part that they share must be at least .9. Images
with the same pixels are left to duplicate-image. One finding for each pair. A pair that lies in two different splits is
an `error`.

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
      message: "looks like a.png (similarity *); they are in the splits val and train"
      severity: error
```

## Options

- `similarity` (default `0.9`): how well the shared parts must correlate, `0.5` to `1`.
- `distance` (default none): where given, it decides alone: how many of the 64 bits of the difference hash (dHash: is
  each pixel of a 9 × 8 grey thumbnail brighter than its left neighbour?) may differ, `0` to `16`. No crops and no
  mirroring then.
- `splits` (default `"any"`): `"across"` reports only pairs that lie in two splits.

## False alarms

Frames of a fixed camera are nearly the same and may be meant so: ignore the rule there, or report only what crosses
splits. An image is compared with its likeliest partners (16, or more where they count it among theirs), so that not
every pair of a long burst is told, but each of its images. An image without any contrast is like no other.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct

from checkdam.lint.copies import across, splits_note
from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.measure.hashing import hamming_pairs
from checkdam.measure.near import copies
from checkdam.schema import Finding, LimitError, Severity, SubjectKind

MOST_PAIRS = 200_000

CROPPED = 0.93
"""An image of which less is in the other one is said to be cut: the shares are known to some hundredths."""

_MIRRORED = ("", ", mirrored left to right", ", mirrored top to bottom", ", turned by half")


class _Pair(NamedTuple):
    """Rows of the frame, what is said of the likeness, and what shows it."""

    row: int
    original: int
    words: str
    evidence: dict[str, Any]


class NearDuplicateImage:
    name: ClassVar[str] = "near-duplicate-image"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"thumbnail"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        similarity: Annotated[float, Meta(ge=0.5, le=1)] = 0.9
        distance: Annotated[int, Meta(ge=0, le=16)] | None = None
        splits: Literal["any", "across"] = "any"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        if options.distance is None:
            pairs = _by_signature(facts, options.similarity)
        else:
            pairs = _by_hash(facts, options.distance)
        for row, original, words, evidence in pairs:
            crossing = across(frame, row, original)
            if facts.same_pixels(original, row) or (options.splits == "across" and not crossing):
                continue
            yield item_finding(
                self,
                frame,
                [row, original],
                f"looks like {frame.items[original].name} ({words})" + splits_note(frame, row, original, "they"),
                severity="error" if crossing else self.severity,
                evidence={**evidence, "across_splits": crossing},
            )


def _by_signature(facts: Facts, similarity: float) -> Iterator[_Pair]:
    signed = [(row, image.signature) for row, image in enumerate(facts.images) if image and image.signature]
    found = copies([signature for _, signature in signed], similarity)
    for place in range(len(found.first)):
        original, row = signed[found.first[place]][0], signed[found.second[place]][0]
        alike, mirror = float(found.similarity[place]), int(found.mirror[place])
        shares = found.shares[place].tolist()
        cut = f", {min(shares):.0%} of one in the other" if min(shares) < CROPPED else ""
        evidence = {
            "similarity": round(alike, 3),
            "shared": [round(share, 2) for share in shares],
            "mirrored": _MIRRORED[mirror].removeprefix(", ") or None,
        }
        yield _Pair(row, original, f"similarity {alike:.2f}{_MIRRORED[mirror]}{cut}", evidence)


def _by_hash(facts: Facts, distance: int) -> Iterator[_Pair]:
    hashed = [(row, int(image.dhash, 16)) for row, image in enumerate(facts.images) if image and image.dhash]
    hashes = np.array([bits for _, bits in hashed], dtype=np.uint64)
    try:
        first, second, distances = hamming_pairs(hashes, distance, MOST_PAIRS)
    except OverflowError as error:
        remedy = "the images have plain backgrounds or are frames of a video: lower `distance` or ignore the rule"
        raise LimitError(str(error), remedy) from error
    for one, other, bits in zip(first.tolist(), second.tolist(), distances.tolist(), strict=True):
        verb = "differs" if bits == 1 else "differ"
        words = f"{bits} of 64 bits of the perceptual hash {verb}"
        yield _Pair(hashed[other][0], hashed[one][0], words, {"distance": bits})
