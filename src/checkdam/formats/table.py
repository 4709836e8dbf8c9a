"""An item and its annotations as one row of plain columns, in the manner of Hugging Face datasets.

Used by every format that is a table: `metadata.jsonl`, audio manifests, Parquet. The columns, each left out where there
is nothing to say:

| column | holds |
|---|---|
| `label` | the label, where the first annotation is a plain category of the whole item |
| `text` | of a text item its text; of others a caption or transcript that comes first, or after `label` |
| `objects` | the other annotations: `bbox` (x, y, width, height), `categories`, and `geometry`, `attributes`, `id` |
| `split`, `source_id`, `width`, `height`, `duration`, `sample_rate` | those of the item |
| `metadata` | JSON of the item's metadata |

An object whose `geometry` is empty is the box `bbox`; else `geometry` is JSON as in `checkdam.schema.geometry`, and
`bbox` the box declared beside it. `attributes` is JSON too: a column has one type, and attributes have many.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from checkdam.formats.base import LossReport
from checkdam.formats.exact import decimal
from checkdam.formats.output import where
from checkdam.formats.values import (
    BadValueError,
    attribute,
    identifier,
    number,
    numbers,
    scalar,
    shown,
    size,
    text,
    unfit,
    writable,
)
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import (
    Annotation,
    AttributeValue,
    Box,
    Category,
    Geometry,
    InputError,
    Item,
    ItemKind,
    Mask,
    MultiCategory,
    Origin,
    Scalar,
    Span,
    Transcript,
    annotation_id,
    ordinal_key,
    own_key,
)

Row = dict[str, Any]

CAPTION: dict[ItemKind, str] = {"image": "caption", "audio": "transcript"}
"""The label of what the column `text` says of an image or a sound."""

ITEM_COLUMNS = ("split", "source_id", "width", "height", "duration", "sample_rate")
_OWN = frozenset({"label", "text", "objects", "metadata", *ITEM_COLUMNS})
BOX_COLUMNS = ("bbox", "bboxes", "box", "boxes")
CATEGORY_COLUMNS = ("categories", "category", "labels", "label", "category_id")
_OBJECT = frozenset({*BOX_COLUMNS, *CATEGORY_COLUMNS, "geometry", "attributes", "id"})
_MAX_OFFSET = 2**31
_GEOMETRY = msgspec.json.Decoder(Geometry)


# Writing


def written_row(item: Item, annotations: Sequence[Annotation], report: LossReport, *, alone: bool = True) -> Row:
    """The columns of an item, without the one that names it. `InputError` for a text that no file could hold. Without
    `alone`, every annotation is an object."""
    if reason := _unfit(item, annotations):
        raise InputError(f"the item {item.name!r} {reason}", "remove the character")
    row: Row = {column: value for column in ITEM_COLUMNS if (value := getattr(item, column)) is not None}
    rest = [each for each in annotations if _finite(each, item, report)]
    if alone and rest and _is_plain(rest[0], Category) and rest[0].label:
        row["label"] = rest.pop(0).label
    if item.kind == "text":
        row["text"] = item.text or ""
    elif alone and rest and _is_plain(rest[0], Transcript) and rest[0].label == CAPTION[item.kind]:
        row["text"] = rest.pop(0).geometry.text  # type: ignore[union-attr]  # it is a transcript
    if (item.kind == "text") != (item.text is not None):
        what = "items without a text, written as empty ones" if item.kind == "text" else "texts of items that are none"
        report.add(what, item.name)
    if rest:
        row["objects"] = _objects(rest, item, report)
    metadata = _writable_fields(item.metadata, item.name, "items' metadata", report)
    return row | ({"metadata": metadata} if metadata else {})


def written_annotations(row: Row, kind: ItemKind) -> int:
    """How many annotations a row that was written holds."""
    listed = len(row.get("objects", {}).get("categories", ()))
    return listed + ("label" in row) + (kind != "text" and "text" in row)


def _objects(annotations: Sequence[Annotation], item: Item, report: LossReport) -> Row:
    found: Row = {
        "bbox": [_bbox(each) for each in annotations],
        "categories": [each.label for each in annotations],
        "geometry": [_written_geometry(each) for each in annotations],
        "attributes": [_written_attributes(each, item, report) for each in annotations],
        "id": [each.source_id for each in annotations],
    }
    for column in ("geometry", "attributes", "id"):
        if not any(found[column]):
            del found[column]
    return found


def _bbox(annotation: Annotation) -> list[float] | None:
    box = annotation.box
    if box is None and isinstance(annotation.geometry, Box):
        box = annotation.geometry
    return None if box is None else [float(box.x), float(box.y), float(box.width), float(box.height)]


def _written_geometry(annotation: Annotation) -> str:
    plain = isinstance(annotation.geometry, Box) and annotation.box is None
    return "" if plain else msgspec.json.encode(annotation.geometry).decode()


def _written_attributes(annotation: Annotation, item: Item, report: LossReport) -> str:
    return _writable_fields(annotation.attributes, where(item, annotation), "attributes", report)


def _writable_fields(fields: Mapping[str, AttributeValue], place: str, what: str, report: LossReport) -> str:
    """JSON of the fields that a file can hold, empty if there are none; the others are a loss."""
    held = {key: value for key, value in fields.items() if writable(key) and writable(value)}
    for key in fields.keys() - held.keys():
        report.add(what, f"{place}: {key}")
    return json.dumps(held, ensure_ascii=False, allow_nan=False) if held else ""


def _is_plain(annotation: Annotation, kind: type) -> bool:
    """Whether there is nothing to say of an annotation but its label, and the text of a whole transcript."""
    geometry = annotation.geometry
    bare = not annotation.attributes and annotation.source_id is None and annotation.box is None
    whole = not isinstance(geometry, Transcript) or (geometry.start is None and geometry.end is None)
    return isinstance(geometry, kind) and bare and whole


def _finite(annotation: Annotation, item: Item, report: LossReport) -> bool:
    if all(map(math.isfinite, _numbers_in(msgspec.to_builtins((annotation.geometry, annotation.box))))):
        return True
    report.add("annotations with numbers that are not finite", where(item, annotation))
    return False


def _numbers_in(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _numbers_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _numbers_in(each)


def _unfit(item: Item, annotations: Sequence[Annotation]) -> str | None:
    texts = [item.name, item.text or "", item.split or "", item.source_id or ""]
    for each in annotations:
        texts += [each.label, each.source_id or "", *_texts_in(each.geometry)]
    return next((reason for each in texts if (reason := unfit(each))), None)


def _texts_in(geometry: Geometry) -> tuple[str, ...]:
    if isinstance(geometry, MultiCategory):
        return geometry.labels
    return (geometry.text,) if isinstance(geometry, Transcript) else ()


# Reading


class TableReader:
    """Makes items and annotations of rows. `passed` names the columns that say where an item's file is."""

    def __init__(self, passed: frozenset[str], limits: InputLimits = DEFAULT_LIMITS) -> None:
        self._passed = _OWN | passed
        self._limits = limits

    def item(self, row: Row, identity: str, name: str, kind: ItemKind, origin: Origin) -> Item:
        """The item of a row. Raises `BadValueError`."""
        given = row.get("text")
        return Item(
            id=identity,
            kind=kind,
            name=name,
            text=text(given, "text") if kind == "text" else None,
            width=size(row.get("width"), "width"),
            height=size(row.get("height"), "height"),
            duration=_seconds(row.get("duration"), "duration"),
            sample_rate=_rate(row.get("sample_rate")),
            split=None if row.get("split") is None else text(str(row["split"]), "split"),
            metadata=self._metadata(row),
            source_id=None if row.get("source_id") in (None, "") else identifier(row["source_id"], "source_id"),
            origin=origin,
        )

    def _metadata(self, row: Row) -> dict[str, Scalar]:
        fields = _opened(row.get("metadata"))
        found: dict[str, Scalar] = {}
        if isinstance(fields, dict):
            found = {text(key, "metadata"): scalar(value, f"metadata.{key}") for key, value in fields.items()}
        elif fields is not None:
            found["metadata"] = scalar(fields, "metadata")
        for column, value in row.items():
            if column not in self._passed and value is not None:
                found.setdefault(text(column, column), scalar(value, column))
        return found

    def labels(self, row: Row, kind: ItemKind) -> Iterator[tuple[str, str]]:
        """(label, place) of each annotation of a row, as far as they are sound."""
        for path, found in self._parts(row, kind):
            if not isinstance(found, BadValueError):
                yield found[0], path

    def annotations(
        self, row: Row, item: Item, origin: Origin, problems: list[BadValueError], first: int = 0
    ) -> Iterator[Annotation]:
        """The annotations of a row; what is wrong with one goes to `problems`, and the others are given. `first` are
        the annotations that the item has already."""
        keys: set[str] = set()
        for path, found in self._parts(row, item.kind):
            if isinstance(found, BadValueError):
                problems.append(found)
                continue
            label, geometry, box, fields, own = found
            key = own_key(own) if own else ordinal_key(first + len(keys))
            if key in keys:
                problems.append(BadValueError(f"{path}.id", "is given twice", "give each object its own id"))
            while key in keys:
                key += "#"
            keys.add(key)
            yield Annotation(
                id=annotation_id(item.id, key),
                item_id=item.id,
                label=label,
                geometry=geometry,
                box=box,
                attributes=fields,
                source_id=own,
                origin=_origin_of(path, origin),
            )

    def _parts(self, row: Row, kind: ItemKind) -> Iterator[tuple[str, "_Part | BadValueError"]]:
        """The annotations that a row names, each with its place: `label`, `text[0]`, `objects[3]`."""
        label = row.get("label")
        several = isinstance(label, list)
        for at, each in enumerate(label if isinstance(label, list) else [label]):
            if each is not None and each != "":
                path = f"label[{at}]" if several else "label"
                yield path, _attempted(_whole, each, path)
        if kind != "text" and row.get("text") is not None:
            yield "text[0]", _attempted(_caption, row["text"], CAPTION[kind])
        try:
            objects = _listed(_opened(row.get("objects")))
        except BadValueError as error:
            yield "objects", error
            return
        for at, fields in enumerate(objects):
            path = f"objects[{at}]"
            yield path, _attempted(self._object, fields, path)

    def _object(self, fields: Row, path: str) -> "_Part":
        label = next((fields[key] for key in CATEGORY_COLUMNS if fields.get(key) is not None), None)
        box = next((fields[key] for key in BOX_COLUMNS if fields.get(key) is not None), None)
        declared = None if box is None else Box(*numbers(_spelt(box), f"{path}.bbox", 4))
        shape = fields.get("geometry")
        geometry: Geometry | None = None
        if isinstance(shape, str) and shape:
            geometry = read_geometry(shape, f"{path}.geometry", self._limits)
        elif declared is not None:
            geometry, declared = declared, None
        if geometry is None:
            raise BadValueError(path, "has neither a bbox nor a geometry", "give its bbox")
        if label is None:
            raise BadValueError(path, "has no category", "give its category")
        return _name(label, f"{path}.category"), geometry, declared, self._fields(fields, path), _id_of(fields, path)

    def _fields(self, fields: Row, path: str) -> dict[str, AttributeValue]:
        given = _opened(fields.get("attributes"))
        found = {
            text(key, path): attribute(value, f"{path}.{key}")
            for key, value in fields.items()
            if key not in _OBJECT and value is not None
        }
        if isinstance(given, dict):
            found |= {text(key, path): attribute(value, f"{path}.attributes.{key}") for key, value in given.items()}
        elif given not in (None, ""):
            found["attributes"] = attribute(given, f"{path}.attributes")
        return found


def _spelt(box: object) -> object:
    """The numbers of a box that is a text of four, which Croissant has; anything else as it is."""
    if isinstance(box, str):
        found = [decimal(word, DEFAULT_LIMITS) for word in box.split()]
        return [float(each) for each in found if each is not None] if all(each is not None for each in found) else box
    return box


def _id_of(fields: Row, path: str) -> str | None:
    own = fields.get("id")
    return None if own in (None, "") else identifier(own, f"{path}.id")


_Part = tuple[str, Geometry, Box | None, dict[str, AttributeValue], str | None]


def read_geometry(written: str, path: str, limits: InputLimits) -> Geometry:
    """A geometry from its JSON, sound enough for every rule. Raises `BadValueError`."""
    remedy = "give it as the documentation of the schema says"
    try:
        geometry: Geometry = _GEOMETRY.decode(written)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as error:
        raise BadValueError(path, f"is no geometry: {error}", remedy) from error
    for each in _texts_in(geometry):
        text(each, path)
    if isinstance(geometry, Span) and not all(abs(at) < _MAX_OFFSET for at in (geometry.start, geometry.end)):
        raise BadValueError(path, "has offsets out of range", remedy)
    if isinstance(geometry, Mask):
        pixels = geometry.height * geometry.width
        if min(geometry.height, geometry.width) < 0 or pixels > limits.pixels:
            raise BadValueError(path, f"has more than {limits.pixels:,} pixels", "store the mask smaller")
        if min(geometry.counts, default=0) < 0 or sum(geometry.counts) != pixels:
            raise BadValueError(path, "has run lengths that do not add up to its size", "mend the mask")
    if not all(map(math.isfinite, _numbers_in(msgspec.to_builtins(geometry)))):
        raise BadValueError(path, "holds a number that is not finite", "give finite numbers")
    return geometry


def _attempted(read: "Callable[..., _Part]", *values: object) -> "_Part | BadValueError":
    try:
        return read(*values)
    except BadValueError as error:
        return error


def _whole(value: object, path: str) -> _Part:
    return _name(value, path), Category(), None, {}, None


def _caption(value: object, label: str) -> _Part:
    return label, Transcript(text(value, "text")), None, {}, None


def _name(value: object, path: str) -> str:
    """A label's name. Numbers and truth values, as which classes are often written, are taken as their text."""
    if isinstance(value, bool | int | float):
        return shown(scalar(value, path))
    return text(value, path)


def _seconds(value: object, path: str) -> float | None:
    if value is None:
        return None
    seconds = number(value, path)
    if seconds < 0:
        raise BadValueError(path, f"is {shown(value)}, less than nothing", "give the seconds")
    return seconds


def _rate(value: object) -> int | None:
    if value is None:
        return None
    rate = number(value, "sample_rate")
    if not rate.is_integer() or not 0 <= rate < _MAX_OFFSET:
        raise BadValueError("sample_rate", f"is {shown(value)}, not a whole number of hertz", "give the sample rate")
    return int(rate)


def _opened(value: object) -> object:
    """What a text of JSON says, if it is an object or a list; anything else as it is."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value, parse_constant=lambda word: word)
        except (ValueError, RecursionError):
            return value
    return value


def _listed(value: object) -> list[Row]:
    """Objects, which come as a list of rows or as a row of lists that are equally long."""
    if value is None or value == "":
        return []
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return value
    if isinstance(value, dict):
        columns = {key: each for key, each in value.items() if each is not None}
        if all(isinstance(each, list) for each in columns.values()):
            if len(lengths := {len(each) for each in columns.values()}) <= 1:
                return [{key: each[at] for key, each in columns.items()} for at in range(max(lengths, default=0))]
            raise BadValueError("objects", "has columns of different lengths", "give as many values in each")
    raise BadValueError("objects", f"is {shown(value)}, not a list of objects", "give bbox and categories as lists")


def _origin_of(path: str, row: Origin) -> Origin:
    """Where a part of a row stands: `label`, which may be alone, at the row itself."""
    column, _, index = path.removesuffix("]").partition("[")
    return Origin(row.file, int(index), f"{row.at}.{column}") if index else row
