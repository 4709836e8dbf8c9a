"""Changes single images and shapes in the bytes of a CVAT file, and keeps every other byte."""

import re
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from checkdam.formats.base import LossReport, PatchEdit
from checkdam.formats.cvat.labels import read_labels, specs_of
from checkdam.formats.cvat.reader import element_at
from checkdam.formats.cvat.shapes import PLACES, Names, read_shape, written_shapes
from checkdam.formats.cvat.writer import compare, element_text
from checkdam.formats.cvat.xml import Closed, Element, Node, parse
from checkdam.formats.exact import decimal
from checkdam.formats.values import BadValueError
from checkdam.formats.xmlvalues import START_TAG, escaped, escaped_attribute, value_of
from checkdam.guard.files import read_bytes
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.schema import Annotation, InputError, Item

_PATCHED_BYTES = 1 << 32
_ATTRIBUTE = re.compile(rb"""\s+([^\s=/>]+)\s*=\s*("[^"]*"|'[^']*')""")
_FIELD = re.compile(rb"""<attribute(?:[^"'>]|"[^"]*"|'[^']*')*>([^<]*)</attribute\s*>""")

Change = tuple[int, int, bytes]
"""Bytes `[start, end)` and what comes in their place."""


class _Found(Struct):
    """What a file holds: its labels, and images and shapes by line and number on it."""

    names: Names
    images: dict[tuple[int, int], Element]
    shapes: dict[tuple[int, int], Element]


def patch_cvat(file: Path, edits: Sequence[PatchEdit]) -> bytes:
    """The bytes of the file with shapes changed or deleted, images deleted, or the sizes they declare changed."""
    data = read_bytes(file, _PATCHED_BYTES)
    if b"\0" in data[:4] or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{file} is UTF-16, in which no byte is changed", "save it as UTF-8")
    places = [element_at(edit.at, edit.array) for edit in edits]
    found = _found(data, frozenset(each for each in places if each is not None))
    changes: list[Change] = []
    for edit, place in zip(edits, places, strict=True):
        changes += _changes(data, edit, place, found, str(file))
    pieces: list[bytes] = []
    at = 0
    for start, end, new in sorted(changes):
        if start < at:
            raise InputError(f"{file}: two edits change the same element", "apply them one after the other")
        pieces += (data[at:start], new)
        at = end
    return b"".join(pieces) + data[at:]


def _found(data: bytes, places: frozenset[tuple[int, int]]) -> _Found:
    found = _Found(Names(), {}, {})
    for event in parse([data], DEFAULT_LIMITS):
        if isinstance(event, Node):
            labels = tuple(read_labels(event))
            found.names = Names(specs_of(labels), {each.name: each.skeleton for each in labels if each.skeleton})
        elif isinstance(event, Closed):
            if (event.image.line, event.image.nth) in places:
                found.images[event.image.line, event.image.nth] = event.image
        elif event.tag not in ("image", "track") and (event.line, event.nth) in places:
            found.shapes[event.line, event.nth] = event
    return found


def _changes(data: bytes, edit: PatchEdit, place: tuple[int, int] | None, found: _Found, file: str) -> list[Change]:
    of_image = edit.whole_item or (edit.annotation is None and edit.item is not None)
    element = (found.images if of_image else found.shapes).get(place) if place else None
    if element is None:
        raise InputError(f"{file} has nothing at {edit.array or 'line'} {edit.at} to change", "lint it anew")
    if edit.annotation is not None:
        return _changed(data, element, edit.annotation, edit.item, found.names)
    if edit.item is not None and not edit.whole_item:
        return _resized(data, element, edit.item, file)
    return [(*_lines_of(data, *_span(data, element)), b"")]


def _span(data: bytes, element: Element) -> tuple[int, int]:
    stop = element.stop
    return element.start, data.index(b">", stop) + 1 if data[stop : stop + 2] == b"</" else stop


def _lines_of(data: bytes, start: int, end: int) -> tuple[int, int]:
    """The bytes of an element, with its line's indentation and end where nothing else stands on them."""
    line_start = data.rfind(b"\n", 0, start) + 1
    line_end = data.find(b"\n", end)
    if data[line_start:start].strip() or line_end < 0 or data[end:line_end].strip():
        return start, end
    return line_start, line_end + 1


def _attribute_spans(data: bytes, element: Element) -> tuple[dict[str, tuple[int, int, int]], int]:
    """Of each attribute of the start tag where it begins (with the space before it), and its value without quotes;
    and where the tag's own end begins."""
    tag = START_TAG.match(data, element.start)
    if tag is None:
        raise InputError(f"line {element.line}: the tag cannot be read", "change it by hand")
    end = tag.end() - (2 if tag[0].endswith(b"/>") else 1)
    spans = {
        match[1].decode("ascii", "replace"): (match.start(), match.start(2) + 1, match.end(2) - 1)
        for match in _ATTRIBUTE.finditer(data, element.start, end)
    }
    return spans, end


def _resized(data: bytes, image: Element, item: Item, file: str) -> list[Change]:
    """The numbers of the declared size that differ."""
    spans, _ = _attribute_spans(data, image)
    changes: list[Change] = []
    for key, size in (("width", item.width), ("height", item.height)):
        if size is None or key not in spans:
            raise InputError(f"{file} declares no {key} that can be changed", "change it by hand")
        if not _means_the_same(image.attributes[key], str(size)):
            _, start, end = spans[key]
            text = data[start:end]
            start += len(text) - len(text.lstrip())
            changes.append((start, start + len(text.strip()), str(size).encode()))
    return changes


def _changed(data: bytes, old: Element, annotation: Annotation, item: Item | None, names: Names) -> list[Change]:
    """The texts that differ, one by one; the whole element where more does."""
    new = _written(old, annotation, item, names)
    start, end = _span(data, old)
    if new.tag != old.tag or new.joints != old.joints:
        return [(start, end, _element_bytes(data, start, new))]
    field_changes = _changed_fields(data[start:end], start, old.fields, new.fields)
    if field_changes is None:
        return [(start, end, _element_bytes(data, start, new))]
    spans, tag_end = _attribute_spans(data, old)
    changes = field_changes
    for key, (begin, value, value_end) in spans.items():
        if key not in new.attributes:
            changes.append((begin, value_end + 1, b""))
        elif not _means_the_same(old.attributes.get(key, ""), new.attributes[key]):
            changes.append((value, value_end, _encoded(escaped_attribute(new.attributes[key]))))
    added = "".join(f' {key}="{escaped_attribute(text)}"' for key, text in new.attributes.items() if key not in spans)
    return [*changes, (tag_end, tag_end, _encoded(added))] if added else changes


def _changed_fields(
    element: bytes, start: int, old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> list[Change] | None:
    """The texts of `<attribute>`s that differ; None where they cannot be changed one by one."""
    if old == new:
        return []
    places = list(_FIELD.finditer(element))
    if [name for name, _ in old] != [name for name, _ in new] or len(places) != len(old) or b"<!" in element:
        return None
    return [
        (start + place.start(1), start + place.end(1), _encoded(escaped(text)))
        for place, (_, before), (_, text) in zip(places, old, new, strict=True)
        if before != text
    ]


def _written(old: Element, annotation: Annotation, item: Item | None, names: Names) -> Element:
    """The changed shape, with the spelling of the old one where it means the same."""
    size = (item.width, item.height) if item and item.width is not None and item.height is not None else None
    report = LossReport()
    try:
        shapes = written_shapes(annotation, names, size, 1)
        _, before, had = read_shape(old, names, size, DEFAULT_LIMITS)
    except BadValueError as error:
        raise InputError(f"the change cannot be written as CVAT: {error.what}", "change it by hand") from error
    compare(annotation, shapes, read_shape(shapes[0], names, size, DEFAULT_LIMITS), "", report)
    new = shapes[0]
    if len(shapes) > 1 or report:
        raise InputError(f"the change cannot be written as CVAT: {report}", "change it by hand")
    ours = old.attributes.get("computed", "").split()
    for key in new.attributes.pop("computed", "").split():
        if key not in ours:
            del new.attributes[key]
    if kept := [key for key in ours if key in new.attributes and key not in annotation.attributes]:
        new.attributes["computed"] = " ".join(kept)
    for key, text in old.attributes.items():
        if key not in new.attributes and key in annotation.attributes and value_of(text) == annotation.attributes[key]:
            new.attributes[key] = text
            new.fields = [each for each in new.fields if each[0] != key]
    if before == annotation.geometry and new.tag == old.tag:
        new.attributes |= {key: text for key, text in old.attributes.items() if key in PLACES and key != "label"}
        own = {f"{joint.attributes.get('label', '')}.{name}" for joint in old.joints for name, _ in joint.fields}
        if all(key in annotation.attributes and annotation.attributes[key] == had[key] for key in own):
            new.joints = old.joints
            new.fields = [each for each in new.fields if each[0] not in own]
    return new


def _means_the_same(old: str, new: str) -> bool:
    first, second = (decimal(text, DEFAULT_LIMITS) for text in (old, new))
    return old == new or (first is not None and first == second)


def _element_bytes(data: bytes, start: int, element: Element) -> bytes:
    before = data[data.rfind(b"\n", 0, start) + 1 : start]
    if before.strip():
        return _encoded(element_text(element, "", "")).replace(b"  <", b"<")
    ending = "\r\n" if data[:start].endswith(b"\r\n" + before) else "\n"
    indent = before.decode("ascii", "replace")
    return _encoded(element_text(element, indent, ending).removeprefix(indent).removesuffix(ending))


def _encoded(text: str) -> bytes:
    """Text for a file of any encoding: what is not ASCII as character references."""
    return text.encode("ascii", "xmlcharrefreplace")
