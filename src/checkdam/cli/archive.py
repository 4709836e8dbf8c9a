"""A dataset in an archive, for commands that read a folder: unpacked for as long as the command lasts."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from checkdam.cli import console
from checkdam.guard.archives import is_archive, stem, unpack
from checkdam.schema import InputError, StorageError

SETTINGS = "checkdam.toml"


@dataclass(frozen=True)
class Place:
    """The folder where a dataset lies, what people are told that it is, and where to begin to look for its settings."""

    folder: Path
    shown: Path
    settings: Path


@contextmanager
def opened(path: Path, format: str | None) -> Iterator[Place]:
    """The folder at `path`, or where its dataset is unpacked if it is an archive. An archive's settings are its own if
    it brings some, else those of where it lies."""
    if not is_archive(path):
        yield Place(path, path, path)
        return
    from checkdam.datasets.unpacking import dataset_root

    with _folder() as folder:
        inner = folder / stem(path)
        with console.progress(f"unpacking {path}") as progress:
            unpack(path, inner, on_bytes=lambda done: progress(done, 0, "bytes"))
        try:
            found = dataset_root(inner, format)
            settings = found if (found / SETTINGS).is_file() else path.absolute().parent
            yield Place(found, path / found.relative_to(inner), settings)
        except InputError as error:
            error.detail = error.detail.replace(str(inner), str(path))
            raise


@contextmanager
def _folder() -> Iterator[Path]:
    try:
        made = tempfile.TemporaryDirectory(prefix="checkdam-")
    except OSError as error:
        raise StorageError(
            f"there is no temporary folder to unpack in: {error.strerror or error}", "set TMPDIR to a folder with room"
        ) from error
    with made as name:
        yield Path(name).resolve()
