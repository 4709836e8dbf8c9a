"""The job `archive`: a version exported and packed into one zip file, for a browser to fetch.

The file lies in a folder that may be deleted at any time, under the job's id, and goes after a day.
"""

import shutil
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from checkdam.datasets.exporting import Exporter
from checkdam.datasets.model import ExportResult
from checkdam.jobs import JobContext
from checkdam.schema import Job, NotFoundError

KEPT_SECONDS = 86_400
JOB = "archive"
_PACKED = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".mp3", ".ogg", ".oga", ".opus", ".flac", ".parquet"})
"""What deflate would not make smaller."""
_TICK = 50


@dataclass
class Archiver:
    """Calling it is the job's function; its result is an `ExportResult` whose `target` is the file's name."""

    exporter: Exporter
    folder: Path

    def __call__(self, context: JobContext, *, dataset_id: str, format: str, version: int) -> dict[str, Any]:
        """Every attempt begins anew: what a killed one left is removed first."""
        sweep(self.folder)
        draft, target = self.folder / f"{context.job.id}.files", self._path(context.job.id)
        shutil.rmtree(draft, ignore_errors=True)
        name = self.exporter.catalogue.find(dataset_id).name
        called = f"{_plain(name)}-v{version}-{format}"
        try:
            draft.mkdir(parents=True)
            result = self.exporter.write(
                dataset_id,
                format,
                draft / called,
                version=version,
                actor=context.job.created_by,
                export_id=context.job.id,
                shown_as=Path(f"{called}.zip"),
                on_progress=lambda done, total: context.progress(done, total, f"writing {format}"),
            )
            _pack(draft, target, context)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        plain: dict[str, Any] = msgspec.to_builtins(result)
        return plain

    def made(self, job: Job, dataset_id: str) -> tuple[Path, str]:
        """The file that a job of this dataset made, and the name to give it. NotFoundError for any other job, one that
        is not done, and a file that has gone."""
        path = self._path(job.id)
        if job.name != JOB or job.arguments.get("dataset_id") != dataset_id or job.state != "succeeded":
            raise NotFoundError("there is no such export", "export the dataset again")
        if not path.is_file():
            raise NotFoundError("the file of this export has gone: it is kept for a day", "export the dataset again")
        return path, msgspec.convert(job.result, ExportResult).target

    def _path(self, job_id: str) -> Path:
        return self.folder / f"{job_id}.zip"


def sweep(folder: Path, kept: float = KEPT_SECONDS) -> None:
    """Removes what has lain there longer than `kept` seconds: files that were fetched or not, and what killed jobs
    left."""
    for path in folder.glob("*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > kept:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def _pack(folder: Path, target: Path, context: JobContext) -> None:
    """Packs all files below `folder` into `target`, which appears whole or not at all."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    part = target.with_suffix(".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            for done, path in enumerate(files):
                if done % _TICK == 0:
                    context.progress(done, len(files), "packing")
                method = zipfile.ZIP_STORED if path.suffix.lower() in _PACKED else zipfile.ZIP_DEFLATED
                archive.write(path, path.relative_to(folder).as_posix(), compress_type=method)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _plain(name: str) -> str:
    """A dataset's name as a part of a file name that every system takes."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in name)
    return kept.strip("._")[:80] or "dataset"
