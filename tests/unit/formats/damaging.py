"""Reads damaged Parquet files in a process of its own, which a fault in a native library would end:
`python -m unit.formats.damaging FILE FOLDER SEED COUNT`. Prints how many were refused; on the way, the number of each,
so that the last one printed is the one that ended it."""

import random
import sys
from pathlib import Path

from checkdam.formats import format_named
from checkdam.guard import DEFAULT_LIMITS
from checkdam.schema import InputError, Problems


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Some bytes of the footer or of the heads of pages become others; the length stays."""
    changed = bytearray(data)
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    for _ in range(rng.randint(1, 4)):
        begin = footer if rng.random() < 0.8 else 4
        at = rng.randrange(begin, len(data) - 8)
        choice = rng.randrange(4)
        if choice == 0:
            changed[at] ^= 1 << rng.randrange(8)
        elif choice == 1:
            changed[at] = rng.choice((0, 1, 2, 127, 128, 255, 0x15, 0x16, 0x19, 0x1C))
        elif choice == 2:
            changed[at : at + 9] = b"\xff" * 8 + bytes([rng.choice((1, 0x7F))])
        else:
            other = rng.randrange(begin, len(data) - 8)
            changed[at : at + 4] = data[other : other + 4]
    return bytes(changed[: len(data) - 8]) + data[-8:]


def main(source: str, folder: str, seed: str, count: str) -> None:
    data, rng, format = Path(source).read_bytes(), random.Random(int(seed)), format_named("parquet")  # noqa: S311
    target = Path(folder) / "a.parquet"
    refused = 0
    for number in range(int(count)):
        print(number, flush=True)
        target.write_bytes(damaged(data, rng))
        problems = Problems()
        format.detect(target.parent)
        format.count(target.parent)
        try:
            for _ in format.read(target.parent, problems, DEFAULT_LIMITS):
                pass
        except InputError as error:
            problems.add(str(target), error.detail, error.remedy)
        refused += bool(problems)
    print("refused", refused)


if __name__ == "__main__":
    main(*sys.argv[1:])
