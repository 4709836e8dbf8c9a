"""An import in a process of its own that kills itself, with SIGKILL, at a given point. Run by `test_import_killed.py`.

    python killed_import.py HOME SOURCE POINT [N]

POINT is one of `staged` (after the Nth part lies in the lake, before that is noted), `noted` (after it is), `published`
(the lake has it, SQL does not), `committed` (the version's row is there, the job does not know), or `never`.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from checkdam.datasets import reading
from checkdam.jobs import JobContext, Worker
from checkdam.workspace import Workspace

LEASE_SECONDS = 1.0
MEDIA_A_PART = 16


class Point:
    """Lets through, and kills at the Nth time."""

    def __init__(self, count: int) -> None:
        self._left = count

    def reached(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(workspace: Workspace, point: str, count: int) -> None:
    at = Point(count)

    def after(owner: Any, name: str) -> None:
        inner = getattr(owner, name)

        def call(*given: Any, **named: Any) -> Any:
            result = inner(*given, **named)
            at.reached()
            return result

        setattr(owner, name, call)

    if point == "noted":
        after(JobContext, "save_checkpoint")
    elif point != "never":
        owner, name = {
            "staged": (workspace.lake, "stage"),
            "published": (workspace.lake, "publish"),
            "committed": (workspace.datasets.importer.committer, "add"),
        }[point]
        after(owner, name)


def main(home: str, source: str, point: str, count: str = "1") -> None:
    reading.MEDIA_A_PART = MEDIA_A_PART
    with Workspace.open(Path(home)) as workspace:
        arm(workspace, point, int(count))
        job = workspace.datasets.submit_import("pictures", Path(source), actor="ada")
        done = Worker(workspace.jobs, pool_size=1, lease_seconds=LEASE_SECONDS, poll_seconds=0.05).run(job.id)
        assert done.state == "succeeded", (done.error, done.log)


if __name__ == "__main__":
    main(*sys.argv[1:])
