"""CVAT's masks: a rectangle of the image with run lengths row by row, against ours of the whole image column by column.

Both begin with a run of zeros.
"""

from itertools import groupby

import numpy as np
import numpy.typing as npt

from checkdam.schema import Mask, extent

Crop = tuple[int, int, int, int, tuple[int, ...]]
"""Left, top, width, height and the run lengths in it."""


def whole_mask(crop: Crop, width: int, height: int) -> Mask:
    """The mask of an image of that size, in which the crop lies wholly."""
    left, top, columns, rows, runs = crop
    pixels = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(rows, columns)
    x, y = np.nonzero(pixels.T)
    return Mask(height, width, _runs((x + left) * height + y + top, height * width))


def cropped(mask: Mask) -> Crop:
    """The smallest crop that holds a mask; one without pixels where it is empty."""
    bounds = extent(mask)
    if bounds is None:
        return 0, 0, 0, 0, ()
    left, top, columns, rows = (int(each) for each in (bounds.x, bounds.y, bounds.width, bounds.height))
    runs = np.asarray(mask.counts, dtype=np.int64)
    ends = np.cumsum(runs)
    first, length = ends[1::2] - runs[1::2], runs[1::2]
    places = np.repeat(first - np.concatenate(([0], np.cumsum(length)[:-1])), length) + np.arange(length.sum())
    x, y = np.divmod(places, mask.height)
    pixels = np.zeros((rows, columns), dtype=bool)
    pixels[y - top, x - left] = True
    return left, top, columns, rows, _runs(np.flatnonzero(pixels), rows * columns)


def canonical(mask: Mask) -> Mask:
    """The same mask without runs of no length, but for the first."""
    joined: list[int] = []
    pairs = ((at % 2, run) for at, run in enumerate(mask.counts) if run)
    for value, group in groupby(pairs, key=lambda pair: pair[0]):
        if value and not joined:
            joined.append(0)
        joined.append(sum(run for _, run in group))
    return Mask(mask.height, mask.width, tuple(joined or (0,)))


def _runs(ones: npt.NDArray[np.int64], total: int) -> tuple[int, ...]:
    """The run lengths of a row of `total` pixels, of which those at these places (ascending) are set."""
    if not len(ones):
        return (total,)
    cuts = np.flatnonzero(np.diff(ones) > 1)
    starts = ones[np.concatenate(([0], cuts + 1))]
    ends = ones[np.concatenate((cuts, [len(ones) - 1]))] + 1
    edges = np.column_stack((starts, ends)).ravel()
    runs = np.diff(np.concatenate(([0], edges, [total] if edges[-1] < total else [])))
    return tuple(int(run) for run in runs)
