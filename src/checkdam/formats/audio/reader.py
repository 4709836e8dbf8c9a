"""Reading sounds with a manifest: JSON lines as NeMo writes them, or a table as Common Voice has it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import msgspec

from checkdam.formats.base import Entry, Event
from checkdam.formats.exact import decimal
from checkdam.formats.imagefolder.rows import csv_rows
from checkdam.formats.lines import json_rows
from checkdam.formats.media import is_sound_name, with_sound
from checkdam.formats.table import CAPTION, TableReader
from checkdam.formats.taxonomies import read_taxonomy, taxonomy_of
from checkdam.formats.tree import Beside, Tree, plain_name, split_named, split_of_path, stem
from checkdam.formats.values import BadValueError, attribute, number, shown, text
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import (
    Annotation,
    AttributeValue,
    AudioSegment,
    Geometry,
    InputError,
    Item,
    Origin,
    Problems,
    Taxonomy,
    Transcript,
    annotation_id,
    item_id,
    ordinal_key,
)

Row = dict[str, Any]

PATHS = ("audio_filepath", "path", "audio_path", "file_path", "wav_filename", "audio", "file")
"""Columns that name a row's file, the surest first."""

TEXTS = ("text", "sentence", "transcript", "transcription")
SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
_FOLDERS = ("", "clips/", "wavs/", "audio/", "wav/")
_NUMBERS = ("duration", "offset", "sample_rate", "width", "height")
_WORDS = re.compile(r"[._-]+")
_COLLECTIONS = frozenset({"validated", "invalidated", "other", "reported", "clip_durations"})
"""Tables of Common Voice that list the clips of its splits once more."""


def rows_of(root: Tree | Beside, name: str, problems: Problems, limits: InputLimits) -> Iterator[tuple[int, Row]]:
    """The rows of a manifest with their lines; the texts of a table that are numbers become such."""
    path = root.path(name)
    if not name.lower().endswith((".csv", ".tsv")):
        yield from json_rows(path, name, problems, limits)
        return
    tabs = name.lower().endswith(".tsv")
    for at, row in csv_rows(path, name, problems, limits, "\t" if tabs else ",", quoted=not tabs):
        for column in _NUMBERS:
            value = decimal(row[column], limits) if column in row else None
            if value is not None:
                row[column] = float(value)
        yield at, row


def path_column(row: Row) -> str | None:
    """The column that names the file of a row: a text, of a sound unless the column says so itself."""
    for column in PATHS:
        value = row.get(column)
        if isinstance(value, str) and (column == PATHS[0] or is_sound_name(value)):
            return column
    return None


def manifests(tree: Tree) -> list[str]:
    """The files of a tree that may be manifests; not those that only repeat the splits beside them."""
    names = tree.with_suffix(*SUFFIXES)
    known = set(names)

    def repeats(name: str) -> bool:
        folder, _, file = name.rpartition("/")
        return stem(file) in _COLLECTIONS and f"{folder}/train.tsv".lstrip("/") in known

    return [name for name in names if not repeats(name)]


def split_of_manifest(name: str) -> str | None:
    """The split that a word of a manifest's name says, or its folder: `train_manifest.json`, `dev.tsv`."""
    words = _WORDS.split(stem(name).rpartition("/")[2])
    return next((split for word in words if (split := split_named(word))), split_of_path(name))


class ManifestReader:
    """Reads the manifests of these names."""

    def __init__(self, tree: Tree | Beside, names: Sequence[str], problems: Problems, limits: InputLimits) -> None:
        self._tree, self._names, self._problems, self._limits = tree, names, problems, limits
        self._rows = TableReader(frozenset({*PATHS, "offset"}), limits)
        self._counts: dict[str, int] = {}  # from an item's name to how many annotations it has so far

    def events(self) -> Iterator[Event]:
        yield read_taxonomy(self._tree.root, self._problems, self._limits) or self._occurring()
        for file in self._names:
            for at, row in rows_of(self._tree, file, self._problems, self._limits):
                wrong: list[BadValueError] = []
                try:
                    yield from self._row(file, at, row, wrong)
                except BadValueError as error:
                    wrong.append(error)
                for each in wrong:
                    place = f"{file}:{at}" + (f".{each.path}" if each.path else "")
                    self._problems.add(place, each.what, each.remedy)

    def named(self, file: str, row: Row) -> str:
        """The name of the item that a row is about. Raises `BadValueError`."""
        column = path_column(row)
        if column is None:
            raise BadValueError(PATHS[0], "is missing", "name the file of each row")
        return self._found(file, text(row[column], column), column)

    def _occurring(self) -> Taxonomy:
        names: set[str] = set()
        passed = Problems()
        for file in self._names:  # a first scan: the labels have to be told before the first annotation
            for _, row in rows_of(self._tree, file, passed, self._limits):
                if path_column(row) is not None:
                    names.update(label for label, _ in self._rows.labels(_transcribed(row), "audio"))
        return taxonomy_of(names)

    def _found(self, file: str, given: str, column: str) -> str:
        """A file that is there, in the places where manifests of different tools look; else the path as it is given."""
        folder = file.rpartition("/")[0]
        prefix = f"{folder}/" if folder else ""
        parts = PurePosixPath(given.replace("\\", "/")).parts
        foreign = bool(parts) and (parts[0].startswith("/") or parts[0].endswith(":"))
        if foreign:  # a path of the machine that wrote it, of which the end may be found here
            tails = ["/".join(parts[at:]) for at in range(1, len(parts))]
            places = [each for tail in tails for each in (prefix + tail, tail)]
        else:
            try:
                name = plain_name(given)
            except InputError as error:
                raise BadValueError(column, error.detail, error.remedy) from error
            places = [prefix + each + name for each in _FOLDERS] + ([name] if prefix else [])
        for place in places:
            if ".." not in place.split("/") and (found := self._tree.find(place)):
                return found
        if foreign:
            raise BadValueError(column, f"is {shown(given)}, which is not here", "give it relative to the manifest")
        return places[0]

    def _row(self, file: str, at: int, row: Row, wrong: list[BadValueError]) -> Iterator[Event]:
        name = self.named(file, row)
        origin = Origin(file, at)
        said = _transcribed(row)
        segment = self._segment(said)
        known = name in self._counts
        if known and segment is None:
            raise BadValueError(PATHS[0], f"{shown(name)} has a row already", "give an offset and a duration")
        item = self._item(file, name, {} if segment else said, origin)
        count = self._counts.setdefault(name, 0)
        if not known:
            found = self._tree.find(name)
            path = self._tree.path(found) if found else None
            yield Entry(with_sound(item, path, self._limits), path)
        if segment is None:
            annotations = self._rows.annotations(said, item, origin, wrong)
        else:
            annotations = self._of_segment(said, item, origin, segment, count)
        for annotation in annotations:
            self._counts[name] += 1
            yield annotation

    def _item(self, file: str, name: str, row: Row, origin: Origin) -> Item:
        item = self._rows.item(row, item_id(name), name, "audio", origin)
        return item if "split" in row else msgspec.structs.replace(item, split=split_of_manifest(file))

    def _segment(self, row: Row) -> tuple[float, float] | None:
        """Where the part of the sound that a row is about begins and ends, in seconds; None if it is the whole."""
        if row.get("offset") is None:
            return None
        begin = number(row["offset"], "offset")
        return begin, begin + number(row.get("duration"), "duration")

    def _of_segment(
        self, row: Row, item: Item, origin: Origin, segment: tuple[float, float], first: int
    ) -> Iterator[Annotation]:
        """A label and a transcript of a part of a sound, with the row's other columns as attributes."""
        passed = {*PATHS, "offset", "duration", "label", "text", "split", "objects"}
        fields: dict[str, AttributeValue] = {
            text(key, key): attribute(value, key)
            for key, value in row.items()
            if key not in passed and value is not None
        }
        found: list[tuple[str, Geometry, Origin]] = []
        if row.get("label") is not None:
            found.append((text(row["label"], "label"), AudioSegment(*segment), origin))
        if row.get("text") is not None:
            place = Origin(origin.file, 0, f"{origin.at}.text")
            found.append((CAPTION["audio"], Transcript(text(row["text"], "text"), *segment), place))
        for at, (label, geometry, place) in enumerate(found, first):
            yield Annotation(
                id=annotation_id(item.id, ordinal_key(at)),
                item_id=item.id,
                label=label,
                geometry=geometry,
                attributes=fields,
                origin=place,
            )


def read_sounds(tree: Tree, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
    """The sounds of a folder without a manifest: items, and nothing is said of them."""
    yield Taxonomy()
    for name in tree.names:
        if is_sound_name(name):
            path = tree.path(name)
            item = Item(id=item_id(name), kind="audio", name=name, split=split_of_path(name), origin=Origin(name))
            yield Entry(with_sound(item, path, limits), path)


def _transcribed(row: Row) -> Row:
    """A row with its transcript in the column `text`, whatever its own calls it."""
    column = next((each for each in TEXTS if row.get(each) is not None), "text")
    if column == "text":
        return row
    return {("text" if key == column else key): value for key, value in row.items() if key != "text"}
