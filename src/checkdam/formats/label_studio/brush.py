"""The run lengths of Label Studio's brush: a bit stream of RGBA values, row by row, of which alpha is the mask.

A head gives the count of values (32 bits), the bits of a value less one (5) and the bits of four sizes of run, each
less one (4). Then runs follow: a bit (1: one value repeated, 0: values one by one), two bits that choose the size, the
length less one, and the value or values. See https://github.com/thi-ng/umbrella/tree/develop/packages/rle-pack.
"""

import numpy as np
import numpy.typing as npt

from checkdam.formats.values import BadValueError
from checkdam.schema import Mask

_SIZES = (3, 4, 8, 16)
_CHANNELS = 4
_LONGEST = 1 << _SIZES[-1]


def decode(rle: object, width: int, height: int, path: str) -> Mask:
    """The mask of a brush stroke on an image of that size. Raises `BadValueError`."""
    if not isinstance(rle, list) or not all(type(each) is int and 0 <= each < 256 for each in rle):
        raise BadValueError(path, "is not a list of bytes", "export the brush anew")
    try:
        values = _values(bytes(rle), _CHANNELS * width * height)
    except ValueError as error:
        raise BadValueError(
            path, f"are no run lengths of {width} x {height} pixels: {error}", "export it anew"
        ) from error
    return _mask(values[_CHANNELS - 1 :: _CHANNELS].reshape(height, width) > 0)


def _values(data: bytes, expected: int) -> npt.NDArray[np.uint8]:
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8))
    digits = (bits + ord("0")).tobytes()

    def number(at: int, count: int) -> int:
        if at + count > len(digits):
            raise ValueError("they break off")
        return int(digits[at : at + count], 2)

    if number(0, 32) != expected:
        raise ValueError(f"they hold {number(0, 32):,} values")
    word = number(32, 5) + 1
    sizes = [number(at, 4) + 1 for at in range(37, 53, 4)]
    out = np.zeros(expected, dtype=np.uint8)
    place, at = 53, 0
    weights = 1 << np.arange(word, dtype=np.int64)[::-1]
    while at < expected:
        repeated, size = number(place, 1), sizes[number(place + 1, 2)]
        length = number(place + 3, size) + 1
        place += 3 + size
        if at + length > expected:
            raise ValueError("a run is too long")
        count = 1 if repeated else length
        if place + word * count > len(bits):
            raise ValueError("they break off")
        words = bits[place : place + word * count].reshape(count, word) @ weights
        out[at : at + length] = np.minimum(words, 255)
        place += word * count
        at += length
    return out


def _mask(pixels: npt.NDArray[np.bool_]) -> Mask:
    """A mask of (height, width) as run lengths by column."""
    height, width = pixels.shape
    return Mask(height, width, tuple(_runs(pixels.T.ravel())))


def _runs(flat: npt.NDArray[np.bool_]) -> list[int]:
    """Lengths of runs, of False first."""
    cuts = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs: list[int] = np.diff(np.concatenate(([0], cuts, [len(flat)]))).tolist()
    return [0, *runs] if len(flat) and flat[0] else runs


def encode(mask: Mask) -> list[int]:
    """The bytes of a mask whose counts add up; each pixel is four values of 0 or 255."""
    column_major = np.repeat(np.arange(len(mask.counts)) % 2 == 1, mask.counts)
    pieces = [f"{_CHANNELS * len(column_major):032b}{7:05b}", *(f"{size - 1:04b}" for size in _SIZES)]
    for at, run in enumerate(_runs(column_major.reshape(mask.width, mask.height).T.ravel())):
        rest = _CHANNELS * run
        while rest:
            length = min(rest, _LONGEST)
            choice = next(index for index, size in enumerate(_SIZES) if length <= 1 << size)
            pieces.append(f"1{choice:02b}{length - 1:0{_SIZES[choice]}b}{'11111111' if at % 2 else '00000000'}")
            rest -= length
    bits = np.frombuffer("".join(pieces).encode(), dtype=np.uint8) - ord("0")
    packed: list[int] = np.packbits(bits).tolist()
    return packed
