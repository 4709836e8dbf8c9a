"""Jobs run from the command line: here and now, with a progress bar, until they are finished."""

from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from checkdam.cli import console
from checkdam.schema import CheckdamError, InputError, Job

if TYPE_CHECKING:
    from checkdam.workspace import Workspace

Result = TypeVar("Result")
REMEDY = "\n  remedy: "


def finish(workspace: "Workspace", job: Job, title: str, result: type[Result]) -> Result:
    """Works on the job until it is finished and returns its result. Raises CheckdamError where it failed.

    Ctrl-C asks the job to stop; what it had done is kept and taken up again when the command is given again.
    """
    with console.progress(title) as progress:
        try:
            done = workspace.run(job, lambda now: progress(now.done, now.total, now.status), _held)
        except KeyboardInterrupt:
            workspace.jobs.cancel(job.id)
            raise
    if done.state != "succeeded":
        raise _failure(done, title)
    return msgspec.convert(done.result, result)


def _held() -> None:
    from checkdam.workspace import INLINE_LEASE_SECONDS

    console.note(
        "waiting for another worker that holds this job, "
        f"up to {INLINE_LEASE_SECONDS:g} s where it was a command that is no longer there"
    )


def _failure(job: Job, title: str) -> CheckdamError:
    """What went wrong, with the places that the job's log names, and the remedy."""
    what = {"failed": "failed", "cancelled": "was cancelled"}.get(job.state, f"is {job.state}")
    error, _, remedy = (job.error or "").partition(REMEDY)
    places = list(takewhile(lambda line: not line.startswith("attempt "), reversed(job.log)))[::-1]
    shown = places[: console.PROBLEMS_SHOWN]
    lines = [f"{title} {what}" + (f": {error}" if error else ""), *(f"  {line}" for line in shown)]
    if len(places) > len(shown):
        lines.append(f"  … and {len(places) - len(shown):,} more")
    return InputError("\n".join(lines), remedy or f"`checkdam jobs show {job.id}` prints its log")


def as_json(value: Any) -> str:
    """Plain JSON of frozen values, in readable lines."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
