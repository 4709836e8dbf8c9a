"""Named, idempotent functions that run in the background: a queue in SQL, leases with fencing tokens, workers.

A killed worker's job is taken up again by another one when its lease ends, and goes on from its checkpoint. Because a
result is committed under the lease's number (`JobContext.guard`), it appears once however often the job was begun.
"""

from checkdam.jobs.context import JobContext, JobReleasedError
from checkdam.jobs.queue import Jobs
from checkdam.jobs.registry import JobFunction, Registry
from checkdam.jobs.worker import Worker

__all__ = ["JobContext", "JobFunction", "JobReleasedError", "Jobs", "Registry", "Worker"]
