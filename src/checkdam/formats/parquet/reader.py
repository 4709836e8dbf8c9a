"""Reading tables: our own, and those that are common on the Hugging Face Hub."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from checkdam.formats.base import Entry, Event
from checkdam.formats.media import kind_named, with_sound
from checkdam.formats.parquet.tables import Table, opened
from checkdam.formats.parquet.writer import TAXONOMY_KEY
from checkdam.formats.table import TableReader
from checkdam.formats.taxonomies import decoded_taxonomy, taxonomy_of
from checkdam.formats.tree import Beside, Tree, plain_name, split_named, split_of_path, stem
from checkdam.formats.values import BadValueError, shown, text, whole_number
from checkdam.guard.limits import InputLimits
from checkdam.guard.sounds import sound_info
from checkdam.schema import InputError, Item, ItemKind, Label, Origin, Problems, Taxonomy, item_id

Row = dict[str, Any]

NAMES = ("file_name", "name")
TRANSCRIPTS = ("text", "sentence", "transcription", "transcript", "normalized_text", "caption")
_KINDS: tuple[ItemKind, ...] = ("image", "text", "audio")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG", ".png"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"fLaC", ".flac"),
    (b"OggS", ".ogg"),
    (b"ID3", ".mp3"),
    (b"\xff\xfb", ".mp3"),
)


def is_dataset(table: Table) -> bool:
    """Whether a table holds items: files, names of files, or texts."""
    return (
        bool(table.media)
        or any(each in table.fields for each in (*NAMES[:1], "text"))
        or TAXONOMY_KEY in table.metadata
    )


class ParquetReader:
    """Reads the tables of these names, below a folder or alone."""

    def __init__(self, tree: Tree | Beside, names: Sequence[str], problems: Problems, limits: InputLimits) -> None:
        self._tree, self._names, self._problems, self._limits = tree, names, problems, limits
        self._taken: set[str] = set()

    def events(self) -> Iterator[Event]:
        yield self._taxonomy()
        for name in self._names:
            try:
                with opened(self._tree.path(name), self._limits) as table:
                    if is_dataset(table):
                        yield from _File(self, name, table).events()
            except InputError as error:
                self._problems.add(name, error.detail, error.remedy)

    def _taxonomy(self) -> Taxonomy:
        """The taxonomy that a table holds; else the classes that the metadata name; else the labels that occur."""
        classes: list[str] = []
        occurring: set[str] = set()
        for name in self._names:
            try:
                with opened(self._tree.path(name), self._limits) as table:
                    if (data := table.metadata.get(TAXONOMY_KEY)) is not None:
                        return decoded_taxonomy(data)
                    if not is_dataset(table):
                        continue
                    if named := [each for names in table.classes().values() for each in names]:
                        classes += named
                    else:
                        occurring |= _File(self, name, table).labels()
            except InputError:
                continue  # told when the table is read
        if classes:
            known = dict.fromkeys(classes)
            return Taxonomy(labels=tuple(Label(name=each) for each in [*known, *sorted(occurring - known.keys())]))
        return taxonomy_of(occurring)

    # What the files share

    def take(self, name: str) -> bool:
        """Whether no item has that name yet; it is taken then."""
        if name in self._taken:
            return False
        self._taken.add(name)
        return True

    def tell(self, where: str, error: BadValueError) -> None:
        self._problems.add(where + (f".{error.path}" if error.path else ""), error.what, error.remedy)

    def find(self, name: str) -> tuple[str, Path | None]:
        found = self._tree.find(name)
        return (found, self._tree.path(found)) if found else (name, None)

    @property
    def limits(self) -> InputLimits:
        return self._limits


class _File:
    def __init__(self, reader: ParquetReader, name: str, table: Table) -> None:
        self._to, self._name, self._table = reader, name, table
        self._media = table.media[0] if table.media else None
        self._named = next((each for each in NAMES if each in table.fields), None)
        if self._named == NAMES[1] and TAXONOMY_KEY not in table.metadata:
            self._named = None  # a column that happens to be called so
        self._classes = table.classes()
        self._caption = next((each for each in TRANSCRIPTS if each in table.fields), "text")
        passed = {*table.media, "kind"} | ({self._named} if self._named else set())
        self._rows = TableReader(frozenset(passed), reader.limits)
        self._split = split_named(stem(name).rpartition("/")[2].partition("-")[0]) or split_of_path(name)

    def events(self) -> Iterator[Event]:
        for at, row in enumerate(self._table.read()):
            origin = Origin(self._name, at, "rows")
            wrong: list[BadValueError] = []
            try:
                entry = self._entry(row, at, origin)
            except BadValueError as error:
                wrong.append(error)
            else:
                yield entry
                yield from self._rows.annotations(self._said(row, entry.item.kind), entry.item, origin, wrong)
            for each in wrong:
                self._to.tell(str(origin), each)

    def labels(self) -> set[str]:
        """The labels that occur."""
        wanted = [name for name in self._table.columns if name in ("label", "text", "objects", self._caption)]
        kind: ItemKind = "image" if self._media or self._named else "text"
        said = (self._said(row, kind) for row in self._table.read(wanted))
        return {label for row in said for label, _ in self._rows.labels(row, kind)}

    def _said(self, row: Row, kind: ItemKind) -> Row:
        """A row with the names of classes for their numbers, and its caption or transcript where one is expected."""
        changed = dict(row)
        if self._caption != "text" and kind != "text":
            changed["text"] = changed.pop(self._caption, None)
        if "label" in self._classes:
            changed["label"] = _class(row.get("label"), self._classes["label"])
        objects = row.get("objects")
        for path, names in self._classes.items():
            column, _, field = path.partition(".")
            if column != "objects" or not field:
                continue
            if isinstance(objects, dict) and isinstance(objects.get(field), list):
                objects = objects | {field: [_class(each, names) for each in objects[field]]}
            elif isinstance(objects, list):
                objects = [each | {field: _class(each.get(field), names)} for each in objects if isinstance(each, dict)]
        return changed if objects is None else changed | {"objects": objects}

    def _entry(self, row: Row, at: int, origin: Origin) -> Entry:
        media = row.get(self._media) if self._media else None
        content = media.get("bytes") if isinstance(media, dict) else None
        given = media.get("path") if isinstance(media, dict) else row.get(self._named) if self._named else None
        name, path, kind = self._place(given, content, row, at)
        passed = {key: value for key, value in self._said(row, kind).items() if value is not None}
        item = self._rows.item(passed, item_id(name), name, kind, origin)
        if "split" not in row:
            item = msgspec.structs.replace(item, split=self._split)
        if content is None:
            return Entry(with_sound(item, path, self._to.limits), path)
        return Entry(_sounding(item, content, self._to.limits), None, content)

    def _place(self, given: object, content: bytes | None, row: Row, at: int) -> tuple[str, Path | None, ItemKind]:
        """An item's name, its file, and what kind it is."""
        said = next((kind for kind in _KINDS if kind == row.get("kind")), None)
        if said == "text" and given is not None:
            name, path = text(given, "name"), None
        elif content is not None:
            return self._embedded(given, content, at)
        elif given is not None:
            try:
                folder = self._name.rpartition("/")[0] if self._named == NAMES[0] else ""
                name = plain_name(text(given, "file_name"))
            except InputError as error:
                raise BadValueError("file_name", error.detail, error.remedy) from error
            name, path = self._to.find(f"{folder}/{name}" if folder else name)
        elif self._media:
            raise BadValueError(self._media, "is missing", "give the file's bytes or its path")
        else:
            name, path, said = f"{self._name}:{at}", None, "text"
        if not self._to.take(name):
            raise BadValueError("name", f"{shown(name)} is that of another row too", "give each item its own name")
        return name, path, said or kind_named(name) or "image"

    def _embedded(self, given: object, content: bytes, at: int) -> tuple[str, None, ItemKind]:
        """The name of a file that the table holds: the path it came from, or one made of its row."""
        name = ""
        if isinstance(given, str):
            try:
                name = plain_name(given)
            except InputError:
                name = ""  # a path of the machine that wrote it
        ending = next((each for magic, each in _MAGIC if content.startswith(magic)), None)
        if content.startswith(b"RIFF"):
            ending = ".webp" if content[8:12] == b"WEBP" else ".wav"
        if not kind_named(name) or not self._to.take(name):
            name = f"{stem(self._name)}/{at:06d}{ending or ''}"
            if not self._to.take(name):
                raise BadValueError("path", f"{shown(name)} is that of another row too", "name the files")
        return name, None, kind_named(name) or "image"


def _class(value: object, names: list[str]) -> object:
    """A class's name; -1 is none, and a number that has no name stays, for a rule to find."""
    if isinstance(value, list):
        return [_class(each, names) for each in value]
    number = whole_number(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int):
        return value
    return None if number == -1 else names[number] if 0 <= number < len(names) else value


def _sounding(item: Item, content: bytes, limits: InputLimits) -> Item:
    if item.kind != "audio":
        return item
    try:
        info = sound_info(content, limits)
    except InputError:
        return item
    return msgspec.structs.replace(
        item, duration=item.duration or info.duration, sample_rate=item.sample_rate or info.sample_rate
    )
