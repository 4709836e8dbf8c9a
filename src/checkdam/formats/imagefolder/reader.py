"""Reading folders of media with a table of what they are, or with a folder for each class."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from checkdam.formats.base import Entry, Event
from checkdam.formats.imagefolder.rows import FILE_NAME, is_metadata, rows_of
from checkdam.formats.media import kind_named, with_sound
from checkdam.formats.table import TableReader
from checkdam.formats.taxonomies import read_taxonomy, taxonomy_of
from checkdam.formats.tree import Beside, Tree, plain_name, split_named, split_of_path
from checkdam.formats.values import BadValueError, shown, text
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Annotation,
    Category,
    InputError,
    Item,
    ItemKind,
    Origin,
    Problems,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
)

COLUMNS = frozenset({FILE_NAME, "kind"})
_NO_CLASSES = frozenset(
    {"images", "image", "imgs", "img", "labels", "jpegimages", "annotations", "masks", "audio", "wavs"}
)
_KINDS: tuple[ItemKind, ...] = ("image", "audio")


def metadata_files(tree: Tree) -> list[str]:
    return [name for name in tree.names if is_metadata(name)]


def class_files(tree: Tree) -> dict[str, str]:
    """The label of each file in a layout `[SPLIT/]LABEL/FILE`; empty where the layout is another, or the label one."""
    found: dict[str, str] = {}
    depths: set[int] = set()
    for name in tree.names:
        if kind_named(name) is None:
            continue
        *folders, label, _ = ("", *name.split("/"))
        folders = [each for each in folders if each]
        if not label or len(folders) > 1 or (folders and split_named(folders[0]) is None):
            return {}
        if label.lower() in _NO_CLASSES or split_named(label):
            return {}
        depths.add(len(folders))
        found[name] = label
    return found if len(depths) == 1 and len(set(found.values())) > 1 else {}


def read_classes(tree: Tree, problems: Problems, limits: InputLimits) -> Iterator[Event]:
    """The items of a layout with a folder for each class."""
    labels = class_files(tree)
    if not labels:
        raise InputError(f"{tree.root} holds no metadata.jsonl and no class folders", "give a folder of such a layout")
    yield read_taxonomy(tree.root, problems, limits) or taxonomy_of(set(labels.values()))
    for name, label in labels.items():
        item = _bare(name, Origin(name))
        yield Entry(with_sound(item, tree.path(name), limits), tree.path(name))
        key = annotation_id(item.id, ordinal_key(0))
        yield Annotation(id=key, item_id=item.id, label=label, geometry=Category(), origin=Origin(name))


def _bare(name: str, origin: Origin) -> Item:
    return Item(id=item_id(name), kind=kind_named(name) or "image", name=name, split=split_of_path(name), origin=origin)


class MetadataReader:
    """Reads the files of metadata below a folder, or one such file."""

    def __init__(self, tree: Tree | Beside, names: Sequence[str], problems: Problems, limits: InputLimits) -> None:
        self._tree, self._names, self._problems, self._limits = tree, names, problems, limits
        self._rows = TableReader(COLUMNS, limits)
        self._taken: dict[str, str] = {}  # from an item's name to its place

    def events(self) -> Iterator[Event]:
        """The taxonomy, the items of the rows with their annotations, then the media that no row names."""
        yield read_taxonomy(self._tree.root, self._problems, self._limits) or self._occurring()
        for file in self._names:
            for at, row in rows_of(self._path(file), file, self._problems, self._limits):
                yield from self._row(file, at, row)
        if isinstance(self._tree, Tree):
            for name in self._tree.names:
                if name not in self._taken and kind_named(name):
                    yield Entry(
                        with_sound(_bare(name, Origin(name)), self._tree.path(name), self._limits),
                        self._tree.path(name),
                    )

    def _path(self, file: str) -> Path:
        return self._tree.path(file)

    def _occurring(self) -> Taxonomy:
        names: set[str] = set()
        passed = Problems()
        for file in self._names:  # a first scan: the labels have to be told before the first annotation
            for _, row in rows_of(self._path(file), file, passed, self._limits):
                names.update(label for label, _ in self._rows.labels(row, _kind(row, str(row.get(FILE_NAME)))))
        return taxonomy_of(names)

    def _row(self, file: str, at: int, row: dict[str, Any]) -> Iterator[Event]:
        wrong: list[BadValueError] = []
        try:
            entry = self._entry(file, at, row)
        except BadValueError as error:
            wrong.append(error)
        else:
            yield entry
            yield from self._rows.annotations(row, entry.item, Origin(file, at), wrong)
        for each in wrong:
            self._problems.add(f"{file}:{at}" + (f".{each.path}" if each.path else ""), each.what, each.remedy)

    def _entry(self, file: str, at: int, row: dict[str, Any]) -> Entry:
        given = row.get(FILE_NAME)
        if given is None:
            raise BadValueError(FILE_NAME, "is missing", "name the file of each row")
        try:
            name = plain_name(text(given, FILE_NAME))
        except InputError as error:
            raise BadValueError(FILE_NAME, error.detail, error.remedy) from error
        folder = file.rpartition("/")[0]
        name = f"{folder}/{name}" if folder else name
        found = self._tree.find(name)
        name = found or name
        if name in self._taken:
            what = f"{shown(name)} is that of {self._taken[name]} too"
            raise BadValueError(FILE_NAME, what, "give each file one row")
        self._taken[name] = f"{file}:{at}"
        item = self._rows.item(row, item_id(name), name, _kind(row, name), Origin(file, at))
        if "split" not in row:
            item = msgspec.structs.replace(item, split=split_of_path(name))
        media = self._tree.path(name) if found else None
        return Entry(with_sound(item, media, self._limits), media)


def _kind(row: dict[str, Any], name: str) -> ItemKind:
    given = row.get("kind")
    return next((kind for kind in _KINDS if kind == given), kind_named(name) or "image")
