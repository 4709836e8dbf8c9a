"""The spans of texts as columns."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from checkdam.lint.details import Details
from checkdam.schema import Span

Integers = NDArray[np.integer[Any]]


class Spans(NamedTuple):
    """The span annotations of a frame, in order: their rows, and the half-open ranges in code points."""

    rows: list[int]
    starts: list[int]
    ends: list[int]


def spans_of(rows: Integers, details: Details) -> Spans:
    """Reads the ranges of the annotations in the rows, which are spans."""
    found = Spans(rows.tolist(), [], [])
    for geometry in details.geometries(rows):
        start, end = (geometry.start, geometry.end) if isinstance(geometry, Span) else (0, 0)
        found.starts.append(start)
        found.ends.append(end)
    return found
