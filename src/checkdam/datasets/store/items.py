"""Questions about the items of a version, put to its cache."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from checkdam.datasets.model import Facets, FacetValue, ItemFilter, ItemSort, MetadataFacet
from checkdam.datasets.store.item_filter import META, order, text_of, where, without
from checkdam.datasets.store.open_findings import NAME, OpenFindings
from checkdam.datasets.store.orderings import Orderings, Rows, place_of
from checkdam.datasets.store.rows import lake_ref
from checkdam.schema import Annotation, DatasetVersion, Item, ItemKind
from checkdam.storage.cache import Cache, MetaColumn, Reader
from checkdam.storage.lake import Lake

RECORDS_AT_ONCE = 1_000
FACET_VALUES = 20
COVER = 4
_FACES = 256

Passes = Callable[[str], str]
"""From the SQL of an item's row to the condition that it passes the filter."""


@dataclass(frozen=True)
class Face:
    """What a list of datasets shows of a version: its kinds of items, the commonest first, and a few images' blobs."""

    kinds: tuple[ItemKind, ...]
    cover: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where an item lies among those that pass a filter; all None but `total` where it does not pass."""

    index: int | None
    previous: str | None
    next: str | None
    total: int


@dataclass(frozen=True)
class PageRows:
    """Items with their rows (`positions`), annotations, and how many open findings of each severity they have."""

    total: int
    items: list[Item]
    positions: dict[str, int]
    annotations: dict[str, list[Annotation]]
    findings: dict[str, dict[str, int]]


class ItemQueries:
    """Answers about any version of any dataset. InputError where a filter or sort speaks of what is not there."""

    def __init__(self, cache: Cache, lake: Lake, open_findings: OpenFindings) -> None:
        self._cache = cache
        self._lake = lake
        self._open = open_findings
        self._orderings = Orderings()
        self._lock = Lock()
        self._faces: OrderedDict[str, Face] = OrderedDict()

    def warm(self, version: DatasetVersion) -> None:
        """Builds the version's cache, so that the first who looks need not wait for it."""
        self._cache.open(lake_ref(version))

    def page(self, version: DatasetVersion, wanted: ItemFilter, sort: ItemSort, offset: int, limit: int) -> PageRows:
        reader, tables = self._reader(version)
        rows = self._ordered(version, reader, tables, wanted, sort)
        return self._rows(reader, tables, len(rows), [int(row) for row in rows[offset : offset + limit]])

    def one(self, version: DatasetVersion, item_id: str) -> PageRows:
        """That item alone; no items where the version does not have it."""
        reader, tables = self._reader(version)
        rows = reader.rows('SELECT "row" FROM items WHERE id = ?', [item_id])
        return self._rows(reader, tables, len(rows), [row for (row,) in rows])

    def place(self, version: DatasetVersion, item_id: str, wanted: ItemFilter, sort: ItemSort) -> Place:
        reader, tables = self._reader(version)
        rows = self._ordered(version, reader, tables, wanted, sort)
        own = reader.rows('SELECT "row" FROM items WHERE id = ?', [item_id])
        index = place_of(rows, own[0][0]) if own else None
        if index is None:
            return Place(None, None, None, len(rows))
        near = {at: int(rows[at]) for at in (index - 1, index + 1) if 0 <= at < len(rows)}
        ids = dict(reader.rows('SELECT "row", id FROM items WHERE "row" IN (SELECT unnest(?))', [list(near.values())]))
        names = {at: ids[row] for at, row in near.items()}
        return Place(index, names.get(index - 1), names.get(index + 1), len(rows))

    def facets(self, version: DatasetVersion, wanted: ItemFilter) -> Facets:
        reader, tables = self._reader(version)

        def ask(question: Callable[[Passes], str], leave_out: str) -> list[tuple[Any, ...]]:
            """What passes the filter is found once, not in each question."""
            rows = self._ordered(version, reader, tables, without(wanted, leave_out), ItemSort())
            if isinstance(rows, range):
                return reader.rows(question(lambda _: "true"), tables=tables)
            passing = {"passing": pa.table({"place": rows})}
            sql = question(lambda row: f"{row} IN (SELECT place FROM passing)")  # noqa: S608  # a name of our own
            return reader.rows(sql, tables={**tables, **passing})

        labels = ask(_labels, "label")
        splits = ask(lambda passes: _values_of("i.split", passes), "split")
        return Facets(
            version=version.number,
            total=len(self._ordered(version, reader, tables, wanted, ItemSort())),
            labels=tuple(FacetValue(value=name, items=items, annotations=many) for name, items, many in labels),
            # A dataset that knows no splits has no such facet.
            splits=() if [value for value, _ in splits] == [""] else _values(splits),
            kinds=_values(ask(lambda passes: _values_of("i.kind", passes), "kind")),
            rules=_values(ask(_rules, "rule")),
            metadata=tuple(
                _metadata(key, ask(partial(_metadata_values, reader.metadata[key]), META + key))
                for key in reader.metadata
            ),
        )

    def ready(self, version: DatasetVersion) -> bool:
        """Whether the version's cache is there already. To look up a few rows in the lake is cheaper than making it,
        and dearer than to look them up in it."""
        return self._cache.path(lake_ref(version)).exists()

    def subjects(
        self, version: DatasetVersion, item_ids: Sequence[str]
    ) -> tuple[dict[str, Item], dict[str, Annotation]]:
        """Those items, and all annotations on them, by id."""
        reader = self._cache.open(lake_ref(version))
        annotations = reader.annotations(item_ids) if item_ids else {}
        items = reader.items(item_ids) if item_ids else []
        return {item.id: item for item in items}, {one.id: one for found in annotations.values() for one in found}

    def label_counts(self, version: DatasetVersion) -> dict[str, int]:
        """How many annotations each label has."""
        reader = self._cache.open(lake_ref(version))
        return dict(reader.rows("SELECT label, CAST(sum(n) AS BIGINT) FROM item_labels GROUP BY label"))

    def records(self, version: DatasetVersion) -> Iterator[tuple[Item, list[Annotation]]]:
        """Every item with its annotations, in order; a thousand items are in memory at once."""
        reader = self._cache.open(lake_ref(version))
        for start in range(0, version.item_count, RECORDS_AT_ONCE):
            yield from reader.between(start, start + RECORDS_AT_ONCE)

    def rows_of(self, version: DatasetVersion, wanted: ItemFilter) -> NDArray[np.int64]:
        """The rows (places in the version) of the items that pass the filter, in order."""
        reader, tables = self._reader(version)
        condition = where(wanted, reader.metadata)
        sql = f'SELECT i."row" AS place FROM items i WHERE {condition.sql} ORDER BY 1'  # noqa: S608  # see item_filter
        found: NDArray[np.int64] = reader.query(sql, condition.parameters, tables=tables)["place"].to_numpy()
        return found.astype(np.int64)

    def rows_named(self, version: DatasetVersion, ids: Sequence[str]) -> dict[str, int]:
        """The rows of the items with those ids; one that is not there is left out."""
        reader = self._cache.open(lake_ref(version))
        return dict(reader.rows('SELECT id, "row" FROM items WHERE id IN (SELECT unnest(?))', [list(ids)]))

    def records_at(
        self, version: DatasetVersion, rows: Sequence[int] | NDArray[np.int64]
    ) -> list[tuple[Item, list[Annotation]]]:
        """The items in those rows, in the order of `rows`, with their annotations."""
        reader = self._cache.open(lake_ref(version))
        return reader.records([int(row) for row in rows])

    def face(self, version: DatasetVersion) -> Face:
        """From the first rows in the lake, so that a list of datasets does not make a cache of each."""
        with self._lock:
            kept = self._faces.get(version.urn)
        if kept is not None:
            return kept
        batch = next(self._lake.items(lake_ref(version), columns=["kind", "blob"]), None)
        kinds = Counter(batch.column("kind").to_pylist() if batch is not None else ())
        rows = () if batch is None else zip(*(batch.column(name).to_pylist() for name in ("kind", "blob")), strict=True)
        blobs = [blob for kind, blob in rows if blob and kind == "image"]
        face = Face(tuple(kind for kind, _ in kinds.most_common()), tuple(dict.fromkeys(blobs))[:COVER])
        with self._lock:
            self._faces[version.urn] = face
            while len(self._faces) > _FACES:
                self._faces.popitem(last=False)
        return face

    def _reader(self, version: DatasetVersion) -> tuple[Reader, dict[str, Any]]:
        """The cache of a version, and the tables that come from elsewhere."""
        return self._cache.open(lake_ref(version)), {NAME: self._open.table(version.dataset_id)}

    def _ordered(
        self, version: DatasetVersion, reader: Reader, tables: dict[str, Any], wanted: ItemFilter, sort: ItemSort
    ) -> Rows:
        condition, by = where(wanted, reader.metadata), order(sort, reader.metadata)

        def find() -> NDArray[Any]:
            sql = f'SELECT i."row" AS place FROM items i WHERE {condition.sql} ORDER BY {by}'  # noqa: S608
            found: NDArray[Any] = reader.query(sql, condition.parameters, tables=tables)["place"].to_numpy()
            return found

        return self._orderings.rows(version, wanted, sort, tables[NAME], find)

    def _rows(self, reader: Reader, tables: dict[str, Any], total: int, rows: list[int]) -> PageRows:
        """The items in those rows, in that order."""
        records = reader.records(rows)
        ids = [item.id for item, _ in records]
        findings: dict[str, dict[str, int]] = {}
        counted = reader.rows(
            "SELECT item_id, severity, count(*) FROM open_findings"
            " WHERE item_id IN (SELECT unnest($ids)) GROUP BY 1, 2",
            {"ids": ids},
            tables=tables,
        )
        for item_id, severity, many in counted:
            findings.setdefault(item_id, {})[severity] = many
        on = {item.id: annotations for item, annotations in records}
        return PageRows(total, [item for item, _ in records], dict(zip(ids, rows, strict=True)), on, findings)


def _labels(passes: Passes) -> str:
    return f"""
        SELECT CAST(label AS VARCHAR), items, annotations FROM (
            SELECT l.label, count(*) AS items, CAST(sum(l.n) AS BIGINT) AS annotations
            FROM item_labels l WHERE {passes("l.item_row")} GROUP BY l.label)
        ORDER BY 3 DESC, 1 LIMIT 1000"""  # noqa: S608  # names and conditions of our own


def _values_of(column: str, passes: Passes) -> str:
    return f"""
        SELECT coalesce(CAST(value AS VARCHAR), ''), items FROM (
            SELECT {column} AS value, count(*) AS items FROM items i WHERE {passes('i."row"')} GROUP BY {column})
        ORDER BY 1"""  # noqa: S608  # names and conditions of our own


def _rules(passes: Passes) -> str:
    return f"""
        SELECT f.rule, count(DISTINCT f.item_id) FROM open_findings f JOIN items i ON i.id = f.item_id
        WHERE {passes('i."row"')} GROUP BY 1 ORDER BY 2 DESC, 1"""  # noqa: S608  # names and conditions of our own


def _metadata_values(column: MetaColumn, passes: Passes) -> str:
    return f"""
        SELECT {text_of(column)} AS value, count(*), count(*) OVER () FROM items i
        WHERE {passes('i."row"')} AND i.{column.column} IS NOT NULL
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {FACET_VALUES}"""  # noqa: S608  # quoted names, conditions of our own


def _metadata(key: str, rows: Sequence[tuple[Any, ...]]) -> MetadataFacet:
    more = rows[0][2] - len(rows) if rows else 0
    return MetadataFacet(key=key, values=_values([(value, many) for value, many, _ in rows]), more=more)


def _values(rows: Sequence[tuple[Any, ...]]) -> tuple[FacetValue, ...]:
    return tuple(FacetValue(value=value, items=many) for value, many in rows)
