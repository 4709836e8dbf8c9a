"""Finds the pairs of pictures of which one is a copy of the other, by their signatures (`measure.signature`).

Two steps. Features whose codes differ in few bits *propose* that two pictures are copies, and how one lies in the
other: mirroring, scale and place. Then each proposal is *aligned* (`measure.align`): the thumbnails are laid upon one
another, and the correlation of the part they share is the similarity.

Time and memory are near linear in the number of pictures: a code is compared with a bounded number of others, and a
picture is aligned with a bounded number of others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from checkdam.measure.align import Poses, aligned
from checkdam.measure.pairs import Indices, expand
from checkdam.measure.signature import SIDE, Features, features_of, thumbs_of

DISTANCE = 5
"""In how many of their 60 bits the codes of one feature may differ."""

NEIGHBOURS = 32
"""With how many of the codes that follow it in a band's order a code is compared."""

MOST_ALIKE = 1 << 24
"""How many pairs of features are gathered, unless one for each feature is more: what bounds the memory."""

PARTNERS = 16
"""With how many others a picture is aligned; more only where they have it among their own first."""

_BANDS = ((0, 20), (20, 20), (40, 20))  # (first bit, bits): codes must agree in all bits of one band
_SCALES = (0.62, 1.61)  # of one picture in the other: two crops that keep 3/4 of a side differ by 4/3, plus an error
_REACH = SIDE * 0.3  # how far from the middle the centre of one may lie in the other
_LESS_VOTED = 3  # another mirroring of a pair is tried if it has at least this fraction of the most votes
_BLOCK = 128  # pairs aligned together: what they need stays in the processor's cache


@dataclass(frozen=True)
class Proposals:
    """Pairs of rows, first < second (n,), with how the first may lie in the second, and how many features say so."""

    first: Indices
    second: Indices
    poses: Poses
    votes: Indices

    def __len__(self) -> int:
        return len(self.first)

    def take(self, rows: Indices) -> "Proposals":
        return Proposals(self.first[rows], self.second[rows], self.poses.take(rows), self.votes[rows])


@dataclass(frozen=True)
class Copies:
    """Pairs of rows, first < second, sorted. `similarity` (n,) is the correlation of the part they share; `shares`
    (n, 2) are its shares of the first and of the second picture; `mirror` (n,): bit 0 left to right, bit 1 top to
    bottom."""

    first: Indices
    second: Indices
    similarity: NDArray[np.float64]
    shares: NDArray[np.float64]
    mirror: Indices


def copies(signatures: Sequence[bytes], similarity: float) -> Copies:
    """The pairs whose shared parts correlate by at least `similarity` (-1 to 1). Raises ValueError for what is no
    signature."""
    proposed = likeliest(propose(features_of(signatures), len(signatures)), len(signatures))
    found, shares = np.zeros(len(proposed)), np.zeros((len(proposed), 2))
    for begin in range(0, len(proposed), _BLOCK):
        rows = np.arange(begin, min(begin + _BLOCK, len(proposed)))
        block = proposed.take(rows)
        first, second = thumbs_of(signatures, block.first), thumbs_of(signatures, block.second)
        found[rows], shares[rows] = aligned(first, second, block.poses)
    order = np.lexsort((-found, proposed.second, proposed.first))
    order = order[found[order] >= similarity]
    pairs = np.stack([proposed.first[order], proposed.second[order]], axis=1)
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    order, pairs = order[new], pairs[new]
    return Copies(pairs[:, 0], pairs[:, 1], found[order], shares[order], proposed.poses.mirror[order])


def propose(features: Features, pictures: int) -> Proposals:
    """The pairs of pictures that share a feature, once for each way in which they may be mirrored to one another."""
    one, other = alike(features)
    mirror = (features.mirror[one] ^ features.mirror[other]).astype(np.int64)
    x = np.where(mirror & 1, SIDE - 1 - features.x[one], features.x[one]).astype(np.float64)
    y = np.where(mirror & 2, SIDE - 1 - features.y[one], features.y[one]).astype(np.float64)
    scale = features.scale[other].astype(np.float64) / features.scale[one]
    middle = (SIDE - 1) / 2
    x, y = scale * (middle - x) + features.x[other], scale * (middle - y) + features.y[other]
    good = (scale > _SCALES[0]) & (scale < _SCALES[1]) & (abs(x - middle) < _REACH) & (abs(y - middle) < _REACH)
    key = ((features.picture[one] * pictures + features.picture[other]) * 4 + mirror)[good]
    keys, votes = np.unique(key, return_counts=True)
    # The median of what the features of a pair say bears some that are wrong.
    median = np.cumsum(votes) - votes + votes // 2
    scale, x, y = (values[good][np.lexsort((values[good], key))][median] for values in (scale, x, y))
    _, pair = np.unique(keys // 4, return_inverse=True)
    most = np.zeros(len(keys), dtype=np.int64)
    np.maximum.at(most, pair, votes)
    kept = np.flatnonzero(votes * _LESS_VOTED >= most[pair])
    proposals = Proposals(keys // 4 // pictures, keys // 4 % pictures, Poses(keys % 4, scale, x, y), votes)
    return proposals.take(kept)


def likeliest(proposed: Proposals, pictures: int) -> Proposals:
    """The proposals that are among the `PARTNERS` with the most votes of the one or of the other picture."""
    kept = np.zeros(len(proposed), dtype=np.bool_)
    for picture in (proposed.first, proposed.second):
        order = np.lexsort((-proposed.votes, picture))
        starts = np.searchsorted(picture[order], np.arange(pictures))
        kept[order[np.arange(len(order)) - starts[picture[order]] < PARTNERS]] = True
    return proposed.take(np.flatnonzero(kept))


def alike(features: Features) -> tuple[Indices, Indices]:
    """Rows of features of two pictures whose codes differ in at most `DISTANCE` bits, the lower picture's first.

    Codes that agree in a band of 20 bits meet, in the order of the whole code. So all that differ in at most two bits
    meet, and most of the others; where more than `NEIGHBOURS` agree in a band, a bounded part of them. In a large set
    of pictures that are all alike each meets fewer, so that no more than `MOST_ALIKE` pairs come of it.
    """
    neighbours = NEIGHBOURS
    while (pairs := _alike(features, neighbours)) is None:
        neighbours //= 2
    return pairs // max(len(features.code), 1), pairs % max(len(features.code), 1)


def _alike(features: Features, neighbours: int) -> Indices | None:
    """The pairs as lower row x features + higher row; None where they are too many, and each can do with fewer."""
    code, picture = features.code, features.picture
    pairs = np.zeros(0, dtype=np.int64)
    for first, bits in _BANDS:
        band = (code >> np.uint64(first)) & np.uint64((1 << bits) - 1)
        rows = np.lexsort((code, band))
        ends = np.searchsorted(band[rows], band[rows], side="right")
        at = np.arange(len(rows))
        found, count = [pairs], len(pairs)
        for a, b in expand(at, at + 1, np.minimum(ends, at + 1 + neighbours)):
            one, other = rows[a], rows[b]
            near = (np.bitwise_count(code[one] ^ code[other]) <= DISTANCE) & (picture[one] != picture[other])
            one, other = one[near], other[near]
            # Rows are in the order of pictures.
            found.append(np.minimum(one, other) * len(code) + np.maximum(one, other))
            count += len(one)
            if count > MOST_ALIKE and neighbours > 1:
                return None
        pairs = np.unique(np.concatenate(found))
    return pairs
