"""Reads the results of one annotation of a task: parts with labels, answers, texts, and relations between them.

Results that share an id are about one part: the shape, its label and the answers about it may each be a result.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from checkdam.formats.label_studio.config import Config
from checkdam.formats.label_studio.regions import (
    ELLIPSE,
    PLACE_FIELDS,
    Size,
    answers,
    audio_segment,
    has_place,
    image_region,
    labels_of,
    one_or_all,
    text_span,
    written_region,
)
from checkdam.formats.values import BadValueError, attribute, identifier, number, shown, size, text
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    AttributeValue,
    Box,
    Category,
    Geometry,
    Item,
    Keypoints,
    MultiCategory,
    RotatedBox,
    Transcript,
)

MARK = "checkdam"
"""The key, in the `meta` of a task or result, of what our writer keeps there for want of a field of Label Studio's."""

DEFAULT_NAMES = {
    "rectanglelabels": "rectangle",
    "ellipselabels": "ellipse",
    "polygonlabels": "polygon",
    "keypointlabels": "keypoint",
    "brushlabels": "brush",
    "labels": "label",
    "choices": "category",
}
"""The controls in a configuration of ours, by the type of their results."""

TEXTS, SEVERAL = "transcript", "categories"
"""The controls of texts and of questions with several answers whose labels cannot be names of controls."""


class Found(Struct):
    """What a group of results says. `at` is the place of the first in the array of results."""

    at: int
    label: str
    geometry: Geometry
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    source_id: str | None = None
    box: Box | None = None


class _Mark(Struct):
    """What our writer keeps of an annotation."""

    geometry: Geometry | None = None
    box: Box | None = None
    label: str | None = None
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    numbered: bool = False


def groups(results: Sequence[Any]) -> Iterator[list[int]]:
    """The places of the results that belong together, in the order of the first of each. Relations are left out."""
    found: dict[str, list[int]] = {}
    for at, each in enumerate(results):
        if isinstance(each, dict) and each.get("type") != "relation":
            key = each.get("id")
            found.setdefault(f"id {key}" if isinstance(key, str | int) and key != "" else f"at {at}", []).append(at)
    for places in found.values():
        if len(places) > 1 and not any(has_place(_value(results[at])) for at in places):
            yield from ([at] for at in places)
        else:
            yield places


def _value(result: dict[str, Any]) -> dict[str, Any]:
    value = result.get("value")
    return value if isinstance(value, dict) else {}


class ResultReader:
    """Reads results about one item. `size` is that of the image where a result does not give it."""

    def __init__(self, item: Item, size: Size | None, config: Config, limits: InputLimits) -> None:
        self._item, self._size, self._config, self._limits = item, size, config, limits

    def read(self, results: Sequence[Any], places: list[int], related: dict[str, tuple[str, ...]]) -> Found:
        """Reads a group; `related` are the `relations` of the results. Raises `BadValueError`."""
        first = results[places[0]]
        for at in places:
            if not isinstance(results[at].get("value"), dict):
                given = shown(results[at].get("value"))
                raise BadValueError("value", f"is {given}, not an object", "remove the result")
        shape = next((results[at] for at in places if has_place(results[at]["value"])), None)
        found = self._part(results, places, shape) if shape else self._whole(first, places[0])
        if first.get("id") not in (None, ""):
            found.source_id = identifier(first["id"], "id")
        self._fields(found, shape or first)
        if found.source_id in related:
            found.attributes["relations"] = related[found.source_id]
        self._marked(found, shape or first)
        return found

    def _part(self, results: Sequence[Any], places: list[int], shape: dict[str, Any]) -> Found:
        """A part of the item with its label, and what else was said of it as attributes."""
        labels: list[str] = []
        said: dict[str, AttributeValue] = {}
        geometry, is_ellipse = self._geometry(shape)
        for at in places:
            result = results[at]
            value = result["value"]
            named = labels_of(value)
            if named is not None:
                labels += [text(each, "value") for each in named if each not in labels]
            name = text(result.get("from_name") or result.get("type") or "answer", "from_name")
            if (chosen := answers(value, "value")) is not None:
                said[name] = one_or_all([text(each, "value") for each in chosen])
            elif result.get("type") == "textarea" and result is not shape:
                said[name] = attribute(value.get("text"), "value.text")
            elif named is None:
                rest = {key: each for key, each in value.items() if key not in PLACE_FIELDS}
                said |= {text(key, "value"): attribute(each, f"value.{key}") for key, each in rest.items()}
            elif "channel" in value:
                said["channel"] = attribute(value["channel"], "value.channel")
        if shape.get("type") == "textarea" and self._item.kind == "audio":
            segment = audio_segment(shape["value"])
            told = _texts(shape["value"])
            geometry = Transcript("\n".join(told), segment.start, segment.end)
        fallback = text(shape.get("from_name") or shape.get("type") or "part", "from_name")
        if len(labels) > 1:
            said["labels"] = tuple(labels)
        if is_ellipse:
            said["shape"] = ELLIPSE
        return Found(places[0], labels[0] if labels and labels[0] else fallback, geometry, said)

    def _geometry(self, shape: dict[str, Any]) -> tuple[Geometry, bool]:
        match self._item.kind:
            case "text":
                return text_span(shape["value"], self._item.text or ""), False
            case "audio":
                return audio_segment(shape["value"]), False
            case "image":
                return image_region(shape["value"], sizes(shape) or self._size, self._limits)

    def _whole(self, result: dict[str, Any], at: int) -> Found:
        """An answer about the item as a whole."""
        value = result["value"]
        name = text(result.get("from_name") or result.get("type") or "answer", "from_name")
        chosen = answers(value, "value")
        if chosen is None and result.get("type") == "labels":
            chosen = labels_of(value)
        if chosen is not None:
            told = tuple(text(each, "value") for each in chosen)
            control = self._config.controls.get(name)
            if len(told) == 1 and told[0] and not (control and control.multiple):
                return Found(at, told[0], Category())
            return Found(at, name, MultiCategory(told))
        if "text" in value:
            texts = _texts(value)
            several: dict[str, AttributeValue] = {"texts": tuple(texts)} if len(texts) > 1 else {}
            return Found(at, name, Transcript("\n".join(texts)), several)
        rest = {text(key, "value"): attribute(each, f"value.{key}") for key, each in value.items()}
        return Found(at, name, Category(), rest)

    def _fields(self, found: Found, result: dict[str, Any]) -> None:
        """What Label Studio keeps of a result beside its value."""
        name, kind = result.get("from_name"), result.get("type")
        implied = isinstance(found.geometry, Transcript | MultiCategory) and name in (found.label, TEXTS, SEVERAL)
        if isinstance(name, str) and kind is not None and not implied and name != DEFAULT_NAMES.get(str(kind)):
            found.attributes["from_name"] = text(name, "from_name")
        if result.get("score") is not None:
            found.attributes["score"] = number(result["score"], "score")
        if result.get("parentID") not in (None, ""):
            found.attributes["parent"] = identifier(result["parentID"], "parentID")
        if result.get("image_rotation") not in (None, 0):
            found.attributes["image_rotation"] = number(result["image_rotation"], "image_rotation")
        meta = result.get("meta")
        for key, each in meta.items() if isinstance(meta, dict) else ():
            if key != MARK:
                found.attributes[f"meta.{text(key, 'meta')}"] = attribute(each, f"meta.{key}")

    def _marked(self, found: Found, result: dict[str, Any]) -> None:
        """What our writer kept, unless the result was changed since."""
        meta = result.get("meta")
        raw = meta.get(MARK) if isinstance(meta, dict) else None
        if not isinstance(raw, dict):
            return
        try:
            mark = msgspec.convert(raw, _Mark)
        except (msgspec.ValidationError, RecursionError) as error:
            raise BadValueError(f"meta.{MARK}", f"is none of ours: {error}", "remove it") from error
        found.attributes |= {
            text(key, f"meta.{MARK}"): attribute(list(value) if isinstance(value, tuple) else value, f"meta.{MARK}")
            for key, value in mark.attributes.items()
        }
        if mark.box is not None:
            found.box = mark.box
        if mark.geometry is not None and self._holds(mark.geometry, found, result):
            found.geometry = mark.geometry
            if isinstance(mark.geometry, MultiCategory):  # one answer to a question that takes several
                found.label = text(result.get("from_name"), "from_name")
        if mark.label is not None and result.get("from_name") in (TEXTS, SEVERAL):
            found.label = text(mark.label, f"meta.{MARK}.label")
        if mark.numbered:
            found.source_id = None

    def _holds(self, kept: Geometry, found: Found, result: dict[str, Any]) -> bool:
        """Whether a kept geometry is the one that is drawn: written again, it gives the same value."""
        if isinstance(kept, MultiCategory):
            return isinstance(found.geometry, Category) and kept.labels == (found.label,)
        size_ = sizes(result) or self._size
        if self._item.kind != "image" or not size_ or isinstance(kept, Category | Transcript):
            return False
        ellipse = found.attributes.get("shape") == ELLIPSE and isinstance(kept, Box | RotatedBox)
        written = written_region(kept, ellipse, size_)
        value = result["value"]
        passed = ("width",) if isinstance(kept, Keypoints) else ()  # the size of the dot
        return written is not None and all(
            value.get(key) == each for key, each in written[1].items() if key not in passed
        )


def _texts(value: dict[str, Any]) -> list[str]:
    given = value.get("text")
    given = [given] if isinstance(given, str) else given
    if not isinstance(given, list):
        raise BadValueError("value.text", f"is {shown(given)}, not a text", "give a list of texts")
    return [text(each, "value.text") for each in given]


def sizes(result: dict[str, Any]) -> Size | None:
    """The size of the image that a result gives, if it gives one."""
    width, height = result.get("original_width"), result.get("original_height")
    if type(width) is int and type(height) is int and 0 < width < 2**31 and 0 < height < 2**31:
        return width, height  # the common case, without a call for each
    width, height = size(width, "original_width"), size(height, "original_height")
    return (width, height) if width and height else None


def relations(results: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """The relations between parts, by the id of the part from which each leads."""
    found: dict[str, tuple[str, ...]] = {}
    for each in results:
        if isinstance(each, dict) and each.get("type") == "relation" and isinstance(each.get("from_id"), str):
            found[each["from_id"]] = (*found.get(each["from_id"], ()), relation_text(each))
    return found


def relation_text(relation: dict[str, Any]) -> str:
    """A relation as JSON, without the part that it leads from."""
    kept = {"to": relation.get("to_id"), "direction": relation.get("direction"), "labels": relation.get("labels")}
    try:
        return text(json.dumps(kept, ensure_ascii=False, allow_nan=False), "labels")
    except (ValueError, RecursionError) as error:
        raise BadValueError("labels", f"cannot be kept: {error}", "remove the relation") from error
