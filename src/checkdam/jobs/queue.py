"""Submitting jobs and asking about them."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from checkdam.jobs.registry import Registry
from checkdam.jobs.store import JobStore, same_arguments
from checkdam.schema import ConflictError, Job, JobState

if TYPE_CHECKING:
    from sqlalchemy import Engine

FINAL: frozenset[JobState] = frozenset({"succeeded", "failed", "cancelled"})


class Jobs:
    """The queue. Any number of processes may share it; the database is what they have in common."""

    def __init__(self, engine: "Engine", registry: Registry) -> None:
        self.store = JobStore(engine)
        self.registry = registry
        self._listeners: list[Callable[[], None]] = []

    def submit(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        created_by: str = "",
        max_attempts: int | None = None,
        priority: int = 0,
        exclusive: str | None = None,
        delay: float = 0.0,
    ) -> Job:
        """Queues a job, once per `key`: a key that is there already gives the job that is there, whatever its state.

        Of the jobs that share `exclusive` one runs at a time. `delay` is in seconds. Raises NotFoundError for an
        unknown name, and ConflictError where the key was used for another name or other arguments.
        """
        function = self.registry.get(name)
        plain = msgspec.to_builtins(dict(arguments or {}), str_keys=True)
        values = {
            "id": "j" + uuid4().hex,
            "name": name,
            "key": key if key is not None else uuid4().hex,
            "arguments": plain,
            "created_by": created_by,
            "max_attempts": function.max_attempts if max_attempts is None else max_attempts,
            "priority": priority,
            "exclusive": exclusive,
        }
        found, _ = self.store.submit(values, delay)
        if found.name != name or not same_arguments(found, plain):
            raise ConflictError(
                f"the key {key!r} belongs to another job ({found.id}, {found.name})",
                "use a key of its own for each job",
            )
        self._wake()
        return found

    def get(self, job_id: str, *, log: bool = True) -> Job:
        """The job, with its log. Raises NotFoundError."""
        found = self.store.get(job_id)
        return msgspec.structs.replace(found, log=tuple(self.store.log(job_id, 0))) if log else found

    def list(
        self,
        *,
        states: Collection[JobState] = (),
        names: Collection[str] = (),
        arguments: Mapping[str, str] | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> Sequence[Job]:
        """Newest first, without logs. `arguments` keeps the jobs that were given these; `before` is the id of the last
        job of the page before."""
        return self.store.find(states, names, arguments or {}, limit, before)

    def log(self, job_id: str, after: int = 0) -> Sequence[str]:
        """The lines of the log, the first `after` of them left out."""
        return self.store.log(job_id, after)

    def cancel(self, job_id: str) -> Job:
        """Ends a queued job and asks a running one to stop. Raises NotFoundError."""
        return self.store.cancel(job_id)

    def retry(self, job_id: str) -> Job:
        """Queues a failed or cancelled job again, from its checkpoint. Raises NotFoundError, and ConflictError for a
        job that has succeeded."""
        found = self.store.retry(job_id)
        self._wake()
        return found

    def wait(self, job_id: str, timeout: float, poll_seconds: float = 0.1) -> Job:
        """The job once it has ended, or as it is after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self.store.get(job_id).state not in FINAL and time.monotonic() < deadline:
            time.sleep(poll_seconds)
        return self.get(job_id)

    def eta_seconds(self, found: Job) -> float | None:
        """How long a running job will take yet if it goes on as it has; None where nobody can say."""
        if found.state != "running" or found.done <= 0 or found.total <= found.done:
            return None
        elapsed = self.store.running_seconds(found.id)
        return None if elapsed is None else elapsed * (found.total - found.done) / found.done

    def title(self, found: Job) -> str:
        return self.registry.title(found.name)

    def on_submit(self, listener: Callable[[], None]) -> None:
        """`listener` is called, in the caller's thread, whenever a job is queued in this process."""
        self._listeners.append(listener)

    def _wake(self) -> None:
        for listener in self._listeners:
            listener()
