"""Writing a backup while others work."""

import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import IO, BinaryIO, cast
from uuid import uuid4

import msgspec
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from checkdam.schema import ConflictError, InputError, NotFoundError, StorageError
from checkdam.storage.atomic import sync_folder
from checkdam.storage.backup.layout import (
    BLOBS,
    HEADER,
    KIND,
    LAKE,
    LAYOUT,
    SQL,
    SUMS,
    BackedUp,
    Header,
    OnBytes,
    sum_line,
)
from checkdam.storage.backup.rows import dump, tables
from checkdam.storage.blobs import Blobs
from checkdam.storage.lake import Lake
from checkdam.storage.sql import iso, known_revisions, reading
from checkdam.version import __version__

_CHUNK = 1 << 20
_FORMAT = tarfile.PAX_FORMAT  # takes files of any size and names of any length
_MODE = 0o600
"""A backup holds the hashes of passwords and keys: it is for its owner alone."""


def write(engine: sa.Engine, lake: Lake, blobs: Blobs, target: Path, progress: OnBytes | None = None) -> BackedUp:
    """Writes the file `target`, whole or not at all. ConflictError where it is there already, StorageError where the
    disk refuses or the database was made by a newer version."""
    if target.exists():
        raise ConflictError(f"{target} is there already", "name another file, or remove it")
    if target.suffix != ".tar":
        raise InputError(f"{target.name} does not end in .tar, which a backup is", f"name it {target.stem}.tar")
    with _draft(target) as file, tarfile.open(fileobj=cast("IO[bytes]", file), mode="w", format=_FORMAT) as archive:
        return _Writing(archive, target.parent, progress or (lambda *_: None)).run(engine, lake, blobs)


class _Writing:
    def __init__(self, archive: tarfile.TarFile, folder: Path, progress: OnBytes) -> None:
        self._archive, self._folder, self._progress = archive, folder, progress
        self._done = 0
        self._moment = datetime.now(UTC)

    def run(self, engine: sa.Engine, lake: Lake, blobs: Blobs) -> BackedUp:
        with ExitStack() as stack:
            self._sums = stack.enter_context(self._spool())
            header, spooled = self._tables(engine, stack)
            self._add(HEADER, BytesIO(msgspec.json.encode(header)))
            for name, file in spooled.items():
                self._add(f"{SQL}{name}.jsonl", file)
            lake_files = self._copy(LAKE, lake.files(), lake.open_file)
            media = self._copy(BLOBS, blobs.all(), blobs.open)
            self._add(SUMS, self._sums, listed=False)
        return BackedUp(
            revision=header.revision,
            rows=sum(header.tables.values()),
            lake_files=lake_files,
            blobs=media,
            size=self._done,
        )

    def _tables(self, engine: sa.Engine, stack: ExitStack) -> tuple[Header, dict[str, BinaryIO]]:
        """All rows, of one moment, in temporary files: the snapshot is held no longer than that takes."""
        spooled: dict[str, BinaryIO] = {}
        counts: dict[str, int] = {}
        with reading(engine) as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
            _refuse_unknown(revision)
            for name, table in tables(connection).items():
                spooled[name] = stack.enter_context(self._spool())
                counts[name] = 0
                for line in dump(connection, table):
                    spooled[name].write(line)
                    counts[name] += 1
        header = Header(
            kind=KIND,
            layout=LAYOUT,
            program=__version__,
            revision=str(revision),
            made_at=iso(self._moment) or "",
            tables=counts,
        )
        return header, spooled

    @contextmanager
    def _spool(self) -> Iterator[BinaryIO]:
        with tempfile.TemporaryFile(dir=self._folder) as file:
            yield cast("BinaryIO", file)

    def _copy(self, prefix: str, names: Iterator[str], opened: Callable[[str], BinaryIO]) -> int:
        count = 0
        for name in names:
            with suppress(NotFoundError), opened(name) as file:  # swept since it was listed: no version names it
                self._add(prefix + name, file)
                count += 1
        return count

    def _add(self, name: str, file: BinaryIO, *, listed: bool = True) -> None:
        entry = tarfile.TarInfo(name)
        entry.size = file.seek(0, SEEK_END)
        entry.mode, entry.mtime = _MODE, int(self._moment.timestamp())
        file.seek(0)
        source = _Hashed(file, self._tick)
        self._archive.addfile(entry, cast("IO[bytes]", source))
        self._archive.members = []  # type: ignore[attr-defined]  # the standard library keeps them all
        if listed:
            self._sums.write(sum_line(source.digest(), name))

    def _tick(self, count: int) -> None:
        self._done += count
        self._progress(self._done, 0)


class _Hashed:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: BinaryIO, tick: Callable[[int], None]) -> None:
        self._file, self._tick, self._sha = file, tick, sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._sha.update(data)
        self._tick(len(data))
        return data

    def digest(self) -> str:
        return self._sha.hexdigest()


def _refuse_unknown(revision: str | None) -> None:
    if revision is None:
        raise NotFoundError("the database is empty", "nothing has to be backed up; check --home and --database")
    if revision not in known_revisions():
        raise StorageError(
            f"the database was made by a newer version of Checkdam (its schema is {revision})",
            "make the backup with that version",
        )


@contextmanager
def _draft(target: Path) -> Iterator[BinaryIO]:
    """A file beside the target that becomes it at the end."""
    draft = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _MODE)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise StorageError(
            f"{target} cannot be written: {error.strerror or error}{_room(target.parent)}",
            "choose a folder that exists, that you may write, and that has room",
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _room(folder: Path) -> str:
    try:
        return f" ({shutil.disk_usage(folder).free:,} bytes are free)"
    except OSError:
        return ""
