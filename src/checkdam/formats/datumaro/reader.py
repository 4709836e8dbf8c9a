"""Reads one file of Datumaro: its categories at once, then its items one at a time."""

import json
from collections.abc import Container, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from checkdam.formats.base import Entry, Event
from checkdam.formats.datumaro.shapes import ELLIPSE, READ, read_shape, written_shapes
from checkdam.formats.jsonstream import JsonText, elements, map_file, sections
from checkdam.formats.taxonomies import decoded_taxonomy
from checkdam.formats.tree import Beside, Tree, plain_name, split_named
from checkdam.formats.values import BadValueError, attribute, identifier, scalar, shown, size, text
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
    Problems,
    Scalar,
    Skeleton,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
    own_key,
)

MARK = "checkdam"
"""The key, in `infos` and in rows, of what our writer keeps there because Datumaro has no field for it."""

NATIVE = {"z_order": 0, "group": 0, "object_id": -1}
"""The fields of a row that are read as attributes unless they say nothing, with what says nothing."""

_Kept = TypeVar("_Kept", bound=Struct)
_SECTIONS = frozenset({"items", "categories", "infos", "info"})


class _Mark(Struct):
    """What our writer keeps of an annotation. `part` is true of the parts of a polygon after the first, `grouped`
    where the group is of our giving, for readers that join parts by it."""

    geometry: Geometry | None = None
    box: Box | None = None
    source_id: str | None = None
    label: str | None = None
    part: bool = False
    grouped: bool = False


class _ItemMark(Struct):
    """What our writer keeps of an item. `numbered` is true where its id is not its source's."""

    width: int | None = None
    height: int | None = None
    numbered: bool = False
    metadata: dict[str, Scalar] = field(default_factory=dict)


class DatumaroFile:
    """One file while it is read. `taken` maps the names of the items of all files so far to their places."""

    def __init__(
        self, tree: Tree | Beside, name: str, taken: dict[str, str], problems: Problems, limits: InputLimits
    ) -> None:
        self.name = name
        self.taxonomy = Taxonomy()
        self._tree, self._taken, self._problems, self._limits = tree, taken, problems, limits
        self._names: list[str] = []
        self._views: dict[str, memoryview] = {}
        self._mark: dict[str, Any] = {}
        self._metadata: dict[str, Scalar] = {}
        folder, _, file = name.rpartition("/")
        self._subset = file.rpartition(".")[0]
        self._home = folder.rpartition("/")[0]
        self.split: str | None = None if self._subset == "default" else split_named(self._subset) or self._subset
        self._open()

    def _open(self) -> None:
        try:
            found = sections(map_file(self._tree.path(self.name)), self._limits.document_bytes)
        except InputError as error:
            self._tell("", error)
            return
        self._views = found.views
        if found.damage and found.within not in _SECTIONS:
            self._tell(found.within or "", found.damage)
        for key in ("infos", "info"):
            self._read_infos(key)
        self._read_categories()

    def _tell(self, path: str, error: InputError | BadValueError) -> None:
        if isinstance(error, BadValueError):
            path = ".".join(each for each in (path, error.path) if each)
            self._problems.add(f"{self.name}#{path}" if path else self.name, error.what, error.remedy or "remove it")
        else:
            self._problems.add(f"{self.name}#{path}" if path else self.name, error.detail, error.remedy)

    def _value(self, section: str) -> Any:
        view = self._views.get(section)
        return None if view is None else JsonText(view, self._limits.document_bytes).value()

    def _read_infos(self, key: str) -> None:
        try:
            infos = self._value(key)
            if infos is None:
                return
            mark = _object(infos).pop(MARK, None)
            self._metadata |= {f"info.{text(name, name)}": scalar(value, name) for name, value in infos.items()}
            if isinstance(mark, dict):
                self._mark = mark
                splits = mark.get("splits")
                if isinstance(splits, dict) and self._subset in splits:
                    split = splits[self._subset]
                    self.split = None if split is None else text(split, f"{MARK}.splits")
        except (BadValueError, InputError) as error:
            self._tell(key, error)

    def _read_categories(self) -> None:
        try:
            categories = _object(self._value("categories") or {})
            labels = _object(categories.get("label") or {}).get("labels") or []
            if not isinstance(labels, list):
                raise BadValueError("label.labels", f"is {shown(labels)}, not a list", "list the labels")  # noqa: TRY301
            found = self._labels(labels)
            skeletons = self._skeletons(categories)
            found = [
                msgspec.structs.replace(label, skeleton=skeletons[at]) if label and at in skeletons else label
                for at, label in enumerate(found)
            ]
            self.taxonomy = Taxonomy(labels=tuple(each for each in found if each), metadata=self._metadata)
        except (BadValueError, InputError) as error:
            self._tell("categories", error)
        self._read_taxonomy()

    def _labels(self, rows: list[Any]) -> list[Label | None]:
        """The labels by number; None for one that cannot be read or whose name is that of another."""
        found: list[Label | None] = []
        seen: set[str] = set()
        for at, row in enumerate(rows):
            self._names.append(str(at))
            label = None
            try:
                name = text(_object(row).get("name"), "name")
                parent = row.get("parent")
                self._names[at] = name
                label = Label(name=name, parent=text(parent, "parent") if parent else None, source_id=str(at))
                if name in seen:
                    label = None
                    raise BadValueError("name", f"{shown(name)} is given twice", "join the two labels")  # noqa: TRY301
                seen.add(name)
            except BadValueError as error:
                self._tell(f"categories.label.labels[{at}]", error)
            found.append(label)
        return found

    def _skeletons(self, categories: dict[str, Any]) -> dict[int, Skeleton]:
        """The joints of labels, by the number of the label. Bones count joints from 1, as in COCO, or from 0."""
        found: dict[int, Skeleton] = {}
        rows = _object(categories.get("points") or {}).get("items") or []
        for at, row in enumerate(rows if isinstance(rows, list) else ()):
            try:
                joints = [text(each, "labels") for each in _list(_object(row).get("labels"), "labels")]
                pairs = _list(row.get("joints") or [], "joints")
                if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
                    raise BadValueError("joints", "is not a list of pairs", "give pairs of numbers")  # noqa: TRY301
                first = 0 if any(0 in pair for pair in pairs) else 1
                if not all(type(one) is int and first <= one < len(joints) + first for pair in pairs for one in pair):
                    raise BadValueError("joints", "names a joint that is not there", "count from 1")  # noqa: TRY301
                bones = tuple((pair[0] - first, pair[1] - first) for pair in pairs)
                if joints and isinstance(row.get("label_id"), int):
                    found[row["label_id"]] = Skeleton(tuple(joints), bones)
            except BadValueError as error:
                self._tell(f"categories.points.items[{at}]", error)
        return found

    def _read_taxonomy(self) -> None:
        """The taxonomy that our writer kept, if the categories still begin with its labels."""
        kept = self._mark.get("taxonomy")
        if isinstance(kept, dict):
            try:
                taxonomy = decoded_taxonomy(json.dumps(kept, allow_nan=False).encode())
            except (InputError, ValueError, RecursionError):
                return
            names = list(dict.fromkeys(taxonomy.names()))
            if self._names[: len(names)] == names:
                self.taxonomy = taxonomy

    def events(self) -> Iterator[Event]:
        """Each item and its annotations."""
        for at, row in self._rows(self._problems):
            try:
                entry = self._entry(row, at)
            except BadValueError as error:
                self._tell(f"items[{at}]", error)
                continue
            if entry.item.name in self._taken:
                other = self._taken[entry.item.name]
                self._tell(f"items[{at}]", BadValueError("", f"is the same image as {other}", "list each image once"))
                continue
            self._taken[entry.item.name] = f"{self.name}#items[{at}]"
            yield entry
            yield from self._annotations(row, at, entry.item.id)

    def places(self, items: Container[str]) -> Iterator[tuple[str, Origin]]:
        """The items among these that the file lists."""
        for at, row in self._rows(Problems()):
            try:
                item = self._entry(row, at).item
            except BadValueError:
                continue
            if item.id in items:
                yield item.id, Origin(self.name, at, "items")

    def _rows(self, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
        view = self._views.get("items")
        if view is None:
            problems.add(self.name, "holds no items", "add the list 'items'")
            return
        at = -1
        try:
            for at, row in enumerate(elements(view, self._limits.document_bytes)):
                if isinstance(row, dict):
                    yield at, row
                else:
                    problems.add(f"{self.name}#items[{at}]", f"is {shown(row)}, not an object", "remove it")
        except InputError as damage:
            problems.add(f"{self.name}#items[{at + 1}]", damage.detail, damage.remedy)

    def _entry(self, row: dict[str, Any], at: int) -> Entry:
        source_id = identifier(row.get("id"), "id")
        image = row.get("image")
        if image is not None and not isinstance(image, dict):
            raise BadValueError("image", f"is {shown(image)}, not an object", "give its path and size")
        if image is None and any(row.get(each) for each in ("point_cloud", "video", "video_frame", "media")):
            raise BadValueError("", "is no image", "export images")
        image = image or {}
        name, there = self._locate(image.get("path"), source_id)
        height, width = self._sizes(image.get("size"))
        mark = _mark(row, _ItemMark) or _ItemMark(width, height)
        attributes = row.get("attr") or {}
        metadata = {text(key, key): scalar(value, f"attr.{key}") for key, value in _object(attributes).items()}
        item = Item(
            id=item_id(name),
            kind="image",
            name=name,
            width=width if width is not None else size(mark.width, MARK),
            height=height if height is not None else size(mark.height, MARK),
            split=self.split,
            metadata=metadata | {text(key, MARK): scalar(value, MARK) for key, value in mark.metadata.items()},
            source_id=None if mark.numbered else source_id,
            origin=Origin(self.name, at, "items"),
        )
        return Entry(item, self._tree.path(there) if there else None)

    def _sizes(self, given: object) -> tuple[int | None, int | None]:
        if given is None:
            return None, None
        if not isinstance(given, list) or len(given) != 2:
            raise BadValueError("image.size", f"is {shown(given)}, not height and width", "give both")
        height, width = (size(each, "image.size") for each in given)
        return height, width

    def _locate(self, path: object, source_id: str) -> tuple[str, str | None]:
        """The name of an item, and the place of its file if it is there."""
        given = text(path, "image.path") if path else ""
        try:
            plain = plain_name(_relative(given or source_id))
        except InputError as error:
            raise BadValueError("image.path" if given else "id", error.detail, error.remedy) from error
        bases = [f"{self._home}/images/" if self._home else "images/"]
        bases = [f"{bases[0]}{self._subset}/", *bases, f"{self._home}/" if self._home else "", ""]
        if self._mark:
            return plain, next((base + plain for base in bases if base + plain in self._tree), None)
        parts = plain.split("/")
        for at in range(min(len(parts), 32)):  # folders of other machines come before the path
            end = "/".join(parts[at:])
            for each in [end] if given else [end + suffix for suffix in sorted(IMAGE_SUFFIXES)]:
                found = next(filter(None, (self._tree.find(base + each) for base in bases)), None)
                if found:
                    return found, found
        return bases[0] + plain, None

    def _annotations(self, row: dict[str, Any], at: int, item: str) -> Iterator[Annotation]:
        rows = row.get("annotations") or []
        if not isinstance(rows, list):
            self._tell(f"items[{at}].annotations", BadValueError("", f"is {shown(rows)}, not a list", "list them"))
            return
        keys: set[str] = set()
        whole = False  # the last row was the first part of a polygon of several, and stands for all of them
        for number, each in enumerate(rows):
            array = f"items[{at}].annotations"
            try:
                mark = _mark(_object(each), _Mark) or _Mark()
                if mark.part and whole:
                    continue
                annotation, whole = self._annotation(each, mark, item, keys)
            except BadValueError as error:
                self._tell(f"{array}[{number}]", error)
                continue
            yield msgspec.structs.replace(annotation, origin=Origin(self.name, number, array))

    def _annotation(self, row: dict[str, Any], mark: _Mark, item: str, keys: set[str]) -> tuple[Annotation, bool]:
        kind = row.get("type")
        if not isinstance(kind, str) or kind not in READ:
            raise BadValueError(
                "type", f"is {shown(kind)}, which is not read", f"give one of {', '.join(sorted(READ))}"
            )
        geometry = read_shape(row, self._limits)
        said = _attributes(row, grouped=mark.grouped)
        if kind == ELLIPSE:
            said["shape"] = ELLIPSE
        whole = False
        if mark.geometry is not None:
            written = written_shapes(mark.geometry, kind == ELLIPSE)
            if written and all(row.get(key) == value for key, value in written[0].items()):
                geometry, whole = mark.geometry, True
        given = row.get("id")
        source_id = None if given in (None, 0) else identifier(given, "id")
        if mark.source_id is not None:
            source_id = text(mark.source_id, MARK)
        key = own_key(source_id) if source_id else ordinal_key(len(keys))
        while key in keys:
            key += "#"  # ids are unique in no larger whole than an image, and often not there
        keys.add(key)
        label = self._label(row, kind) if mark.label is None else text(mark.label, MARK)
        identity = annotation_id(item, key)
        return Annotation(
            id=identity,
            item_id=item,
            label=label,
            geometry=geometry,
            box=mark.box,
            attributes=said,
            source_id=source_id,
        ), whole

    def _label(self, row: dict[str, Any], kind: str) -> str:
        number = row.get("label_id")
        if number is None:
            return kind
        if not isinstance(number, int) or isinstance(number, bool) or not -(2**63) <= number < 2**63:
            raise BadValueError("label_id", f"is {shown(number)}, not the number of a label", "give a whole number")
        return self._names[number] if 0 <= number < len(self._names) else str(number)


def _relative(path: str) -> str:
    """A path without what makes it absolute on its machine."""
    path = path.replace("\\", "/")
    if len(path) > 2 and path[1] == ":" and path[0].isalpha():
        path = path[2:]
    return path.lstrip("/")


def _attributes(row: dict[str, Any], *, grouped: bool) -> dict[str, AttributeValue]:
    """The fields beside the shape that say something, but for a group that our writer gave, and the attributes."""
    found: dict[str, AttributeValue] = {}
    for key, nothing in NATIVE.items():
        if row.get(key) not in (None, nothing) and not (grouped and key == "group"):
            found[key] = attribute(row[key], key)
    given = _object(row.get("attributes") or {})
    return found | {text(key, "attributes"): attribute(value, f"attributes.{key}") for key, value in given.items()}


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadValueError("", f"is {shown(value)}, not an object", "remove it")
    return value


def _list(value: object, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadValueError(path, f"is {shown(value)}, not a list", "give a list")
    return value


def _mark(row: dict[str, Any], kind: type[_Kept]) -> _Kept | None:
    """What our writer kept in a row, if it did."""
    if MARK not in row:
        return None
    try:
        return msgspec.convert(row[MARK], kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadValueError(MARK, f"is none of ours: {error}", "remove it") from error
