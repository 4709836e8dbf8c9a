"""Between versions and the lake's columns."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from checkdam.schema import Annotation, DatasetVersion, InputError, Item
from checkdam.storage.lake import Lake, LakeRef
from checkdam.storage.rows import ANNOTATION_SCHEMA, annotations_to_table, items_to_table, row_to_annotation

_BATCHES_A_PIECE = 32
_REPEATING = frozenset({"item_id", "label", "kind", "origin_file", "origin_array"})
_FRAME_SCHEMA = pa.schema(
    [
        field.with_type(pa.dictionary(pa.int32(), pa.string())) if field.name in _REPEATING else field
        for field in ANNOTATION_SCHEMA
        if field.name not in {"position", "start", "end", "hash"}
    ]
)


def lake_ref(version: DatasetVersion) -> LakeRef:
    """Where a version lies in the lake."""
    return LakeRef(
        version.items_ref,
        version.annotations_ref,
        version.content_hash,
        version.item_count,
        version.annotation_count,
    )


def frame_table(lake: Lake, version: DatasetVersion) -> pa.Table:
    """The annotations of a version as columns, by position: what `Frame.from_arrow` takes. Texts that come again and
    again are held once a batch: some 120 bytes a row."""
    ref = lake_ref(version)
    # An import lays its rows down in order; only a version made by edits has to be sorted, which takes memory.
    columns = [*_FRAME_SCHEMA.names, "position"]  # Lance sorts by what it gives only
    batches = lake.annotations(ref, columns=columns, ordered=not _in_order(lake, ref))
    whole = map(_repeats_once, batches)
    parts = []
    while some := list(islice(whole, _BATCHES_A_PIECE)):
        # Copied together: a batch of Lance's holds on to twice what is in it.
        parts.append(pa.Table.from_batches(some, schema=_FRAME_SCHEMA).combine_chunks())
    return pa.concat_tables(parts) if parts else _FRAME_SCHEMA.empty_table()


def annotation_of(row: Mapping[str, Any]) -> Annotation:
    """One row of `frame_table` as its struct."""
    return row_to_annotation(row)


def _in_order(lake: Lake, ref: LakeRef) -> bool:
    last = -1
    for batch in lake.annotations(ref, columns=["position"]):
        positions = batch.column(0).to_numpy()
        if len(positions) and (positions[0] < last or (positions[1:] < positions[:-1]).any()):
            return False
        last = positions[-1] if len(positions) else last
    return True


def _repeats_once(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        batch.column(name).dictionary_encode() if name in _REPEATING else batch.column(name)
        for name in _FRAME_SCHEMA.names
    ]
    return pa.RecordBatch.from_arrays(columns, schema=_FRAME_SCHEMA)


def unstorable(row: Item | Annotation) -> str | None:
    """Why the lake cannot keep an item or annotation; None if it can."""
    try:
        _convert([row])
    except InputError as error:
        return error.detail
    return None


def storable(rows: Sequence[Item | Annotation]) -> bool:
    """Whether the lake can keep all of these rows."""
    try:
        _convert(rows)
    except InputError:
        return False
    return True


def _convert(rows: Sequence[Item | Annotation]) -> None:
    items = [row for row in rows if isinstance(row, Item)]
    annotations = [row for row in rows if isinstance(row, Annotation)]
    items_to_table(items, range(len(items)))
    annotations_to_table(annotations, range(len(annotations)))
