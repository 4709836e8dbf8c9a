"""The attributes that a taxonomy asks for, and the annotations that have to carry them."""

from collections.abc import Iterator

import numpy as np

from checkdam.lint.details import Attributes
from checkdam.lint.frame import Frame
from checkdam.schema import AttributeSpec


def specified(frame: Frame) -> Iterator[tuple[int, tuple[AttributeSpec, ...], Attributes]]:
    """The row of each annotation whose label asks for attributes, what it asks for, and what the annotation has."""
    specs = {label.name: label.attributes for label in frame.taxonomy.labels if label.attributes}
    codes = [code for code, label in enumerate(frame.labels) if label in specs]
    rows = np.flatnonzero(np.isin(frame.label, codes))
    for row, given in zip(rows.tolist(), frame.attributes(rows), strict=True):
        yield row, specs[frame.label_of(row)], given


def absent(value: object) -> bool:
    """Whether a value says nothing: none, an empty text, an empty list."""
    return value is None or value in ("", ())
