"""Reads one CVAT file: its labels first, then images with their shapes, one at a time."""

import re
from collections.abc import Container, Iterator
from pathlib import Path

from checkdam.formats.base import Entry
from checkdam.formats.cvat.labels import MARK, label_nodes, read_labels, read_metadata, specs_of
from checkdam.formats.cvat.shapes import Names, Size, read_shape
from checkdam.formats.cvat.xml import Closed, Element, Event, Node, parse
from checkdam.formats.exact import decimal
from checkdam.formats.tree import Beside, Tree, best_ending, plain_name, split_named, split_of_path, stem
from checkdam.formats.values import BadValueError, shown, unfit
from checkdam.formats.xmlvalues import trimmed, value_of
from checkdam.guard.files import open_regular
from checkdam.guard.images import image_size
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Annotation,
    InputError,
    Item,
    Label,
    Origin,
    Problems,
    Scalar,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
)

IMAGE_FIELDS = frozenset({"id", "name", "subset", "width", "height"})
FOLDER = "folder"
"""An attribute of `<image>` by which our writer says that the name is in the folder `images`, as CVAT has it."""

NUMBERED = "numbered"
"""An attribute of `<image>` by which our writer says that the number is its own, not the source's."""

_BLOCK = 1 << 16
_ON_LINE = re.compile(r"line ([0-9]{1,15})")


def place_of(file: str, element: Element) -> Origin:
    """Where an image or shape is: its line, and for the second and later ones on a line which it is, from 0."""
    return Origin(file, element.line) if not element.nth else Origin(file, element.nth, f"line {element.line}")


def element_at(at: int | None, array: str | None) -> tuple[int, int] | None:
    """The line, and which element on it, that a place of `place_of` means."""
    if at is None or array is None:
        return None if at is None else (at, 0)
    match = _ON_LINE.fullmatch(array)
    return (int(match[1]), at) if match else None


def events_of(path: Path, limits: InputLimits) -> Iterator[Event]:
    with open_regular(path) as file:
        yield from parse(iter(lambda: file.read(_BLOCK), b""), limits)


def read_image_fields(attributes: dict[str, str], *, exact: bool) -> dict[str, Scalar]:
    """The metadata in an image's tag."""
    own = IMAGE_FIELDS | {FOLDER, NUMBERED} if exact else IMAGE_FIELDS
    return {key: value_of(text) for key, text in attributes.items() if key not in own}


class CvatFile:
    """One file while it is read. `taken` maps the names of the items of all files so far to their split."""

    def __init__(
        self, tree: Tree | Beside, name: str, taken: dict[str, str | None], problems: Problems, limits: InputLimits
    ) -> None:
        self.name = name
        self._tree, self._taken, self._problems, self._limits = tree, taken, problems, limits
        self.labels: list[Label] = []
        self.metadata: dict[str, Scalar] = {}
        self._names = Names()
        self._scan()

    def _scan(self) -> None:
        """Finds the labels, which have to be told first: those declared, else the names that occur."""
        used: set[str] = set()
        try:
            for event in events_of(self._tree.path(self.name), self._limits):
                if isinstance(event, Node):
                    self._read_meta(event)
                    if label_nodes(event):
                        return
                elif isinstance(event, Element) and event.tag not in ("image", "track"):
                    used.add(event.attributes.get("label", ""))
        except InputError:
            pass  # told when the images are read
        self.labels = [Label(name=name) for name in sorted(used) if name and not unfit(name)]

    def _read_meta(self, meta: Node) -> None:
        self.metadata = read_metadata(meta)
        for label in read_labels(meta):
            if not label.name or any(each.name == label.name for each in self.labels):
                what = f"the label {shown(label.name)} is given twice or has no name"
                self._problems.add(self.name, what, "give each label its own name")
            else:
                self.labels.append(label)
        skeletons = {label.name: label.skeleton for label in self.labels if label.skeleton}
        self._names = Names(specs_of(tuple(self.labels)), skeletons, meta.child(MARK) is not None)

    def events(self) -> Iterator[Entry | Annotation]:
        """Each image's item, then its annotations."""
        item: Item | None = None
        size: Size | None = None
        ordinal, tracks = 0, 0
        for event in self._told_events():
            if isinstance(event, Node | Closed):
                item = None if isinstance(event, Closed) else item
            elif event.tag == "track":
                tracks += 1
                if tracks == 1:
                    what = "is a track through the frames of a video, which this format's images do not hold"
                    remedy = "export the task as 'CVAT for images 1.1', in which each frame is an image"
                    self._problems.add(f"{self.name}:{event.line}", what, remedy)
            elif event.tag == "image":
                entry = self._entry(event)
                item, size, ordinal = None, None, 0
                if entry is not None:
                    item, size = entry.item, self._size_of(entry)
                    yield entry
            elif item is not None:
                annotation = self._annotation(event, item, size, ordinal)
                if annotation is not None:
                    ordinal += 1
                    yield annotation

    def _told_events(self) -> Iterator[Event]:
        try:
            yield from events_of(self._tree.path(self.name), self._limits)
        except InputError as error:
            line, told, rest = error.detail.partition(": ")
            known = told and line.startswith("line ")
            place = f"{self.name}:{line.removeprefix('line ')}" if known else self.name
            self._problems.add(place, rest if known else error.detail, error.remedy or "mend the file")

    def places(self, items: Container[str]) -> Iterator[tuple[str, Origin]]:
        """The images among these items: the element, and the file where it is there."""
        for event in self._told_events():
            if isinstance(event, Element) and event.tag == "image":
                try:
                    name, found = self._locate(event)
                except BadValueError:
                    continue
                if item_id(name) in items:
                    yield item_id(name), place_of(self.name, event)
                    if found:
                        yield item_id(name), Origin(name)

    def _entry(self, image: Element) -> Entry | None:
        place = f"{self.name}:{image.line}"
        try:
            name, found = self._locate(image)
            split = self._split(image, name)
            if not found and self._taken.get(name, split) != split:
                name = f"{split}/{name}"  # two splits name their images alike, and the images are not here
            item = self._item(image, name, split)
        except BadValueError as error:
            self._problems.add(place, f"{error.path} {error.what}".strip(), error.remedy)
            return None
        self._taken[name] = split
        return Entry(item, self._tree.path(name) if found else None)

    def _item(self, image: Element, name: str, split: str | None) -> Item:
        if name in self._taken:
            raise BadValueError("name", f"{shown(name)} is given twice", "list each image once")
        for key, text in image.attributes.items():
            if reason := unfit(key) or unfit(text):
                raise BadValueError(key, reason, "remove the character")
        number = image.attributes.get("id")
        return Item(
            id=item_id(name),
            kind="image",
            name=name,
            width=self._pixels(image, "width"),
            height=self._pixels(image, "height"),
            split=split,
            source_id=None if self._names.exact and NUMBERED in image.attributes else number or None,
            metadata=read_image_fields(image.attributes, exact=self._names.exact),
            origin=place_of(self.name, image),
        )

    def _pixels(self, image: Element, key: str) -> int | None:
        text = image.attributes.get(key)
        if text is None:
            return None
        value = decimal(text, self._limits)
        if value is None or not 0 <= value < 2**31 or value != int(value):
            what = f"{key} is {shown(text)}, not a number of pixels"
            self._problems.add(f"{self.name}:{image.line}", what, "give the image's size")
            return None
        return int(value)

    def _size_of(self, entry: Entry) -> Size | None:
        """The declared size, by which masks are placed; else the image's own."""
        item = entry.item
        if item.width is not None and item.height is not None:
            return item.width, item.height
        try:
            return image_size(entry.media, self._limits) if entry.media else None
        except InputError:
            return None

    def _split(self, image: Element, name: str) -> str | None:
        subset = image.attributes.get("subset")
        if self._names.exact:
            return subset
        if subset and subset.lower() != "default":  # CVAT's word for none
            return split_named(subset) or subset
        return split_of_path(name) or split_named(stem(self.name.rpartition("/")[2]))

    def _locate(self, image: Element) -> tuple[str, bool]:
        """The name of the item for an image's `name`, and whether its file is there."""
        told = image.attributes.get("name", "")
        try:
            plain = plain_name(told)
        except InputError as error:
            raise BadValueError("name", error.detail, error.remedy) from error
        if self._names.exact:
            folder = image.attributes.get(FOLDER)
            name = f"{folder}/{told}" if folder == "images" else told
            if name != (f"{folder}/{plain}" if folder == "images" else plain):
                raise BadValueError("name", f"{shown(told)} is no plain path", "give a path below the folder")
            return name, name in self._tree
        home = self.name.rpartition("/")[0]
        home = f"{home}/" if home else ""
        subset = trimmed(image.attributes.get("subset", ""))
        places = [f"images/{plain}", plain, *((f"images/{subset}/{plain}", f"{subset}/{plain}") if subset else ())]
        if found := next(filter(None, (self._tree.find(home + each) for each in places)), None):
            return found, True
        best = best_ending(self._tree, plain, split_named(subset), home)
        if len(best) > 1:
            what = f"name {shown(told)} fits {best[0]} and {best[1]}"
            self._problems.add(f"{self.name}:{image.line}", what, "give its folder")
        return (best[0], True) if len(best) == 1 else (home + plain, False)

    def _annotation(self, shape: Element, item: Item, size: Size | None, ordinal: int) -> Annotation | None:
        try:
            label, geometry, attributes = read_shape(shape, self._names, size, self._limits)
        except BadValueError as error:
            self._problems.add(f"{self.name}:{shape.line}", f"{error.path} {error.what}".strip(), error.remedy)
            return None
        return Annotation(
            id=annotation_id(item.id, ordinal_key(ordinal)),
            item_id=item.id,
            label=label,
            geometry=geometry,
            attributes=attributes,
            origin=place_of(self.name, shape),
        )


def merged(files: list[CvatFile]) -> Taxonomy:
    """The labels and the metadata of all files; of those given twice, the first."""
    labels: dict[str, Label] = {}
    metadata: dict[str, Scalar] = {}
    for file in files:
        for label in file.labels:
            labels.setdefault(label.name, label)
        for key, value in file.metadata.items():
            metadata.setdefault(key, value)
    return Taxonomy(labels=tuple(labels.values()), metadata=metadata)
