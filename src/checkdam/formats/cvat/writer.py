"""Writes CVAT: `annotations.xml` for all splits, media at the items' own names."""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from checkdam.formats.base import LossReport, MediaSource, Record
from checkdam.formats.cvat.labels import MARK, label_tree, read_labels, read_metadata, specs_of
from checkdam.formats.cvat.reader import FOLDER, IMAGE_FIELDS, NUMBERED
from checkdam.formats.cvat.shapes import Names, Shape, read_shape, written_shapes
from checkdam.formats.cvat.xml import Element, Node, parse
from checkdam.formats.output import check_item, new_folder, place_media, report_item, report_taxonomy, where
from checkdam.formats.values import BadValueError, unfit, whole_number
from checkdam.formats.xmlvalues import NOT_XML, escaped, escaped_attribute, text_of, value_of
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.guard.paths import contained
from checkdam.schema import (
    Annotation,
    AttributeValue,
    Box,
    InputError,
    Item,
    Label,
    Polygon,
    Scalar,
    Taxonomy,
    geometry_kind,
)

FILE = "annotations.xml"

_TAG = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*")
_COMPARED = ("color", "geometry", "attributes", "skeleton")


def write_cvat(target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None) -> LossReport:
    """Writes the folder `target`; memory does not grow with the number of annotations."""
    report = LossReport()
    report_taxonomy(taxonomy, report, frozenset(_COMPARED))
    labels = tuple(_labels(taxonomy, report))
    names = Names(specs_of(labels), {label.name: label.skeleton for label in labels if label.skeleton}, exact=True)
    splits: dict[str, None] = {}
    with new_folder(target) as folder:
        images = _scratch(folder)
        for item, annotations in records:
            if item.kind != "image":
                report.add("items that are no images", item.name)
                continue
            check_item(item)
            if NOT_XML.search(item.name + (item.split or "")):
                raise InputError(f"the item {item.name!r} has a name or split that XML cannot hold", "rename it")
            place_media(folder, item, media, report)
            if item.split is not None:
                splits[item.split] = None
            shapes = list(_shapes(item, annotations, names, report))
            images.write(_image_text(item, report.items, shapes, report))
            report.wrote(len(shapes))
        with images:
            meta = _meta(taxonomy, labels, list(splits), report)
            _write_file(contained(folder, FILE), meta, images)
    return report


def _scratch(folder: Path) -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=folder)


def _write_file(path: Path, meta: Node, images: IO[str]) -> None:
    images.seek(0)
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n')
        out.write(node_text(meta, 1))
        while piece := images.read(1 << 20):
            out.write(piece)
        out.write("</annotations>\n")


def _labels(taxonomy: Taxonomy, report: LossReport) -> Iterator[Label]:
    """The labels that the file can name, as they come back; the fields that do not are losses."""
    seen: set[str] = set()
    for label in taxonomy.labels:
        if label.source_id is not None:
            report.add("labels' source_id", label.name)
        read = None if label.name in seen or not label.name else _read_back(label)
        seen.add(label.name)
        if read is None:
            report.add("labels that are given twice or that XML cannot name", label.name)
            continue
        for field in _COMPARED:
            if getattr(read, field) != getattr(label, field):
                report.add(f"labels' {field}", label.name)
        yield read


def _read_back(label: Label) -> Label | None:
    """The label as it is read again; None where the file cannot name it. What XML has no characters for is left out."""
    tree = label_tree(Taxonomy(labels=(label,)))
    for node in _nodes(tree):
        if NOT_XML.search(node.text):
            node.text = ""
    read = next(read_labels(_parsed(Node("meta", children=[tree]))), None)
    return read if read is not None and read.name == label.name else None


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _parsed(meta: Node) -> Node:
    """A `<meta>` as it is read from its text."""
    text = f"<annotations>{node_text(meta, 0)}</annotations>".encode()
    return next(event for event in parse([text], DEFAULT_LIMITS) if isinstance(event, Node))


def _meta(taxonomy: Taxonomy, labels: tuple[Label, ...], splits: list[str], report: LossReport) -> Node:
    """What precedes the images: the taxonomy's metadata, labels, and the subsets where there are some."""
    meta = Node("meta")
    for key, value in taxonomy.metadata.items():
        if not _set(meta, key, value):
            report.add("the taxonomy's metadata", key)
    kind = "project" if splits else "task"
    holder = next((each for each in meta.children if each.tag in ("task", "project", "job")), None)
    if holder is None or (splits and holder.tag != "project") or not _is_branch(holder):
        holder = Node(kind)
        meta.children.append(holder)
    names = {each.tag for each in holder.children}
    for tag, text in (("name", "checkdam"), ("size", str(report.items)), ("mode", "annotation")):
        if tag not in names:
            holder.children.append(Node(tag, {"computed": "true"}, text))
    if splits:
        holder.children.append(Node("subsets", children=[Node("subset", text=split) for split in splits]))
    holder.children.append(label_tree(Taxonomy(labels=labels)))
    meta.children.append(Node(MARK))
    _report_metadata(taxonomy.metadata, read_metadata(_parsed(meta)), report)
    return meta


def _is_branch(node: Node) -> bool:
    return bool(node.children)


def _report_metadata(given: dict[str, Scalar], read: dict[str, Scalar], report: LossReport) -> None:
    for key, value in given.items():
        if key not in read or not _same(read[key], value):
            report.add("the taxonomy's metadata", key)


def _same(read: AttributeValue, given: AttributeValue) -> bool:
    return type(read) is type(given) and read == given


def _set(meta: Node, key: str, value: Scalar) -> bool:
    """Adds a field at its path, if its tags and its text are possible; whether it did."""
    text = text_of(value)
    *path, last = key.split(".")
    if text is None or NOT_XML.search(text) or len(path) > DEFAULT_LIMITS.xml_depth // 2:
        return False
    if not all(_TAG.fullmatch(part) for part in (*path, last)) or not _same(value_of(text), value):
        return False
    node = meta
    for part in path:
        child = node.child(part)
        if child is None:
            node.children.append(child := Node(part))
        if child.text:
            return False
        node = child
    if node.child(last) is None:
        node.children.append(Node(last, text=text))
    return True


def node_text(node: Node, depth: int) -> str:
    """An element of `<meta>`, with a line for each that holds no others."""
    indent = "  " * depth
    head = node.tag + "".join(f' {key}="{escaped_attribute(text)}"' for key, text in node.attributes.items())
    if not node.children:
        return f"{indent}<{head}>{escaped(node.text)}</{node.tag}>\n"
    inner = "".join(node_text(child, depth + 1) for child in node.children)
    return f"{indent}<{head}>\n{inner}{indent}</{node.tag}>\n"


def _image_text(item: Item, count: int, shapes: Sequence[Element], report: LossReport) -> str:
    report_item(item, report, frozenset({"width", "height", "split", "source_id", "metadata"}))
    number = whole_number(item.source_id) if item.source_id is not None else None
    if item.source_id is not None and (number is None or not 0 <= number < 2**31):
        report.add("items' source_id, which is no number", item.name)
        number = None
    folder, _, rest = item.name.partition("/")
    inside = folder == "images" and bool(rest)
    attributes = {"id": str(count if number is None else number), "name": rest if inside else item.name}
    if item.split is not None:
        attributes["subset"] = item.split
    for key, size in (("width", item.width), ("height", item.height)):
        if size is not None and 0 <= size < 2**31:
            attributes[key] = str(size)
        elif size is not None:
            report.add(f"items' {key}", item.name)
    if number is None:
        attributes[NUMBERED] = "true"
    if inside:
        attributes[FOLDER] = folder
    for key, value in item.metadata.items():
        text = text_of(value)
        taken = key in IMAGE_FIELDS or key in (FOLDER, NUMBERED) or key[:3].lower() == "xml" or not _TAG.fullmatch(key)
        if taken or text is None or NOT_XML.search(text) or unfit(text) or not _same(value_of(text), value):
            report.add("items' metadata", f"{item.name}: {key}")
        else:
            attributes[key] = text
    image = Element("image", attributes, joints=list(shapes))
    return element_text(image, "  ")


def element_text(element: Element, indent: str, ending: str = "\n") -> str:
    """An element with what is in it, on lines of their own."""
    head = "".join(f' {key}="{escaped_attribute(text)}"' for key, text in element.attributes.items())
    lines = [
        f'{indent}  <attribute name="{escaped_attribute(name)}">{escaped(text)}</attribute>{ending}'
        for name, text in element.fields
    ]
    lines += [element_text(each, f"{indent}  ", ending) for each in element.joints]
    if not lines:
        return f"{indent}<{element.tag}{head}></{element.tag}>{ending}"
    return f"{indent}<{element.tag}{head}>{ending}{''.join(lines)}{indent}</{element.tag}>{ending}"


def _shapes(item: Item, annotations: Sequence[Annotation], names: Names, report: LossReport) -> Iterator[Element]:
    """The shapes of an item's annotations. Each is read back, and what differs is a loss."""
    size = (item.width, item.height) if item.width is not None and item.height is not None else None
    groups = [each.attributes.get("group_id") for each in annotations]
    group = max((each for each in groups if type(each) is int), default=0)
    for annotation in annotations:
        place = where(item, annotation)
        try:
            shapes = written_shapes(annotation, names, size, group + 1)
        except BadValueError as loss:
            report.add(loss.what, place)
            continue
        group += len(shapes) > 1
        compare(annotation, shapes, read_shape(shapes[0], names, size, DEFAULT_LIMITS), place, report)
        yield from shapes


def compare(annotation: Annotation, shapes: Sequence[Element], first: Shape, place: str, report: LossReport) -> None:
    """Reports what the shapes do not hold of an annotation; `first` is what the first of them reads as."""
    geometry = annotation.geometry
    _, read, attributes = first
    if len(shapes) > 1:
        report.add("polygons of several parts, written as polygons of a group", place)
    if isinstance(geometry, Polygon) and any(len(part) > 1 for part in geometry.parts):
        report.add("holes of polygons", place)
    if len(shapes) == 1 and read != geometry and not isinstance(geometry, Polygon):
        kind = geometry_kind(geometry)
        loss = {"keypoints": "which joints are hidden or not labelled", "mask": "runs of no length in masks"}
        report.add(loss.get(kind, "coordinates"), place)
    if annotation.box is not None:
        declared = "boxes declared beside boxes" if isinstance(geometry, Box) else "boxes declared beside other shapes"
        report.add(declared, place)
    if annotation.source_id is not None:
        report.add("annotations' source_id", place)
    for key in annotation.attributes.keys() | attributes.keys():
        if key not in attributes or not _same(attributes[key], annotation.attributes.get(key)):
            report.add("attributes", f"{place}: {key}")
