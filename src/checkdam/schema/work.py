"""Jobs and lineage edges."""

from typing import Any, Literal

from msgspec import Struct, field

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class Job(Struct, frozen=True, kw_only=True):
    """A run of a named, idempotent function. `fence` grows with every lease: a worker that lost its lease holds an old
    number and cannot finish the job. `done` of `total` units are finished (total 0: not known). Times are ISO 8601 in
    UTC."""

    id: str
    name: str
    key: str
    arguments: dict[str, Any]
    state: JobState
    attempt: int
    max_attempts: int
    fence: int
    done: int = 0
    total: int = 0
    status: str = ""
    result: Any = None
    error: str | None = None
    cancel_requested: bool = False
    created_at: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    created_by: str = ""
    log: tuple[str, ...] = field(default_factory=tuple)


class LineageEdge(Struct, frozen=True, kw_only=True):
    """`child` was made from `parent` by `relation`, in the job `job_id` where there is one.

    Both ends are URNs: `import:ID`, `version:DATASET@N`, `lint:ID`, `finding:DATASET/ID`, `edit:ID`, `source:sha256`,
    `taxonomy:ID`, `export:ID`, `run:NAME`."""

    parent: str
    child: str
    relation: str
    job_id: str | None = None
    created_at: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
