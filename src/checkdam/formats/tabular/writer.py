"""Writes tables: `images.csv`, `sounds.csv` and `texts.csv`, a row for each annotation, media at the items' names.

A cell that a spreadsheet would take for a formula begins with an apostrophe, and the column `guarded` names the columns
of the row that do: a text cannot run anything where the file is opened, and comes back whole where it is read. Numbers
are not guarded. See https://owasp.org/www-community/attacks/CSV_Injection.
"""

import csv
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from checkdam.formats.base import LossReport, MediaSource, Record
from checkdam.formats.exact import NUMBER, sum_text
from checkdam.formats.media import kind_named
from checkdam.formats.output import check_item, finite, new_folder, place_media, report_item, where
from checkdam.formats.table import read_geometry
from checkdam.formats.tabular.reader import GUARDED
from checkdam.formats.taxonomies import TAXONOMY_FILE, write_taxonomy
from checkdam.formats.values import BadValueError, unfit, writable
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.schema import (
    Annotation,
    AttributeValue,
    Box,
    Category,
    InputError,
    Item,
    ItemKind,
    MultiCategory,
    Taxonomy,
    Transcript,
    geometry_kind,
)

FILES: dict[ItemKind, str] = {"image": "images.csv", "audio": "sounds.csv", "text": "texts.csv"}
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_ITEM = ("width", "height", "duration", "sample_rate", "split", "source_id")
_COLUMNS = ("file", "id", "text", *_ITEM[:4], "label", *_CORNERS)
_LAST = ("split", "source_id", "annotation_id", "geometry", "attributes", "metadata", "guarded")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Cells = dict[str, str]


def write_tables(target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None) -> LossReport:
    """Writes the folder `target`, one item at a time."""
    report = LossReport()
    tables: dict[ItemKind, _Sheet] = {}
    with new_folder(target) as folder:
        write_taxonomy(folder, taxonomy, report)
        for item, annotations in records:
            _check(item, annotations)
            if item.kind not in tables:
                tables[item.kind] = _Sheet(folder, item.kind)
            if item.kind != "text":
                place_media(folder, item, media, report)
            rows = _rows(item, annotations, report)
            report.wrote(sum("label" in row for row in rows))
            for row in rows:
                tables[item.kind].add(row)
        for kind, sheet in (tables or {"image": _Sheet(folder, "image")}).items():
            sheet.finish(folder / FILES[kind])
    return report


def _check(item: Item, annotations: Sequence[Annotation]) -> None:
    """`InputError` for an item whose texts no file could hold, or whose file would lie elsewhere."""
    if item.kind != "text":
        check_item(item)
    if item.name in (TAXONOMY_FILE, *FILES.values()) or not item.name:
        raise InputError(f"the item name {item.name!r} is that of a file of labels", "rename the item")
    texts = [item.name, item.text or "", item.split or "", item.source_id or ""]
    for each in annotations:
        texts += [each.label, each.source_id or ""]
        texts += each.geometry.labels if isinstance(each.geometry, MultiCategory) else ()
        texts += [each.geometry.text] if isinstance(each.geometry, Transcript) else ()
    if reason := next((reason for each in texts if (reason := unfit(each))), None):
        raise InputError(f"the item {item.name!r} {reason}", "remove the character")


def _rows(item: Item, annotations: Sequence[Annotation], report: LossReport) -> list[Cells]:
    """The rows of an item; the first says what there is to say of the item."""
    head = _item_cells(item, report)
    found: list[Cells] = []
    ids: set[str] = set()
    for annotation in annotations:
        place = where(item, annotation)
        row = written_annotation(annotation, place, report)
        if row is None:
            continue
        if row.get("annotation_id") in ids:
            report.add("annotations' ids, which are given twice", place)
            del row["annotation_id"]
        ids.add(row.get("annotation_id", ""))
        again = ("id",) if item.kind == "text" else ("file", "width", "height", "split")
        found.append((head if not found else {key: head[key] for key in again if key in head}) | row)
    return found or [head]


def _item_cells(item: Item, report: LossReport) -> Cells:
    found: Cells = {"id": item.name, "text": item.text or ""} if item.kind == "text" else {"file": item.name}
    held = {"width", "height"} if item.kind == "image" else {"text"} if item.kind == "text" else set()
    report_item(item, report, frozenset({*held, "duration", "sample_rate", "split", "source_id", "metadata"}))
    if item.kind == "text" and item.text is None:
        report.add("items without a text, written as empty ones", item.name)
    for key in _ITEM:
        value = getattr(item, key)
        if value is None or (key in ("width", "height") and key not in held):
            continue
        sound = value != "" if isinstance(value, str) else 0 <= value < 2**31
        if sound:
            found[key] = repr(value) if isinstance(value, float) else str(value)
        else:
            report.add(f"items' {key}", item.name)
    metadata = _json(item.metadata, item.name, "items' metadata", report)
    return found | ({"metadata": metadata} if metadata else {})


def _json(fields: Mapping[str, AttributeValue], place: str, what: str, report: LossReport) -> str:
    held = {key: value for key, value in fields.items() if writable(key) and writable(value)}
    for key in fields.keys() - held.keys():
        report.add(what, f"{place}: {key}")
    return json.dumps(held, ensure_ascii=False, allow_nan=False) if held else ""


def written_annotation(annotation: Annotation, place: str, report: LossReport) -> Cells | None:
    """The cells of an annotation; None (and a loss) if a table cannot hold it."""
    geometry, box = annotation.geometry, annotation.box
    if not annotation.label:
        report.add("annotations without a label", place)
        return None
    found: Cells = {"label": annotation.label}
    corners = geometry if isinstance(geometry, Box) and box is None else box
    try:
        if not (isinstance(geometry, Box | Category) and (box is None)):
            written = msgspec.json.encode(geometry).decode()
            if not finite(geometry) or read_geometry(written, "", DEFAULT_LIMITS) != geometry:
                raise BadValueError("", "comes back otherwise")  # noqa: TRY301 (one way out for all that is not held)
            found["geometry"] = written
        if corners is not None:
            found |= written_corners(corners)
    except (BadValueError, OverflowError):
        report.add(f"annotations of kind {geometry_kind(geometry)}", place)
        return None
    if annotation.source_id:
        found["annotation_id"] = annotation.source_id
    elif annotation.source_id is not None:
        report.add("annotations' ids that are empty", place)
    attributes = _json(annotation.attributes, place, "attributes", report)
    return found | ({"attributes": attributes} if attributes else {})


def written_corners(box: Box) -> Cells:
    """The corners of a box, exactly. Raises `OverflowError` if they are no finite numbers."""
    if not finite(box):
        raise OverflowError("the box is not finite")
    near = [sum_text(value, 0.0) for value in (box.x, box.y)]
    far = [sum_text(box.x, box.width), sum_text(box.y, box.height)]
    return dict(zip(_CORNERS, (*near, *far), strict=True))


class _Sheet:
    """The rows of a table, in a temporary file until it is known which columns they need."""

    def __init__(self, folder: Path, kind: ItemKind) -> None:
        self._rows: IO[str] = _scratch(folder)
        self._kind = kind
        self._used: dict[str, None] = dict.fromkeys(("id", "text", "label") if kind == "text" else ("file", "label"))
        self._plain = True

    def add(self, row: Cells) -> None:
        guarded = [name for name, value in row.items() if is_formula(value)]
        row = {name: f"'{value}" if name in guarded else value for name, value in row.items()}
        if guarded:
            row["guarded"] = " ".join(GUARDED.get(name, name) for name in guarded)
        if "file" in row and kind_named(row["file"]) not in (None, "image"):
            self._plain = False
        self._used |= dict.fromkeys(row)
        self._rows.write(json.dumps(row) + "\n")

    def finish(self, path: Path) -> None:
        columns = [name for name in (*_COLUMNS, *_LAST) if name in self._used]
        file = "audio" if self._kind == "audio" else "filename" if self._plain else "image"
        header = [file if name == "file" else name for name in columns]
        self._rows.seek(0)
        with self._rows, path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(header)
            for line in self._rows:
                row = json.loads(line)
                writer.writerow([row.get(name, "") for name in columns])


def _scratch(folder: Path) -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=folder)


def is_formula(value: str) -> bool:
    """Whether a spreadsheet would compute a cell."""
    return value.startswith(_FORMULA) and not NUMBER.fullmatch(value)
