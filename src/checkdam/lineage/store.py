"""The edges of the lineage graph, in SQL. Knows URNs, not what they stand for, and calls nobody."""

from collections.abc import Collection, Iterable
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from checkdam.schema import LimitError, LineageEdge
from checkdam.storage.sql import database_now, iso, parse_iso, reading, transaction
from checkdam.storage.sql.tables import lineage_edge

Direction = Literal["up", "down", "both"]
_URNS_A_QUERY = 500


class Lineage:
    """Records and walks edges. A graph with a cycle (there should be none) is walked once around and no further."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def record(self, edges: Iterable[LineageEdge], connection: sa.Connection | None = None) -> None:
        """Adds the edges that are not there yet; those that are stay as they were. In the caller's transaction if
        `connection` is given, so that a thing and its lineage appear together."""
        rows = [_row(edge) for edge in edges]
        if not rows:
            return
        if connection is None:
            with transaction(self._engine) as own:
                self._insert(own, rows)
        else:
            self._insert(connection, rows)

    def parents(self, urn: str) -> list[LineageEdge]:
        """The edges that lead up from `urn`: what it was made from."""
        return self.walk(urn, "up", depth=1)

    def children(self, urn: str) -> list[LineageEdge]:
        """The edges that lead down from `urn`: what was made from it."""
        return self.walk(urn, "down", depth=1)

    def walk(self, urn: str, direction: Direction, depth: int = 10, limit: int = 10_000) -> list[LineageEdge]:
        """The edges within `depth` steps up, down, or up and down from `urn`, nearest first, each once.

        "both" gives the ancestors and the descendants, not the descendants of ancestors. Raises LimitError where there
        are more than `limit`.
        """
        with reading(self._engine) as connection:
            found: dict[tuple[str, str, str], LineageEdge] = {}
            if direction in ("up", "both"):
                found |= _climb(connection, urn, "up", depth, limit)
            if direction in ("down", "both"):
                found |= _climb(connection, urn, "down", depth, limit)
        return list(found.values())

    def _insert(self, connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
        insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(lineage_edge)
        for row in rows:
            connection.execute(insert.values(**row).on_conflict_do_nothing())


def _climb(
    connection: sa.Connection, urn: str, direction: Direction, depth: int, limit: int
) -> dict[tuple[str, str, str], LineageEdge]:
    here, there = ("child", "parent") if direction == "up" else ("parent", "child")
    found: dict[tuple[str, str, str], LineageEdge] = {}
    seen, level = {urn}, {urn}
    for _ in range(depth):
        edges = _edges(connection, here, level, limit + 1)
        found |= {(edge.parent, edge.child, edge.relation): edge for edge in edges}
        if len(found) > limit:
            raise LimitError(f"more than {limit} edges lie {direction} of {urn}", "walk fewer steps")
        level = {getattr(edge, there) for edge in edges} - seen
        seen |= level
        if not level:
            break
    return found


def _edges(connection: sa.Connection, column: str, urns: Collection[str], limit: int) -> list[LineageEdge]:
    ordered, edges = sorted(urns), []
    table = lineage_edge.c
    for start in range(0, len(ordered), _URNS_A_QUERY):
        query = (
            sa.select(lineage_edge)
            .where(table[column].in_(ordered[start : start + _URNS_A_QUERY]))
            .order_by(table.created_at, table.parent, table.child, table.relation)
            .limit(limit)
        )
        edges += [_edge(row) for row in connection.execute(query)]
    return edges


def _row(edge: LineageEdge) -> dict[str, Any]:
    return {
        "parent": edge.parent,
        "child": edge.child,
        "relation": edge.relation,
        "job_id": edge.job_id,
        "created_at": parse_iso(edge.created_at) if edge.created_at else database_now(),
        "detail": edge.detail,
    }


def _edge(row: sa.Row[Any]) -> LineageEdge:
    return LineageEdge(
        parent=row.parent,
        child=row.child,
        relation=row.relation,
        job_id=row.job_id,
        created_at=iso(row.created_at) or "",
        detail=row.detail or {},
    )
