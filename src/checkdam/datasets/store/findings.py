"""Findings and the decisions on them in SQL.

Every change of state reads the rows it changes in the same transaction, so that what an action records as the state
before is what really was.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from checkdam.datasets.model import ActionKind, ActionRecord, FindingFilter, FindingState
from checkdam.datasets.store.batches import BATCH, batched
from checkdam.datasets.store.decisions import DecisionStore
from checkdam.schema import ConflictError, Finding, Fix, NotFoundError, Severity, Subject
from checkdam.storage.sql import database_now, iso, lock, reading, transaction
from checkdam.storage.sql.tables import finding, finding_action

ALIVE: tuple[FindingState, ...] = ("open", "accepted", "dismissed")
TARGET: dict[ActionKind, FindingState] = {"accept": "accepted", "dismiss": "dismissed", "reopen": "open"}


class FindingRow(NamedTuple):
    """A finding as it is stored."""

    id: str
    rule: str
    severity: Severity
    subject: Subject
    label: str | None
    message: str
    evidence: dict[str, Any]
    fix: Fix | None
    location: str
    state: FindingState
    reason: str | None
    first_version: int
    last_version: int
    updated_at: str
    updated_by: str


class _Known(NamedTuple):
    state: FindingState
    reason: str | None
    severity: Severity


class Recorded(NamedTuple):
    """What a lint run changed: findings never seen or gone before, and those no longer there."""

    new: int
    gone: int


class FindingStore:
    """The findings of all datasets in one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.decisions = DecisionStore(engine)

    def record(
        self,
        connection: sa.Connection,
        dataset_id: str,
        version: int,
        findings: Sequence[Finding],
        *,
        rules: Iterable[str],
        actor: str,
    ) -> Recorded:
        """Takes up what a run of `rules` found on a version.

        What was decided stays decided. Findings that had gone or were fixed and are there again are open again, or
        dismissed if that is what they had been. Standing findings of those rules that were not found are gone; other
        rules' are left alone.
        """
        lock(connection, f"checkdam:findings:{dataset_id}")
        known = self._states(connection, dataset_id, sorted(set(rules) | {found.rule for found in findings}))
        found_rows = {found.id: found for found in findings}
        added = [_values(dataset_id, version, found, actor) for key, found in found_rows.items() if key not in known]
        for batch in batched(added, BATCH):
            connection.execute(finding.insert(), batch)
        alike: list[dict[str, Any]] = []
        altered: list[dict[str, Any]] = []
        for key, found in found_rows.items():
            if key in known:
                state = _revived(known[key])
                row = {"b_id": key, **_seen(version, found), "state": state}
                same = (state, found.severity) == (known[key].state, known[key].severity)
                (alike if same else altered).append(row)
        self._update_seen(connection, dataset_id, alike, {})
        self._update_seen(connection, dataset_id, altered, {"updated_at": database_now(), "updated_by": actor})
        missing = [key for key, row in known.items() if key not in found_rows and row.state in ALIVE]
        self._set(connection, dataset_id, missing, "gone", actor)
        again = sum(key in found_rows and row.state not in ALIVE for key, row in known.items())
        return Recorded(len(added) + again, len(missing))

    def page(self, dataset_id: str, wanted: FindingFilter, sort: str, offset: int, limit: int) -> list[FindingRow]:
        """`sort` is severity, rule or item; ties go by place in the source."""
        grave = sa.case((finding.c.severity == "error", 0), (finding.c.severity == "warning", 1), else_=2)
        orders = {
            "severity": (grave, finding.c.rule, finding.c.location),
            "rule": (finding.c.rule, grave, finding.c.location),
            "item": (finding.c.location, grave, finding.c.rule),
        }
        query = (
            sa.select(finding)
            .where(*self._conditions(dataset_id, wanted))
            .order_by(*orders[sort], finding.c.id)
            .offset(offset)
            .limit(limit)
        )
        with reading(self.engine) as connection:
            return [_row(row) for row in connection.execute(query)]

    def count(self, dataset_id: str, wanted: FindingFilter) -> int:
        query = sa.select(sa.func.count()).select_from(finding).where(*self._conditions(dataset_id, wanted))
        with reading(self.engine) as connection:
            return connection.scalar(query) or 0

    def get(self, dataset_id: str, finding_id: str) -> FindingRow:
        query = sa.select(finding).where(finding.c.dataset_id == dataset_id, finding.c.id == finding_id)
        with reading(self.engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFoundError(f"there is no finding {finding_id!r} in this dataset", "reload the list of findings")
        return _row(row)

    def accepted(self, dataset_id: str) -> list[FindingRow]:
        """All accepted findings, in a stable order."""
        query = (
            sa.select(finding)
            .where(finding.c.dataset_id == dataset_id, finding.c.state == "accepted")
            .order_by(finding.c.rule, finding.c.location, finding.c.id)
        )
        with reading(self.engine) as connection:
            return [_row(row) for row in connection.execute(query)]

    def tally(self, dataset_id: str) -> list[tuple[str, Severity, FindingState, str | None, bool, bool, int]]:
        """(rule, severity, state, label, has a fix, has a safe fix, how many)"""
        fixed = sa.case((_has_fix(), 1), else_=0).label("fixable")
        safe = sa.case((_has_safe_fix(), 1), else_=0).label("safe")
        keys = (finding.c.rule, finding.c.severity, finding.c.state, finding.c.label, fixed, safe)
        query = (
            sa.select(*keys, sa.func.count().label("many"))
            .where(finding.c.dataset_id == dataset_id)
            .group_by(*keys)
            .order_by(finding.c.rule)
        )
        with reading(self.engine) as connection:
            return [
                (row.rule, row.severity, row.state, row.label, bool(row.fixable), bool(row.safe), row.many)
                for row in connection.execute(query)
            ]

    def open_by_severity(self, dataset_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """How many open findings of each severity each dataset has."""
        query = (
            sa.select(finding.c.dataset_id, finding.c.severity, sa.func.count().label("many"))
            .where(finding.c.state == "open", finding.c.dataset_id.in_(dataset_ids))
            .group_by(finding.c.dataset_id, finding.c.severity)
        )
        counts: dict[str, dict[str, int]] = {}
        with reading(self.engine) as connection:
            for row in connection.execute(query):
                counts.setdefault(row.dataset_id, {})[row.severity] = row.many
        return counts

    def of_item(self, dataset_id: str, item_id: str) -> list[FindingRow]:
        """The standing findings that an item is a subject of, gravest first."""
        grave = sa.case((finding.c.severity == "error", 0), (finding.c.severity == "warning", 1), else_=2)
        mentioned = sa.cast(finding.c.subject, sa.Text).contains(f'"{item_id}"', autoescape=True)
        query = (
            sa.select(finding)
            .where(
                finding.c.dataset_id == dataset_id,
                finding.c.state.in_(ALIVE),
                sa.or_(finding.c.item_id == item_id, mentioned),
            )
            .order_by(grave, finding.c.rule, finding.c.id)
        )
        with reading(self.engine) as connection:
            return [_row(row) for row in connection.execute(query)]

    def act(
        self,
        dataset_id: str,
        kind: ActionKind,
        which: FindingFilter | Sequence[str],
        reason: str | None,
        actor: str,
    ) -> tuple[str | None, int]:
        """Decides, and records the decision: (the action's id, how many changed); (None, 0) where nothing had to."""
        target = TARGET[kind]
        # A reason, if only an empty one, marks what was dismissed: it is dismissed again if it comes back.
        new_reason = (reason or "") if kind == "dismiss" else None
        with transaction(self.engine) as connection:
            lock(connection, f"checkdam:findings:{dataset_id}")
            changes = [
                (row.id, [row.state, row.reason], [target, new_reason])
                for row in self._chosen(connection, dataset_id, which)
                if row.state in ALIVE and (row.state, row.reason) != (target, new_reason)
            ]
            if not changes:
                return None, 0
            self._set(
                connection, dataset_id, [key for key, _, _ in changes], target, actor, reason=new_reason, decide=True
            )
            action_id = "x" + secrets.token_hex(10)
            connection.execute(
                finding_action.insert().values(
                    id=action_id, dataset_id=dataset_id, actor=actor, kind=kind, changes=changes
                )
            )
        return action_id, len(changes)

    def undo(self, dataset_id: str, action_id: str, actor: str) -> int:
        """Gives back state and reason to those that still have what the action gave them; 0 if it was undone before."""
        with transaction(self.engine) as connection:
            lock(connection, f"checkdam:findings:{dataset_id}")
            action = connection.execute(
                sa.select(finding_action).where(
                    finding_action.c.dataset_id == dataset_id, finding_action.c.id == action_id
                )
            ).one_or_none()
            if action is None:
                raise NotFoundError(f"there is no action {action_id!r} on this dataset", "reload the list of actions")
            if action.undone_at is not None:
                return 0
            now = {
                row.id: [row.state, row.reason]
                for row in self._chosen(connection, dataset_id, [key for key, _, _ in action.changes])
            }
            back = [(key, before) for key, before, after in action.changes if now.get(key) == after]
            if not back:
                raise ConflictError(
                    "every finding of this action has moved on since", "reopen the findings that you mean instead"
                )
            groups: dict[tuple[FindingState, str | None], list[str]] = {}
            for key, (state, reason) in back:
                groups.setdefault((state, reason), []).append(key)
            for (state, reason), keys in groups.items():
                self._set(connection, dataset_id, keys, state, actor, reason=reason, decide=True)
            connection.execute(
                finding_action.update().where(finding_action.c.id == action_id).values(undone_at=database_now())
            )
        return len(back)

    def actions(self, dataset_id: str, limit: int) -> list[ActionRecord]:
        """The newest first."""
        query = (
            sa.select(finding_action)
            .where(finding_action.c.dataset_id == dataset_id)
            .order_by(finding_action.c.at.desc(), finding_action.c.id)
            .limit(limit)
        )
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            return [self._action(connection, row) for row in rows]

    def settle(
        self, connection: sa.Connection, dataset_id: str, fixed: Sequence[str], gone: Sequence[str], actor: str
    ) -> None:
        """Marks accepted findings as fixed or gone. What is no longer accepted by now is left alone."""
        lock(connection, f"checkdam:findings:{dataset_id}")
        self._set(connection, dataset_id, fixed, "fixed", actor, only="accepted")
        self._set(connection, dataset_id, gone, "gone", actor, only="accepted")

    def _action(self, connection: sa.Connection, row: Any) -> ActionRecord:
        rules: set[str] = set()
        for batch in batched([key for key, _, _ in row.changes], BATCH):
            rules.update(
                connection.scalars(
                    sa.select(finding.c.rule)
                    .where(finding.c.dataset_id == row.dataset_id, finding.c.id.in_(batch))
                    .distinct()
                )
            )
        return ActionRecord(
            id=row.id,
            at=iso(row.at) or "",
            actor=row.actor,
            kind=row.kind,
            count=len(row.changes),
            rules=tuple(sorted(rules)),
            reason=row.changes[0][2][1] if row.changes else None,
            undone_at=iso(row.undone_at),
        )

    def _conditions(self, dataset_id: str, wanted: FindingFilter) -> list[sa.ColumnElement[bool]]:
        conditions = _conditions(dataset_id, wanted)
        if wanted.decided is not None:
            decided = self.decisions.of(dataset_id)
            keys = [key for key, decision in decided.items() if decision == wanted.decided]
            conditions.append(finding.c.id.in_(_listed(keys, self.engine)))
        return conditions

    def _states(self, connection: sa.Connection, dataset_id: str, rules: Sequence[str]) -> dict[str, _Known]:
        query = sa.select(finding.c.id, finding.c.state, finding.c.reason, finding.c.severity).where(
            finding.c.dataset_id == dataset_id, finding.c.rule.in_(rules)
        )
        return {row.id: _Known(row.state, row.reason, row.severity) for row in connection.execute(query)}

    def _chosen(
        self, connection: sa.Connection, dataset_id: str, which: FindingFilter | Sequence[str]
    ) -> Iterator[Any]:
        columns = sa.select(finding.c.id, finding.c.state, finding.c.reason)
        if isinstance(which, FindingFilter):
            yield from connection.execute(
                columns.where(*self._conditions(dataset_id, which)).order_by(finding.c.id).with_for_update()
            )
            return
        for batch in batched(dict.fromkeys(which), BATCH):
            yield from connection.execute(
                columns.where(finding.c.dataset_id == dataset_id, finding.c.id.in_(batch)).with_for_update()
            )

    def _update_seen(
        self, connection: sa.Connection, dataset_id: str, rows: Sequence[dict[str, Any]], more: dict[str, Any]
    ) -> None:
        names = ("severity", "subject", "label", "item_id", "message", "evidence", "fix", "location", "state")
        statement = (
            finding.update()
            .where(finding.c.dataset_id == dataset_id, finding.c.id == sa.bindparam("b_id"))
            .values({name: sa.bindparam(name, type_=finding.c[name].type) for name in (*names, "last_version")} | more)
        )
        for batch in batched(rows, BATCH):
            connection.execute(statement, batch)

    def _set(
        self,
        connection: sa.Connection,
        dataset_id: str,
        keys: Sequence[str],
        state: FindingState,
        actor: str,
        *,
        reason: str | None = None,
        decide: bool = False,
        only: FindingState | None = None,
    ) -> None:
        """`decide` sets the reason too; `only` leaves rows in any other state alone."""
        values: dict[str, Any] = {"state": state, "updated_at": database_now(), "updated_by": actor}
        if decide:
            values["reason"] = reason
        for batch in batched(keys, BATCH):
            statement = finding.update().where(finding.c.dataset_id == dataset_id, finding.c.id.in_(batch))
            if only is not None:
                statement = statement.where(finding.c.state == only)
            connection.execute(statement.values(values))


def _listed(keys: Sequence[str], engine: sa.Engine) -> sa.Select[tuple[str]]:
    """A query of as many keys as there are, in one parameter."""
    document = sa.literal(msgspec.json.encode(keys).decode(), sa.Text)
    if engine.dialect.name == "postgresql":
        return sa.select(sa.func.json_array_elements_text(sa.cast(document, sa.JSON)).column_valued("key"))
    return sa.select(sa.func.json_each(document).table_valued("value").c.value)


def _conditions(dataset_id: str, wanted: FindingFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [finding.c.dataset_id == dataset_id]
    for column, values in (
        (finding.c.state, wanted.state),
        (finding.c.rule, wanted.rule),
        (finding.c.severity, wanted.severity),
        (finding.c.label, wanted.label),
    ):
        if values:
            conditions.append(column.in_(values))
    if wanted.item is not None:
        conditions.append(finding.c.item_id == wanted.item)
    if wanted.q:
        text = wanted.q.lower()
        conditions.append(
            sa.or_(
                sa.func.lower(finding.c.message).contains(text, autoescape=True),
                sa.func.lower(finding.c.location).contains(text, autoescape=True),
            )
        )
    if wanted.fixable is not None:
        conditions.append(_has_fix() if wanted.fixable else sa.not_(_has_fix()))
    if wanted.safe is not None:
        conditions.append(_has_safe_fix() if wanted.safe else sa.not_(_has_safe_fix()))
    return conditions


def _has_fix() -> sa.ColumnElement[bool]:
    return finding.c.fix.is_not(None)


def _has_safe_fix() -> sa.ColumnElement[bool]:
    return sa.func.coalesce(finding.c.fix["safe"].as_boolean(), sa.false())


def _revived(known: _Known) -> FindingState:
    if known.state in ALIVE:
        return known.state
    return "dismissed" if known.state == "gone" and known.reason is not None else "open"


def _seen(version: int, found: Finding) -> dict[str, Any]:
    return {
        "severity": found.severity,
        "subject": msgspec.to_builtins(found.subject),
        "label": found.label,
        "item_id": found.subject.item_ids[0] if found.subject.item_ids else None,
        "message": found.message,
        "evidence": found.evidence,
        "fix": None if found.fix is None else msgspec.to_builtins(found.fix),
        "location": found.location,
        "last_version": version,
    }


def _values(dataset_id: str, version: int, found: Finding, actor: str) -> dict[str, Any]:
    return {
        "dataset_id": dataset_id,
        "id": found.id,
        "rule": found.rule,
        **_seen(version, found),
        "state": "open",
        "first_version": version,
        "updated_by": actor,
    }


def _row(row: Any) -> FindingRow:
    return FindingRow(
        id=row.id,
        rule=row.rule,
        severity=row.severity,
        subject=msgspec.convert(row.subject, Subject),
        label=row.label,
        message=row.message,
        evidence=row.evidence or {},
        fix=_fix(row.fix),
        location=row.location,
        state=row.state,
        reason=row.reason,
        first_version=row.first_version,
        last_version=row.last_version,
        updated_at=iso(row.updated_at) or "",
        updated_by=row.updated_by,
    )


def _fix(body: Any) -> Fix | None:
    """None for a fix whose edits JSON cannot carry (a coordinate that is no number)."""
    if body is None:
        return None
    try:
        return msgspec.convert(body, Fix)
    except msgspec.ValidationError:
        return None
