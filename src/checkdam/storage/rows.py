"""Items and annotations as columns, and back, without loss.

The columns `x`, `y`, `width`, `height` hold the extent in pixels: the box itself, the box that the source declares
(`declared_box`), or the smallest box around the geometry; `start` and `end` hold a span's code points or a segment's
seconds. They are there to be queried; what is not a plain box is read back from `geometry`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec
import numpy as np
import pyarrow as pa

from checkdam.schema import (
    Annotation,
    AttributeValue,
    AudioSegment,
    Box,
    Geometry,
    InputError,
    Item,
    Origin,
    Scalar,
    Span,
    Transcript,
    extent,
    geometry_kind,
)

HASH_BYTES = 16
_INT32 = 2**31
_INT64 = 2**63

ITEM_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("blob", pa.string()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("text", pa.string()),
        pa.field("duration", pa.float64()),
        pa.field("sample_rate", pa.int32()),
        pa.field("split", pa.string()),
        pa.field("metadata", pa.string(), nullable=False),
        pa.field("source_id", pa.string()),
        pa.field("origin_file", pa.string()),
        pa.field("origin_at", pa.int64()),
        pa.field("origin_array", pa.string()),
        pa.field("hash", pa.binary(HASH_BYTES), nullable=False),
    ]
)

ANNOTATION_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("x", pa.float64()),
        pa.field("y", pa.float64()),
        pa.field("width", pa.float64()),
        pa.field("height", pa.float64()),
        pa.field("start", pa.float64()),
        pa.field("end", pa.float64()),
        pa.field("geometry", pa.string()),
        pa.field("declared_box", pa.bool_(), nullable=False),
        pa.field("attributes", pa.string(), nullable=False),
        pa.field("source_id", pa.string()),
        pa.field("origin_file", pa.string()),
        pa.field("origin_at", pa.int64()),
        pa.field("origin_array", pa.string()),
        pa.field("hash", pa.binary(HASH_BYTES), nullable=False),
    ]
)

_encode = msgspec.json.Encoder().encode
_canonical = msgspec.json.Encoder(order="deterministic").encode
_decode_geometry: Callable[[bytes | str], Geometry] = msgspec.json.Decoder(Geometry).decode
_decode_attributes = msgspec.json.Decoder(dict[str, AttributeValue]).decode
_decode_metadata = msgspec.json.Decoder(dict[str, Scalar]).decode

Thing = TypeVar("Thing", Item, Annotation)
Extent = tuple[float | None, float | None, float | None, float | None]
_NOWHERE: Extent = (None, None, None, None)
_NO_RANGE: tuple[float | None, float | None] = (None, None)
_PLAIN = frozenset({str, int, bool, type(None)})


def items_to_table(items: Sequence[Item], positions: Iterable[int]) -> pa.Table:
    """The items as columns of ITEM_SCHEMA. Raises InputError naming the item that cannot be kept: text that is not
    Unicode, a number that is not finite or does not fit."""
    return _to_table(items, positions, _item_row, ITEM_SCHEMA)


def annotations_to_table(annotations: Sequence[Annotation], positions: Iterable[int]) -> pa.Table:
    """The annotations as columns of ANNOTATION_SCHEMA. Raises InputError as `items_to_table` does."""
    return _to_table(annotations, positions, _annotation_row, ANNOTATION_SCHEMA)


def table_to_items(table: pa.Table | pa.RecordBatch) -> list[Item]:
    """The reverse of `items_to_table`, in the table's order."""
    names = [name for name in ITEM_SCHEMA.names if name not in {"hash", "position"}]
    columns = [table.column(name).to_pylist() for name in names]
    return [_item(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]


def table_to_annotations(table: pa.Table | pa.RecordBatch) -> list[Annotation]:
    """The reverse of `annotations_to_table`, in the table's order."""
    skipped = {"hash", "position", "start", "end"}
    names = [name for name in ANNOTATION_SCHEMA.names if name not in skipped]
    columns = [table.column(name).to_pylist() for name in names]
    return [row_to_annotation(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]


def row_to_annotation(row: Mapping[str, Any]) -> Annotation:
    """The annotation of one row; `hash`, `position`, `start` and `end` are not looked at."""
    place = Box(row["x"], row["y"], row["width"], row["height"]) if row["x"] is not None else None
    geometry = place if row["geometry"] is None else _decode_geometry(row["geometry"])
    return Annotation(
        id=row["id"],
        item_id=row["item_id"],
        label=row["label"],
        geometry=geometry,  # type: ignore[arg-type]  # a row without geometry is a box, whose place is never null
        box=place if row["declared_box"] else None,
        attributes={} if row["attributes"] == "{}" else _decode_attributes(row["attributes"]),
        source_id=row["source_id"],
        origin=_origin(row),
    )


def _to_table(
    things: Sequence[Thing], positions: Iterable[int], row: Callable[[Thing], tuple[Any, ...]], schema: pa.Schema
) -> pa.Table:
    rows = []
    for thing in things:
        try:
            rows.append(row(thing))
        except (UnicodeEncodeError, ValueError, TypeError, OverflowError, msgspec.MsgspecError) as error:
            what = "item" if isinstance(thing, Item) else "annotation"
            where = f" at {thing.origin}" if thing.origin else ""
            raise InputError(
                f"{what} {thing.id!r}{where} cannot be stored: {_reason(error)}", "correct it in the source"
            ) from error
    names = [name for name in schema.names if name not in {"position", "hash"}]
    # Not zip(*rows): an iterator for each row sets off the garbage collector, which then takes a quarter of the time.
    *columns, hashes = ([row[place] for row in rows] for place in range(len(names) + 1))
    arrays = {name: pa.array(column, type=schema.field(name).type) for name, column in zip(names, columns, strict=True)}
    arrays["position"] = pa.array(np.fromiter(positions, dtype=np.int64, count=len(rows)))
    arrays["hash"] = pa.Array.from_buffers(pa.binary(HASH_BYTES), len(rows), [None, pa.py_buffer(b"".join(hashes))])
    return pa.Table.from_arrays([arrays[name] for name in schema.names], schema=schema)


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeEncodeError):
        return "its text holds a lone surrogate, which is not Unicode"
    return str(error)


def _item_row(item: Item) -> tuple[Any, ...]:
    """The columns but for the position, the hash last."""
    _check_values(item.metadata)
    if item.duration is not None and not math.isfinite(item.duration):
        raise ValueError(f"the duration {item.duration!r} is not finite")
    content = (
        item.id,
        item.kind,
        item.name,
        item.blob,
        _int32(item.width, "width"),
        _int32(item.height, "height"),
        item.text,
        None if item.duration is None else float(item.duration),
        _int32(item.sample_rate, "sample rate"),
        item.split,
        item.metadata,
        item.source_id,
    )
    hashed = blake2b(_canonical(content), digest_size=HASH_BYTES).digest()
    return (
        item.id,
        item.name,
        item.kind,
        *content[3:10],
        _encode(item.metadata).decode(),
        item.source_id,
        *_origin_columns(item.origin),
        hashed,
    )


def _annotation_row(annotation: Annotation) -> tuple[Any, ...]:
    """The columns but for the position, the hash last. Ten million rows come through here."""
    geometry, declared, attributes = annotation.geometry, annotation.box, annotation.attributes
    if attributes:
        _check_values(attributes)
    if type(geometry) is Box and declared is None:
        place: Extent = _box(geometry)
        kind, span, text, shape = "box", _NO_RANGE, None, place
    else:
        text = _geometry_text(geometry)
        place = _box(declared) if declared is not None else _extent(geometry)
        kind, span, shape = geometry_kind(geometry), _range(geometry), text  # type: ignore[assignment]  # the hash takes either
    content = (
        annotation.id,
        annotation.item_id,
        annotation.label,
        shape,
        None if declared is None else _box(declared),
        attributes,
        annotation.source_id,
    )
    return (
        annotation.id,
        annotation.item_id,
        annotation.label,
        kind,
        *place,
        *span,
        text,
        declared is not None,
        _encode(attributes).decode() if attributes else "{}",
        annotation.source_id,
        *_origin_columns(annotation.origin),
        blake2b(_canonical(content), digest_size=HASH_BYTES).digest(),
    )


def _box(box: Box) -> tuple[float, float, float, float]:
    # Adding 0.0 turns -0.0 into 0.0: the two are equal, and equal content must have one hash.
    place = (float(box.x) + 0.0, float(box.y) + 0.0, float(box.width) + 0.0, float(box.height) + 0.0)
    # A sum with a number that is not finite is not finite; that of huge ones may not be either.
    if not math.isfinite(sum(place)) and not all(map(math.isfinite, place)):
        raise ValueError(f"its box {place!r} is not finite")
    return place


def _geometry_text(geometry: Geometry) -> str:
    """JSON with every number of the type that the field has (1 becomes 1.0), so that equal geometries have one text."""
    kept = _decode_geometry(_encode(geometry))
    if kept != geometry:  # NaN and infinity become null in JSON, or nothing at all
        raise ValueError("its geometry holds a number that is not finite, or a value of another type")
    return _encode(kept).decode()


def _extent(geometry: Geometry) -> Extent:
    box = extent(geometry)
    if box is None:
        return _NOWHERE
    place = (box.x, box.y, box.width, box.height)
    return place if all(map(math.isfinite, place)) else _NOWHERE  # two huge numbers may differ by infinity


def _range(geometry: Geometry) -> tuple[float | None, float | None]:
    match geometry:
        case Span(start=start, end=end):
            return float(start), float(end)
        case AudioSegment(start=begin, end=stop) | Transcript(start=begin, end=stop):
            return begin, stop
    return None, None


def _int32(value: int | None, what: str) -> int | None:
    if value is not None and not -_INT32 <= value < _INT32:
        raise ValueError(f"the {what} {value} does not fit in 32 bits")
    return value


def _check_values(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if type(value) in _PLAIN or (type(value) is float and math.isfinite(value)):
            continue
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, float) and not math.isfinite(one):
                raise ValueError(f"the value {one!r} of {name!r} is not finite")
            if one is not None and not isinstance(one, str | int | float | bool):
                raise TypeError(f"the value of {name!r} is neither text nor a number nor a truth value")


def _origin_columns(origin: Origin | None) -> tuple[str | None, int | None, str | None]:
    if origin is None:
        return None, None, None
    if origin.at is not None and not -_INT64 <= origin.at < _INT64:
        raise ValueError(f"the place {origin.at} in its origin does not fit in 64 bits")
    return origin.file, origin.at, origin.array


def _origin(row: Mapping[str, Any]) -> Origin | None:
    file = row["origin_file"]
    return None if file is None else Origin(file, row["origin_at"], row["origin_array"])


def _item(row: dict[str, Any]) -> Item:
    return Item(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        blob=row["blob"],
        width=row["width"],
        height=row["height"],
        text=row["text"],
        duration=row["duration"],
        sample_rate=row["sample_rate"],
        split=row["split"],
        metadata={} if row["metadata"] == "{}" else _decode_metadata(row["metadata"]),
        source_id=row["source_id"],
        origin=_origin(row),
    )
