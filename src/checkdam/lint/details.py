"""What the columns of a frame do not hold, for many annotations at once: their geometries and attributes."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from checkdam.schema import Annotation, AttributeValue, Box, Geometry

Rows = NDArray[np.integer[Any]] | Sequence[int]
Attributes = dict[str, AttributeValue]

_BLOCK = 1 << 14
_decode_geometry = msgspec.json.Decoder(Geometry).decode
_decode_attributes = msgspec.json.Decoder(Attributes).decode


class Details(Protocol):
    """Reads geometries and attributes of the annotations in the rows, in that order."""

    def geometries(self, rows: Rows, /) -> Iterator[Geometry]: ...
    def attributes(self, rows: Rows, /) -> Iterator[Attributes]: ...


class StructDetails:
    """Of annotations that are made one by one."""

    def __init__(self, annotation: Callable[[int], Annotation]) -> None:
        self._annotation = annotation

    def geometries(self, rows: Rows, /) -> Iterator[Geometry]:
        return (self._annotation(int(row)).geometry for row in rows)

    def attributes(self, rows: Rows, /) -> Iterator[Attributes]:
        return (self._annotation(int(row)).attributes for row in rows)


class ArrowDetails:
    """Of the columns of a `pyarrow.Table` of the lake, a block of rows at a time."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def geometries(self, rows: Rows, /) -> Iterator[Geometry]:
        for block in _blocks(rows):
            part = self._table.select(["geometry", "x", "y", "width", "height"]).take(block)
            texts, *places = (column.to_pylist() for column in part.columns)
            for text, *place in zip(texts, *places, strict=True):
                # The geometry of a plain box stands in its columns only.
                yield Box(*place) if text is None else _decode_geometry(text)

    def attributes(self, rows: Rows, /) -> Iterator[Attributes]:
        for block in _blocks(rows):
            for text in self._table.column("attributes").take(block).to_pylist():
                yield {} if text == "{}" else _decode_attributes(text)


def _blocks(rows: Rows) -> Iterator[list[int]]:
    ahead = iter(np.asarray(rows, dtype=np.int64).tolist())
    while block := list(islice(ahead, _BLOCK)):
        yield block
