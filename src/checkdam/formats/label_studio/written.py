"""Annotations as Label Studio's results, and the controls that a configuration needs for them."""

import json
import re
from math import isfinite
from typing import Any

import msgspec

from checkdam.formats.base import LossReport
from checkdam.formats.label_studio.config import CONTROLS, Control
from checkdam.formats.label_studio.regions import ELLIPSE, Size, floats, image_region, text_span, written_region
from checkdam.formats.label_studio.results import DEFAULT_NAMES, MARK, SEVERAL, TEXTS, relation_text
from checkdam.formats.values import BadValueError, writable
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.schema import (
    Annotation,
    AttributeValue,
    AudioSegment,
    Box,
    Category,
    Geometry,
    Item,
    Keypoints,
    Mask,
    MultiCategory,
    Polygon,
    RotatedBox,
    Span,
    Taxonomy,
    Transcript,
    geometry_kind,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_RESERVED = frozenset({*DEFAULT_NAMES.values(), TEXTS, SEVERAL, "image", "text", "audio"})
_DIRECTIONS = ("left", "right", "bi")
_NATIVE = {"completed_by": "completed_by", "ground_truth": "ground_truth", "annotation_id": "id"}


def native(annotation: Annotation) -> dict[str, Any]:
    """The attributes that are fields of a Label Studio annotation, as those fields."""
    found: dict[str, Any] = {}
    by, key = annotation.attributes.get("completed_by"), annotation.attributes.get("annotation_id")
    if isinstance(key, int | str) and not isinstance(key, bool) and writable(key):
        found["id"] = key
    if isinstance(by, int) and not isinstance(by, bool) and writable(by):
        found["completed_by"] = by
    elif isinstance(by, str) and by and writable(by):
        found["completed_by"] = {"email": by}
    if annotation.attributes.get("ground_truth") is True:
        found["ground_truth"] = True
    return found


def parts(annotation: Annotation, place: str, report: LossReport) -> list[Annotation]:
    """An annotation as those that Label Studio can hold: one part of a polygon, one joint of a skeleton each."""
    geometry = annotation.geometry
    pieces: list[Geometry] = [geometry]
    if isinstance(geometry, Polygon) and not (len(geometry.parts) == 1 and len(geometry.parts[0]) == 1):
        if any(len(part) > 1 for part in geometry.parts):
            report.add("holes of polygons", place)
        pieces = [Polygon(((part[0],),)) for part in geometry.parts if part]
        if len(pieces) > 1:
            report.add("polygons of several parts, written one by one", place)
        elif len(pieces) != len(geometry.parts) or not pieces:
            report.add("parts of polygons without a ring", place)
    elif isinstance(geometry, Keypoints) and len(geometry.points) != 1:
        report.add("skeletons, written as single points", place)
        pieces = [Keypoints((joint,)) for joint in geometry.points if joint.visibility]
    if len(pieces) == 1:
        return [msgspec.structs.replace(annotation, geometry=pieces[0])]
    return [msgspec.structs.replace(annotation, geometry=each, source_id=None, box=None) for each in pieces]


def written_result(
    annotation: Annotation, item: Item, *, size: Size | None, controls: "Controls", place: str, report: LossReport
) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """The result for an annotation, and the relations that lead from it; None (and a loss) if there is no such."""
    geometry = annotation.geometry
    found = _value(annotation, item, size, place, report)
    if found is None:
        return None
    kind, value, mark = found
    attributes = dict(annotation.attributes)
    name = controls.name(kind, annotation, item.kind)
    _name_label(annotation, kind, name, value, mark)
    if name == attributes.get("from_name") and name not in (DEFAULT_NAMES.get(kind), TEXTS, SEVERAL, annotation.label):
        del attributes["from_name"]
    result: dict[str, Any] = {"id": annotation.source_id or None, "from_name": name, "to_name": item.kind, "type": kind}
    if item.kind == "image" and size and kind not in ("choices", "textarea"):
        width, height = (geometry.width, geometry.height) if isinstance(geometry, Mask) else size
        result |= {"original_width": width, "original_height": height, "image_rotation": 0}
    elif isinstance(geometry, Mask):
        result |= {"original_width": geometry.width, "original_height": geometry.height, "image_rotation": 0}
    result["value"] = value
    _fields(annotation, attributes, result)
    relations = _relations(attributes, annotation)
    if not annotation.source_id:
        mark["numbered"] = True
        if annotation.source_id is not None:
            report.add("annotations' ids that are empty", place)
    _keep(annotation, attributes, mark, place, report)
    if mark:
        result["meta"] = {MARK: mark}
    return result, relations


def _name_label(annotation: Annotation, kind: str, name: str, value: dict[str, Any], mark: dict[str, Any]) -> None:
    """Puts the label into the value; that of a text or of a question is the name of its control, if it can be."""
    if isinstance(annotation.geometry, Transcript | MultiCategory):
        if isinstance(annotation.geometry, MultiCategory):
            value["choices"] = list(annotation.geometry.labels)
        if name in (TEXTS, SEVERAL):
            mark["label"] = annotation.label
    else:
        value[kind] = [annotation.label]


def _fields(annotation: Annotation, attributes: dict[str, AttributeValue], result: dict[str, Any]) -> None:
    """Moves the attributes that have fields of their own to them."""
    channel, score = attributes.get("channel"), attributes.get("score")
    if isinstance(annotation.geometry, AudioSegment) and isinstance(channel, int) and writable(channel):
        result["value"]["channel"] = attributes.pop("channel")
    if isinstance(score, float) and isfinite(score):
        result["score"] = attributes.pop("score")
    for key in native_attributes(annotation):
        del attributes[key]


def native_attributes(annotation: Annotation) -> list[str]:
    """The attributes that `native` writes."""
    found = native(annotation)
    return [key for key, field in _NATIVE.items() if field in found]


def _value(
    annotation: Annotation, item: Item, size: Size | None, place: str, report: LossReport
) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
    """The type of a result, its value without the label, and the geometry to keep where the value does not give it."""
    geometry, text = annotation.geometry, item.text or ""
    value: dict[str, Any] | None = None
    kind = "labels"
    mark: dict[str, Any] = {}
    match geometry:
        case Category():
            kind, value = "choices", {}
        case MultiCategory(labels=labels):
            kind, value = "choices", {}
            mark = {"geometry": msgspec.to_builtins(geometry)} if len(labels) == 1 else {}
        case Transcript(text=told, start=None, end=None):
            kind, value = "textarea", {"text": [told]}
        case Transcript(text=told, start=float() as start, end=float() as end) if item.kind == "audio":
            kind, value = "textarea", {"start": start, "end": end, "text": [told]}
        case Span(start=start, end=end) if item.kind == "text":
            value = {"start": start, "end": end, "text": text[max(start, 0) : max(end, 0)]}
            if max(abs(start), abs(end)) >= 2**31 or text_span(value, text) != geometry:
                value = None
        case AudioSegment(start=start, end=end) if item.kind == "audio":
            value = {"start": start, "end": end}
        case _ if item.kind == "image":
            return _image_value(annotation, size, place, report)
    if value is None or not all(map(isfinite, floats(value))):
        report.add(f"annotations of kind {geometry_kind(geometry)}", place)
        return None
    return kind, value, mark


def _image_value(
    annotation: Annotation, size: Size | None, place: str, report: LossReport
) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
    geometry = annotation.geometry
    if isinstance(geometry, Mask):
        size = geometry.width, geometry.height
        fits = sum(geometry.counts) == geometry.width * geometry.height and min(geometry.counts, default=0) >= 0
        if not fits or not 0 < geometry.width * geometry.height <= DEFAULT_LIMITS.pixels // 4:
            report.add("masks that are empty, too large or do not add up", place)
            return None
    elif size is None:
        report.add("annotations on images whose size is not known", place)
        return None
    ellipse = annotation.attributes.get("shape") == ELLIPSE and isinstance(geometry, Box | RotatedBox)
    try:
        written = written_region(geometry, ellipse, size)
        if written is None:
            report.add(f"annotations of kind {geometry_kind(geometry)}", place)
            return None
        kind, value = written
        if not all(map(isfinite, floats(value))):
            raise OverflowError  # noqa: TRY301 (one way out for all that is out of range)
        if isinstance(geometry, Mask):  # empty runs between others vanish
            back: Geometry | None = geometry if all(geometry.counts[1:]) else None
        else:
            back = image_region(value, size, DEFAULT_LIMITS)[0]
    except (BadValueError, ValueError, OverflowError):
        report.add("annotations whose coordinates are no percentages", place)
        return None
    return kind, value, {} if back == geometry else {"geometry": msgspec.to_builtins(geometry)}


def _relations(attributes: dict[str, AttributeValue], annotation: Annotation) -> list[dict[str, Any]]:
    """The attribute `relations` as results of their own, if it is as our reader makes it; it is then taken out."""
    given = attributes.get("relations")
    if not isinstance(given, tuple) or not given or not annotation.source_id:
        return []
    found = []
    for each in given:
        try:
            kept = json.loads(each) if isinstance(each, str) else None
        except (ValueError, RecursionError):
            return []
        if not isinstance(kept, dict) or kept.get("direction") not in _DIRECTIONS:
            return []
        relation = {"to_id": kept.get("to"), "direction": kept.get("direction"), "labels": kept.get("labels")}
        if relation_text(relation) != each:
            return []
        found.append(relation)
    del attributes["relations"]
    return found


def _keep(
    annotation: Annotation,
    attributes: dict[str, AttributeValue],
    mark: dict[str, Any],
    place: str,
    report: LossReport,
) -> None:
    """Puts into the mark what the result has no field for."""
    box = annotation.box
    if box is not None and all(map(isfinite, (box.x, box.y, box.width, box.height))):
        mark["box"] = msgspec.to_builtins(box)
    elif box is not None:
        report.add("declared boxes whose coordinates are no finite numbers", place)
    if annotation.attributes.get("shape") == ELLIPSE and isinstance(annotation.geometry, Box | RotatedBox):
        del attributes["shape"]
    kept = {key: value for key, value in attributes.items() if writable(key) and writable(value)}
    for key in attributes.keys() - kept.keys():
        report.add("attributes", f"{place}: {key}")
    if kept:
        mark["attributes"] = kept


class Controls:
    """The controls that a configuration needs: one for each type of result, and one for each question."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._labels = {label.name: label.color for label in taxonomy.labels}
        self._controls: dict[str, Control] = {}
        self._kinds: dict[str, str] = {}

    def name(self, kind: str, annotation: Annotation, about: str) -> str:
        """The control for an annotation, which is noted with what it has to offer."""
        geometry = annotation.geometry
        several = isinstance(geometry, MultiCategory)
        default = TEXTS if kind == "textarea" else SEVERAL if several else DEFAULT_NAMES[kind]
        wanted = [annotation.attributes.get("from_name")]
        if isinstance(geometry, Transcript | MultiCategory):
            wanted = [annotation.label]
        role = f"{kind} {several} {about}"
        for each in (*wanted, default):
            name = each if isinstance(each, str) and _NAME.fullmatch(each) else default
            if (name == default or name not in _RESERVED) and self._kinds.setdefault(name, role) == role:
                break
        else:
            name = default
        control = self._controls.setdefault(name, Control(CONTROLS[kind], about, {}, several))
        if several:
            control.offers |= dict.fromkeys(geometry.labels) if isinstance(geometry, MultiCategory) else {}
        elif kind != "textarea":
            control.offers.setdefault(annotation.label, None)
        return name

    def used(self, kind: str) -> dict[str, Control]:
        """The controls, each with the whole taxonomy in order and then what was met beyond it."""
        if not self._controls and self._labels:
            tag = {"image": "rectanglelabels", "text": "choices", "audio": "labels"}[kind]
            self._controls[DEFAULT_NAMES[tag]] = Control(CONTROLS[tag], kind)
        for control in self._controls.values():
            if control.tag != "TextArea" and not control.multiple:
                control.offers = {**self._labels, **{key: None for key in control.offers if key not in self._labels}}
        return self._controls
