"""Perceptual hashes, and the pairs of them that differ in few bits."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from checkdam.measure.pairs import Indices, expand

Hashes = NDArray[np.uint64]

DHASH_ROWS, DHASH_COLUMNS = 8, 9
"""The size of the grey thumbnail that `dhash` takes."""


def dhash(grey: NDArray[np.uint8]) -> int:
    """The 64-bit difference hash of a grey thumbnail of shape (8, 9): a bit for each pixel that is brighter than its
    left neighbour, row by row, the first bit the highest (N. Krawetz, Kind of Like That, 2013)."""
    if grey.shape != (DHASH_ROWS, DHASH_COLUMNS):
        raise ValueError(f"a thumbnail of shape {(DHASH_ROWS, DHASH_COLUMNS)} is needed, not {grey.shape}")
    return int.from_bytes(np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes(), "big")


def hamming_pairs(hashes: Hashes, distance: int, limit: int) -> tuple[Indices, Indices, Indices]:
    """Every pair of 64-bit hashes (n,) that differ in at most `distance` bits: rows (first < second) and bits, sorted.

    Exact: the 64 bits are cut into distance // 2 + 1 bands, so that each such pair differs by at most one bit in some
    band, and is found by looking up each band with every single bit flipped (Norouzi, Punjani and Fleet, Fast Exact
    Search in Hamming Space with Multi-Index Hashing, 2014). Raises OverflowError if more than `limit` pairs are found.
    """
    if not 0 <= distance <= 64:
        raise ValueError(f"a distance of 0 to 64 bits is needed, not {distance}")
    bands = min(distance // 2 + 1, 64)
    edges = [64 * band // bands for band in range(bands + 1)]
    found: list[NDArray[np.int64]] = []
    count = 0
    for low, high in pairwise(edges):
        mask = np.uint64(((1 << (high - low)) - 1) << low)
        for pairs in _band_pairs(hashes, mask, range(low, high) if distance else range(0), distance):
            found.append(pairs)
            count += len(pairs)
            if count > limit * bands:  # a pair is met at most once in each band
                raise OverflowError(f"more than {limit} pairs")
    pairs = np.unique(np.concatenate(found), axis=0) if found else np.zeros((0, 2), dtype=np.int64)
    if len(pairs) > limit:
        raise OverflowError(f"more than {limit} pairs")
    first, second = pairs[:, 0], pairs[:, 1]
    return first, second, np.bitwise_count(hashes[first] ^ hashes[second]).astype(np.int64)


def _band_pairs(hashes: Hashes, mask: np.uint64, bits: range, distance: int) -> Iterator[NDArray[np.int64]]:
    """Blocks of the pairs within the distance that agree under the mask but for at most one of the bits."""
    keys = hashes & mask
    rows = np.argsort(keys, kind="stable")
    keys, sorted_hashes = keys[rows], hashes[rows]
    at = np.arange(len(rows))
    lookups = [(at, at + 1, np.searchsorted(keys, keys, side="right"))]
    for bit in bits:
        one = np.flatnonzero(keys & np.uint64(1 << bit) == 0)
        flipped = keys[one] | np.uint64(1 << bit)
        lookups.append((one, np.searchsorted(keys, flipped), np.searchsorted(keys, flipped, side="right")))
    for one, starts, ends in lookups:
        for a, b in expand(one, starts, ends):
            near = np.bitwise_count(sorted_hashes[a] ^ sorted_hashes[b]) <= distance
            yield np.sort(np.stack([rows[a[near]], rows[b[near]]], axis=1), axis=1)
