"""Jobs as the API tells them: with a title, the dataset they work on, and how long they still need."""

from collections.abc import Sequence
from typing import Any

from checkdam.schema import Job, JobState, NotFoundError
from checkdam.server.wire.jobs import DatasetRef, JobDetailOut, JobOut
from checkdam.workspace import Workspace

_DATASET = "dataset_id"
_TRACEBACK = "Traceback (most recent call last)"


def describe(job: Job, workspace: Workspace) -> JobOut:
    """One job."""
    return JobOut(**_fields(job, workspace, {}))


def describe_fully(job: Job, workspace: Workspace) -> JobDetailOut:
    """One job with its log. The inside of a fault (a traceback) stays on the server: the command line shows it."""
    log = [line if not line.startswith(_TRACEBACK) else f"see: checkdam jobs show {job.id}" for line in job.log]
    return JobDetailOut(**_fields(job, workspace, {}), log=log)


def list_described(
    workspace: Workspace, *, states: Sequence[JobState], dataset: str | None, limit: int
) -> list[JobOut]:
    """The newest jobs first; of one dataset, if it is given by id or name."""
    arguments = {} if dataset is None else {_DATASET: workspace.datasets.resolve(dataset).id}
    names: dict[str, DatasetRef | None] = {}
    found = workspace.jobs.list(states=states, arguments=arguments, limit=limit)
    return [JobOut(**_fields(job, workspace, names)) for job in found]


def _fields(job: Job, workspace: Workspace, names: dict[str, DatasetRef | None]) -> dict[str, Any]:
    dataset = _dataset(job, workspace, names)
    title = workspace.jobs.title(job)
    return {
        "id": job.id,
        "name": job.name,
        "title": f"{title}: {dataset.name}" if dataset else title,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "status": job.status,
        "error": job.error,
        "result": job.result,
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "created_by": job.created_by,
        "cancel_requested": job.cancel_requested,
        "dataset": dataset,
        "eta_seconds": workspace.jobs.eta_seconds(job),
    }


def _dataset(job: Job, workspace: Workspace, names: dict[str, DatasetRef | None]) -> DatasetRef | None:
    key = job.arguments.get(_DATASET)
    if not isinstance(key, str):
        return None
    if key not in names:
        try:
            found = workspace.datasets.resolve(key)
            names[key] = DatasetRef(id=found.id, name=found.name)
        except NotFoundError:
            names[key] = None
    return names[key]
