"""Questions about the items of a version, put to its cache."""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from checkdam.datasets.model import Facets, FacetValue, ItemFilter, ItemSort, MetadataFacet
from checkdam.datasets.store.item_filter import META, Where, meta_column, order, text_of, where
from checkdam.datasets.store.open_findings import NAME, OpenFindings
from checkdam.datasets.store.rows import lake_ref
from checkdam.schema import Annotation, DatasetVersion, Item, ItemKind
from checkdam.storage.cache import Cache, Reader
from checkdam.storage.lake import Lake

RECORDS_AT_ONCE = 1_000
FACET_VALUES = 20
COVER = 4
_FACES = 256


@dataclass(frozen=True)
class Face:
    """What a list of datasets shows of a version: its commonest kind of item, and the first few blobs."""

    kind: ItemKind | None
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
        self._lock = Lock()
        self._faces: OrderedDict[str, Face] = OrderedDict()

    def warm(self, version: DatasetVersion) -> None:
        """Builds the version's cache, so that the first who looks need not wait for it."""
        self._cache.open(lake_ref(version))

    def page(self, version: DatasetVersion, wanted: ItemFilter, sort: ItemSort, offset: int, limit: int) -> PageRows:
        reader, tables = self._reader(version)
        condition = where(wanted, reader.metadata)
        total = self._total(reader, condition, tables)
        sql = (
            f'SELECT i.id, i."row" FROM items i WHERE {condition.sql}'  # noqa: S608  # see item_filter
            f" ORDER BY {order(sort, reader.metadata)} LIMIT $limit OFFSET $offset"
        )
        rows = reader.rows(sql, {**condition.parameters, "limit": limit, "offset": offset}, tables=tables)
        return self._rows(reader, tables, total, dict(rows))

    def one(self, version: DatasetVersion, item_id: str) -> PageRows:
        """That item alone; no items where the version does not have it."""
        reader, tables = self._reader(version)
        rows = reader.rows('SELECT id, "row" FROM items WHERE id = ?', [item_id])
        return self._rows(reader, tables, len(rows), dict(rows))

    def place(self, version: DatasetVersion, item_id: str, wanted: ItemFilter, sort: ItemSort) -> Place:
        reader, tables = self._reader(version)
        condition = where(wanted, reader.metadata)
        sql = (
            "SELECT n - 1, before, after, total FROM ("  # noqa: S608  # see item_filter
            " SELECT i.id, row_number() OVER w AS n, lag(i.id) OVER w AS before, lead(i.id) OVER w AS after,"
            f" count(*) OVER () AS total FROM items i WHERE {condition.sql}"
            f" WINDOW w AS (ORDER BY {order(sort, reader.metadata)})) WHERE id = $wanted_id"
        )
        rows = reader.rows(sql, {**condition.parameters, "wanted_id": item_id}, tables=tables)
        if rows:
            index, previous, following, total = rows[0]
            return Place(index, previous, following, total)
        return Place(None, None, None, self._total(reader, condition, tables))

    def facets(self, version: DatasetVersion, wanted: ItemFilter) -> Facets:
        reader, tables = self._reader(version)

        def ask(sql: str, leave_out: str) -> list[tuple[Any, ...]]:
            condition = where(wanted, reader.metadata, leave_out)
            return reader.rows(sql.format(where=condition.sql), condition.parameters, tables=tables)

        labels = ask(
            "SELECT CAST(a.label AS VARCHAR), count(DISTINCT a.item_row), count(*) FROM annotations a"
            ' WHERE a.item_row IN (SELECT i."row" FROM items i WHERE {where})'
            " GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 1000",
            "label",
        )
        rules = ask(
            "SELECT f.rule, count(DISTINCT f.item_id) FROM open_findings f"
            " WHERE f.item_id IN (SELECT i.id FROM items i WHERE {where}) GROUP BY 1 ORDER BY 2 DESC, 1",
            "rule",
        )
        one = "SELECT coalesce(CAST(i.{0} AS VARCHAR), ''), count(*) FROM items i WHERE {{where}} GROUP BY 1 ORDER BY 1"
        splits = ask(one.format("split"), "split")
        return Facets(
            version=version.number,
            total=self._total(reader, where(wanted, reader.metadata), tables),
            labels=tuple(FacetValue(value=name, items=items, annotations=many) for name, items, many in labels),
            # A dataset that knows no splits has no such facet.
            splits=() if [value for value, _ in splits] == [""] else _values(splits),
            kinds=_values(ask(one.format("kind"), "kind")),
            rules=_values(rules),
            metadata=tuple(self._metadata(reader, key, wanted, tables) for key in reader.metadata),
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
        return dict(reader.rows("SELECT CAST(label AS VARCHAR), count(*) FROM annotations GROUP BY 1"))

    def records(self, version: DatasetVersion) -> Iterator[tuple[Item, list[Annotation]]]:
        """Every item with its annotations, in order; a thousand items are in memory at once."""
        reader = self._cache.open(lake_ref(version))
        for start in range(0, version.item_count, RECORDS_AT_ONCE):
            rows = reader.rows('SELECT id FROM items WHERE "row" >= ? AND "row" < ?', [start, start + RECORDS_AT_ONCE])
            ids = [item_id for (item_id,) in rows]
            annotations = reader.annotations(ids)
            for item in reader.items(ids):
                yield item, annotations[item.id]

    def face(self, version: DatasetVersion) -> Face:
        """From the first rows in the lake, so that a list of datasets does not make a cache of each."""
        with self._lock:
            kept = self._faces.get(version.urn)
        if kept is not None:
            return kept
        batch = next(self._lake.items(lake_ref(version), columns=["kind", "blob"]), None)
        kinds = Counter(batch.column("kind").to_pylist() if batch is not None else ())
        blobs = [blob for blob in (batch.column("blob").to_pylist() if batch is not None else ()) if blob]
        face = Face(kinds.most_common(1)[0][0] if kinds else None, tuple(dict.fromkeys(blobs))[:COVER])
        with self._lock:
            self._faces[version.urn] = face
            while len(self._faces) > _FACES:
                self._faces.popitem(last=False)
        return face

    def _reader(self, version: DatasetVersion) -> tuple[Reader, dict[str, Any]]:
        """The cache of a version, and the tables that come from elsewhere."""
        return self._cache.open(lake_ref(version)), {NAME: self._open.table(version.dataset_id)}

    def _total(self, reader: Reader, condition: Where, tables: dict[str, Any]) -> int:
        sql = f"SELECT count(*) FROM items i WHERE {condition.sql}"  # noqa: S608  # see item_filter
        total: int = reader.rows(sql, condition.parameters, tables=tables)[0][0]
        return total

    def _rows(self, reader: Reader, tables: dict[str, Any], total: int, positions: dict[str, int]) -> PageRows:
        """`positions` gives the items, in the order of the page, and their rows."""
        ids: Sequence[str] = list(positions)
        items = {item.id: item for item in reader.items(ids)} if ids else {}
        findings: dict[str, dict[str, int]] = {}
        counted = reader.rows(
            "SELECT item_id, severity, count(*) FROM open_findings"
            " WHERE item_id IN (SELECT unnest($ids)) GROUP BY 1, 2",
            {"ids": ids},
            tables=tables,
        )
        for item_id, severity, many in counted:
            findings.setdefault(item_id, {})[severity] = many
        return PageRows(total, [items[key] for key in ids], positions, reader.annotations(ids) if ids else {}, findings)

    def _metadata(self, reader: Reader, key: str, wanted: ItemFilter, tables: dict[str, Any]) -> MetadataFacet:
        column = meta_column(reader.metadata, key)
        condition = where(wanted, reader.metadata, META + key)
        sql = (
            f"SELECT {text_of(column)} AS value, count(*), count(*) OVER ()"  # noqa: S608  # see item_filter
            f" FROM items i WHERE {condition.sql} AND i.{column.column} IS NOT NULL"
            f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {FACET_VALUES}"
        )
        rows = reader.rows(sql, condition.parameters, tables=tables)
        more = rows[0][2] - len(rows) if rows else 0
        return MetadataFacet(key=key, values=_values([(value, many) for value, many, _ in rows]), more=more)


def _values(rows: Sequence[tuple[Any, ...]]) -> tuple[FacetValue, ...]:
    return tuple(FacetValue(value=value, items=many) for value, many in rows)
