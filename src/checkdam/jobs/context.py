"""What a running job sees of its queue."""

from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Protocol

from checkdam.schema import CheckdamError, Job, JobCancelledError, LeaseLostError

if TYPE_CHECKING:
    from sqlalchemy import Connection


class JobReleasedError(CheckdamError):
    """The worker is being stopped; the job goes back to the queue as it is, and the attempt is not counted."""

    code = "released"


class Holder(Protocol):
    """What a context needs of the store, for the job and fence that it holds."""

    def save_checkpoint(self, job_id: str, fence: int, checkpoint: Any, lease_seconds: float) -> None: ...
    def append_log(self, job_id: str, lines: list[str]) -> None: ...
    def guard(self, connection: "Connection", job_id: str, fence: int) -> None: ...
    def complete(self, connection: "Connection", job_id: str, fence: int, result: Any) -> None: ...


class Progress:
    """The latest progress, set by the job's thread and taken by the one that writes it."""

    def __init__(self, job: Job) -> None:
        self._lock = Lock()
        self._value = (job.done, job.total, job.status)
        self.is_new = False

    def set(self, done: int, total: int | None, status: str | None) -> tuple[int, int, str]:
        with self._lock:
            _, old_total, old_status = self._value
            self._value = (done, old_total if total is None else total, old_status if status is None else status)
            self.is_new = True
            return self._value

    def take(self) -> tuple[int, int, str]:
        """The value, which is not new any more."""
        with self._lock:
            self.is_new = False
            return self._value


class JobContext:
    """Handed to a job's function. Call `check` often: it is cheap, and it is how cancelling and stopping reach the job.

    `checkpoint` is what the last attempt saved (None at first): plain JSON, from which the work goes on.
    """

    def __init__(self, job: Job, checkpoint: Any, store: Holder, lease_seconds: float) -> None:
        self.job = job
        self.checkpoint = checkpoint
        self._store = store
        self._lease_seconds = lease_seconds
        self._cancelled, self._lost, self._stopping = Event(), Event(), Event()
        self.latest = Progress(job)
        self.on_progress: Any = None

    @property
    def arguments(self) -> dict[str, Any]:
        return self.job.arguments

    def progress(self, done: int, total: int | None = None, status: str | None = None) -> None:
        """`done` of `total` units are finished; `status` says in words what is being done. Cheap: the newest value is
        written by another thread, twice a second at most. Checks as `check` does."""
        value = self.latest.set(done, total, status)
        if self.on_progress is not None:
            self.on_progress(*value)
        self.check()

    def log(self, line: str) -> None:
        """Adds a line to the job's log."""
        self._store.append_log(self.job.id, [line])

    def save_checkpoint(self, checkpoint: Any) -> None:
        """Keeps plain JSON for the attempt that may have to go on from here. Raises LeaseLostError if another worker
        has the job by now."""
        self._store.save_checkpoint(self.job.id, self.job.fence, checkpoint, self._lease_seconds)
        self.checkpoint = checkpoint

    def check(self) -> None:
        """Raises JobCancelledError, LeaseLostError or JobReleasedError if the job should stop."""
        if self._lost.is_set():
            raise LeaseLostError(f"job {self.job.id} was given to another worker", "its result is not recorded here")
        if self._cancelled.is_set():
            raise JobCancelledError(f"job {self.job.id} was cancelled")
        if self._stopping.is_set():
            raise JobReleasedError(f"the worker of job {self.job.id} is being stopped")

    def guard(self, connection: "Connection") -> None:
        """Call it inside the transaction that commits the job's result. From here until that transaction ends nobody
        else can take the job up; if somebody has, or the job was cancelled, LeaseLostError or JobCancelledError is
        raised and nothing of the transaction remains."""
        self._store.guard(connection, self.job.id, self.job.fence)

    def complete(self, connection: "Connection", result: Any) -> None:
        """Finishes the job in the transaction that commits its result: there is then no moment at which the one is
        there without the other. Includes `guard`."""
        self._store.complete(connection, self.job.id, self.job.fence, result)

    def cancel(self) -> None:
        """The job was cancelled: its next `check` raises."""
        self._cancelled.set()

    def lose(self) -> None:
        """The lease is gone: the job's next `check` raises."""
        self._lost.set()

    def stop(self) -> None:
        """The worker is being stopped: the job's next `check` raises."""
        self._stopping.set()
