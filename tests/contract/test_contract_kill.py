"""Real worker processes, killed or frozen in the middle: each job's result appears exactly once."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from checkdam.jobs import JobContext, Jobs, Registry
from checkdam.storage.sql import reading
from checkdam.storage.sql.tables import audit

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX")]

Process = subprocess.Popen[str]
Start = Callable[[float], Process]


def _never(context: JobContext, **arguments: Any) -> None:
    raise AssertionError("the test itself runs no job")


@pytest.fixture
def jobs(engine: sa.Engine) -> Jobs:
    registry = Registry()
    for name, attempts in (("hold", 3), ("pause", 3), ("short", 1000)):
        registry.add(name, _never, max_attempts=attempts)
    return Jobs(engine, registry)


@pytest.fixture
def start(database_url: str, jobs: Jobs) -> Iterator[Start]:
    started: list[Process] = []

    def start(lease_seconds: float) -> Process:
        process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("killable_worker.py"), database_url, str(lease_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def results(engine: sa.Engine) -> Counter[str]:
    with reading(engine) as connection:
        return Counter(connection.execute(sa.select(audit.c.subject)).scalars())


def test_a_killed_workers_job_goes_on_from_its_checkpoint_and_ends_once(
    engine: sa.Engine, jobs: Jobs, start: Start
) -> None:
    job = jobs.submit("hold", {"hang_in_attempt": 1})
    first = start(1.0)
    until(lambda: jobs.get(job.id).status == "hanging")
    first.send_signal(signal.SIGKILL)
    first.wait()
    start(1.0)
    found = jobs.wait(job.id, 60)
    assert (found.state, found.attempt, found.fence) == ("succeeded", 2, 2)
    assert found.result == {"steps": ["first", "second", "third"]}
    assert found.log == ("first in attempt 1", "second in attempt 1", "third in attempt 2")
    assert results(engine) == {job.id: 1}


def test_a_frozen_worker_that_wakes_up_late_commits_nothing(engine: sa.Engine, jobs: Jobs, start: Start) -> None:
    job = jobs.submit("pause", {"seconds": 1.0})
    first = start(1.0)
    until(lambda: jobs.get(job.id).status == "pausing")
    first.send_signal(signal.SIGSTOP)
    start(1.0)
    found = jobs.wait(job.id, 60)
    assert (found.state, found.attempt) == ("succeeded", 2)
    first.send_signal(signal.SIGCONT)
    time.sleep(1.5)  # its sleep is over by now, and it has tried
    assert first.poll() is None
    with reading(engine) as connection:
        assert connection.execute(sa.select(audit.c.action)).scalars().all() == ["attempt 2"]
    assert jobs.get(job.id) == found


def test_workers_killed_at_any_moment_lose_and_double_nothing(engine: sa.Engine, jobs: Jobs, start: Start) -> None:
    submitted = [jobs.submit("short", {"steps": 5}).id for _ in range(20)]
    moments = random.Random(7)  # noqa: S311
    for _ in range(4):
        processes = [start(0.5), start(0.5)]
        time.sleep(moments.uniform(0.05, 0.4))
        for process in processes:
            process.kill()
            process.wait()
    start(0.5)
    until(lambda: all(jobs.store.get(job_id).state == "succeeded" for job_id in submitted), 120)
    assert results(engine) == dict.fromkeys(submitted, 1)
