"""Run lengths of masks in COCO's compressed text form.

Each count is written in groups of five bits, low group first, each as one character from '0' on; the sixth bit says
that more follow, the highest bit of the last group is the sign. From the fourth count on, the difference to the count
two before is written (pycocotools, `maskApi.c`, `rleToString`).
"""

import numpy as np
import numpy.typing as npt

from checkdam.schema import InputError

_LONGEST = 10  # groups of five bits to a count: more than any mask needs, and no overflow of 64 bits


def decode_counts(text: str) -> tuple[int, ...]:
    """The counts. Raises `InputError` for a text that is no such code."""
    if not text:
        return ()
    if not text.isascii():
        raise InputError("the run lengths hold a character that is no code", "write them anew")
    code = np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int64) - 48
    if code.min() < 0 or code.max() > 63:
        raise InputError("the run lengths hold a character that is no code", "write them anew")
    ends = np.flatnonzero(code < 32)
    if len(ends) == 0 or ends[-1] != len(code) - 1:
        raise InputError("the run lengths break off", "write them anew")
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST:
        raise InputError("a run length is out of range", "write them anew")
    place = 5 * (np.arange(len(code)) - np.repeat(starts, lengths))
    values: npt.NDArray[np.int64] = np.add.reduceat((code & 31) << place, starts)
    values -= np.where(code[ends] & 16, np.left_shift(np.int64(1), 5 * lengths), 0)
    if np.abs(values).max() >= 2**31:
        raise InputError("a run length is out of range", "write them anew")
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return tuple(values.tolist())


def encode_counts(counts: tuple[int, ...]) -> str:
    """The compressed text of the counts."""
    written = bytearray()
    for at, count in enumerate(counts):
        rest = count - counts[at - 2] if at > 2 else count
        while True:
            group = rest & 31
            rest >>= 5
            more = rest != (-1 if group & 16 else 0)
            written.append(48 + (group | 32 if more else group))
            if not more:
                break
    return written.decode()
