"""Files that are there whole or not at all, whenever the machine stops."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from checkdam.schema import StorageError


@contextmanager
def writing(path: Path, temporary: Path | None = None) -> Iterator[BinaryIO]:
    """Writes beside `path` (or in the folder `temporary`, on the same disk) and renames at the end. Raises StorageError
    where the disk or the folder refuses; nothing is left then."""
    folder = path.parent if temporary is None else temporary
    draft = folder / f".{path.name}.{uuid4().hex}"
    with told(path):
        folder.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            sync_folder(path.parent)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise


def write_atomic(path: Path, content: bytes) -> None:
    """`writing` for bytes that are at hand."""
    with writing(path) as file:
        file.write(content)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tells an OSError in the words of the error tree."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path} cannot be used: {error.strerror or error}",
            "check that the disk has room and that this user may read and write the folder",
        ) from error


def sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every system lets a folder be opened; the rename itself has happened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
