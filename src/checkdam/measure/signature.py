"""Signatures of pictures: what stays of a picture when it is cropped, mirrored, shrunk, compressed or made brighter.

A signature is a grey thumbnail and up to 28 *features*: blobs that stand out at their own scale (D. Lowe, Distinctive
Image Features from Scale-Invariant Keypoints, 2004, without its orientations: the copies looked for are not rotated),
each with its place, its size, and a code of 60 bits that says which of neighbouring samples around it is brighter (as
in M. Calonder et al., BRIEF, 2010). A code is the least of its four mirror images, so that mirrored pictures have the
same codes; which one it was tells how two pictures are mirrored to one another.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE = 64
"""Pictures are squeezed to a square of this many pixels: all lengths below are in these."""

THUMB = 32
"""The side of the thumbnail, in pixels."""

FEATURES = 28
"""The most features that a picture has."""

_RECORD = np.dtype([("code", "<u8"), ("x", "<u1"), ("y", "<u1"), ("scale", "<u1"), ("mirror", "<u1")])
_THUMB_BYTES = THUMB * THUMB
_STEP = 1.3  # from one blur to the next
_SIGMAS = _STEP ** np.arange(9.0)
_GRID = 6
_SPACING = 2.2
_OFFSETS = ((np.arange(_GRID) - (_GRID - 1) / 2) * _SPACING).astype(np.float32)
_FAINTEST = 0.4  # grey levels, of a difference of blurs
_SCALE_UNIT = 32.0  # steps of the stored logarithm of a scale, for each blur
_PLACE_UNIT = 4.0
_LAST = SIDE - 1.001
_HALF = _GRID * (_GRID - 1)

Floats32 = NDArray[np.float32]
Codes = NDArray[np.uint64]


def _blurs() -> Floats32:
    """Matrices (9, SIDE, SIDE) that blur a column; their rows sum to 1 at the borders too."""
    at = np.arange(SIDE)
    weights = np.exp(-((at[:, None] - at[None]) ** 2) / (2 * _SIGMAS[:, None, None] ** 2))
    blurs: Floats32 = (weights / weights.sum(axis=2, keepdims=True)).astype(np.float32)
    return blurs


def _turns() -> NDArray[np.float64]:
    """What a bit (which sample is brighter than its left neighbour, darker, brighter than the one above, darker) is
    worth in the lower halves (4) and upper halves (4) of the codes of the mirror images: (4 x HALF, 8).

    A mirror image has the bits in another order, and those along the mirrored axis say darker where they said brighter.
    Powers of two below 2**53 are exact as floats."""
    powers = 2.0 ** np.arange(_HALF)
    turns = np.zeros((4, _HALF, 8))
    for mirror in range(4):
        across, down = mirror & 1, mirror >> 1
        for part, (rows, columns), darker in ((0, (_GRID, _GRID - 1), across), (1, (_GRID - 1, _GRID), down)):
            grid = powers.reshape(rows, columns)[:: -1 if down else 1, :: -1 if across else 1]
            turns[2 * part + darker, :, 4 * part + mirror] = grid.ravel()
    return turns.reshape(-1, 8)


_BLUR = _blurs()
_TURNS = _turns()


@dataclass(frozen=True)
class Features:
    """Features of one or many pictures: `picture` (n,) its row, `x`, `y` (n,) the place and `scale` (n,) the size in
    pixels of the square, `code` (n,), and `mirror` (n,): bit 0 mirrored left to right, bit 1 top to bottom."""

    picture: NDArray[np.int64]
    x: Floats32
    y: Floats32
    scale: Floats32
    code: Codes
    mirror: NDArray[np.uint8]


def signature(grey: NDArray[np.uint8]) -> bytes:
    """The signature of a picture that was squeezed to (SIDE, SIDE) grey pixels."""
    if grey.shape != (SIDE, SIDE):
        raise ValueError(f"a thumbnail of shape {(SIDE, SIDE)} is needed, not {grey.shape}")
    levels = _BLUR @ grey.astype(np.float32) @ _BLUR.transpose(0, 2, 1)
    x, y, level = _blobs(levels)
    scale = _STEP**level
    code, mirror = _codes(_samples(levels, x, y, scale, np.clip(np.round(level + 1), 0, len(levels) - 1)))
    records = np.zeros(len(x), dtype=_RECORD)
    records["code"], records["mirror"] = code, mirror
    records["x"], records["y"] = np.round(x * _PLACE_UNIT), np.round(y * _PLACE_UNIT)
    records["scale"] = np.round(level * _SCALE_UNIT)
    rows = grey[::2].astype(np.uint16) + grey[1::2]
    thumb = ((rows[:, ::2] + rows[:, 1::2] + 2) >> 2).astype(np.uint8)
    packed: bytes = thumb.tobytes() + records.tobytes()
    return packed


def features_of(signatures: Sequence[bytes]) -> Features:
    """All features of signatures, in their order. Raises ValueError for what is no signature."""
    if any(len(one) < _THUMB_BYTES or (len(one) - _THUMB_BYTES) % _RECORD.itemsize for one in signatures):
        raise ValueError("not a signature")
    records = np.frombuffer(b"".join(one[_THUMB_BYTES:] for one in signatures), dtype=_RECORD)
    counts = [(len(one) - _THUMB_BYTES) // _RECORD.itemsize for one in signatures]
    return Features(
        picture=np.repeat(np.arange(len(signatures)), counts),
        x=(records["x"] / _PLACE_UNIT).astype(np.float32),
        y=(records["y"] / _PLACE_UNIT).astype(np.float32),
        scale=(_STEP ** (records["scale"] / _SCALE_UNIT)).astype(np.float32),
        code=records["code"].astype(np.uint64),
        mirror=records["mirror"].astype(np.uint8),
    )


def thumbs_of(signatures: Sequence[bytes], rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The thumbnails (len(rows), THUMB, THUMB) of some of the signatures."""
    thumbs = b"".join(signatures[row][:_THUMB_BYTES] for row in rows.tolist())
    return np.frombuffer(thumbs, dtype=np.uint8).reshape(-1, THUMB, THUMB)


def _blobs(levels: Floats32) -> tuple[Floats32, Floats32, Floats32]:
    """Columns, rows and levels (all to a fraction) of the strongest extrema among the differences of blurs."""
    differences = (levels[1:] - levels[:-1]).reshape(len(levels) - 1, -1)
    # Pixels in one row of memory: what wraps around from one picture row to the next is at the border, and left out.
    high, low = _over(np.maximum, differences), _over(np.minimum, differences)
    flat, size = differences.ravel(), differences.shape[1]
    centre = differences[1:-1, SIDE + 1 : -SIDE - 1]
    at = np.flatnonzero((centre == high) | (centre == low))
    level, pixel = at // centre.shape[1] + 1, at % centre.shape[1] + SIDE + 1
    here = level * size + pixel
    strength = np.abs(flat[here])
    kept = np.flatnonzero((strength > _FAINTEST) & ((pixel + 1) % SIDE > 1))
    kept = kept[np.argsort(-strength[kept], kind="stable")[:FEATURES]]
    here, level, pixel = here[kept], level[kept], pixel[kept]
    peak = flat[here]
    x, y, z = (_offset(flat[here - step], peak, flat[here + step]) for step in (1, SIDE, size))
    return pixel % SIDE + x, pixel // SIDE + y, level + z


def _over(extreme: np.ufunc, values: Floats32) -> Floats32:
    """The greatest (or least) of the 27 neighbours of each value, levels and picture rows at the border left out."""
    within = extreme(extreme(values[:-2], values[2:]), values[1:-1])
    within = extreme(extreme(within[:, :-2], within[:, 2:]), within[:, 1:-1])
    found: Floats32 = extreme(extreme(within[:, : -2 * SIDE], within[:, 2 * SIDE :]), within[:, SIDE:-SIDE])
    return found


def _offset(before: Floats32, peak: Floats32, after: Floats32) -> Floats32:
    """Where the parabola through three neighbours has its top, -0.5 to 0.5 from the middle one."""
    bend = before + after - 2 * peak
    flat = np.abs(bend) < 1e-6
    offset = np.where(flat, 0, np.clip((before - after) / 2 / np.where(flat, 1, bend), -0.5, 0.5))
    return offset.astype(np.float32)


def _samples(levels: Floats32, x: Floats32, y: Floats32, scale: Floats32, level: Floats32) -> Floats32:
    """Samples (n, GRID, GRID) around the places, as far apart as the scale says, of the given blurs."""
    reach = scale[:, None] * _OFFSETS
    across = np.minimum(np.maximum(x[:, None] + reach, 0), _LAST)
    down = np.minimum(np.maximum(y[:, None] + reach, 0), _LAST)
    left, top = across.astype(np.int64), down.astype(np.int64)
    right, bottom = (across - left)[:, None, :], (down - top)[:, :, None]
    at = (level.astype(np.int64)[:, None] * SIDE + top)[:, :, None] * SIDE + left[:, None, :]
    flat = levels.ravel()
    corner, below = flat[at], flat[at + SIDE]
    upper = corner + (flat[at + 1] - corner) * right
    lower = below + (flat[at + SIDE + 1] - below) * right
    samples: Floats32 = (upper + (lower - upper) * bottom).astype(np.float32)
    return samples


def _codes(samples: Floats32) -> tuple[Codes, NDArray[np.uint8]]:
    """The least code among the four mirror images of the samples, and which one that is."""
    count = len(samples)
    beside, left, below, above = samples[:, :, 1:], samples[:, :, :-1], samples[:, 1:], samples[:, :-1]
    bits = [beside > left, beside < left, below > above, below < above]
    halves = np.concatenate([part.reshape(count, _HALF) for part in bits], axis=1) @ _TURNS
    every = halves[:, :4].astype(np.uint64) | halves[:, 4:].astype(np.uint64) << np.uint64(_HALF)
    mirror = every.argmin(axis=1)
    return every[np.arange(count), mirror], mirror.astype(np.uint8)
