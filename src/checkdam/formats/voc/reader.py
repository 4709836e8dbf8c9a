"""Reads a folder of Pascal VOC files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from checkdam.formats.base import Entry, Event
from checkdam.formats.exact import EXACT, decimal
from checkdam.formats.tree import Tree, counterpart, is_image_name, plain_name, split_named, split_of_path, stem
from checkdam.formats.values import BadValueError, shown, unfit
from checkdam.formats.voc.xml import Document, Element, parse
from checkdam.formats.xmlvalues import value_of
from checkdam.guard.files import read_bytes, read_text
from checkdam.guard.images import IMAGE_SUFFIXES
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Annotation,
    AttributeValue,
    Box,
    Geometry,
    InputError,
    Item,
    Label,
    Origin,
    Polygon,
    Problems,
    Scalar,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
)

LABEL_MAP = "labelmap.txt"
"""The list of labels, in the form that CVAT writes: a line `name:red,green,blue:parts:actions` for each."""

MARK = "checkdam"
"""The element under which our writer keeps a name or split that the layout alone would not give back."""

_ANNOTATION_FOLDERS = frozenset({"annotations", "annotation", "xml", "xmls", "labels"})
_IMAGE_FOLDERS = ("JPEGImages", "images", "imgs", "img", "")
_LIST = re.compile(r"(?:(?P<folder>.*)/)?ImageSets/Main/(?P<split>[^/]+)\.txt", re.IGNORECASE)
_ANY_LIST = re.compile(r"(?:.*/)?ImageSets/[^/]+/[^/]+\.txt", re.IGNORECASE)
_NUMBERED = re.compile(r"\s+-?\d+$")
_FLAGGED = re.compile(r"\S+\s+(-1|0|1)")
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


class VocFolder:
    """A root while it is read."""

    def __init__(self, root: Path, problems: Problems, limits: InputLimits) -> None:
        self._problems, self._limits = problems, limits
        self._tree = Tree(root, limits)
        self._tree.tell_refused(problems, {".xml", *IMAGE_SUFFIXES})
        self._taken: dict[str, str] = {}  # from an item's name to its XML file

    def events(self) -> Iterator[Event]:
        """The taxonomy, then each XML file's item and annotations, then the images without an XML file."""
        documents = self._tree.with_suffix(".xml")
        yield self._taxonomy(documents)
        found: set[str] = set()
        for name in documents:
            document = self._parsed(name, self._problems)
            if document is not None:
                yield from self._document(name, document, found)
        yield from self._bare(found)

    def places(self, items: Sequence[Item]) -> dict[str, list[Origin]]:
        """Of each item its image, the XML files about it, and its lines in the lists of `ImageSets`."""
        found: dict[str, list[Origin]] = {item.name: [] for item in items}
        owners = {name: name for name in found if name in self._tree}
        passed = Problems()
        for file in self._tree.with_suffix(".xml"):
            document = self._parsed(file, passed)
            name = None if document is None else self._about(file, document)
            if name in found:
                owners[file] = name
        for file, name in owners.items():
            found[name].append(Origin(file))
        for each in filter(_ANY_LIST.fullmatch, self._tree.names):
            for at, name in self._naming(each, owners):
                found[name].append(Origin(each, at))
        return {item.id: found[item.name] for item in items}

    def _about(self, file: str, document: Document) -> str | None:
        """The name of the item that an XML file is about; None where it says none."""
        try:
            media, missing = self._image(file, document.head.fields)
        except BadValueError:
            return None
        return media or missing

    def _naming(self, file: str, owners: Mapping[str, str]) -> Iterator[tuple[int, str]]:
        """The lines of a list, of whatever kind, that stand for one of these files, with the item that owns it."""
        folder = file.rpartition("/")[0].rpartition("/")[0].rpartition("/")[0]
        prefix = f"{folder}/" if folder else ""
        for at, line in enumerate(map(str.strip, self._lines(file)), 1):
            if line:  # which may end in a number: whether a class is there, or which of the objects is meant
                stands = self._stands_for(line, prefix) or self._stands_for(_NUMBERED.sub("", line), prefix)
                if stands is not None and stands in owners:
                    yield at, owners[stands]

    def _parsed(self, name: str, problems: Problems) -> Document | None:
        return parsed(self._tree.path(name), name, problems, self._limits)

    def _taxonomy(self, documents: list[str]) -> Taxonomy:
        maps = [name for name in self._tree.with_suffix(".txt") if name.rpartition("/")[2].lower() == LABEL_MAP]
        if maps:
            return Taxonomy(labels=tuple(self._label_map(maps[0])))
        names: set[str] = set()
        passed = Problems()
        for name in documents:  # a first scan: the labels have to be told before the first annotation
            document = self._parsed(name, passed)
            names |= {each.fields["name"] for each in document.objects if "name" in each.fields} if document else set()
        return Taxonomy(labels=tuple(Label(name=name) for name in sorted(names) if name))

    def _label_map(self, name: str) -> Iterator[Label]:
        seen: set[str] = set()
        for at, line in enumerate(self._lines(name), 1):
            if not line.strip() or line.startswith("#"):
                continue
            label, _, rest = line.partition(":")
            if label in seen or unfit(label) or not label:
                self._problems.add(f"{name}:{at}", f"the label {shown(label)} is given twice or no text", "remove it")
                continue
            seen.add(label)
            yield Label(name=label, color=_color(rest.partition(":")[0]))

    def _lines(self, name: str) -> list[str]:
        try:
            return read_text(self._tree.path(name), self._limits.document_bytes).split("\n")
        except InputError as error:
            self._problems.add(name, error.detail, error.remedy)
            return []

    def _document(self, name: str, document: Document, found: set[str]) -> Iterator[Event]:
        fields = document.head.fields
        try:
            media, missing = self._image(name, fields)
            item = self._item(name, fields, media or missing)
        except BadValueError as error:
            self._problems.add(f"{name}:{document.head.line}", f"{error.path} {error.what}", error.remedy)
            return
        if item.name in self._taken:
            what = f"is about the same image as {self._taken[item.name]}: {item.name}"
            self._problems.add(f"{name}:{document.head.line}", what, "join the two files")
            return
        self._taken[item.name] = name
        found.add(item.name)
        yield Entry(item, self._tree.path(media) if media else None)
        yield from self._annotations(name, document, item)

    def _item(self, file: str, fields: dict[str, str], name: str) -> Item:
        base = name.rpartition("/")[2]
        metadata: dict[str, Scalar] = {}
        for key, text in fields.items():
            own = key in ("size.width", "size.height") or key.partition(".")[0] == MARK
            if not own and (key, text) != ("filename", base):
                metadata[key] = _checked(text, key)
        return Item(
            id=item_id(name),
            kind="image",
            name=name,
            width=self._size(file, fields, "size.width"),
            height=self._size(file, fields, "size.height"),
            split=self._split(file, name, fields),
            metadata=metadata,
            origin=Origin(file),
        )

    def _size(self, file: str, fields: dict[str, str], key: str) -> int | None:
        if key not in fields:
            return None
        value = decimal(fields[key], self._limits)
        if value is None or value != int(value) or not 0 <= value < 2**31:
            self._problems.add(file, f"{key} is {shown(fields[key])}, not a number of pixels", "give the image's size")
            return None
        return int(value)

    def _image(self, file: str, fields: dict[str, str]) -> tuple[str | None, str]:
        """The image of an XML file if it is there, and the name it has otherwise."""
        if f"{MARK}.name" in fields:
            name = _file_name(fields[f"{MARK}.name"], f"{MARK}.name")
            return name if name in self._tree else None, name
        told = fields.get("filename", "").strip()
        told = _file_name(told, "filename") if told else ""
        places = image_places(stem(file))
        for place in places:
            same = self._by_stem.get(place.casefold(), [])
            if same:
                last = _last(told)
                return min(same, key=lambda name: (_last(name) != last, _last(name).casefold() != last.casefold())), ""
        for place in places:
            folder = place.rpartition("/")[0]
            if told and (found := self._tree.find(f"{folder}/{told}" if folder else told)):
                return found, ""
        for same in (self._tree.ending(told) if told else [], self._by_last_stem.get(_last(stem(file)), [])):
            if len(same) == 1:
                return same[0], ""
        folder = places[0].rpartition("/")[0]
        missing = told or _last(stem(file)) + ".jpg"
        return None, f"{folder}/{missing}" if folder else missing

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for name in self._tree.images:
            table.setdefault(stem(name).casefold(), []).append(name)
        return table

    @cached_property
    def _by_last_stem(self) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for name in self._tree.images:
            table.setdefault(_last(stem(name)), []).append(name)
        return table

    def _annotations(self, file: str, document: Document, item: Item) -> Iterator[Annotation]:
        lines = [each.line for each in document.objects]
        by_line = len(set(lines)) == len(lines)
        ordinal = -1
        for at, element in enumerate(document.objects):
            try:
                label, geometry, box, attributes = read_object(element, self._limits)
            except BadValueError as error:
                self._problems.add(f"{file}:{element.line}", f"{error.path} {error.what}".strip(), error.remedy)
                continue
            ordinal += 1
            yield Annotation(
                id=annotation_id(item.id, ordinal_key(ordinal)),
                item_id=item.id,
                label=label,
                geometry=geometry,
                box=box,
                attributes=attributes,
                origin=Origin(file, element.line) if by_line else Origin(file, at, "object"),
            )

    def _bare(self, found: set[str]) -> Iterator[Entry]:
        """Images without an XML file, in the folders where images of XML files lie or would lie."""
        folders = {name.rpartition("/")[0] for name in found}
        for name in self._tree.images:
            folder = name.rpartition("/")[0]
            if name not in found and (folder in folders or "JPEGImages" in folder.split("/")):
                split = self._split(name, name, {})
                item = Item(id=item_id(name), kind="image", name=name, split=split, origin=Origin(name))
                yield Entry(item, self._tree.path(name))

    def _split(self, file: str, name: str, fields: dict[str, str]) -> str | None:
        if f"{MARK}.split" in fields:
            return str(_checked(fields[f"{MARK}.split"], "split", text=True)) or None
        listed = self._listed.get(file) or self._listed.get(name)
        return listed if self._listed else split_of_path(name) or split_of_path(file)

    @cached_property
    def _listed(self) -> dict[str, str]:
        """The splits by the XML file or image that a line in a list of `ImageSets/Main` stands for."""
        lists = {name: match for name in self._tree.names if (match := _LIST.fullmatch(name))}
        splits = {(match["folder"], match["split"].lower()) for match in lists.values()}
        table: dict[str, str] = {}
        for name, match in sorted(lists.items(), key=lambda each: _list_rank(each[1]["split"])):
            folder = match["folder"]
            if match["split"].lower() == "trainval" and {(folder, "train"), (folder, "val")} <= splits:
                continue
            lines = [line.strip() for line in self._lines(name)]
            if _FLAGGED.fullmatch(next(filter(None, lines), "")):
                continue  # the presence of one class, such as aeroplane_train.txt
            split = split_named(match["split"]) or match["split"]
            for at, line in enumerate(lines, 1):
                if line:
                    self._list(table, split, line, f"{folder}/" if folder else "", f"{name}:{at}")
        return table

    def _list(self, table: dict[str, str], split: str, line: str, prefix: str, place: str) -> None:
        found = self._stands_for(line, prefix)
        if found is None:
            self._problems.add(place, f"names no image of the dataset: {shown(line)}", "remove the line")
        elif table.setdefault(found, split) != split:
            what = f"{shown(line)} is in the list of {table[found]} too"
            self._problems.add(place, what, "leave it in one list; the first is taken")

    def _stands_for(self, line: str, prefix: str) -> str | None:
        """The XML file or image of a line in a list: usually a name without ending in the usual folders, else the path
        of an image."""
        stems = [f"{prefix}Annotations/{line}", f"{prefix}{line}"]
        if is_image_name(line):
            stems = [
                prefix + counterpart(line, "JPEGImages", "Annotations", ""),
                f"{prefix}Annotations/{stem(line)}",
                *stems,
            ]
            for image in (prefix + line, f"{prefix}JPEGImages/{line}"):
                if image in self._tree:
                    return image
        files = [found for place in stems if (found := self._tree.find(f"{place}.xml"))]
        images = [self._by_stem.get(f"{prefix}{folder}{line}".casefold(), []) for folder in ("JPEGImages/", "")]
        return next((found for group in (files, *images) for found in group), None)


def _list_rank(split: str) -> tuple[bool, int, str]:
    known = ("train", "val", "test")
    name = split_named(split)
    return (name is None, known.index(name) if name else 0, split)


def parsed(path: Path, name: str, problems: Problems, limits: InputLimits) -> Document | None:
    """A file's document; None, and a problem, where it holds none."""
    try:
        return parse(read_bytes(path, limits.document_bytes), limits)
    except InputError as error:
        line, told, rest = error.detail.partition(": ")
        place = f"{name}:{line.removeprefix('line ')}" if told and line.startswith("line ") else name
        problems.add(place, rest if place != name else error.detail, error.remedy or "mend or remove the file")
        return None


def read_object(element: Element, limits: InputLimits) -> tuple[str, Geometry, Box | None, dict[str, AttributeValue]]:
    """Label, geometry, declared box and attributes of an object or part. Raises `BadValueError`, which tells of all
    that is wrong with name and corners."""
    fields = element.fields
    left, top, right, bottom = _named_corners(fields, limits)
    width, height = (float(EXACT.subtract(far, near)) for far, near in ((right, left), (bottom, top)))
    if max(abs(width), abs(height)) == float("inf"):
        raise BadValueError("bndbox", "is larger than any number", "give the corners in pixels")
    box = Box(float(left), float(top), width, height)
    outline = _outline(fields, limits)
    attributes: dict[str, AttributeValue] = {
        key: _checked(text, key)
        for key, text in fields.items()
        if key != "name" and not key.startswith(("bndbox.", "polygon.")) and key not in element.computed
    }
    if element.part_of is not None:
        attributes["part_of"] = element.part_of
    label = str(_checked(fields["name"], "name", text=True))
    if outline is None:
        return label, box, None, attributes
    return label, outline, None if "bndbox.xmin" in element.computed else box, attributes


def _named_corners(fields: dict[str, str], limits: InputLimits) -> list[Decimal]:
    """The corners of an object with a name."""
    faults = [] if fields.get("name") else [BadValueError("name", "is missing", "name the object's class")]
    corners: list[Decimal] = []
    for corner in _CORNERS:
        try:
            corners.append(_coordinate(fields, f"bndbox.{corner}", limits))
        except BadValueError as error:
            faults.append(error)
    if faults:
        remedies = dict.fromkeys(fault.remedy for fault in faults)
        raise BadValueError("", "; ".join(f"{fault.path} {fault.what}" for fault in faults), "; ".join(remedies))
    return corners


def _coordinate(fields: dict[str, str], key: str, limits: InputLimits) -> Decimal:
    if key not in fields:
        raise BadValueError(key, "is missing", "give all four corners")
    value = decimal(fields[key], limits)
    if value is None:
        raise BadValueError(key, f"is {shown(fields[key])}, not a finite number", "give a number")
    return value


def _outline(fields: dict[str, str], limits: InputLimits) -> Polygon | None:
    points: list[tuple[float, float]] = []
    while f"polygon.x{len(points) + 1}" in fields:
        at = len(points) + 1
        points.append(
            (
                float(_coordinate(fields, f"polygon.x{at}", limits)),
                float(_coordinate(fields, f"polygon.y{at}", limits)),
            )
        )
    return Polygon(((tuple(points),),)) if points else None


def _checked(value: str, path: str, *, text: bool = False) -> Scalar:
    for each in (path, value):
        if reason := unfit(each):
            raise BadValueError(path, reason, "remove the character")
    return value if text else value_of(value)


def _file_name(text: str, path: str) -> str:
    try:
        return plain_name(text)
    except InputError as error:
        raise BadValueError(path, error.detail, error.remedy) from error


def image_places(place: str) -> list[str]:
    """Where the image of an XML file may lie, both without ending: in the sister folder of the annotations (the last
    folder so named), or beside. The first is where a missing image is said to be."""
    parts = place.split("/")
    for at in range(len(parts) - 2, -1, -1):
        if parts[at].lower() in _ANNOTATION_FOLDERS:
            return [
                "/".join([*parts[:at], *([folder] if folder else []), *parts[at + 1 :]]) for folder in _IMAGE_FOLDERS
            ] + [place]
    return [place]


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _color(text: str) -> str | None:
    """`#rrggbb` for `r,g,b`."""
    levels = text.split(",")
    if len(levels) == 3 and all(re.fullmatch(r"[0-9]{1,3}", level) and int(level) < 256 for level in levels):
        return "#" + "".join(f"{int(level):02x}" for level in levels)
    return None
