"""A small but whole life of a workspace, in steps that may each be done again: what campaigns kill and backups hold."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from PIL import Image

from checkdam.datasets import FindingFilter
from checkdam.jobs import Worker
from checkdam.schema import Job
from checkdam.workspace import Workspace

NAME = "cells"
PICTURES = 6
LEASE_SECONDS = 0.4
POLL_SECONDS = 0.02


def make_sources(folder: Path) -> None:
    """`first` and `next`: two states of one COCO set, with boxes drawn twice and boxes of no area in both."""
    for name, more in (("first", 0), ("next", 2)):
        source = folder / name
        source.mkdir(parents=True)
        pictures = range(PICTURES + more)
        for number in pictures:
            Image.effect_noise((24, 24), 20 + 5 * number).convert("L").save(source / f"{number}.png")
            if name == "next" and number < PICTURES:  # the noise is never the same twice
                (source / f"{number}.png").write_bytes((folder / "first" / f"{number}.png").read_bytes())
        boxes = [(number, [2, 2, 8 + number % 3 + more, 9]) for number in pictures]
        boxes += [(number, [12, 12, 6 + more, 7]) for number in pictures]
        boxes += [(0, [12, 12, 6 + more, 7]), (1, [4, 4, 0, 5])]
        document = {
            "images": [{"id": n, "file_name": f"{n}.png", "width": 24, "height": 24} for n in pictures],
            "categories": [{"id": 1, "name": "cell"}],
            "annotations": [
                {"id": at, "image_id": number, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
                for at, (number, box) in enumerate(boxes)
            ],
        }
        (source / "annotations.json").write_text(json.dumps(document))


def run(workspace: Workspace, job: Job) -> Any:
    """Works on the job here until it has ended, as often as it takes."""
    while True:
        worker = Worker(workspace.jobs, pool_size=1, lease_seconds=LEASE_SECONDS, poll_seconds=POLL_SECONDS)
        done = worker.run(job.id)
        if done.state == "succeeded":
            return done.result
        # Killed in each of its three attempts: given again, it goes on.
        assert "in every attempt" in (done.error or ""), (done.error, done.log)
        workspace.jobs.retry(job.id)


def import_first(workspace: Workspace, folder: Path) -> None:
    run(workspace, workspace.datasets.submit_import(NAME, folder / "first", actor="ada"))


def import_next(workspace: Workspace, folder: Path) -> None:
    run(workspace, workspace.datasets.submit_import(NAME, folder / "next", actor="ada"))


def lint(workspace: Workspace, folder: Path) -> None:
    run(workspace, workspace.datasets.submit_lint(NAME, actor="ada"))


def accept(workspace: Workspace, folder: Path) -> None:
    workspace.datasets.findings.act(NAME, "accept", FindingFilter(safe=True, state=("open",)), actor="ada")


def fix(workspace: Workspace, folder: Path) -> None:
    run(workspace, workspace.datasets.submit_fix(NAME, message="safe fixes", actor="ada"))


def revert(workspace: Workspace, folder: Path) -> None:
    run(workspace, workspace.datasets.submit_revert(NAME, 2, actor="ada"))


def export(workspace: Workspace, folder: Path) -> None:
    if not (folder / "exported").exists():
        run(workspace, workspace.datasets.submit_export(NAME, "coco", folder / "exported", actor="ada"))


STEPS: dict[str, tuple[Callable[[Workspace, Path], None], int]] = {
    "import": (import_first, 1),
    "lint": (lint, 1),
    "accept": (accept, 1),
    "fix": (fix, 2),
    "import again": (import_next, 3),
    "lint again": (lint, 3),
    "accept again": (accept, 3),
    "fix again": (fix, 4),
    "revert": (revert, 5),
    "export": (export, 5),
}
"""What is done, and how many versions there are then."""


def versions(workspace: Workspace) -> list[tuple[int, str, str]]:
    """Number, content hash and taxonomy of each version, the oldest first; none where there is no dataset yet."""
    found = workspace.datasets.catalogue_store.all()
    if not found:
        return []
    listed = workspace.datasets.catalogue_store.versions(found[0].id)
    return sorted((version.number, version.content_hash, version.taxonomy_id) for version in listed)


def tree(folder: Path) -> dict[str, str]:
    """The files below a folder by name, as digests."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
