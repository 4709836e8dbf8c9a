"""From filters and sorts to SQL. Every value is bound; names of columns come from the lists below, or are looked up
among the metadata columns of the version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import structs

from checkdam.datasets.model import ItemFilter, ItemSort
from checkdam.schema import InputError
from checkdam.storage.cache import MetaColumn

META = "meta."

_SORTS = {
    "position": 'i."row"',
    "name": "i.name",
    "annotations": "i.annotations",
    "width": "i.width",
    "height": "i.height",
    "findings": "coalesce((SELECT count(*) FROM open_findings f WHERE f.item_id = i.id), 0)",
}

_CONDITIONS = {
    "label": (
        'i."row" IN (SELECT l.item_row FROM item_labels l'
        ' WHERE l.label IN (SELECT TRY_CAST(v AS "label") FROM unnest($label) t(v)))'
    ),
    "split": "coalesce(CAST(i.split AS VARCHAR), '') IN (SELECT v FROM unnest($split) t(v))",
    "kind": "CAST(i.kind AS VARCHAR) IN (SELECT v FROM unnest($kind) t(v))",
    "rule": ("i.id IN (SELECT f.item_id FROM open_findings f WHERE f.rule IN (SELECT v FROM unnest($rule) t(v)))"),
}


@dataclass(frozen=True)
class Where:
    """A condition on `items i`, and the values of its parameters."""

    sql: str
    parameters: dict[str, Any] = field(default_factory=dict)


def where(wanted: ItemFilter, metadata: Mapping[str, MetaColumn]) -> Where:
    """The condition for a filter. InputError for a metadata key that the version does not have."""
    parts: list[str] = []
    parameters: dict[str, Any] = {}
    for name, condition in _CONDITIONS.items():
        values: tuple[str, ...] = getattr(wanted, name)
        if values:
            parts.append(condition)
            parameters[name] = list(values)
    if wanted.q:
        parts.append("(contains(lower(i.name), lower($q)) OR contains(lower(coalesce(i.text, '')), lower($q)))")
        parameters["q"] = wanted.q
    for number, (key, values) in enumerate(sorted(wanted.metadata.items())):
        column = meta_column(metadata, key)
        if values:
            parts.append(f"coalesce({text_of(column)}, '') IN (SELECT v FROM unnest($meta{number}) t(v))")  # noqa: S608
            parameters[f"meta{number}"] = list(values)
    return Where(" AND ".join(parts) or "true", parameters)


def without(wanted: ItemFilter, field: str) -> ItemFilter:
    """The filter but for a field, or for `meta.KEY`: a facet counts what else one could have chosen in it."""
    if field.startswith(META):
        key = field.removeprefix(META)
        return structs.replace(wanted, metadata={name: of for name, of in wanted.metadata.items() if name != key})
    return structs.replace(wanted, **{field: ()})


def order(sort: ItemSort, metadata: Mapping[str, MetaColumn]) -> str:
    """What follows ORDER BY: unknown values last, ties by position. InputError for what cannot be sorted by."""
    if sort.by.startswith(META):
        by = f"i.{meta_column(metadata, sort.by.removeprefix(META)).column}"
    elif sort.by in _SORTS:
        by = _SORTS[sort.by]
    else:
        raise InputError(
            f"items cannot be sorted by {sort.by!r}", f"sort by {', '.join(_SORTS)} or meta.KEY with a metadata key"
        )
    return f'{by} {"DESC" if sort.descending else "ASC"} NULLS LAST, i."row"'


def meta_column(metadata: Mapping[str, MetaColumn], key: str) -> MetaColumn:
    if key not in metadata:
        known = ", ".join(metadata) or "none"
        raise InputError(f"the items have no metadata key {key!r}", f"the keys are: {known}")
    return metadata[key]


def text_of(column: MetaColumn) -> str:
    """SQL for a metadata value as text: what facets show is what filters take."""
    return f"CAST(i.{column.column} AS VARCHAR)"
