"""Reads tables: an item for each file or text that they name, an annotation for each row that labels it."""

import json
import re
from collections import Counter
from collections.abc import Container, Iterator
from typing import Any

from checkdam.formats.base import Entry, Event
from checkdam.formats.exact import EXACT, decimal
from checkdam.formats.media import kind_named, with_sound
from checkdam.formats.seen import Seen
from checkdam.formats.table import read_geometry
from checkdam.formats.tabular.columns import Columns
from checkdam.formats.tabular.rows import Row, Table
from checkdam.formats.taxonomies import TAXONOMY_FILE, read_taxonomy, taxonomy_of
from checkdam.formats.tree import Beside, Tree, best_ending, plain_name, split_named, split_of_path, stem
from checkdam.formats.values import BadValueError, attribute, number, scalar, shown, size, text, whole_number
from checkdam.formats.xmlvalues import value_of
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Annotation,
    AttributeValue,
    Box,
    Category,
    Geometry,
    InputError,
    Item,
    Origin,
    Problems,
    Scalar,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
    own_key,
)

_WORD = re.compile(r"[_.\-]")

GUARDED = {"file": "filename"}
"""The name in the column `guarded` of a column that may be called otherwise."""

Said = tuple[str, Geometry, Box | None]
"""Label, geometry and declared box of an annotation."""


class TableReader:
    """Reads tables with their columns, in order. `read` is for one pass."""

    def __init__(
        self, tree: Tree | Beside, tables: list[tuple[Table, Columns]], problems: Problems, limits: InputLimits
    ) -> None:
        self._tree, self._tables, self._problems, self._limits = tree, tables, problems, limits
        self._items: dict[str, str] = {}  # from an item's name to its id
        self._texts: dict[str, int] = {}  # from the name of a text to the line that gives it
        self._counts: Counter[str] = Counter()
        self._seen = Seen()
        self._places: dict[tuple[str, str], tuple[str, bool]] = {}

    def events(self) -> Iterator[Event]:
        """The taxonomy, then each row's item, if it is new, and annotations."""
        yield self._taxonomy()
        for table, columns in self._tables:
            for row in table.rows(columns, self._problems):
                try:
                    entry, item = self._item(table, columns, row)
                except BadValueError as error:
                    self._tell(table, row, error)
                    continue
                if entry is not None:
                    yield entry
                yield from self._annotations(table, columns, row, item)

    def places(self, items: Container[str]) -> Iterator[tuple[str, Origin]]:
        """The rows about these items, each with the item's id."""
        for table, columns in self._tables:
            for row in table.rows(columns, Problems()):
                try:
                    _, item = self._item(table, columns, row)
                except BadValueError:
                    continue
                if item in items:
                    yield item, Origin(table.name, row.line)

    def _tell(self, table: Table, row: Row, error: BadValueError) -> None:
        where = f"{table.name}:{row.line}" + (f".{error.path}" if error.path else "")
        self._problems.add(where, error.what, error.remedy or "mend the cell")

    def _taxonomy(self) -> Taxonomy:
        for base in dict.fromkeys(table.name.rpartition("/")[0] for table, _ in self._tables):
            if found := read_taxonomy(self._tree.root / base, self._problems, self._limits):
                return found
        names: set[str] = set()
        for table, columns in self._tables:
            names.update(columns.names[at].strip() for at in columns.flags)
            if "label" in columns.places:
                cells = (cell(row, columns, "label") for row in table.rows(columns, Problems()))
                names.update(label for label in cells if label)
        return taxonomy_of(names)

    def _item(self, table: Table, columns: Columns, row: Row) -> tuple[Entry | None, str]:
        """The item's id, and its entry where it is met for the first time."""
        split = self._split(table, columns, row)
        if "file" in columns.places:
            name, there = self._locate(table, cell(row, columns, "file"))
            if name in self._items:
                return None, self._items[name]
            kind = columns.kind or kind_named(name) or "image"
            item = self._new(table, columns, row, Item(id=item_id(name), kind=kind, name=name, split=split))
            media = self._tree.path(name) if there else None
            return Entry(with_sound(item, media, self._limits), media), item.id
        content = text(cell(row, columns, "text"), "text")
        given = text(cell(row, columns, "id"), "id") if "id" in columns.places else ""
        name = given or f"{table.name}:{row.line}"
        if name in self._items:
            if content:
                told = f"{shown(name)} is that of line {self._texts[name]} too"
                raise BadValueError("id", told, "give each text its own id")
            return None, self._items[name]
        self._texts[name] = row.line
        plain = Item(id=item_id(name), kind="text", name=name, text=content, split=split, source_id=given or None)
        return Entry(self._new(table, columns, row, plain)), plain.id

    def _new(self, table: Table, columns: Columns, row: Row, item: Item) -> Item:
        """An item with what its first row says of it."""
        metadata = _object(cell(row, columns, "metadata"), "metadata")
        fields: dict[str, Scalar] = {
            text(key, "metadata"): scalar(value, "metadata") for key, value in metadata.items()
        }
        if columns.corners is None and "geometry" not in columns.places:
            fields |= {key: value for key, value in _others(columns, row).items() if not isinstance(value, tuple)}
        own = text(cell(row, columns, "source_id"), "source_id") or None
        rate = _whole(row, columns, "sample_rate")
        found = Item(
            id=item.id,
            kind=item.kind,
            name=item.name,
            text=item.text,
            width=_whole(row, columns, "width") if item.kind == "image" else None,
            height=_whole(row, columns, "height") if item.kind == "image" else None,
            duration=_seconds(cell(row, columns, "duration")),
            sample_rate=rate,
            split=item.split,
            metadata=fields,
            source_id=own if "source_id" in columns.places else item.source_id,
            origin=Origin(table.name, row.line),
        )
        self._items[item.name] = item.id
        return found

    def _split(self, table: Table, columns: Columns, row: Row) -> str | None:
        if "split" in columns.places:
            given = text(cell(row, columns, "split"), "split")
            return (given if self._exact(table) else split_named(given) or given) or None
        words = _WORD.split(stem(table.name).rpartition("/")[2])  # `train_labels.csv`
        return next(filter(None, map(split_named, words)), None) or split_of_path(table.name)

    def _exact(self, table: Table) -> bool:
        """Whether the names in a table are those of the items, since our writer wrote it."""
        return (self._tree.root / table.name.rpartition("/")[0] / TAXONOMY_FILE).is_file()

    def _locate(self, table: Table, given: str) -> tuple[str, bool]:
        """The name of the item for a file's name, and whether it is there. What was found once is kept."""
        if (table.name, given) in self._places:
            return self._places[table.name, given]
        if "://" in given:
            raise BadValueError("file", f"{shown(given)} is an address", "name a file below the folder")
        try:
            plain = plain_name(text(given, "file"))
        except InputError as error:
            raise BadValueError("file", error.detail, error.remedy) from error
        folder = table.name.rpartition("/")[0]
        home = f"{folder}/" if folder else ""
        near = (home + plain,) if self._exact(table) else (home + plain, f"{home}images/{plain}", plain)
        found = next(filter(None, map(self._tree.find, near)), None)
        if found is None and not self._exact(table):
            best = best_ending(self._tree, plain, None, home)
            if len(best) > 1:
                told = f"{shown(given)} fits {best[0]} and {best[1]}"
                raise BadValueError("file", told, "give its folder")
            found = best[0] if best else None
        self._places[table.name, given] = (home + plain if self._exact(table) else found or home + plain), bool(found)
        return self._places[table.name, given]

    def _annotations(self, table: Table, columns: Columns, row: Row, item: str) -> Iterator[Annotation]:
        try:
            said = read_row(columns, row, self._limits)
            attributes = row_attributes(columns, row)
            own = text(cell(row, columns, "annotation_id"), "annotation_id") or None
            flags = read_flags(columns, row)
        except BadValueError as error:
            self._tell(table, row, error)
            return
        place = f"{table.name}:{row.line}"
        if said is not None:
            key = self._key(item, own, place)
            label, geometry, box = said
            yield Annotation(
                id=annotation_id(item, key),
                item_id=item,
                label=label,
                geometry=geometry,
                box=box,
                attributes=attributes,
                source_id=own,
                origin=Origin(table.name, row.line),
            )
        for at in flags:
            yield Annotation(
                id=annotation_id(item, self._key(item, None, place)),
                item_id=item,
                label=columns.names[at].strip(),
                geometry=Category(),
                origin=Origin(table.name, at, f"{row.line}.cells"),
            )

    def _key(self, item: str, own: str | None, place: str) -> str:
        key = own_key(own) if own else ordinal_key(self._counts[item])
        if own and not self._seen.add(f"{item}/{own}"):
            key += f"#{place}"
            self._problems.add(f"{place}.annotation_id", f"{shown(own)} is given twice", "give each its own id")
        self._counts[item] += 1
        return key


def cell(row: Row, columns: Columns, role: str) -> str:
    """A cell by what its column means, without the sign that guards it against spreadsheets; empty where there is no
    such column."""
    at = columns.places.get(role)
    if at is None:
        return ""
    guarded = columns.places.get("guarded")
    found = row.cells[at]
    if guarded is not None and found[:1] == "'":
        named = row.cells[guarded].split()
        return found[1:] if columns.names[at] in named or GUARDED.get(role) in named else found
    return found


def read_row(columns: Columns, row: Row, limits: InputLimits) -> Said | None:
    """What a row says of its item; None where it says nothing. Raises `BadValueError`."""
    label = text(cell(row, columns, "label"), "label")
    box = _box(columns, row, limits)
    written = cell(row, columns, "geometry")
    if not label and box is None and not written:
        return None
    if not label:
        raise BadValueError("label", "is empty", "name the class, or leave the whole row empty")
    if written:
        return label, read_geometry(written, "geometry", limits), box
    return (label, box, None) if box else (label, Category(), None)


def _box(columns: Columns, row: Row, limits: InputLimits) -> Box | None:
    if columns.corners is None:
        return None
    cells = [row.cells[at] for at in columns.corners]
    if not any(each.strip() for each in cells):
        return None
    values = []
    for at, each in zip(columns.corners, cells, strict=True):
        value = decimal(each, limits)
        if value is None:
            raise BadValueError(columns.names[at].strip(), f"is {shown(each)}, not a finite number", "give a number")
        values.append(value)
    left, top, right, bottom = values
    if not columns.sized:
        right, bottom = EXACT.subtract(right, left), EXACT.subtract(bottom, top)
    box = Box(float(left), float(top), float(right), float(bottom))
    if max(abs(box.width), abs(box.height)) == float("inf"):
        raise BadValueError("", "the box is larger than any number", "give the corners in pixels")
    return box


def read_flags(columns: Columns, row: Row) -> list[int]:
    """The columns named after labels in which a row says yes."""
    found = []
    for at in columns.flags:
        given = row.cells[at].strip().lower()
        if given in ("1", "1.0", "true"):
            text(columns.names[at].strip(), "header")
            found.append(at)
        elif given not in ("0", "0.0", "false", ""):
            raise BadValueError(columns.names[at].strip(), f"is {shown(row.cells[at])}, not 0 or 1", "give 0 or 1")
    return found


def row_attributes(columns: Columns, row: Row) -> dict[str, AttributeValue]:
    """The attributes of a row's annotation: those of the column `attributes`, and the columns that we do not know."""
    given = _object(cell(row, columns, "attributes"), "attributes")
    found = {text(key, "attributes"): attribute(value, f"attributes.{key}") for key, value in given.items()}
    if columns.corners is not None or "geometry" in columns.places:
        return _others(columns, row) | found
    return found


def _others(columns: Columns, row: Row) -> dict[str, AttributeValue]:
    return {
        text(columns.names[at].strip(), "header"): value_of(text(row.cells[at], columns.names[at].strip()))
        for at in columns.others
        if row.cells[at]
    }


def _object(written: str, name: str) -> dict[str, Any]:
    """A JSON object in a cell; any other text is a field of the column's name."""
    if not written:
        return {}
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {name: written}


def _whole(row: Row, columns: Columns, role: str) -> int | None:
    written = cell(row, columns, role).strip()
    if not written:
        return None
    found = whole_number(written.removesuffix(".0"))
    return size(written if found is None else found, role)


def _seconds(written: str) -> float | None:
    if not written.strip():
        return None
    try:
        return number(float(written) if len(written) < 40 else written, "duration")
    except ValueError as error:
        raise BadValueError("duration", f"is {shown(written)}, not a number", "give seconds") from error
