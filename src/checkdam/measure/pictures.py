"""How sharp, bright and varied a grey picture is."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from checkdam.measure.pairs import Indices

_TAPS = 9
"""The length of the box filter that Crété et al. blur with."""
_BLOCK = 128  # rows looked at together, so that what they need stays in the processor's cache
_NINE, _MOST = np.uint8(_TAPS), np.uint8(255 // _TAPS)

Bytes = NDArray[np.uint8]


def blur(grey: NDArray[np.uint8]) -> float | None:
    """How blurred a grey picture (rows, columns) is, from 0 (sharp) to 1; None where it has no contrast.

    F. Crété, T. Dolmiere, P. Ladret, M. Nicolas, The Blur Effect (2007): the picture is blurred once more, with a box
    of 9 pixels; a sharp one loses most of the difference between neighbours, a blurred one little. The measure is the
    share of the difference that is left, in the worse of the two directions. It does not depend on contrast.

    The difference of two neighbouring averages of 9 is that of the pixel that enters and the pixel that leaves, over 9.
    So no filter is run, and all is exact in whole numbers.
    """
    height, width = grey.shape
    shares = []
    if height > _TAPS:
        # A block needs the rows that its last averages reach into.
        starts = range(0, height - _TAPS, _BLOCK)
        shares.append(_share([grey[start : start + _BLOCK + _TAPS] for start in starts]))
    if width > _TAPS:
        shares.append(_share([grey[start : start + _BLOCK].T for start in range(0, height, _BLOCK)]))
    return max((share for share in shares if share is not None), default=None)


def _share(blocks: list[Bytes]) -> float | None:
    """The share of the vertical differences that is left after blurring vertically."""
    half, total, left = _TAPS // 2, 0, 0
    # Bytes stay bytes and memory is used again: anything else takes several times as long.
    scratch = np.empty((4, max(block.size for block in blocks)), dtype=np.uint8)
    for block in blocks:
        length, width = len(block) - _TAPS, block.shape[1]
        order: Literal["C", "F"] = "C" if block.flags.c_contiguous else "F"
        sharp, blurred, other, beyond = (
            part[: length * width].reshape((length, width), order=order) for part in scratch
        )
        _apart(block[half : half + length], block[half + 1 : half + 1 + length], sharp, other)
        total += int(sharp.sum(dtype=np.uint32))
        _apart(block[:-_TAPS], block[_TAPS:], blurred, other)
        # The sharp ones times _TAPS, or 255 where that is more: no blurred one is more.
        np.greater(sharp, _MOST, out=beyond.view(np.bool_))
        sharp *= _NINE
        sharp |= np.negative(beyond, out=beyond)
        left += int(np.minimum(sharp, blurred, out=sharp).sum(dtype=np.uint32))
    return left / (_TAPS * total) if total else None


def _apart(one: Bytes, two: Bytes, apart: Bytes, scratch: Bytes) -> None:
    """Writes the absolute differences to `apart`."""
    np.maximum(one, two, out=apart)
    apart -= np.minimum(one, two, out=scratch)


def percentiles(histogram: Indices, at: tuple[int, ...]) -> tuple[float, ...]:
    """The percentiles of the values that a histogram (values,) counts: the smallest value that at least so many per
    cent do not exceed."""
    total = np.cumsum(histogram)
    counts = -(-total[-1] * np.array(at) // 100)
    return tuple(map(float, np.searchsorted(total, counts).tolist()))


def entropy(histogram: Indices) -> float:
    """The entropy of a histogram in bits (C. E. Shannon, 1948): 0 for one value, 8 for 256 equally frequent ones."""
    shares = histogram[histogram > 0] / histogram.sum()
    return max(0.0, float(-(shares * np.log2(shares)).sum()))
