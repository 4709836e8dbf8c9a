"""What people last decided on each finding, from the record of their actions.

The state of a finding does not say it: an accepted finding whose flaw was mended elsewhere is `gone`. Decisions that
were undone do not count, nor do those that the program made by itself.
"""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple

import sqlalchemy as sa

from checkdam.datasets.model import AUTOMATIC, Decision
from checkdam.datasets.store.batches import BATCH, batched
from checkdam.storage.sql import reading
from checkdam.storage.sql.tables import finding, finding_action

_KEPT = 8
"""Of how many datasets the decisions are kept in memory."""

_DECISIONS: dict[str, Decision] = {"accept": "accepted", "dismiss": "dismissed"}


class Tally(NamedTuple):
    """How many findings of a rule and label were decided so."""

    rule: str
    label: str | None
    decision: Decision
    findings: int


class _Known(NamedTuple):
    state: tuple[Any, ...]
    decisions: Mapping[str, Decision]
    tally: tuple[Tally, ...]


class DecisionStore:
    """The decisions on the findings of all datasets in one database. They are read anew where the record changed."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._kept: OrderedDict[str, _Known] = OrderedDict()
        self._lock = Lock()

    def of(self, dataset_id: str) -> Mapping[str, Decision]:
        """The last decision on each finding on which one stands."""
        return self._known(dataset_id).decisions

    def tally(self, dataset_id: str) -> tuple[Tally, ...]:
        """How many findings of each rule and label were decided how."""
        return self._known(dataset_id).tally

    def _known(self, dataset_id: str) -> _Known:
        with reading(self._engine) as connection:
            columns = (sa.func.count(), sa.func.count(finding_action.c.undone_at), sa.func.max(finding_action.c.at))
            query = sa.select(*columns).where(finding_action.c.dataset_id == dataset_id)
            state = tuple(connection.execute(query).one())
            with self._lock:
                known = self._kept.get(dataset_id)
            if known is None or known.state != state:
                decisions = _last(connection, dataset_id)
                known = _Known(state, decisions, _tally(connection, dataset_id, decisions))
        with self._lock:
            self._kept[dataset_id] = known
            self._kept.move_to_end(dataset_id)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return known


def _last(connection: sa.Connection, dataset_id: str) -> dict[str, Decision]:
    query = (
        sa.select(finding_action.c.kind, finding_action.c.changes)
        .where(
            finding_action.c.dataset_id == dataset_id,
            finding_action.c.undone_at.is_(None),
            sa.not_(finding_action.c.actor.startswith(AUTOMATIC, autoescape=True)),
        )
        .order_by(finding_action.c.at, finding_action.c.id)
    )
    decisions: dict[str, Decision] = {}
    for row in connection.execution_options(yield_per=100).execute(query):
        for key, _, _ in row.changes:
            if (decision := _DECISIONS.get(row.kind)) is None:
                decisions.pop(key, None)
            else:
                decisions[key] = decision
    return decisions


def _tally(connection: sa.Connection, dataset_id: str, decisions: Mapping[str, Decision]) -> tuple[Tally, ...]:
    counts: dict[tuple[str, str | None, Decision], int] = {}
    for batch in batched(decisions, BATCH):
        query = sa.select(finding.c.id, finding.c.rule, finding.c.label).where(
            finding.c.dataset_id == dataset_id, finding.c.id.in_(batch)
        )
        for row in connection.execute(query):
            key = (row.rule, row.label, decisions[row.id])
            counts[key] = counts.get(key, 0) + 1
    return tuple(Tally(*key, count) for key, count in counts.items())
