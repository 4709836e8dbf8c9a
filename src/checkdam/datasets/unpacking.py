"""The archive that an import reads, unpacked once a job.

The folder is made of the job's id and of the archive's size and time of change, so that an import that was killed finds
it again, and one whose archive was replaced does not. It goes when the job has ended, and with the cache.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from checkdam.formats import detections, format_named
from checkdam.guard.archives import OnBytes, is_archive, stem, unpack
from checkdam.schema import InputError

_FORGOTTEN_SECONDS = 7 * 86_400
"""Nobody came back for what lies there so long."""

_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "dev", "test", "testing"})


class Unpacked:
    """The folders below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def opened(self, source: Path, job_id: str, format: str | None, on_bytes: OnBytes | None = None) -> Iterator[Path]:
        """The dataset's folder: the source itself, or where it is unpacked if it is an archive. InputError for an
        archive that is not taken, StorageError where the disk refuses."""
        if not is_archive(source):
            yield source
            return
        self._forget()
        folder = self._root / _name(source, job_id)
        try:
            inner = folder / stem(source)
            if not inner.is_dir():
                unpack(source, inner, on_bytes=on_bytes)
            os.utime(folder)
            yield dataset_root(inner, format)
        except InputError as error:
            # Another attempt would meet the same; and the place that people know is the archive.
            shutil.rmtree(folder, ignore_errors=True)
            error.detail = error.detail.replace(str(folder / stem(source)), str(source))
            raise
        shutil.rmtree(folder, ignore_errors=True)

    def _forget(self) -> None:
        for folder in self._root.glob("*"):
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime > _FORGOTTEN_SECONDS:
                    shutil.rmtree(folder)


def dataset_root(folder: Path, format: str | None) -> Path:
    """Where the dataset of an archive begins. Archives often hold one folder that holds everything: as long as a folder
    holds but one folder, and that one looks as much like a dataset, it is that one (so that packing a folder or what is
    in it gives the same items). A folder named as a split stays a part of its dataset."""
    best, surest, here = folder, _confidence(folder, format), folder
    while True:
        inside = [entry for entry in here.iterdir() if not entry.name.startswith(".")]
        if len(inside) != 1 or not inside[0].is_dir() or inside[0].name.lower() in _SPLITS:
            return best
        here = inside[0]
        sure = _confidence(here, format)
        if sure >= surest and sure > 0:
            best, surest = here, sure


def _confidence(folder: Path, format: str | None) -> float:
    claims = [format_named(format).detect(folder)] if format else detections(folder)
    return max((claim.confidence for claim in claims if claim is not None), default=0.0)


def _name(source: Path, job_id: str) -> str:
    status = source.stat()
    text = f"{source}\0{status.st_size}\0{status.st_mtime_ns}"
    return f"{job_id}-{sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
