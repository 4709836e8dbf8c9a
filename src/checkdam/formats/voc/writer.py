"""Writes Pascal VOC, and changes single objects of its XML files.

Names are kept: the XML file of `JPEGImages/a.jpg` is `Annotations/a.xml`; an image elsewhere has its XML file beside
it, as labelImg and Roboflow lay them out. What a file does not hold is found by reading it back.
"""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from checkdam.formats.base import LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.exact import EXACT, decimal, plain
from checkdam.formats.lines import without
from checkdam.formats.output import check_item, new_folder, place_media, report_item, report_taxonomy, where, write_text
from checkdam.formats.tree import counterpart, hidden, is_image_name, split_named, split_of_path, stem
from checkdam.formats.values import BadValueError, unfit
from checkdam.formats.voc.reader import LABEL_MAP, MARK, image_places, read_object
from checkdam.formats.voc.xml import Element, parse
from checkdam.formats.xmlvalues import NOT_XML, escaped, text_of, value_of
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.guard.paths import safe_name
from checkdam.schema import (
    Annotation,
    AttributeValue,
    Box,
    InputError,
    Item,
    Polygon,
    Taxonomy,
    extent,
    geometry_kind,
)

_TAG = re.compile(r"[A-Za-z_][\w\-]*")
_RESERVED = frozenset({"name", "bndbox", "polygon", "part", "part_of", "object", MARK})
_DEFAULTS = {"pose": "Unspecified", "truncated": "0", "difficult": "0"}  # readers of VOC expect them

Fields = dict[str, Any]
"""Texts by tag, nested: what becomes elements in elements."""


def write_voc(target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None) -> LossReport:
    """Writes the folder `target`."""
    report = LossReport()
    report_taxonomy(taxonomy, report, frozenset({"color"}))
    lists: dict[str, list[str]] = {}
    taken: set[str] = set()
    with new_folder(target) as folder:
        write_text(folder, LABEL_MAP, _label_map(taxonomy, report))
        for item, annotations in records:
            if item.kind != "image":
                report.add("items that are no images", item.name)
                continue
            check_item(item)
            placed = place_media(folder, item, media, report)
            if placed and (hidden(item.name) or not is_image_name(item.name)):
                report.add("images whose names a listing passes over", item.name)
            report_item(item, report, frozenset({"width", "height", "split", "metadata"}))
            name = _free_name(item, taken)
            mark = _mark(item, name, lists)
            fields = [_object(annotation, where(item, annotation), report) for annotation in annotations]
            data = _rendered(_head(item, mark), [each for each in fields if each])
            held = [annotation for annotation, each in zip(annotations, fields, strict=True) if each]
            _compare(data, item, held, report)
            write_text(folder, name, data)
            report.wrote(len(held))
        for split, entries in lists.items():
            write_text(folder, f"ImageSets/Main/{split}.txt", "".join(f"{entry}\n" for entry in entries))
    return report


def _label_map(taxonomy: Taxonomy, report: LossReport) -> str:
    lines = ["# label:color_rgb:parts:actions"]
    seen: set[str] = set()
    for label in taxonomy.labels:
        name = label.name
        if not name.strip() or name in seen or unfit(name) or re.search(r"[:\n\r]|^#", name):
            report.add("labels that a label map cannot name", name)
            continue
        seen.add(name)
        color = re.fullmatch(r"#[0-9a-f]{6}", label.color or "")
        levels = ",".join(str(int(label.color[at : at + 2], 16)) for at in (1, 3, 5)) if color and label.color else ""
        if label.color and not color:
            report.add("labels' color", name)
        lines.append(f"{name}:{levels}::")
        if label.source_id is not None:
            report.add("labels' source_id", name)
    return "\n".join(lines) + "\n"


def _free_name(item: Item, taken: set[str]) -> str:
    """The name of the XML file; where two images differ in their ending alone, the second keeps its own in it."""
    name = counterpart(item.name, "JPEGImages", "Annotations", ".xml")
    while name.lower() in taken:
        suffix = item.name.rpartition(".")[2]
        name = f"{name.removesuffix('.xml')}.{suffix}.xml"
    taken.add(name.lower())
    return name


def _mark(item: Item, name: str, lists: dict[str, list[str]]) -> Fields:
    """What the layout alone does not give back of the name and the split; enters the item in its split's list."""
    mark: Fields = {}
    usual = counterpart(item.name, "JPEGImages", "Annotations", ".xml")
    found = name == usual and is_image_name(item.name) and image_places(stem(name))[0] == stem(item.name)
    if not found or hidden(item.name) or "filename" in item.metadata:
        mark["name"] = item.name
    split, entry = item.split, item.name
    if entry.startswith("JPEGImages/") and not re.search(r"\s", entry):
        entry = usual.removeprefix("Annotations/").removesuffix(".xml")
    listed = split is not None and safe_name(split) == split and split_named(split) in (None, split)
    if listed and split != "trainval" and entry == entry.strip() and split is not None and "name" not in mark:
        lists.setdefault(split, []).append(entry)
    elif split is not None or split_of_path(item.name) or split_of_path(name):
        mark["split"] = split or ""
    return {MARK: mark} if mark else {}


def _head(item: Item, mark: Fields) -> Fields:
    fields: Fields = {"filename": item.name.rpartition("/")[2]}
    for key, value in item.metadata.items():
        text = text_of(value)
        if text is not None and key.partition(".")[0] not in _RESERVED and key not in ("size.width", "size.height"):
            _set(fields, key, text)
    for key, size in (("size.width", item.width), ("size.height", item.height)):
        if size is not None:
            _set(fields, key, str(size))
    return fields | mark


def _set(fields: Fields, key: str, text: str) -> None:
    """Sets a nested field if its tags and text are possible in XML; reading back tells what was not."""
    *path, last = key.split(".")
    if len(path) > DEFAULT_LIMITS.xml_depth // 2:
        return
    if NOT_XML.search(text) or not all(_TAG.fullmatch(part) and part.isascii() for part in (*path, last)):
        return
    for part in path:
        fields = fields.setdefault(part, {})
        if not isinstance(fields, dict):
            return
    fields.setdefault(last, text) if last != "filename" else fields.update(filename=text)


def _object(annotation: Annotation, place: str, report: LossReport) -> Fields | None:
    geometry = annotation.geometry
    box = geometry if isinstance(geometry, Box) else annotation.box or extent(geometry)
    if box is None:
        report.add(f"annotations of kind {geometry_kind(geometry)}", place)
        return None
    if NOT_XML.search(annotation.label) or not annotation.label:
        report.add("annotations whose label XML cannot hold", place)
        return None
    try:
        fields: Fields = {"name": annotation.label} | _attributes(annotation) | {"bndbox": _corners(box)}
        if isinstance(geometry, Polygon) and len(geometry.parts) == 1 == len(geometry.parts[0]):
            fields["polygon"] = {
                f"{axis}{at}": plain(Decimal(repr(value)))
                for at, point in enumerate(geometry.parts[0][0], 1)
                for axis, value in zip("xy", point, strict=True)
            }
    except BadValueError as error:
        report.add(error.what, place)
        return None
    if not isinstance(geometry, Box) and annotation.box is None:
        fields["bndbox"] = {tag: ("computed", text) for tag, text in fields["bndbox"].items()}
    return fields


def _attributes(annotation: Annotation) -> Fields:
    fields: Fields = {}
    for key, value in annotation.attributes.items():
        text = text_of(value)
        if text is not None and key.partition(".")[0] not in _RESERVED:
            _set(fields, key, text)
    return {key: ("computed", text) for key, text in _DEFAULTS.items() if key not in fields} | fields


def _corners(box: Box) -> Fields:
    """The corners, exactly: the far one is the sum of the decimal numbers that name the near one and the size."""
    near = {axis: _decimal(value) for axis, value in (("x", box.x), ("y", box.y))}
    size = {axis: _decimal(value) for axis, value in (("x", box.width), ("y", box.height))}
    far = {axis: EXACT.add(near[axis], size[axis]) for axis in "xy"}
    if any(abs(float(value)) == float("inf") for value in far.values()):
        raise BadValueError("", "annotations whose coordinates are no finite numbers")
    return {f"{axis}min": plain(near[axis]) for axis in "xy"} | {f"{axis}max": plain(far[axis]) for axis in "xy"}


def _decimal(value: float) -> Decimal:
    number = Decimal(repr(value))
    if not number.is_finite():
        raise BadValueError("", "annotations whose coordinates are no finite numbers")
    return number


def _rendered(head: Fields, objects: Sequence[Fields]) -> str:
    body = _elements(head, 1) + "".join(f"\t<object>\n{_elements(each, 2)}\t</object>\n" for each in objects)
    return f"<annotation>\n{body}</annotation>\n"


def _elements(fields: Fields, depth: int) -> str:
    indent = "\t" * depth
    written: list[str] = []
    for tag, value in fields.items():
        if isinstance(value, dict):
            written.append(f"{indent}<{tag}>\n{_elements(value, depth + 1)}{indent}</{tag}>\n")
        elif isinstance(value, tuple):
            written.append(f'{indent}<{tag} {value[0]}="true">{escaped(value[1])}</{tag}>\n')
        else:
            written.append(f"{indent}<{tag}>{escaped(value)}</{tag}>\n")
    return "".join(written)


def _compare(data: str, item: Item, annotations: Sequence[Annotation], report: LossReport) -> None:
    """Reads a file back and reports what it does not hold."""
    document = parse(data.encode(), DEFAULT_LIMITS)
    fields = document.head.fields
    for key, value in item.metadata.items():
        if key not in fields or not _same(value_of(fields[key]), value):
            report.add("items' metadata", f"{item.name}: {key}")
    for name, size in (("width", item.width), ("height", item.height)):
        if size is not None and not 0 <= size < 2**31:
            report.add(f"items' {name}", item.name)
    for annotation, element in zip(annotations, document.objects, strict=True):
        _compare_object(element, annotation, where(item, annotation), report)


def _compare_object(element: Element, annotation: Annotation, place: str, report: LossReport) -> None:
    label, geometry, box, attributes = read_object(element, DEFAULT_LIMITS)
    if label != annotation.label:
        report.add("spelling of labels", place)
    if geometry_kind(geometry) != geometry_kind(annotation.geometry):
        report.add(f"annotations of kind {geometry_kind(annotation.geometry)}, written as boxes", place)
    elif (geometry, box) != (annotation.geometry, annotation.box):
        report.add("coordinates", place)
    if annotation.source_id is not None:
        report.add("annotations' source_id", place)
    for key in annotation.attributes.keys() | attributes.keys():
        if not _same(attributes.get(key), annotation.attributes.get(key)) or key not in attributes:
            report.add("attributes", f"{place}: {key}")


def _same(read: AttributeValue, given: AttributeValue) -> bool:
    return type(read) is type(given) and read == given


def patch_voc(data: bytes, edits: Sequence[PatchEdit], file: str) -> bytes:
    """The bytes of an XML file with its size, or some of its objects or parts, changed or deleted."""
    if b"\0" in data[:4] or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{file} is UTF-16, in which no byte is changed", "save it as UTF-8")
    document = parse(data, DEFAULT_LIMITS)
    changes: list[tuple[int, int, bytes]] = []
    for edit in edits:
        if edit.at is None and edit.item is not None:
            changes += _resized(data, document.head, edit.item, file)
            continue
        element = _element(document.objects, edit, file)
        if edit.annotation is None:
            changes.append((*_lines_of(data, element), b""))
        else:
            changes += _changed(data, element, edit.annotation)
    pieces: list[bytes] = []
    at = 0
    for start, end, new in sorted(changes):
        if start < at:
            raise InputError(f"{file}: two edits change the same object", "apply them one after the other")
        pieces += (data[at:start], new)
        at = end
    return b"".join(pieces) + data[at:]


def patch_list(data: bytes, edits: Sequence[PatchEdit], file: str) -> bytes:
    """The bytes of a list of `ImageSets` without some of its lines."""
    lines = data.split(b"\n")
    gone = {edit.at - 1 for edit in edits if edit.whole_item and edit.at is not None}
    if len(gone) < len(edits) or not all(0 <= at < len(lines) and lines[at].strip() for at in gone):
        raise InputError(f"{file} has not all of the lines that are to be deleted", "lint it anew")
    return without(lines, gone)


def _resized(data: bytes, head: Element, item: Item, file: str) -> list[tuple[int, int, bytes]]:
    """The numbers of `<size>` that differ."""
    changes: list[tuple[int, int, bytes]] = []
    for key, size in (("size.width", item.width), ("size.height", item.height)):
        if size is None or key not in head.spans:
            raise InputError(f"{file} declares no {key} that can be changed", "change it by hand")
        if not _means_the_same(head.fields[key], str(size)):
            start, end = head.spans[key]
            text = data[start:end]
            start += len(text) - len(text.lstrip())
            changes.append((start, start + len(text.strip()), str(size).encode()))
    return changes


def _element(objects: Sequence[Element], edit: PatchEdit, file: str) -> Element:
    if edit.array == "object" and edit.at is not None and 0 <= edit.at < len(objects) and not edit.whole_item:
        return objects[edit.at]
    found = [each for each in objects if each.line == edit.at] if edit.array is None else []
    if len(found) != 1 or edit.whole_item:
        raise InputError(f"{file} has no single object at {edit.array or 'line'} {edit.at}", "lint it anew")
    return found[0]


def _lines_of(data: bytes, element: Element) -> tuple[int, int]:
    """The bytes of an element, with its line's indentation and end where nothing else stands on them."""
    start, end = element.start, element.end
    line_start = data.rfind(b"\n", 0, start) + 1
    line_end = data.find(b"\n", end)
    if data[line_start:start].strip() or line_end < 0 or data[end:line_end].strip():
        return start, end
    return line_start, line_end + 1


def _changed(data: bytes, element: Element, annotation: Annotation) -> list[tuple[int, int, bytes]]:
    """The texts that differ, one by one; the whole element where fields come or go."""
    report = LossReport()
    fields = _object(annotation, "", report)
    if fields is None or report:
        raise InputError(f"the change cannot be written as VOC: {report}", "change it by hand")
    for key in [key for key, value in fields.items() if isinstance(value, tuple)]:
        del fields[key]  # defaults for files of our own making
    flat = dict(_flattened(fields))
    keys = {key for key in element.fields if key not in element.computed}
    if keys != set(flat) or not keys <= element.spans.keys():
        return [(element.start, element.end, _element_text(data, element, fields))]
    changes: list[tuple[int, int, bytes]] = []
    for key, text in flat.items():
        if not _means_the_same(element.fields[key], text):
            changes.append((*element.spans[key], _encoded(escaped(text))))
    return changes


def _flattened(fields: Fields, prefix: str = "") -> Iterable[tuple[str, str]]:
    for tag, value in fields.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{prefix}{tag}.")
        else:
            yield prefix + tag, value[1] if isinstance(value, tuple) else value


def _means_the_same(old: str, new: str) -> bool:
    first, second = (decimal(text, DEFAULT_LIMITS) for text in (old, new))
    return old == new or (first is not None and first == second)


def _element_text(data: bytes, element: Element, fields: Fields) -> bytes:
    tag = "object" if element.part_of is None else "part"
    before = data[data.rfind(b"\n", 0, element.start) + 1 : element.start]
    if before.strip():
        return _encoded(f"<{tag}>{_elements(fields, 0).replace(chr(10), '')}</{tag}>")
    indent = before.decode("ascii")
    lines = [indent + line for line in _elements(fields, 1).split("\n")[:-1]]
    ending = "\r\n" if data[: element.start].endswith(b"\r\n" + before) else "\n"
    return _encoded(ending.join([f"<{tag}>", *lines, f"{indent}</{tag}>"]))


def _encoded(text: str) -> bytes:
    """Text for a file of any encoding: what is not ASCII as character references."""
    return text.encode("ascii", "xmlcharrefreplace")
