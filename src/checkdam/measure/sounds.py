"""How loud a sound is, where it reaches full scale, and where it begins and ends. Samples are of shape (frames,
channels), as shares of full scale: from -1 to 1."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_BLOCK = 1 << 20


def levels(samples: Samples) -> tuple[float, float]:
    """The peak, and the root of the mean square over all channels, as shares of full scale; 0 for no samples."""
    if not samples.size:
        return 0.0, 0.0
    peak = max(float(samples.max()), -float(samples.min()))
    squares = sum(
        float(np.square(samples[at : at + _BLOCK], dtype=np.float64).sum()) for at in range(0, len(samples), _BLOCK)
    )
    return peak, (squares / samples.size) ** 0.5


def full_scale(samples: Samples, bits: int = 16) -> tuple[int, int]:
    """How many samples are at full scale, and how many of them follow each other in one channel at most.

    Full scale is the largest positive value of `bits` bits, 32767/32768 for 16: what a converter gives for
    everything louder.
    """
    limit = np.float32(1 - 2.0 ** (1 - bits))
    count = longest = 0
    for channel in samples.T:
        at = np.flatnonzero((channel >= limit) | (channel <= -limit))
        if not len(at):
            continue
        count += len(at)
        starts = np.flatnonzero(np.diff(at, prepend=-2) != 1)
        longest = max(longest, int(np.diff(starts, append=len(at)).max()))
    return count, longest


def edges(samples: Samples, level: float) -> tuple[int, int] | None:
    """How many frames come before the first and after the last that reaches `level` in some channel; None if none."""
    first = _first(samples, level)
    return None if first is None else (first, _first(samples[::-1], level) or 0)


def _first(samples: Samples, level: float) -> int | None:
    """Looks a block at a time: most sounds begin soon."""
    size, at = 1 << 12, 0
    while at < len(samples):
        loud = (np.abs(samples[at : at + size]) >= np.float32(level)).any(axis=1)
        if loud.any():
            return at + int(loud.argmax())
        at, size = at + size, min(size * 2, _BLOCK)
    return None
