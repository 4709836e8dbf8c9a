"""Jobs."""

from typing import Any, Literal

from pydantic import Field

from checkdam.server.wire.base import Answer

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class DatasetRef(Answer):
    id: str
    name: str


class JobOut(Answer):
    """A job. `done` of `total` units are finished (total 0: not known). Times are ISO 8601 in UTC. `result` is the
    job's answer as JSON, `error` its last failure in words."""

    id: str
    name: str
    title: str
    state: JobState
    done: int
    total: int
    status: str
    error: str | None
    result: Any
    attempt: int
    max_attempts: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    created_by: str
    cancel_requested: bool
    dataset: DatasetRef | None
    eta_seconds: float | None = Field(description="from the speed so far; null while it cannot be told")


class JobDetailOut(JobOut):
    log: list[str]
