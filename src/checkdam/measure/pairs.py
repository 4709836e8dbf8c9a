"""Ranges of indices expanded into pairs, a block at a time, so that memory stays linear in the input."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

BLOCK = 1 << 20
"""How many pairs are looked at together."""


def expand(first: Indices, starts: Indices, ends: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Yields blocks of the pairs `(first[k], p)` for every `p` in `range(starts[k], ends[k])`.

    A block holds about `BLOCK` pairs, or those of one `k` where that has more.
    """
    counts = np.maximum(ends - starts, 0)
    used = np.flatnonzero(counts)
    if not len(used):
        return
    first, starts, counts = first[used], starts[used], counts[used]
    total = np.cumsum(counts)
    begin = 0
    while begin < len(used):
        before = total[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, before + BLOCK, side="right")))
        count = counts[begin:end]
        offsets = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        yield np.repeat(first[begin:end], count), np.repeat(starts[begin:end], count) + offsets
        begin = end


def first_beyond(values: NDArray[np.float64], bounds: NDArray[np.float64], starts: Indices, ends: Indices) -> Indices:
    """For each k, the first index of `[starts[k], ends[k])`, where `values` ascend, with a value of at least
    `bounds[k]`; `ends[k]` if there is none. A binary search of all at once."""
    low, high = starts.copy(), np.maximum(ends, starts)
    while True:
        open_ = low < high
        if not open_.any():
            return low
        middle = np.where(open_, (low + high) // 2, 0)
        below = values[middle] < bounds
        low = np.where(open_ & below, middle + 1, low)
        high = np.where(open_ & ~below, middle, high)
