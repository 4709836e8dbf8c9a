"""One stage of the big benchmark, in a process of its own so that its memory is its own. Prints JSON."""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from checkdam.datasets.store import lake_ref
from checkdam.formats import Entry, read
from checkdam.lint import FrameBuilder, lint
from checkdam.schema import Job
from checkdam.workspace import Workspace
from perf.memory import Peak, confine
from perf.synthetic import write_coco

NAME = "synthetic"


def make(_: Path, source: Path, items: int) -> None:
    write_coco(source / "instances.json", items)


def imported(home: Path, source: Path, _: int) -> None:
    """The whole job: read, checked, stored, published, the version's cache built."""
    with Workspace.open(home) as workspace:
        _run(workspace, workspace.datasets.submit_import(NAME, source, actor="perf"))


def cache(home: Path, source: Path, _: int) -> None:  # noqa: ARG001
    with Workspace.open(home) as workspace:
        ref = lake_ref(workspace.datasets.versions.get(NAME))
        workspace.cache.drop(ref)
        workspace.cache.open(ref)


def linted(home: Path, source: Path, _: int) -> None:  # noqa: ARG001
    """The whole job: the version read from the lake, every rule, the findings recorded."""
    with Workspace.open(home) as workspace:
        _run(workspace, workspace.datasets.submit_lint(NAME, actor="perf"))


def lint_folder(home: Path, source: Path, _: int) -> None:  # noqa: ARG001
    """What `checkdam lint FOLDER` does, but for the report."""
    builder = FrameBuilder()
    for event in read(source):
        builder.add(event.item if isinstance(event, Entry) else event)
    lint(builder.build())


def exported(home: Path, source: Path, _: int) -> None:  # noqa: ARG001
    target = home.parent / "exported"
    with Workspace.open(home) as workspace:
        workspace.datasets.export(NAME, "coco", target, actor="perf")
    shutil.rmtree(target)


STAGES: dict[str, Callable[[Path, Path, int], None]] = {
    "make": make,
    "import": imported,
    "cache": cache,
    "lint": linted,
    "lint folder": lint_folder,
    "export": exported,
}


def _run(workspace: Workspace, job: Job) -> None:
    ended = workspace.run(job)
    if ended.state != "succeeded":
        raise SystemExit(f"{ended.name} failed: {ended.error}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m perf.stage", description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("home", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("items", type=int)
    parser.add_argument("--memory", type=float, default=8.0)
    arguments = parser.parse_args()
    limit = confine(arguments.memory)
    begun, used = time.perf_counter(), time.process_time()
    with Peak() as peak:
        STAGES[arguments.stage](arguments.home, arguments.source, arguments.items)
    taken = {
        "seconds": time.perf_counter() - begun,
        "processor": time.process_time() - used,
        "memory": peak.mebibytes,
        "limit": limit,
    }
    sys.stdout.write(json.dumps(taken) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
