"""A clock that is set a day ahead or back, and jobs that somebody abandoned: no job is lost, done twice or put off.

Leases and delays are told by the database's clock. That the clock is set back by a day looks, to the rows, as if all of
them had been written a day later: so that is what these tests do to them.
"""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from checkdam.jobs import JobContext, Jobs, Registry, Worker
from checkdam.schema import LeaseLostError, StorageError
from checkdam.storage.sql import reading, transaction
from checkdam.storage.sql.tables import job as table

DAY = timedelta(days=1)
TIMES = ("lease_until", "run_after", "created_at", "started_at", "finished_at")


def clock_set(engine: sa.Engine, by: timedelta) -> None:
    """The database's clock goes `by` ahead (or back)."""
    columns = [table.c.id, *(table.c[name] for name in TIMES)]
    with reading(engine) as connection:
        rows = connection.execute(sa.select(*columns)).mappings().all()
    with transaction(engine) as connection:
        for row in rows:
            moved = {name: row[name] - by for name in TIMES if row[name] is not None}
            connection.execute(sa.update(table).where(table.c.id == row["id"]).values(**moved))


@pytest.fixture
def jobs(engine: sa.Engine) -> Jobs:
    registry = Registry()
    made = Jobs(engine, registry)

    @registry.job("note")
    def note(context: JobContext, **given: Any) -> str:
        context.save_checkpoint("noted")
        return context.job.id

    @registry.job("jump")
    def jump(context: JobContext, *, days: int) -> str:
        """The clock is set while it runs."""
        clock_set(engine, days * DAY)
        context.save_checkpoint("after")
        return "done"

    @registry.job("fail", max_attempts=2)
    def fail(context: JobContext) -> str:
        if context.job.attempt == 1:
            raise StorageError("the disk is full", "free space")
        return "done"

    return made


@pytest.mark.parametrize("days", [1, -1])
def test_a_queued_job_is_not_put_off(engine: sa.Engine, jobs: Jobs, days: int) -> None:
    submitted = jobs.submit("note")
    clock_set(engine, days * DAY)
    assert Worker(jobs).drain() == 1
    assert jobs.get(submitted.id).state == "succeeded"


@pytest.mark.parametrize("days", [1, -1])
def test_a_job_whose_worker_died_is_taken_up(engine: sa.Engine, jobs: Jobs, days: int) -> None:
    submitted = jobs.submit("note")
    assert jobs.store.claim(("note",), "died", 60.0) is not None
    assert Worker(jobs).drain() == 0, "its lease has not ended"
    clock_set(engine, days * DAY)
    assert Worker(jobs).drain() == 1
    assert (jobs.get(submitted.id).state, jobs.get(submitted.id).attempt) == ("succeeded", 2)


@pytest.mark.parametrize("days", [1, -1])
def test_a_job_goes_on_while_the_clock_is_set(engine: sa.Engine, jobs: Jobs, days: int) -> None:
    submitted = jobs.submit("jump", {"days": days})
    assert Worker(jobs).drain() == 1
    assert (jobs.get(submitted.id).state, jobs.get(submitted.id).attempt) == ("succeeded", 1)


@pytest.mark.parametrize("days", [1, -1])
def test_a_backoff_is_not_a_day(engine: sa.Engine, jobs: Jobs, days: int) -> None:
    submitted = jobs.submit("fail")
    clock_set(engine, 3 * DAY)  # it is an old job by now
    assert Worker(jobs).drain() == 1
    assert jobs.get(submitted.id).state == "queued"
    clock_set(engine, days * DAY)
    assert Worker(jobs).drain() == 1
    assert jobs.get(submitted.id).state == "succeeded"


def test_a_worker_that_lost_its_lease_to_the_clock_commits_nothing(engine: sa.Engine, jobs: Jobs) -> None:
    jobs.submit("note")
    first = jobs.store.claim(("note",), "slow", 60.0)
    assert first is not None
    clock_set(engine, -DAY)
    assert Worker(jobs).drain() == 1
    with pytest.raises(LeaseLostError), transaction(engine) as connection:
        jobs.store.guard(connection, first.job.id, first.job.fence)


def test_an_abandoned_job_does_not_stand_in_the_way(engine: sa.Engine, jobs: Jobs) -> None:
    """A command runs its own job only: nobody would ever take the abandoned one up first."""
    abandoned = jobs.submit("note", {"of": "killed"}, exclusive="dataset:d1")
    assert jobs.store.claim(("note",), "died", 0.0, abandoned.id) is not None
    submitted = jobs.submit("note", {"of": "next"}, exclusive="dataset:d1")
    assert Worker(jobs, poll_seconds=0.01).run(submitted.id).state == "succeeded"
    assert jobs.get(abandoned.id).state == "queued"
    assert Worker(jobs).drain() == 1
    assert jobs.get(abandoned.id).state == "succeeded"
