"""The pool that runs jobs: in the server's process, or alone as `checkdam worker`."""

import logging
import os
import socket
import time
import traceback
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any
from uuid import uuid4

from checkdam.jobs.context import JobContext, JobReleasedError
from checkdam.jobs.queue import FINAL, Jobs
from checkdam.jobs.store import LONGEST_BACKOFF_SECONDS, LONGEST_LEASE_SECONDS, Beat, Claim
from checkdam.schema import (
    CheckdamError,
    ConflictError,
    ForbiddenError,
    InputError,
    Job,
    JobCancelledError,
    LeaseLostError,
    NotFoundError,
    StorageError,
    UnauthenticatedError,
)

log = logging.getLogger(__name__)

LEASE_SECONDS = 60.0
POLL_SECONDS = 0.5
_REST_SECONDS = 5.0
_FINISH_ATTEMPTS = 5

# To repeat these would give the same answer.
_FINAL_ERRORS = (InputError, ConflictError, NotFoundError, ForbiddenError, UnauthenticatedError)

OnProgress = Callable[[int, int, str], None]


class Worker:
    """Runs up to `pool_size` jobs at once, each in a thread. Their leases are kept alive by one more thread; when this
    process dies they end `lease_seconds` later (by the database's clock) and others take the jobs up."""

    def __init__(
        self,
        jobs: Jobs,
        *,
        pool_size: int = 2,
        lease_seconds: float = LEASE_SECONDS,
        poll_seconds: float = POLL_SECONDS,
        name: str | None = None,
    ) -> None:
        self._jobs = jobs
        self._pool_size = pool_size
        self._lease_seconds = min(lease_seconds, LONGEST_LEASE_SECONDS)
        self._poll_seconds = poll_seconds
        self._name = name or f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._stopping, self._wake, self._nudge = Event(), Event(), Event()
        self._threads: list[Thread] = []
        self._lock = Lock()
        self._running: dict[str, JobContext] = {}
        self._pulse: Thread | None = None
        self._next_beat = 0.0
        self._warned: set[tuple[str, str]] = set()

    def start(self) -> None:
        """Begins to take jobs. Returns at once."""
        self._stopping.clear()
        self._jobs.on_submit(self._wake.set)
        self._threads = [Thread(target=self._loop, name=f"job-{n}", daemon=True) for n in range(self._pool_size)]
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Takes no more jobs, and gives the running ones back to the queue at their next `check`. True if all threads
        ended within `timeout` seconds; what runs on then is taken up by others when its lease ends."""
        self._stopping.set()
        self._wake.set()
        with self._lock:
            contexts = list(self._running.values())
        for context in contexts:
            context.stop()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def drain(self) -> int:
        """Runs every job that is due, in this thread; gives their number."""
        count = 0
        while (claim := self._claim()) is not None:
            self._execute(claim, None)
            count += 1
        return count

    def run(
        self,
        job_id: str,
        on_progress: OnProgress | None = None,
        on_held: Callable[[], None] | None = None,
    ) -> Job:
        """Runs this job in this thread, its further attempts too, and gives it as it ended. If another worker holds it,
        waits for that one, after it called `on_held` once. On KeyboardInterrupt the job goes back to the queue."""
        try:
            while True:
                claim = self._claim(job_id)
                if claim is not None:
                    self._execute(claim, on_progress)
                found = self._jobs.get(job_id)
                if found.state in FINAL:
                    return found
                if on_held is not None and claim is None and found.state == "running":
                    on_held()
                    on_held = None
                time.sleep(self._poll_seconds)
        finally:
            self._end_pulse()

    def _end_pulse(self) -> None:
        """Waits for the pulse to end where no job runs: a thread that outlives a command's work may still be in the
        database while the interpreter is taken down."""
        with self._lock:
            pulse = None if self._running else self._pulse
        if pulse is not None:
            self._nudge.set()
            pulse.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                claim = self._claim()
                if claim is not None:
                    self._execute(claim, None)
                    continue
            except StorageError as error:
                log.warning("the job queue cannot be reached: %s", error)
                self._stopping.wait(_REST_SECONDS)
                continue
            except Exception:  # a worker thread that ends silently would leave the queue standing
                log.exception("a worker thread met an error of its own, and goes on")
                self._stopping.wait(_REST_SECONDS)
                continue
            self._wake.wait(self._poll_seconds)
            self._wake.clear()

    def _claim(self, job_id: str | None = None) -> Claim | None:
        names = self._jobs.registry.names()
        if job_id is None and not self._jobs.store.has_due(names):
            return None
        return self._jobs.store.claim(names, self._name, self._lease_seconds, job_id)

    def _execute(self, claim: Claim, on_progress: OnProgress | None) -> None:
        context = JobContext(claim.job, claim.checkpoint, self._jobs.store, self._lease_seconds)
        context.on_progress = on_progress
        self._hold(context)
        try:
            self._settle(context)
        finally:
            with self._lock:
                self._running.pop(context.job.id, None)

    def _hold(self, context: JobContext) -> None:
        with self._lock:
            self._running[context.job.id] = context
            if self._stopping.is_set():
                context.stop()
            if self._pulse is None:
                self._next_beat = time.monotonic() + self._lease_seconds / 4
                self._pulse = Thread(target=self._beat, name="job-pulse", daemon=True)
                self._pulse.start()

    def _settle(self, context: JobContext) -> None:
        """Runs the function and records how it ended."""
        store, job = self._jobs.store, context.job
        try:
            result = self._jobs.registry.get(job.name)(context, job.arguments)
        except LeaseLostError:
            log.info("job %s was taken up by another worker", job.id)
        except JobReleasedError:
            self._record(
                lambda: store.requeue(job.id, job.fence, delay=0.0, error=None, counted=False, beat=_latest(context))
            )
        except JobCancelledError:
            self._record(lambda: store.finish(job.id, job.fence, "cancelled", beat=_latest(context)))
        except Exception as error:  # whatever a job raises must end up on its record
            self._failed(context, error)
        except BaseException:
            self._record(
                lambda: store.requeue(job.id, job.fence, delay=0.0, error=None, counted=False, beat=_latest(context))
            )
            raise
        else:
            # A job that completed itself is not held any more, and stays as it ended.
            self._record(lambda: store.finish(job.id, job.fence, "succeeded", result=result, beat=_latest(context)))

    def _failed(self, context: JobContext, error: Exception) -> None:
        store, job = self._jobs.store, context.job
        known = isinstance(error, CheckdamError)
        text = str(error) if known else f"{type(error).__name__}: {error}"
        lines = [f"attempt {job.attempt} of {job.max_attempts} failed: {text}"]
        if isinstance(error, InputError):
            lines += [str(problem) for problem in error.problems]
        elif not known:
            lines += ["".join(traceback.format_exception(error)).rstrip()]
        self._record(lambda: store.append_log(job.id, lines))
        if isinstance(error, _FINAL_ERRORS) or job.attempt >= job.max_attempts:
            self._record(lambda: store.finish(job.id, job.fence, "failed", error=text, beat=_latest(context)))
            return
        backoff = self._jobs.registry.get(job.name).backoff_seconds
        delay = min(backoff * 2 ** (job.attempt - 1), LONGEST_BACKOFF_SECONDS)
        self._record(
            lambda: store.requeue(job.id, job.fence, delay=delay, error=text, counted=True, beat=_latest(context))
        )

    def _record(self, write: Callable[[], Any]) -> None:
        """Writes the end of a job, again if the database is away for a moment. If it stays away the lease ends, and
        the job is begun anew: it is idempotent."""
        for attempt in range(_FINISH_ATTEMPTS):
            try:
                write()
            except LeaseLostError as error:
                log.info("%s", error.detail)
                return
            except StorageError as error:
                self._warn("how a job ended could not be written", error)
                time.sleep(min(2.0**attempt, _REST_SECONDS))
            else:
                return

    def _warn(self, what: str, error: CheckdamError) -> None:
        """Says it once: a disk that is full is so for long, and the pulse comes twice a second."""
        if (what, error.detail) not in self._warned:
            self._warned.add((what, error.detail))
            log.warning("%s: %s", what, error)

    def _beat(self) -> None:
        """Keeps the leases of the running jobs alive, writes their progress, and passes on cancelling. Ends when no job
        runs."""
        while True:
            self._nudge.wait(min(self._poll_seconds, self._lease_seconds / 8))
            self._nudge.clear()
            with self._lock:
                contexts = list(self._running.values())
                if not contexts:
                    self._pulse = None
                    return
            try:
                self._beat_once(contexts)
                self._warned.clear()
            except CheckdamError as error:
                self._warn("the leases could not be renewed", error)
            except Exception:  # without the beat every running job would lose its lease
                log.exception("the leases could not be renewed")

    def _beat_once(self, contexts: list[JobContext]) -> None:
        states = self._jobs.store.states((context.job.id, context.job.fence) for context in contexts)
        for context in contexts:
            held, cancelled = states[context.job.id]
            if cancelled:
                context.cancel()
            if not held:
                context.lose()
        due = time.monotonic() >= self._next_beat
        beats = [_latest(context) for context in contexts if due or context.latest.is_new]
        if beats:
            self._jobs.store.beat(beats, self._lease_seconds)
        if due:
            self._next_beat = time.monotonic() + self._lease_seconds / 4


def _latest(context: JobContext) -> Beat:
    done, total, status = context.latest.take()
    return Beat(context.job.id, context.job.fence, done, total, status)
