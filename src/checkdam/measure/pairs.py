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
