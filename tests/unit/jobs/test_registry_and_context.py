"""What a job's function is called by, and what it is handed; no database needed."""

from typing import Any

import pytest

from checkdam.jobs import JobContext, JobReleasedError, Registry
from checkdam.schema import Job, JobCancelledError, LeaseLostError, NotFoundError

JOB = Job(id="j", name="work", key="k", arguments={"a": 1}, state="running", attempt=1, max_attempts=3, fence=4)


class Kept:
    """A store that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def save_checkpoint(self, job_id: str, fence: int, checkpoint: Any, lease_seconds: float) -> None:
        self.told.append(("checkpoint", job_id, fence, checkpoint, lease_seconds))

    def append_log(self, job_id: str, lines: list[str]) -> None:
        self.told.append(("log", job_id, *lines))

    def guard(self, connection: Any, job_id: str, fence: int) -> None:
        self.told.append(("guard", connection, job_id, fence))

    def complete(self, connection: Any, job_id: str, fence: int, result: Any) -> None:
        self.told.append(("complete", connection, job_id, fence, result))


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def context(kept: Kept) -> JobContext:
    return JobContext(JOB, {"at": 1}, kept, 60)


def test_names_are_taken_once_and_say_what_they_are() -> None:
    registry = Registry()

    @registry.job("work", title="Do the work", max_attempts=7)
    def work(context: JobContext, a: int) -> int:
        return a + 1

    assert registry.names() == ("work",)
    assert registry.get("work").max_attempts == 7
    assert (registry.title("work"), registry.title("other")) == ("Do the work", "other")
    with pytest.raises(ValueError, match="registered already"):
        registry.add("work", work)
    with pytest.raises(NotFoundError) as told:
        registry.get("play")
    assert "work" in told.value.remedy


def test_a_function_gets_its_context_and_arguments(context: JobContext) -> None:
    registry = Registry()
    registry.add("work", lambda context, a: (context, a))
    assert registry.get("work")(context, {"a": 5}) == (context, 5)


def test_everything_is_said_in_the_name_of_the_fence(context: JobContext, kept: Kept) -> None:
    connection: Any = object()
    context.save_checkpoint({"at": 2})
    context.log("line")
    context.guard(connection)
    context.complete(connection, "done")
    assert kept.told == [
        ("checkpoint", "j", 4, {"at": 2}, 60),
        ("log", "j", "line"),
        ("guard", connection, "j", 4),
        ("complete", connection, "j", 4, "done"),
    ]
    assert context.checkpoint == {"at": 2}
    assert context.arguments == {"a": 1}


def test_progress_keeps_what_is_not_given_and_is_new_until_taken(context: JobContext) -> None:
    seen: list[tuple[int, int, str]] = []
    context.on_progress = lambda *progress: seen.append(progress)
    context.progress(1, 10, "reading")
    context.progress(2)
    assert context.latest.is_new
    assert context.latest.take() == (2, 10, "reading")
    assert not context.latest.is_new
    assert seen == [(1, 10, "reading"), (2, 10, "reading")]


@pytest.mark.parametrize(
    ("signal", "error"), [("cancel", JobCancelledError), ("lose", LeaseLostError), ("stop", JobReleasedError)]
)
def test_signals_reach_the_job_at_its_next_check(context: JobContext, signal: str, error: type[Exception]) -> None:
    context.check()
    getattr(context, signal)()
    with pytest.raises(error):
        context.check()
    with pytest.raises(error):
        context.progress(1)
