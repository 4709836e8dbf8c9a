"""Jobs: what runs, and stopping or repeating it."""

from typing import Annotated

from fastapi import APIRouter

from checkdam.server.auth import Caller, only
from checkdam.server.context import TheWorkspace
from checkdam.server.jobs import describe, describe_fully, list_described
from checkdam.server.wire.base import IdPath, failures
from checkdam.server.wire.jobs import JobDetailOut, JobOut
from checkdam.server.wire.queries import JobsParameters

router = APIRouter(tags=["jobs"])


@router.get(
    "/jobs", response_model=list[JobOut], dependencies=[only("datasets.read")], responses=failures(401, 403, 404)
)
def list_jobs(query: JobsParameters, workspace: TheWorkspace) -> list[JobOut]:
    """Jobs, the newest first."""
    return list_described(workspace, states=tuple(query.state), dataset=query.dataset, limit=query.limit)


@router.get(
    "/jobs/{id}", response_model=JobDetailOut, dependencies=[only("datasets.read")], responses=failures(401, 403, 404)
)
def get_job(id: IdPath, workspace: TheWorkspace) -> JobDetailOut:
    """One job with its log."""
    return describe_fully(workspace.jobs.get(id), workspace)


@router.post("/jobs/{id}/cancel", response_model=JobOut, responses=failures(401, 403, 404, 409))
def cancel_job(id: IdPath, caller: Annotated[Caller, only("jobs.control")], workspace: TheWorkspace) -> JobOut:
    """Ask a job to stop. A queued one is cancelled at once, a running one at its next step."""
    job = workspace.jobs.cancel(id)
    workspace.accounts.record(caller.user.name, "cancel job", job.id, name=job.name)
    return describe(job, workspace)


@router.post("/jobs/{id}/retry", response_model=JobOut, responses=failures(401, 403, 404, 409))
def retry_job(id: IdPath, caller: Annotated[Caller, only("jobs.control")], workspace: TheWorkspace) -> JobOut:
    """Queue a failed or cancelled job again."""
    job = workspace.jobs.retry(id)
    workspace.accounts.record(caller.user.name, "retry job", job.id, name=job.name)
    return describe(job, workspace)
