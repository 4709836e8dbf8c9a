"""The queue, the same on both databases."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Timer
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
import sqlalchemy as sa

from checkdam.jobs import JobContext, Jobs, Registry, Worker
from checkdam.jobs.store import Beat
from checkdam.schema import (
    ConflictError,
    InputError,
    JobCancelledError,
    LeaseLostError,
    NotFoundError,
    Problems,
    StorageError,
)
from checkdam.storage.sql import reading, tables, transaction

NAMES = ("work",)


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def jobs(engine: sa.Engine, registry: Registry) -> Jobs:
    return Jobs(engine, registry)


@pytest.fixture
def worker(jobs: Jobs) -> Worker:
    return Worker(jobs, poll_seconds=0.02)


def beat(job_id: str, fence: int) -> Beat:
    return Beat(job_id, fence, 0, 0, "")


def end_lease(engine: sa.Engine, job_id: str) -> None:
    """As if the worker had been silent for long, without the test's waiting for it."""
    past = sa.text("UPDATE job SET lease_until = :past WHERE id = :id").bindparams(
        sa.bindparam("past", type_=tables.job.c.lease_until.type)
    )
    with transaction(engine) as connection:
        found = connection.execute(sa.select(tables.job.c.lease_until).where(tables.job.c.id == job_id)).scalar_one()
        connection.execute(past, {"past": found.replace(year=found.year - 1), "id": job_id})


def idle(context: JobContext, **arguments: Any) -> Any:
    return arguments


def test_a_job_runs_once_and_keeps_its_result_progress_and_log(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    @registry.job("work", title="Work")
    def work(context: JobContext, number: int) -> dict[str, int]:
        context.log("begun")
        context.progress(1, 2, "half way")
        context.progress(2)
        return {"double": 2 * number}

    job = jobs.submit("work", {"number": 21}, created_by="ada")
    assert (job.state, job.created_by, jobs.title(job)) == ("queued", "ada", "Work")
    assert worker.drain() == 1
    done = jobs.get(job.id)
    assert (done.state, done.result, done.log) == ("succeeded", {"double": 42}, ("begun",))
    assert (done.done, done.total, done.status, done.attempt) == (2, 2, "half way", 1)
    assert done.created_at <= (done.started_at or "") <= (done.finished_at or "")
    assert worker.drain() == 0


def test_a_key_is_submitted_once(jobs: Jobs, registry: Registry) -> None:
    registry.add("work", idle)
    registry.add("play", idle)
    first = jobs.submit("work", {"a": 1, "b": [1.5, None]}, key="k")
    assert jobs.submit("work", {"b": (1.5, None), "a": 1}, key="k") == first
    for name, arguments in (("work", {"a": 2}), ("play", {"a": 1, "b": [1.5, None]})):
        with pytest.raises(ConflictError):
            jobs.submit(name, arguments, key="k")
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: jobs.submit("work", {}, key="same").id, range(16)))
    assert len(ids) == 1
    assert len(jobs.list()) == 2


def test_an_unknown_name_is_refused_and_left_to_other_workers(
    jobs: Jobs, registry: Registry, engine: sa.Engine
) -> None:
    with pytest.raises(NotFoundError):
        jobs.submit("nothing")
    registry.add("work", idle)
    job = jobs.submit("work")
    other = Registry()
    other.add("play", idle)
    assert Worker(Jobs(engine, other)).drain() == 0
    assert jobs.get(job.id).state == "queued"


def test_of_many_that_claim_at_once_each_job_goes_to_one(jobs: Jobs, registry: Registry) -> None:
    registry.add("work", idle)
    submitted = {jobs.submit("work", {"n": number}).id for number in range(60)}
    taken: list[str] = []

    def claim_all(number: int) -> None:
        while (claim := jobs.store.claim(NAMES, f"w{number}", 60)) is not None:
            taken.append(claim.job.id)
            jobs.store.finish(claim.job.id, claim.job.fence, "succeeded", beat=beat(claim.job.id, claim.job.fence))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(claim_all, range(8)))
    assert sorted(taken) == sorted(submitted)


def test_urgent_jobs_first_then_the_oldest(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    order = []
    registry.add("work", lambda context, n: order.append(n))
    for number, priority in ((1, 0), (2, 0), (3, 5)):
        jobs.submit("work", {"n": number}, priority=priority)
        time.sleep(0.002)
    worker.drain()
    assert order == [3, 1, 2]


def test_of_exclusive_jobs_one_runs_at_a_time(jobs: Jobs, registry: Registry) -> None:
    registry.add("work", idle)
    for name in ("a", "a", "b", None, None):
        jobs.submit("work", exclusive=name)
    with ThreadPoolExecutor(8) as pool:
        claims = [claim for claim in pool.map(lambda _: jobs.store.claim(NAMES, "w", 60), range(8)) if claim]
    while (claim := jobs.store.claim(NAMES, "w", 60)) is not None:  # a lost race is not a lost job
        claims.append(claim)
    assert len(claims) == 4
    for claim in claims:
        jobs.store.finish(claim.job.id, claim.job.fence, "succeeded", beat=beat(claim.job.id, claim.job.fence))
    assert jobs.store.claim(NAMES, "w", 60) is not None


def test_a_job_whose_lease_ended_is_taken_over_under_a_new_fence(
    jobs: Jobs, registry: Registry, engine: sa.Engine
) -> None:
    registry.add("work", idle)
    job = jobs.submit("work")
    first = jobs.store.claim(NAMES, "first", 60)
    assert first is not None
    jobs.store.save_checkpoint(job.id, first.job.fence, {"at": 7}, 60)
    assert jobs.store.claim(NAMES, "second", 60) is None
    end_lease(engine, job.id)
    second = jobs.store.claim(NAMES, "second", 60)
    assert second is not None
    assert second.job.fence > first.job.fence
    assert second.job.attempt == 2
    assert second.checkpoint == {"at": 7}
    held = beat(job.id, first.job.fence)
    with pytest.raises(LeaseLostError):
        jobs.store.finish(job.id, first.job.fence, "succeeded", result="late", beat=held)
    with pytest.raises(LeaseLostError):
        jobs.store.save_checkpoint(job.id, first.job.fence, {"at": 9}, 60)
    with pytest.raises(LeaseLostError):
        jobs.store.requeue(job.id, first.job.fence, delay=0, error=None, counted=True, beat=held)
    with pytest.raises(LeaseLostError), transaction(engine) as connection:  # noqa: PT012
        connection.execute(tables.dataset.insert().values(id="late", name="late"))
        jobs.store.guard(connection, job.id, first.job.fence)
    with reading(engine) as connection:
        assert connection.execute(sa.select(tables.dataset)).all() == []
    assert jobs.store.states([(job.id, first.job.fence)]) == {job.id: (False, False)}
    jobs.store.finish(job.id, second.job.fence, "succeeded", result="in time", beat=beat(job.id, second.job.fence))
    assert jobs.get(job.id).result == "in time"


def test_heartbeats_keep_a_lease_alive(jobs: Jobs, registry: Registry, engine: sa.Engine) -> None:
    began, finish = Event(), Event()

    @registry.job("work")
    def work(context: JobContext) -> str:
        began.set()
        context.progress(3, 9, "slow")
        finish.wait(20)
        return "mine"

    job = jobs.submit("work")
    worker = Worker(jobs, poll_seconds=0.05, lease_seconds=0.8)
    worker.start()
    assert began.wait(10)
    seen = ""
    for _ in range(16):  # twice the lease
        time.sleep(0.1)
        assert jobs.store.claim(NAMES, "thief", 60) is None
        seen = jobs.get(job.id).status
    assert seen == "slow"  # progress is seen while the job runs
    finish.set()
    assert jobs.wait(job.id, 10).result == "mine"
    assert jobs.get(job.id).attempt == 1
    assert worker.stop()


def test_guard_holds_off_a_take_over_until_the_commit(jobs: Jobs, registry: Registry, engine: sa.Engine) -> None:
    registry.add("work", idle)
    job = jobs.submit("work")
    first = jobs.store.claim(NAMES, "first", 60)
    assert first is not None
    end_lease(engine, job.id)
    with ThreadPoolExecutor(1) as pool:
        with transaction(engine) as connection:
            jobs.store.guard(connection, job.id, first.job.fence)
            thief = pool.submit(jobs.store.claim, NAMES, "second", 60)
            time.sleep(0.2)
            jobs.store.complete(connection, job.id, first.job.fence, "mine")
        assert thief.result(10) is None
    assert jobs.get(job.id).result == "mine"


def test_a_queued_job_is_cancelled_at_once(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    registry.add("work", idle)
    job = jobs.submit("work")
    assert jobs.cancel(job.id).state == "cancelled"
    assert worker.drain() == 0
    with pytest.raises(NotFoundError):
        jobs.cancel("nothing")


def test_a_running_job_is_cancelled_at_its_next_look(jobs: Jobs, registry: Registry) -> None:
    began = Event()

    @registry.job("work")
    def work(context: JobContext) -> None:
        began.set()
        for _ in range(2000):
            time.sleep(0.01)
            context.check()

    job = jobs.submit("work")
    worker = Worker(jobs, poll_seconds=0.05)
    worker.start()
    assert began.wait(10)
    jobs.cancel(job.id)
    found = jobs.wait(job.id, 10)
    assert (found.state, found.cancel_requested, found.result) == ("cancelled", True, None)
    assert worker.stop()


def test_what_was_cancelled_is_not_committed(jobs: Jobs, registry: Registry, engine: sa.Engine, worker: Worker) -> None:
    @registry.job("work")
    def work(context: JobContext) -> None:
        jobs.cancel(context.job.id)
        with transaction(engine) as connection:
            connection.execute(tables.dataset.insert().values(id="d", name="d"))
            context.guard(connection)

    job = jobs.submit("work")
    worker.drain()
    assert jobs.get(job.id).state == "cancelled"
    with reading(engine) as connection:
        assert connection.execute(sa.select(tables.dataset)).all() == []


def test_a_finished_job_is_not_cancelled(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    registry.add("work", idle)
    job = jobs.submit("work")
    worker.drain()
    assert jobs.cancel(job.id).state == "succeeded"
    with pytest.raises(ConflictError):
        jobs.retry(job.id)


def test_a_failing_job_is_repeated_with_growing_pauses_and_then_fails(jobs: Jobs, registry: Registry) -> None:
    times: list[float] = []

    @registry.job("work", max_attempts=3, backoff_seconds=0.15)
    def work(context: JobContext) -> None:
        times.append(time.monotonic())
        raise StorageError("the disk is full", "free some space")

    job = jobs.submit("work")
    worker = Worker(jobs, poll_seconds=0.02)
    worker.start()
    found = jobs.wait(job.id, 20)
    assert worker.stop()
    assert (found.state, found.attempt) == ("failed", 3)
    assert found.error == "the disk is full\n  remedy: free some space"
    assert len(times) == 3
    assert times[1] - times[0] >= 0.14
    assert times[2] - times[1] >= 0.29


def test_an_unexpected_error_keeps_its_trace_in_the_log(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    @registry.job("work", max_attempts=1)
    def work(context: JobContext) -> None:
        raise KeyError("no such thing")

    job = jobs.submit("work")
    worker.drain()
    found = jobs.get(job.id)
    assert found.error == "KeyError: 'no such thing'"
    assert "Traceback" in found.log[-1]


def test_bad_input_fails_at_once_and_names_every_place(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    @registry.job("work", max_attempts=5)
    def work(context: JobContext) -> None:
        problems = Problems()
        problems.add("a.json:3", "no id", "give one")
        problems.add("a.json:9", "no box")
        raise InputError("two rows are bad", "correct them", problems)

    job = jobs.submit("work")
    assert worker.drain() == 1
    found = jobs.get(job.id)
    assert (found.state, found.attempt) == ("failed", 1)
    assert found.log[1:] == ("a.json:3: no id (give one)", "a.json:9: no box")


def test_a_retry_goes_on_from_the_checkpoint(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    ready: list[int] = []

    @registry.job("work", max_attempts=1)
    def work(context: JobContext) -> str:
        if context.checkpoint is None:
            context.save_checkpoint({"parts": [1, 2]})
            raise StorageError("away")
        ready.extend(context.checkpoint["parts"])
        return "done"

    job = jobs.submit("work", key="k")
    worker.drain()
    assert jobs.submit("work", key="k").state == "failed"  # a key never runs twice by itself
    assert jobs.retry(job.id).state == "queued"
    worker.drain()
    assert jobs.get(job.id).state == "succeeded"
    assert ready == [1, 2]


def test_a_job_that_kills_its_workers_is_given_up(jobs: Jobs, registry: Registry, engine: sa.Engine) -> None:
    registry.add("work", idle)
    job = jobs.submit("work", max_attempts=2)
    for _ in range(2):
        assert jobs.store.claim(NAMES, "w", 60) is not None
        end_lease(engine, job.id)
    assert jobs.store.has_due(NAMES)
    assert jobs.store.claim(NAMES, "w", 60) is None
    found = jobs.get(job.id)
    assert found.state == "failed"
    assert "every attempt" in (found.error or "")


def test_a_dead_workers_job_that_was_cancelled_is_not_begun_again(
    jobs: Jobs, registry: Registry, engine: sa.Engine
) -> None:
    registry.add("work", idle)
    job = jobs.submit("work")
    assert jobs.store.claim(NAMES, "w", 60) is not None
    jobs.cancel(job.id)
    end_lease(engine, job.id)
    assert jobs.store.claim(NAMES, "w", 60) is None
    assert jobs.get(job.id).state == "cancelled"


def test_stopping_gives_jobs_back_uncounted(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    began = Event()

    @registry.job("work", max_attempts=1)
    def work(context: JobContext) -> str:
        if context.checkpoint is None:
            context.save_checkpoint(1)
            began.set()
            while True:
                time.sleep(0.01)
                context.check()
        return "done"

    job = jobs.submit("work")
    worker.start()
    assert began.wait(10)
    assert worker.stop()
    found = jobs.get(job.id)
    assert (found.state, found.attempt) == ("queued", 0)
    assert Worker(jobs).run(job.id).state == "succeeded"


def test_an_interrupt_gives_the_job_back(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    @registry.job("work")
    def work(context: JobContext) -> None:
        raise KeyboardInterrupt

    job = jobs.submit("work")
    with pytest.raises(KeyboardInterrupt):
        worker.run(job.id)
    assert (jobs.get(job.id).state, jobs.get(job.id).attempt) == ("queued", 0)


def test_running_here_tells_progress_and_repeats_failed_attempts(
    jobs: Jobs, registry: Registry, worker: Worker
) -> None:
    @registry.job("work", backoff_seconds=0)
    def work(context: JobContext) -> int:
        context.progress(context.job.attempt, 2, "working")
        if context.job.attempt == 1:
            raise StorageError("away")
        return 5

    seen: list[tuple[int, int, str]] = []
    job = jobs.submit("work", delay=3600)  # somebody waits for this one: it need not wait
    found = worker.run(job.id, on_progress=lambda *progress: seen.append(progress))
    assert (found.state, found.result, found.attempt) == ("succeeded", 5, 2)
    assert seen == [(1, 2, "working"), (2, 2, "working")]


def test_a_delayed_job_is_not_due_yet(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    registry.add("work", idle)
    job = jobs.submit("work", delay=0.3)
    assert worker.drain() == 0
    time.sleep(0.35)
    assert worker.drain() == 1
    assert jobs.get(job.id).state == "succeeded"


def test_complete_ends_the_job_with_its_result_or_not_at_all(
    jobs: Jobs, registry: Registry, engine: sa.Engine, worker: Worker
) -> None:
    @registry.job("work", max_attempts=2, backoff_seconds=0)
    def work(context: JobContext) -> None:
        with transaction(engine) as connection:
            connection.execute(tables.dataset.insert().values(id="d", name="d"))
            context.complete(connection, {"dataset": "d"})
            if context.job.attempt == 1:
                raise ConnectionError("between the two")

    job = jobs.submit("work")
    worker.drain()
    # The first attempt's transaction was rolled back, the end of the job with it; the second one did both.
    found = jobs.get(job.id)
    assert (found.state, found.attempt, found.result) == ("succeeded", 2, {"dataset": "d"})
    with reading(engine) as connection:
        assert len(connection.execute(sa.select(tables.dataset)).all()) == 1


def test_a_worker_outlives_an_outage_and_errors_of_its_own(
    jobs: Jobs, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checkdam.jobs.worker._REST_SECONDS", 0.02)
    registry.add("work", idle)
    real, asked = jobs.store.has_due, []

    def has_due(names: Any) -> bool:
        asked.append(1)
        if len(asked) < 5:
            raise StorageError("the server is gone") if len(asked) % 2 else ZeroDivisionError
        return real(names)

    monkeypatch.setattr(jobs.store, "has_due", has_due)
    job = jobs.submit("work")
    worker = Worker(jobs, poll_seconds=0.02)
    worker.start()
    assert jobs.wait(job.id, 10).state == "succeeded"
    assert worker.stop()


def test_how_a_job_ended_is_written_again_after_an_outage(
    jobs: Jobs, registry: Registry, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.add("work", idle)
    real, tried = jobs.store.finish, []

    def finish(*arguments: Any, **options: Any) -> None:
        tried.append(1)
        if len(tried) == 1:
            raise StorageError("the server is gone")
        real(*arguments, **options)

    monkeypatch.setattr(jobs.store, "finish", finish)
    job = jobs.submit("work")
    worker.drain()
    assert (jobs.get(job.id).state, len(tried)) == ("succeeded", 2)


def test_lists_are_filtered_by_what_they_leave_out(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    registry.add("work", idle)
    registry.add("play", idle)
    made = []
    for name, dataset in (("work", "a"), ("work", "b"), ("play", "a")):
        made.append(jobs.submit(name, {"dataset": dataset}).id)
        time.sleep(0.002)
    worker.run(made[0])
    assert [job.id for job in jobs.list()] == made[::-1]
    assert [job.id for job in jobs.list(states=["succeeded"])] == made[:1]
    assert [job.id for job in jobs.list(names=["work"])] == [made[1], made[0]]
    assert [job.id for job in jobs.list(arguments={"dataset": "a"})] == [made[2], made[0]]
    assert [job.id for job in jobs.list(limit=2)] == made[:0:-1]
    assert [job.id for job in jobs.list(before=made[1])] == made[:1]


def test_logs_keep_their_order_are_cut_and_come_in_pages(jobs: Jobs, registry: Registry) -> None:
    registry.add("work", idle)
    job = jobs.submit("work")
    jobs.store.append_log(job.id, [f"line {number}" for number in range(50)])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: jobs.store.append_log(job.id, [f"thread {n}"]), range(4)))
    jobs.store.append_log(job.id, ["x" * 20_000, "nul \x00"])
    lines = jobs.log(job.id)
    assert lines[:50] == [f"line {number}" for number in range(50)]
    assert sorted(lines[50:54]) == [f"thread {number}" for number in range(4)]
    assert len(lines[54]) == 10_000
    assert jobs.log(job.id, after=55) == ["nul \u2400"]


def test_the_time_left_follows_the_pace(jobs: Jobs, registry: Registry) -> None:
    registry.add("work", idle)
    job = jobs.submit("work")
    assert jobs.eta_seconds(job) is None
    claim = jobs.store.claim(NAMES, "w", 60)
    assert claim is not None
    time.sleep(0.2)
    jobs.store.beat([Beat(job.id, claim.job.fence, 1, 11, "")], 60)
    eta = jobs.eta_seconds(jobs.get(job.id))
    assert eta is not None
    assert 2.0 <= eta < 20.0


def test_the_context_of_a_cancelled_or_lost_job_says_so(jobs: Jobs, registry: Registry) -> None:
    registry.add("work", idle)
    jobs.submit("work")
    claim = jobs.store.claim(NAMES, "w", 60)
    assert claim is not None
    context = JobContext(claim.job, None, jobs.store, 60)
    context.check()
    context.cancel()
    with pytest.raises(JobCancelledError):
        context.check()
    context.lose()
    with pytest.raises(LeaseLostError):
        context.progress(1)


def test_whoever_waits_for_another_worker_is_told_once(
    engine: sa.Engine, jobs: Jobs, registry: Registry, worker: Worker
) -> None:
    registry.add("work", idle)
    job = jobs.submit("work", {"n": 1})
    assert jobs.store.claim(NAMES, "another", 60.0, job.id) is not None
    told: list[str] = []

    def held() -> None:
        told.append("held")
        Timer(0.2, end_lease, (engine, job.id)).start()

    assert worker.run(job.id, on_held=held).state == "succeeded"
    assert told == ["held"]


def test_no_thread_is_left_when_a_job_is_interrupted(jobs: Jobs, registry: Registry, worker: Worker) -> None:
    def interrupted(context: JobContext) -> None:
        raise KeyboardInterrupt

    registry.add("work", interrupted)
    with pytest.raises(KeyboardInterrupt):
        worker.run(jobs.submit("work").id)
    assert not [thread for thread in enumerate_threads() if thread.name == "job-pulse"]
