"""The labels in a line of JSON Lines: where they stand, what they mean, how they are written."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from checkdam.formats.base import LossReport
from checkdam.formats.values import BadValueError, attribute, identifier, scalar, shown, text, unfit, writable
from checkdam.schema import Annotation, AttributeValue, Category, Item, MultiCategory, Span, geometry_kind

LABEL_KEYS = ("label", "labels", "spans", "entities")
"""The keys that hold labels, in the order in which they are read."""

_LABEL_FIELDS = frozenset({"label", "values", "id", "attributes"})
_SPAN_FIELDS = frozenset({"start", "end", "start_offset", "end_offset", "label", "id", "attributes"})


class Place(Struct, frozen=True):
    """A label in a row: its key, and its index if the key holds a list."""

    key: str
    index: int | None

    @property
    def path(self) -> str:
        return self.key if self.index is None else f"{self.key}[{self.index}]"


class Found(Struct, frozen=True):
    """What a label says."""

    label: str
    geometry: Category | MultiCategory | Span
    attributes: dict[str, AttributeValue]
    source_id: str | None


def label_places(row: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    """The labels of a row, unread."""
    for key in LABEL_KEYS:
        value = row.get(key)
        if isinstance(value, list):
            yield from ((Place(key, at), each) for at, each in enumerate(value))
        elif value is not None:
            yield Place(key, None), value


def read_label(place: Place, value: object) -> Found:
    """Reads a label. Raises `BadValueError`."""
    path = place.path
    if place.key in ("spans", "entities") or isinstance(value, list):
        return _span(value, path)
    if isinstance(value, dict):
        return _labelled(value, path)
    return Found(_name(value, path), Category(), {}, None)


def _name(value: object, path: str) -> str:
    """A label's name. Numbers and truth values, as which classes are often written, are taken as their text."""
    if isinstance(value, bool | int | float):
        value = shown(scalar(value, path))
    name = text(value, path)
    if not name:
        raise BadValueError(path, "is empty", "name the label")
    return name


def _labelled(value: dict[str, Any], path: str) -> Found:
    values = value.get("values")
    if values is None:
        geometry: Category | MultiCategory = Category()
    elif isinstance(values, list):
        geometry = MultiCategory(tuple(text(each, f"{path}.values[{at}]") for at, each in enumerate(values)))
    else:
        raise BadValueError(f"{path}.values", f"is {shown(values)}, not a list", "list the values")
    name = _name(value.get("label"), f"{path}.label")
    return Found(name, geometry, _attributes(value, _LABEL_FIELDS, path), _source_id(value, path))


def _span(value: object, path: str) -> Found:
    if isinstance(value, list) and len(value) == 3:
        start, end, label = value
        return Found(_name(label, path), Span(_offset(start, path), _offset(end, path)), {}, None)
    if not isinstance(value, dict):
        raise BadValueError(path, f"is {shown(value)}, not a span", "give [start, end, label]")
    start, end = (_offset(value.get(key, value.get(f"{key}_offset")), f"{path}.{key}") for key in ("start", "end"))
    name = _name(value.get("label"), f"{path}.label")
    return Found(name, Span(start, end), _attributes(value, _SPAN_FIELDS, path), _source_id(value, path))


def _offset(value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**31) <= value < 2**31:
        raise BadValueError(path, f"is {shown(value)}, not an offset", "give a whole number of characters")
    return value


def _source_id(value: dict[str, Any], path: str) -> str | None:
    return None if value.get("id") is None else identifier(value["id"], f"{path}.id")


def _attributes(value: dict[str, Any], passed: frozenset[str], path: str) -> dict[str, AttributeValue]:
    found = {text(key, path): attribute(each, f"{path}.{key}") for key, each in value.items() if key not in passed}
    given = value.get("attributes", {})
    if not isinstance(given, dict):
        raise BadValueError(f"{path}.attributes", f"is {shown(given)}, not an object", "give names and values")
    return found | {text(key, path): attribute(each, f"{path}.attributes.{key}") for key, each in given.items()}


def written_row(item: Item, annotations: Sequence[Annotation], report: LossReport) -> dict[str, Any]:
    """The row of an item. Labels of the whole text come first, spans after them, each in their order."""
    row: dict[str, Any] = {"id": item.name, "text": item.text or ""}
    if item.text is None:
        report.add("items without a text, written as empty ones", item.name)
    if item.split is not None:
        row["split"] = item.split
    if item.source_id != item.name:  # null says that the id is no id of the source, only a name
        row["source_id"] = item.source_id
    metadata = {key: value for key, value in item.metadata.items() if writable(key) and writable(value)}
    for key in item.metadata.keys() - metadata.keys():
        report.add("items' metadata", f"{item.name}: {key}")
    return row | ({"metadata": metadata} if metadata else {}) | _labels(item, annotations, report)


def _labels(item: Item, annotations: Sequence[Annotation], report: LossReport) -> dict[str, Any]:
    whole = [each for each in annotations if isinstance(each.geometry, Category | MultiCategory)]
    spans = [each for each in annotations if isinstance(each.geometry, Span)]
    for each in annotations:
        if not isinstance(each.geometry, Category | MultiCategory | Span):
            report.add(f"annotations of kind {geometry_kind(each.geometry)}", f"{item.name}: {each.label}")
        elif each.box is not None:
            report.add("boxes declared beside labels", f"{item.name}: {each.label}")
    if [*whole, *spans] != [each for each in annotations if isinstance(each.geometry, Category | MultiCategory | Span)]:
        report.add("the order of labels and spans", item.name)
    written = [_written(each, item, report) for each in whole]
    found: dict[str, Any] = {}
    if len(written) == 1 and isinstance(written[0], str):
        found["label"] = written[0]
    elif written:
        found["labels"] = written
    if spans:
        found["spans"] = [_written(each, item, report) for each in spans]
    return found


def _written(annotation: Annotation, item: Item, report: LossReport) -> Any:
    geometry = annotation.geometry
    attributes: dict[str, Any] = {
        key: value for key, value in annotation.attributes.items() if writable(key) and writable(value)
    }
    for key in annotation.attributes.keys() - attributes.keys():
        report.add("attributes", f"{item.name}: {annotation.label}: {key}")
    extra: dict[str, Any] = {} if annotation.source_id is None else {"id": annotation.source_id}
    if attributes:
        extra["attributes"] = attributes
    if isinstance(geometry, Span):
        if not extra:
            return [geometry.start, geometry.end, annotation.label]
        return {"start": geometry.start, "end": geometry.end, "label": annotation.label} | extra
    if isinstance(geometry, MultiCategory):
        extra = {"values": list(geometry.labels)} | extra
    return {"label": annotation.label} | extra if extra else annotation.label


def check_texts(item: Item, annotations: Sequence[Annotation]) -> str | None:
    """Why an item cannot be written as JSON that every reader takes, or None."""
    texts = [item.name, item.text or "", item.split or "", item.source_id or ""]
    for each in annotations:
        texts += [each.label, each.source_id or ""]
        if isinstance(each.geometry, MultiCategory):
            texts += each.geometry.labels
    return next((reason for each in texts if (reason := unfit(each))), None)
