"""Rows, a statement's worth at a time."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

BATCH = 500
"""Rows a statement; SQLite takes 32,766 parameters at most."""

Thing = TypeVar("Thing")


def batched(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """Lists of up to `size` of the things, in order."""
    ordered = list(things)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
