"""Annotations held in little memory, for frames of millions: what the columns hold already is not kept twice, the rest
is MessagePack, and a struct is made anew when a finding is about it."""

from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, overload

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from checkdam.schema import Annotation, Box, Geometry, Origin, extent, geometry_kind

_BLOCK = 1 << 14
_LAST = 256
_NOWHERE = (np.nan,) * 4
_UNPACKABLE = (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError)


class _Rest(Struct, frozen=True, array_like=True):
    """What the columns do not say of an annotation. `geometry` is None for a box, which the columns say."""

    id: str
    source_id: str | None
    attributes: dict[str, Any]
    file: int | None
    at: int | None
    array: str | None
    geometry: Geometry | None
    box: Box | None


_encoder = msgspec.msgpack.Encoder()
_decode = msgspec.msgpack.Decoder(_Rest).decode
_decode_geometry = msgspec.msgpack.Decoder(Geometry).decode


class Names:
    """Numbers texts in the order of their first appearance."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._codes: dict[str, int] = {}

    def code(self, text: str) -> int:
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = len(self.texts)
            self.texts.append(text)
        return code


class Columns(NamedTuple):
    """`item`, `label` and `kind` (n,) are codes into the texts of `items`, `labels` and `kinds`; `boxes` (n, 4) are x,
    y, width and height in pixels, NaN without a place; `declared` (n,) marks a box declared beside the geometry."""

    item: NDArray[np.int32]
    label: NDArray[np.int32]
    kind: NDArray[np.int32]
    boxes: NDArray[np.float64]
    declared: NDArray[np.bool_]


class PackedAnnotations:
    """A list of annotations that grows until `columns` is asked for. A box takes some 150 bytes."""

    def __init__(self) -> None:
        self.items, self.labels, self.kinds = Names(), Names(), Names()
        self._files = Names()
        self._item, self._label, self._kind = array("i"), array("i"), array("i")
        self._boxes, self._declared = array("d"), array("b")
        self._blocks: list[bytearray] = []
        self._starts = array("I")
        self._whole: dict[int, Annotation] = {}
        self._last = lru_cache(_LAST)(self._unpacked)

    def __len__(self) -> int:
        return len(self._item)

    def append(self, annotation: Annotation) -> None:
        row, geometry, declared = len(self._item), annotation.geometry, annotation.box
        if not row % _BLOCK:
            self._blocks.append(bytearray())
        plain = type(geometry) is Box
        box = geometry if isinstance(geometry, Box) else declared or extent(geometry)
        self._boxes.extend(_NOWHERE if box is None else (box.x, box.y, box.width, box.height))
        self._declared.append(declared is not None)
        self._item.append(self.items.code(annotation.item_id))
        self._label.append(self.labels.code(annotation.label))
        self._kind.append(self.kinds.code("box" if plain else geometry_kind(geometry)))
        block = self._blocks[-1]
        start = len(block)
        self._starts.append(start)
        origin = annotation.origin
        rest = _Rest(
            annotation.id,
            annotation.source_id,
            annotation.attributes,
            None if origin is None else self._files.code(origin.file),
            None if origin is None else origin.at,
            None if origin is None else origin.array,
            None if plain else geometry,
            declared,
        )
        try:
            _encoder.encode_into(rest, block, -1)
            # A shape may have been made of numbers of another type than its fields say.
            kept = plain or _decode_geometry(_encoder.encode(geometry)) == geometry
        except _UNPACKABLE:
            kept = False
        if not kept:
            del block[start:]
            self._whole[row] = annotation  # a lone surrogate, a number of more than 64 bits

    def __getitem__(self, row: int) -> Annotation:
        return self._last(range(len(self))[row])

    def columns(self) -> Columns:
        """The columns as they are, not copied: nothing can be appended while they are held."""
        return Columns(
            item=np.frombuffer(self._item, dtype=np.int32),
            label=np.frombuffer(self._label, dtype=np.int32),
            kind=np.frombuffer(self._kind, dtype=np.int32),
            boxes=np.frombuffer(self._boxes, dtype=np.float64).reshape(-1, 4),
            declared=np.frombuffer(self._declared, dtype=np.bool_),
        )

    def _unpacked(self, row: int) -> Annotation:
        if row in self._whole:
            return self._whole[row]
        block = self._blocks[row // _BLOCK]
        last = row + 1 == len(self._item) or not (row + 1) % _BLOCK
        rest = _decode(memoryview(block)[self._starts[row] : len(block) if last else self._starts[row + 1]])
        geometry = Box(*self._boxes[4 * row : 4 * row + 4]) if rest.geometry is None else rest.geometry
        return Annotation(
            id=rest.id,
            item_id=self.items.texts[self._item[row]],
            label=self.labels.texts[self._label[row]],
            geometry=geometry,
            box=rest.box,
            attributes={key: tuple(value) if type(value) is list else value for key, value in rest.attributes.items()},
            source_id=rest.source_id,
            origin=None if rest.file is None else Origin(self._files.texts[rest.file], rest.at, rest.array),
        )


class Ids(Sequence[str]):
    """The ids of a list of annotations, taken from it when they are asked for."""

    def __init__(self, annotations: PackedAnnotations) -> None:
        self._annotations = annotations

    def __len__(self) -> int:
        return len(self._annotations)

    @overload
    def __getitem__(self, row: int, /) -> str: ...
    @overload
    def __getitem__(self, row: slice, /) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice, /) -> str | Sequence[str]:
        if isinstance(row, slice):
            return [self._annotations[one].id for one in range(len(self))[row]]
        return self._annotations[row].id

    def __iter__(self) -> Iterator[str]:
        return (self._annotations[row].id for row in range(len(self)))
