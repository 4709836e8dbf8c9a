"""Between versions and the lake's columns."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from checkdam.schema import Annotation, DatasetVersion, InputError, Item
from checkdam.storage.lake import Lake, LakeRef
from checkdam.storage.rows import ANNOTATION_SCHEMA, annotations_to_table, items_to_table, table_to_annotations


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
    """All annotations of a version as columns, by position: what `Frame.from_arrow` takes."""
    batches = lake.annotations(lake_ref(version), ordered=True)
    return pa.Table.from_batches(batches, schema=ANNOTATION_SCHEMA)


def annotation_of(row: Mapping[str, Any]) -> Annotation:
    """One row of `frame_table` as its struct."""
    return table_to_annotations(pa.Table.from_pylist([dict(row)], schema=ANNOTATION_SCHEMA))[0]


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
