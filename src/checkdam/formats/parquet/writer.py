"""Writing our own tables: one file for each split, beside the media."""

from collections.abc import Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from checkdam.formats.base import LossReport, MediaSource, Record
from checkdam.formats.output import check_item, place_media
from checkdam.formats.table import Row, written_annotations, written_row
from checkdam.formats.taxonomies import encoded_taxonomy
from checkdam.guard.paths import safe_name
from checkdam.schema import InputError, ItemKind, Taxonomy

TAXONOMY_KEY = b"checkdam.taxonomy"
FOLDER = "data"
_MOST_FILES = 64
_ROWS, _BYTES = 8192, 8 << 20


def _objects(box: Any) -> Any:
    texts = [(name, pa.string()) for name in ("categories", "geometry", "attributes", "id")]
    return pa.list_(pa.struct([("bbox", box), *texts]))


SCHEMA = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        ("split", pa.string()),
        ("text", pa.string()),
        ("label", pa.string()),
        ("objects", _objects(pa.list_(pa.float64()))),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("duration", pa.float64()),
        ("sample_rate", pa.int64()),
        ("source_id", pa.string()),
        ("metadata", pa.string()),
    ]
)
"""The columns of our own tables, as `checkdam.formats.table` describes them; `objects` as a list of rows."""

ONE_TABLE = SCHEMA.set(SCHEMA.get_field_index("objects"), pa.field("objects", _objects(pa.string())))
"""The same with boxes as four numbers in a text: a reader through pandas meets lists in lists as arrays, which
mlcroissant does not take for a box."""


@dataclass
class Written:
    """What was written: the tables, the splits in the order in which they came, and the endings of the media's names
    with what they are."""

    files: list[str] = field(default_factory=list)
    splits: dict[str, None] = field(default_factory=dict)
    endings: dict[str, ItemKind] = field(default_factory=dict)


def write_tables(
    folder: Path,
    taxonomy: Taxonomy,
    records: Iterable[Record],
    media: MediaSource | None,
    report: LossReport,
    *,
    one_table: bool = False,
) -> Written:
    """Writes the media and `data/SPLIT.parquet`; or all in one table, with boxes as Croissant's readers take them."""
    schema = (ONE_TABLE if one_table else SCHEMA).with_metadata({TAXONOMY_KEY: encoded_taxonomy(taxonomy, report)})
    (folder / FOLDER).mkdir()
    files: dict[str | None, _Part] = {}
    written = Written()
    with ExitStack() as stack:
        for item, annotations in records:
            if item.kind != "text":
                check_item(item)
                if item.name.startswith(f"{FOLDER}/") and item.name.endswith(".parquet"):
                    raise InputError(f"the item name {item.name!r} is that of a table", "rename the item")
                if place_media(folder, item, media, report):
                    written.endings.setdefault(Path(item.name).suffix, item.kind)
            row = written_row(item, annotations, report)
            report.wrote(written_annotations(row, item.kind))
            if item.split is not None:
                written.splits.setdefault(item.split)
            split = item.split if not one_table and (item.split in files or len(files) < _MOST_FILES) else None
            if split not in files:
                files[split] = stack.enter_context(_Part(folder, _file_name(split, written.files), schema))
                written.files.append(files[split].name)
            files[split].add({"name": item.name, "kind": item.kind} | row)
        if not files:
            written.files.append(_file_name(None, ()))
            stack.enter_context(_Part(folder, written.files[0], schema))
    return written


def _file_name(split: str | None, taken: Collection[str]) -> str:
    base = "all" if split is None else safe_name(split)
    names = (f"{FOLDER}/{base}{f'_{at}' if at else ''}.parquet" for at in range(_MOST_FILES + 1))
    return next(name for name in names if name.lower() not in {each.lower() for each in taken})


class _Part:
    """One file, written a row group at a time."""

    def __init__(self, folder: Path, name: str, schema: Any) -> None:
        self.name, self._schema = name, schema
        self._spelt = schema.field("objects").type.value_type.field("bbox").type == pa.string()
        self._writer = pq.ParquetWriter(folder / name, schema, compression="zstd")
        self._rows: list[Row] = []
        self._bytes = 0

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, row: Row) -> None:
        objects: Row = row.get("objects", {})
        columns = objects.items()
        listed = [{name: values[at] for name, values in columns} for at in range(len(objects.get("categories", ())))]
        if self._spelt:
            for each in listed:
                each["bbox"] = None if each["bbox"] is None else " ".join(map(repr, each["bbox"]))
        self._rows.append(row | {"objects": listed})
        self._bytes += 100 + 100 * len(listed) + len(row.get("text", "")) + len(row.get("metadata", ""))
        self._bytes += sum(len(shape) for shape in objects.get("geometry", ()))
        if len(self._rows) >= _ROWS or self._bytes >= _BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows, self._bytes = [], 0
