"""The queue's SQL. Leases are granted and judged by the database's clock."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.dialects import postgresql, sqlite

from checkdam.schema import ConflictError, Job, JobCancelledError, JobState, LeaseLostError, NotFoundError
from checkdam.storage.sql import database_now, iso, reading, transaction
from checkdam.storage.sql.tables import job, job_log
from checkdam.storage.sql.types import encode_json

LONGEST_LEASE_SECONDS = 600.0
LONGEST_BACKOFF_SECONDS = 300.0
LOG_LINES = 10_000
LOG_LINE_LENGTH = 10_000
_LOG_ATTEMPTS = 5


class Claim(Struct, frozen=True):
    """A job that this worker holds, and what its last attempt saved."""

    job: Job
    checkpoint: Any


class Beat(Struct, frozen=True):
    """The latest of a running job, as its worker tells it."""

    job_id: str
    fence: int
    done: int
    total: int
    status: str


class JobStore:
    """Every statement on the tables `job` and `job_log`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def submit(self, values: Mapping[str, Any], delay: float) -> tuple[Job, bool]:
        """Inserts the job unless one with its key is there; gives the one that is there, and whether it is new."""
        insert = (postgresql if self._engine.dialect.name == "postgresql" else sqlite).insert(job)
        with transaction(self._engine) as connection:
            made = connection.execute(
                insert.values(**values, run_after=database_now(delay)).on_conflict_do_nothing(index_elements=["key"])
            ).rowcount
            row = connection.execute(sa.select(job).where(job.c.key == values["key"])).one()
        return as_job(row), bool(made)

    def get(self, job_id: str) -> Job:
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(job).where(job.c.id == job_id)).one_or_none()
        if row is None:
            raise NotFoundError(f"no job has the id {job_id!r}", "list the jobs to see the ids")
        return as_job(row)

    def find(
        self,
        states: Collection[JobState],
        names: Collection[str],
        arguments: Mapping[str, str],
        limit: int,
        before: str | None,
    ) -> list[Job]:
        """Newest first. `before` is the id of the last job of the page before."""
        query = sa.select(job).order_by(job.c.created_at.desc(), job.c.id.desc()).limit(limit)
        if states:
            query = query.where(job.c.state.in_(states))
        if names:
            query = query.where(job.c.name.in_(names))
        for name, value in arguments.items():
            query = query.where(job.c.arguments[name].as_string() == value)
        if before is not None:
            last = sa.select(job.c.created_at, job.c.id).where(job.c.id == before).subquery()
            query = query.where(
                sa.or_(
                    job.c.created_at < sa.select(last.c.created_at).scalar_subquery(),
                    sa.and_(job.c.created_at == sa.select(last.c.created_at).scalar_subquery(), job.c.id < before),
                )
            )
        with reading(self._engine) as connection:
            return [as_job(row) for row in connection.execute(query)]

    def has_due(self, names: Collection[str]) -> bool:
        """Whether a claim might give something. Only reads, so that idle workers disturb nobody."""
        query = sa.select(job.c.id).where(job.c.name.in_(names), _due()).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def claim(
        self, names: Collection[str], worker: str, lease_seconds: float, job_id: str | None = None
    ) -> Claim | None:
        """Takes the first due job, or the one of that id, in one statement: of many that ask at once, one gets it.

        A running job whose lease has ended is due again. The fence grows with each claim.
        """
        due = _due(ignore_delay=job_id is not None)
        chosen = sa.select(job.c.id).where(job.c.name.in_(names), due, _alone())
        if job_id is not None:
            chosen = chosen.where(job.c.id == job_id)
        chosen = chosen.order_by(job.c.priority.desc(), job.c.created_at, job.c.id).limit(1)
        statement = (
            sa.update(job)
            .where(job.c.id == chosen.with_for_update(skip_locked=True).scalar_subquery())
            .values(
                state="running",
                worker=worker,
                attempt=job.c.attempt + 1,
                fence=job.c.fence + 1,
                lease_until=database_now(lease_seconds),
                started_at=sa.func.coalesce(job.c.started_at, database_now()),
                error=None,
            )
            .returning(job)
        )
        try:
            with transaction(self._engine) as connection:
                self._bury(connection)
                if job_id is not None:
                    self._make_way(connection, job_id)
                row = connection.execute(statement).one_or_none()
        except ConflictError:  # another worker began a job of the same `exclusive` a moment ago
            return None
        return None if row is None else Claim(as_job(row), row.checkpoint)

    def _bury(self, connection: sa.Connection) -> None:
        """Ends the jobs whose workers died once too often, or after they were asked to cancel."""
        connection.execute(
            sa.update(job)
            .where(_abandoned(), sa.or_(job.c.attempt >= job.c.max_attempts, job.c.cancel_requested))
            .values(
                state=sa.case((job.c.cancel_requested, "cancelled"), else_="failed"),
                error=sa.case(
                    (job.c.cancel_requested, sa.null()),
                    else_=sa.literal("its worker stopped without a word in every attempt (killed, or out of memory)"),
                ),
                finished_at=database_now(),
                lease_until=None,
                worker=None,
            )
        )

    def _make_way(self, connection: sa.Connection, job_id: str) -> None:
        """Gives the abandoned jobs of the same `exclusive` back to the queue: a claim that is for one job alone would
        wait for ever for somebody who takes them up."""
        exclusive = sa.select(job.c.exclusive).where(job.c.id == job_id).scalar_subquery()
        connection.execute(
            sa.update(job)
            .where(_abandoned(), job.c.id != job_id, job.c.exclusive == exclusive)
            .values(state="queued", lease_until=None, worker=None)
        )

    def states(self, held: Iterable[tuple[str, int]]) -> dict[str, tuple[bool, bool]]:
        """Of the jobs held under those fences: whether each is held still, and whether it was asked to cancel."""
        fences = dict(held)
        query = sa.select(job.c.id, job.c.fence, job.c.state, job.c.cancel_requested).where(job.c.id.in_(fences))
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        found = {row.id: (row.fence == fences[row.id] and row.state == "running", row.cancel_requested) for row in rows}
        return {job_id: found.get(job_id, (False, False)) for job_id in fences}

    def beat(self, beats: Iterable[Beat], lease_seconds: float) -> None:
        """Extends the leases and writes the progress. A job that is no longer held is left alone."""
        with transaction(self._engine) as connection:
            for beat in beats:
                connection.execute(
                    sa.update(job)
                    .where(*_held(beat.job_id, beat.fence))
                    .values(
                        lease_until=database_now(lease_seconds), done=beat.done, total=beat.total, status=beat.status
                    )
                )

    def save_checkpoint(self, job_id: str, fence: int, checkpoint: Any, lease_seconds: float) -> None:
        with transaction(self._engine) as connection:
            values = {"checkpoint": checkpoint, "lease_until": database_now(lease_seconds)}
            _one(connection.execute(sa.update(job).where(*_held(job_id, fence)).values(**values)), job_id)

    def guard(self, connection: sa.Connection, job_id: str, fence: int) -> None:
        # On PostgreSQL the row stays locked until the transaction ends, so no claim comes between; on SQLite the
        # writer is alone.
        query = sa.select(job.c.cancel_requested).where(*_held(job_id, fence)).with_for_update()
        row = connection.execute(query).one_or_none()
        if row is None:
            raise _lost(job_id)
        if row.cancel_requested:
            raise JobCancelledError(f"job {job_id} was cancelled")

    def complete(self, connection: sa.Connection, job_id: str, fence: int, result: Any) -> None:
        self.guard(connection, job_id, fence)
        connection.execute(sa.update(job).where(job.c.id == job_id).values(**_ended("succeeded"), result=result))

    def finish(
        self, job_id: str, fence: int, state: JobState, *, result: Any = None, error: str | None = None, beat: Beat
    ) -> None:
        """Ends the job. Raises LeaseLostError if it is no longer held."""
        values = {**_ended(state), "result": result, "error": error, **_progress(beat)}
        with transaction(self._engine) as connection:
            _one(connection.execute(sa.update(job).where(*_held(job_id, fence)).values(**values)), job_id)

    def requeue(self, job_id: str, fence: int, *, delay: float, error: str | None, counted: bool, beat: Beat) -> None:
        """Back to the queue, due in `delay` seconds (by the database's clock). `counted`: the attempt counts."""
        values: dict[str, Any] = {
            "state": "queued",
            "run_after": database_now(delay),
            "lease_until": None,
            "worker": None,
            "error": error,
            **_progress(beat),
        }
        if not counted:
            values["attempt"] = job.c.attempt - 1
        with transaction(self._engine) as connection:
            _one(connection.execute(sa.update(job).where(*_held(job_id, fence)).values(**values)), job_id)

    def cancel(self, job_id: str) -> Job:
        """Ends a queued job; asks a running one to stop; leaves a finished one as it is."""
        with transaction(self._engine) as connection:
            connection.execute(
                sa.update(job)
                .where(job.c.id == job_id, job.c.state == "queued")
                .values(**_ended("cancelled"), cancel_requested=True)
            )
            connection.execute(
                sa.update(job).where(job.c.id == job_id, job.c.state == "running").values(cancel_requested=True)
            )
        return self.get(job_id)

    def retry(self, job_id: str) -> Job:
        """Queues a failed or cancelled job anew, its attempts counted from 0; its checkpoint is kept."""
        with transaction(self._engine) as connection:
            done = connection.execute(
                sa.update(job)
                .where(job.c.id == job_id, job.c.state.in_(("failed", "cancelled")))
                .values(
                    state="queued",
                    attempt=0,
                    cancel_requested=False,
                    error=None,
                    finished_at=None,
                    started_at=None,
                    run_after=database_now(),
                )
            ).rowcount
        found = self.get(job_id)
        if not done and found.state == "succeeded":
            raise ConflictError(f"job {job_id} has succeeded", "submit a new job to do the work again")
        return found

    def append_log(self, job_id: str, lines: Iterable[str]) -> None:
        """Adds the lines, each cut at 10,000 characters; a job keeps its first 10,000 lines."""
        texts = [line[:LOG_LINE_LENGTH] for line in lines]
        for attempt in range(_LOG_ATTEMPTS):
            try:
                self._append(job_id, texts)
            except ConflictError:  # two threads of one job took the same number
                if attempt == _LOG_ATTEMPTS - 1:
                    raise
            else:
                return

    def _append(self, job_id: str, texts: list[str]) -> None:
        last = sa.select(sa.func.coalesce(sa.func.max(job_log.c.seq), 0)).where(job_log.c.job_id == job_id)
        with transaction(self._engine) as connection:
            first = connection.execute(last).scalar_one() + 1
            rows = [{"job_id": job_id, "seq": first + index, "line": text} for index, text in enumerate(texts)]
            rows = [row for row in rows if row["seq"] <= LOG_LINES]
            if rows:
                connection.execute(sa.insert(job_log), rows)

    def log(self, job_id: str, after: int) -> list[str]:
        query = sa.select(job_log.c.line).where(job_log.c.job_id == job_id).order_by(job_log.c.seq).offset(after)
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def running_seconds(self, job_id: str) -> float | None:
        """How long ago the job began, by the database's clock; None if it has not."""
        query = sa.select(job.c.started_at, database_now()).where(job.c.id == job_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None or row[0] is None else (row[1] - row[0]).total_seconds()


def same_arguments(found: Job, arguments: Mapping[str, Any]) -> bool:
    """Whether the job was submitted with these arguments, as JSON keeps them."""
    return encode_json(dict(sorted(found.arguments.items()))) == encode_json(dict(sorted(arguments.items())))


def as_job(row: sa.Row[Any]) -> Job:
    """The vocabulary's view of a row."""
    return Job(
        id=row.id,
        name=row.name,
        key=row.key,
        arguments=row.arguments,
        state=row.state,
        attempt=row.attempt,
        max_attempts=row.max_attempts,
        fence=row.fence,
        done=row.done,
        total=row.total,
        status=row.status,
        result=row.result,
        error=row.error,
        cancel_requested=row.cancel_requested,
        created_at=iso(row.created_at) or "",
        started_at=iso(row.started_at),
        finished_at=iso(row.finished_at),
        created_by=row.created_by,
    )


def _due(*, ignore_delay: bool = False) -> sa.ColumnElement[bool]:
    queued = job.c.state == "queued"
    if not ignore_delay:
        # A clock that was set back must not make a job wait for a day: nothing was submitted in the future, and no
        # attempt is put off for longer than the longest backoff.
        put_off = sa.and_(job.c.attempt > 0, job.c.run_after > database_now(LONGEST_BACKOFF_SECONDS))
        now = database_now()
        queued = sa.and_(queued, sa.or_(job.c.run_after <= now, job.c.created_at > now, put_off))
    return sa.or_(queued, _abandoned())


def _abandoned() -> sa.ColumnElement[bool]:
    """A running job whose lease has ended; or lasts longer than any does, which the clock being set back makes of it:
    a worker that lives renews it long before, and one that lost it so commits nothing."""
    ended = sa.or_(job.c.lease_until < database_now(), job.c.lease_until > database_now(LONGEST_LEASE_SECONDS))
    return sa.and_(job.c.state == "running", ended)


def _alone() -> sa.ColumnElement[bool]:
    """No other job of the same `exclusive` runs."""
    other = job.alias("other")
    busy = sa.select(other.c.id).where(
        other.c.exclusive == job.c.exclusive, other.c.state == "running", other.c.id != job.c.id
    )
    return sa.or_(job.c.exclusive.is_(None), ~busy.exists())


def _held(job_id: str, fence: int) -> tuple[sa.ColumnElement[bool], ...]:
    return job.c.id == job_id, job.c.fence == fence, job.c.state == "running"


def _ended(state: JobState) -> dict[str, Any]:
    return {"state": state, "finished_at": database_now(), "lease_until": None, "worker": None}


def _progress(beat: Beat) -> dict[str, Any]:
    return {"done": beat.done, "total": beat.total, "status": beat.status}


def _one(result: sa.CursorResult[Any], job_id: str) -> None:
    if result.rowcount != 1:
        raise _lost(job_id)


def _lost(job_id: str) -> LeaseLostError:
    return LeaseLostError(f"job {job_id} was given to another worker, or has ended", "its result is not recorded here")
