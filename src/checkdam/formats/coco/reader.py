"""Reads one COCO file: categories and information at once, then images, then annotations, one row at a time."""

import re
from collections import Counter
from collections.abc import Container, Iterator
from typing import Any

from checkdam.formats.base import Entry
from checkdam.formats.coco.shapes import read_shape
from checkdam.formats.jsonstream import JsonText, elements, map_file, sections
from checkdam.formats.seen import Seen
from checkdam.formats.tree import Beside, Tree, best_ending, plain_name, split_named, split_of_path
from checkdam.formats.values import BadValueError, attribute, identifier, scalar, shown, size, text
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Annotation,
    AttributeValue,
    InputError,
    Item,
    Label,
    Origin,
    Problems,
    Scalar,
    Skeleton,
    annotation_id,
    item_id,
    ordinal_key,
    own_key,
)

MARK = "checkdam"
"""The key in `info` under which our writer keeps what COCO has no field for; its presence also says that file names are
the items' names, so that none has to be searched for."""

RESULTS = "results"
"""The key in the mark that names the file with the results for the images, where our writer put the annotations."""

_IMAGE_FIELDS = frozenset({"id", "file_name", "width", "height"})
_ANNOTATION_FIELDS = frozenset({"id", "image_id", "category_id", "bbox", "segmentation", "keypoints", "attributes"})
_MOST_PLAIN_KEYS = 1_000
_INT64 = 2**63
_LABEL_FOLDERS = frozenset({"annotations", "annotation", "labels", "json"})
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


class CocoFile:
    """One COCO file while it is read. `taken` maps the names of the items of all files so far to their split."""

    def __init__(
        self, tree: Tree | Beside, name: str, taken: dict[str, str | None], problems: Problems, limits: InputLimits
    ) -> None:
        self.name = name
        self.labels: list[Label] = []
        self.metadata: dict[str, Scalar] = {}
        self._tree, self._taken, self._problems, self._limits = tree, taken, problems, limits
        self._label_names: dict[str, str] = {}
        self._items: dict[str, str] = {}  # from the image's id in the file to the item's
        self._shared: set[str] = set()  # items that an earlier file holds as well
        self._views: dict[str, memoryview] = {}
        self._mark: dict[str, Any] | None = None
        self._numbered: frozenset[str] = frozenset()  # arrays whose ids are our writer's, not the source's
        self._counts: Counter[str] = Counter()  # annotations without an id, by item
        self._plain_keys: set[str] = set()
        self._open()
        self.split = split_of_file(name)
        self._read_info()
        self._read_licenses()
        self._read_categories()

    def _open(self) -> None:
        try:
            found = sections(map_file(self._tree.path(self.name)), self._limits.document_bytes)
        except InputError as error:
            self._tell("", error)
            return
        self._views = found.views
        if found.damage and found.within not in ("images", "annotations", "categories", "licenses"):
            self._tell(found.within or "", found.damage)

    def _tell(self, path: str, error: InputError | BadValueError) -> None:
        if isinstance(error, BadValueError):
            path = f"{path}.{error.path}" if error.path else path
            what, remedy = error.what, error.remedy
        else:
            what, remedy = error.detail, error.remedy
        self._problems.add(f"{self.name}#{path}" if path else self.name, what, remedy)

    def _rows(self, section: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The objects of an array, with their places; what is no object, and damage to the text, is told."""
        view = self._views.get(section)
        if view is None:
            return
        at = -1
        try:
            _demand_list(view, self._limits)
            for at, row in enumerate(elements(view, self._limits.document_bytes)):
                if isinstance(row, dict):
                    yield at, row
                else:
                    self._tell(f"{section}[{at}]", BadValueError("", f"is {shown(row)}, not an object", "remove it"))
        except BadValueError as error:
            self._tell(section, error)
        except InputError as damage:
            self._tell(f"{section}[{at + 1}]", damage)

    def _read_info(self) -> None:
        view = self._views.get("info")
        if view is None:
            return
        try:
            info = JsonText(view, self._limits.document_bytes).value()
            info = _object({} if info is None else info)
            mark = info.pop(MARK, None)
            self.metadata |= {f"info.{text(key, key)}": scalar(value, key) for key, value in info.items()}
            if isinstance(mark, dict):
                split, kept = mark.get("split"), mark.get("metadata", {})
                self.split = None if split is None else text(split, f"{MARK}.split")
                if isinstance(kept, dict):
                    self.metadata |= {text(key, key): scalar(value, key) for key, value in kept.items()}
                self._mark = mark
                numbered = mark.get("numbered")
                self._numbered = frozenset(map(str, numbered if isinstance(numbered, list) else ()))
        except (BadValueError, InputError) as error:
            self._tell("info", error)

    def _read_licenses(self) -> None:
        for at, row in self._rows("licenses"):
            try:
                number = identifier(row.pop("id", None), "id")
                for key, value in row.items():
                    self.metadata[f"license.{number}.{text(key, key)}"] = scalar(value, key)
            except BadValueError as error:
                self._tell(f"licenses[{at}]", error)

    def _read_categories(self) -> None:
        names: set[str] = set()
        for at, row in self._rows("categories"):
            try:
                label = _label(row)
                key = identifier(row.get("id"), "id")
            except BadValueError as error:
                self._tell(f"categories[{at}]", error)
                continue
            if key in self._label_names:
                twice = BadValueError("id", f"{key} is given twice", "give each category its own id")
                self._tell(f"categories[{at}]", twice)
            elif label.name in names:
                twice = BadValueError("name", f"{shown(label.name)} is given twice", "join the two categories")
                self._tell(f"categories[{at}]", twice)
                self._label_names[key] = label.name
            else:
                names.add(label.name)
                self._label_names[key] = label.name
                self.labels.append(label)

    def entries(self) -> Iterator[Entry]:
        """The items, one for each image. To be exhausted before `annotations`."""
        yield from (entry for entry, first in self._images() if first)

    def item_of(self, image: str) -> str | None:
        """The id of the item for an image's id, once `entries` has given it."""
        return self._items.get(image)

    def label_of(self, category: str) -> str:
        """The label for a category's id; the id itself where there is none, for a rule to tell."""
        return self._label_names.get(category, category)

    @property
    def results(self) -> str | None:
        """The file of results that our writer put beside this one."""
        named = self._mark.get(RESULTS) if self._mark else None
        return named if isinstance(named, str) else None

    def places(self, items: Container[str]) -> Iterator[tuple[str, Origin]]:
        """The rows about these items, each with the item's id: images, listed once or again, and annotations."""
        for entry, _ in self._images():
            if entry.item.id in items and entry.item.origin is not None:
                yield entry.item.id, entry.item.origin
        for at, row in self._rows("annotations"):
            item = self._items.get(str(row.get("image_id")))
            if item is not None and item in items:
                yield item, Origin(self.name, at, "annotations")

    def _images(self) -> Iterator[tuple[Entry, bool]]:
        """Each image, and whether it is the first of its name."""
        if "images" not in self._views:
            self._tell("", BadValueError("", "holds no images", "add the list 'images'"))
        for at, row in self._rows("images"):
            try:
                yield self._entry(row, at)
            except BadValueError as error:
                self._tell(f"images[{at}]", error)

    def _entry(self, row: dict[str, Any], at: int) -> tuple[Entry, bool]:
        source_id = identifier(row.get("id"), "id")
        name, found = self._locate(text(row.get("file_name"), "file_name"), f"images[{at}]")
        width, height = size(row.get("width"), "width"), size(row.get("height"), "height")
        metadata = {text(key, key): scalar(value, key) for key, value in row.items() if key not in _IMAGE_FIELDS}
        if not found and name in self._taken and self._taken[name] != self.split:
            name = f"{self.split}/{name}"  # two splits number their images alike, and the images are not here
        item = Item(
            id=item_id(name),
            kind="image",
            name=name,
            width=width,
            height=height,
            split=self.split,
            metadata=metadata,
            source_id=None if "images" in self._numbered else source_id,
            origin=Origin(self.name, at, "images"),
        )
        if source_id in self._items:
            self._tell(f"images[{at}]", BadValueError("id", f"{source_id} is given twice", "give each image its own"))
        if name in self._taken:
            twice = BadValueError("file_name", f"{shown(name)} is given twice", "list each image once")
            self._tell(f"images[{at}]", twice)
            self._shared.add(item.id)
        self._items.setdefault(source_id, item.id)
        first = item.id not in self._shared
        if first:
            self._taken[name] = self.split
        return Entry(item, self._tree.path(name) if found else None), first

    def _locate(self, file_name: str, place: str) -> tuple[str, bool]:
        """The name of the item for a `file_name`, and whether its file is there."""
        if "://" in file_name:
            raise BadValueError("file_name", f"{shown(file_name)} is an address", "name a file below the folder")
        try:
            plain = plain_name(file_name)
        except InputError as error:
            raise BadValueError("file_name", error.detail, error.remedy) from error
        if self._mark is not None:
            return plain, plain in self._tree
        folder = self.name.rpartition("/")[0]
        home = folder.rpartition("/")[0] if folder.rpartition("/")[2].lower() in _LABEL_FOLDERS else folder
        near = (base + place for base in (_inside(home), _inside(folder), "") for place in (plain, f"images/{plain}"))
        if found := next(filter(None, map(self._tree.find, near)), None):
            return found, True  # what lies beside this file comes before what lies far off
        best = best_ending(self._tree, plain, self.split, _inside(home))
        if len(best) == 1:
            return best[0], True
        if best:
            several = BadValueError("file_name", f"{shown(file_name)} fits {best[0]} and {best[1]}", "give its folder")
            self._tell(place, several)
        return _inside(home) + plain, False

    def annotations(self) -> Iterator[Annotation]:
        """The annotations on the items that `entries` gave."""
        seen = Seen()
        for at, row in self._rows("annotations"):
            try:
                yield self._annotation(row, at, seen)
            except BadValueError as error:
                self._tell(f"annotations[{at}]", error)

    def _annotation(self, row: dict[str, Any], at: int, seen: Seen) -> Annotation:
        image = identifier(row.get("image_id"), "image_id")
        item = self._items.get(image)
        if item is None:
            raise BadValueError("image_id", f"{image} is the id of no image", "add the image or remove the row")
        category = identifier(row.get("category_id"), "category_id")
        own = None if self._numbered and "annotations" in self._numbered else row.get("id")
        source_id = None if own is None else identifier(own, "id")
        geometry, box, attributes = read_shape(row, self._limits)
        add_attributes(row, attributes, self._plain_keys)
        computed = row.get("computed")
        if isinstance(computed, list) and "bbox" in computed:
            box = None
        if source_id is None:
            key = ordinal_key(self._counts[item])
            self._counts[item] += 1
        else:
            key = own_key(source_id)
            if not (seen.add_number(own) if type(own) is int else seen.add(source_id)):
                key += f"#{at}"
                twice = BadValueError("id", f"{source_id} is given twice", "give each annotation its own id")
                self._tell(f"annotations[{at}]", twice)
        if item in self._shared:
            key = f"{self.name}:{key}"
        return Annotation(
            id=annotation_id(item, key),
            item_id=item,
            label=self.label_of(category),
            geometry=geometry,
            box=box,
            attributes=attributes,
            source_id=source_id,
            origin=Origin(self.name, at, "annotations"),
        )


def _inside(folder: str) -> str:
    """What the paths of a folder's files begin with."""
    return f"{folder}/" if folder else ""


def _demand_list(view: memoryview, limits: InputLimits) -> None:
    if JsonText(view, limits.document_bytes).peek() != "[":
        raise BadValueError("", "is not a list", "give a list of objects")


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadValueError("", f"is {shown(value)}, not an object", "remove it")
    return value


def add_attributes(row: dict[str, Any], found: dict[str, AttributeValue], plain_keys: set[str]) -> None:
    """Adds the fields of a row beside its shape, then those of its object `attributes`. `plain_keys` are names known to
    be fit; more are added."""
    passed = _ANNOTATION_FIELDS
    computed = row.get("computed")
    if isinstance(computed, list):
        passed = passed.union(["computed"], map(str, computed))
    for key, value in row.items():
        if key not in passed:
            if key not in plain_keys:
                text(key, key)
                if len(plain_keys) < _MOST_PLAIN_KEYS:
                    plain_keys.add(key)
            found[key] = value if type(value) is int and -_INT64 <= value < _INT64 else attribute(value, key)
    if "attributes" not in row:
        return
    given = row["attributes"]
    if isinstance(given, dict):
        found |= {text(key, key): attribute(value, f"attributes.{key}") for key, value in given.items()}
    else:
        found["attributes"] = attribute(given, "attributes")


def _label(row: dict[str, Any]) -> Label:
    name = text(row.get("name"), "name")
    parent, color = row.get("supercategory"), row.get("color")
    return Label(
        name=name,
        source_id=identifier(row.get("id"), "id"),
        parent=text(parent, "supercategory") if parent else None,
        color=color if isinstance(color, str) and _COLOR.fullmatch(color) else None,
        skeleton=_skeleton(row) if row.get("keypoints") else None,
    )


def _skeleton(row: dict[str, Any]) -> Skeleton:
    joints, bones = row["keypoints"], row.get("skeleton") or []
    if not isinstance(joints, list):
        raise BadValueError("keypoints", f"is {shown(joints)}, not a list of names", "list the joints")
    if not isinstance(bones, list) or not all(
        isinstance(bone, list)
        and len(bone) == 2
        and all(type(joint) is int and 1 <= joint <= len(joints) for joint in bone)
        for bone in bones
    ):
        raise BadValueError("skeleton", "is not a list of pairs of joints", "give pairs of numbers, counted from 1")
    return Skeleton(
        tuple(text(joint, f"keypoints[{at}]") for at, joint in enumerate(joints)),
        tuple((first - 1, second - 1) for first, second in bones),
    )


def split_of_file(name: str) -> str | None:
    file = name.rpartition("/")[2]
    for word in re.split(r"[_.\-]", file):
        if split := split_named(word):
            return split
    return split_of_path(name)
