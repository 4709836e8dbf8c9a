"""The open findings of a dataset as columns, for questions that join them to its items."""

from collections import OrderedDict
from threading import Lock
from typing import Any

import msgspec
import pyarrow as pa
import sqlalchemy as sa

from checkdam.schema import Subject
from checkdam.storage.sql import reading
from checkdam.storage.sql.tables import finding

NAME = "open_findings"
SCHEMA = pa.schema([("item_id", pa.string()), ("rule", pa.string()), ("severity", pa.string())])
_KEPT = 16
_subject = msgspec.json.Decoder(Subject).decode


class OpenFindings:
    """`table` has a row (item_id, rule, severity) for each item that an open finding is about.

    The last few are kept: making one takes about 2 microseconds a finding, and a page of items is asked for far more
    often than a finding changes.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[Any, pa.Table]] = OrderedDict()

    def table(self, dataset_id: str) -> pa.Table:
        with reading(self._engine) as connection:
            stamp = self._stamp(connection, dataset_id)
            with self._lock:
                kept = self._kept.get(dataset_id)
            if kept is not None and kept[0] == stamp:
                return kept[1]
            made = self._read(connection, dataset_id)
        with self._lock:
            self._kept[dataset_id] = (stamp, made)
            self._kept.move_to_end(dataset_id)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def _stamp(self, connection: sa.Connection, dataset_id: str) -> Any:
        """Changes whenever a finding becomes open, ceases to be, or changes its severity: every change of state sets
        `updated_at`, also of the findings that were not open before or are not any more."""
        newest = (sa.func.max(finding.c.updated_at), sa.func.max(finding.c.last_version))
        query = (
            sa.select(finding.c.state, finding.c.severity, sa.func.count(), *newest)
            .where(finding.c.dataset_id == dataset_id)
            .group_by(finding.c.state, finding.c.severity)
            .order_by(finding.c.state, finding.c.severity)
        )
        return [tuple(row) for row in connection.execute(query)]

    def _read(self, connection: sa.Connection, dataset_id: str) -> pa.Table:
        query = sa.select(finding.c.rule, finding.c.severity, sa.cast(finding.c.subject, sa.Text)).where(
            finding.c.dataset_id == dataset_id, finding.c.state == "open"
        )
        rows = [
            (item_id, rule, severity)
            for rule, severity, subject in connection.execute(query)
            for item_id in dict.fromkeys(_subject(subject).item_ids)
        ]
        columns = zip(*rows, strict=True) if rows else ([], [], [])
        return pa.Table.from_arrays(
            [pa.array(column, type=field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
        )
