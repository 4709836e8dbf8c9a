"""Restoring a backup: all of it, checked, or nothing."""

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

import msgspec
import sqlalchemy as sa

from checkdam.guard.archives import Member, members
from checkdam.guard.files import open_regular
from checkdam.schema import CheckdamError, ConflictError, InputError, StorageError
from checkdam.storage.backup.layout import (
    BLOBS,
    HEADER,
    HEADER_BYTES,
    KIND,
    LAKE,
    LAYOUT,
    LIMITS,
    REMEDY,
    SQL,
    SUMS,
    Header,
    OnBytes,
    Restored,
    sum_line,
)
from checkdam.storage.backup.rows import load, tables
from checkdam.storage.blobs import Blobs
from checkdam.storage.lake import Lake
from checkdam.storage.rebuild import live_refs_in
from checkdam.storage.sql import known_revisions, migrate, open_engine, transaction

_DATABASE = "checkdam.db"
_CHUNK = 1 << 20


def restore(archive: Path, home: Path, database_url: str | None = None, progress: OnBytes | None = None) -> Restored:
    """Makes the workspace folder `home` of a backup, and its database: SQLite in it, or the empty one at the URL.

    Everything is checked against the backup's sums, each version against its content hash, and each media file that a
    version names is there, before any of it can be seen. ConflictError where `home` or the database holds something,
    InputError for what is no whole backup, StorageError where the disk refuses or the backup was made by a newer
    version of Checkdam.
    """
    with _told_disk(home):
        if home.exists() and not (home.is_dir() and not any(home.iterdir())):
            raise ConflictError(f"{home} is there already", "restore into a new folder")
        with open_regular(archive) as file:
            size = file.seek(0, io.SEEK_END)
        home.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(home.parent).free
        if size > free:
            raise StorageError(f"{archive} holds {size:,} bytes, and {free:,} are free at {home.parent}", "free space")
        draft = home.with_name(f".{home.name}.{uuid4().hex}")
        try:
            draft.mkdir()
            return _Restoring(archive, size, home, draft, progress or (lambda *_: None)).run(database_url)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


class _Restoring:
    def __init__(self, archive: Path, size: int, home: Path, draft: Path, progress: OnBytes) -> None:
        self._archive, self._size, self._home, self._draft, self._progress = archive, size, home, draft, progress
        self._lake, self._blobs = Lake(draft / "lake"), Blobs(draft / "blobs")
        self._counts = {LAKE: 0, BLOBS: 0}
        self._rows: dict[str, int] = {}
        self._done = 0

    def run(self, database_url: str | None) -> Restored:
        engine = open_engine(database_url or f"sqlite:///{self._draft / _DATABASE}")
        moved = False
        try:
            with transaction(engine) as connection:
                header = self._fill(connection)
                migrate(connection, "head")
                versions = self._check(connection)
                if database_url is not None:
                    # The database's commit is what makes the workspace be: nothing may be missing after it.
                    self._move()
                    moved = True
        except BaseException:
            if moved:
                shutil.rmtree(self._home, ignore_errors=True)
            raise
        finally:
            engine.dispose()
        if not moved:
            self._move()
        return Restored(
            program=header.program,
            revision=header.revision,
            made_at=header.made_at,
            rows=sum(self._rows.values()),
            lake_files=self._counts[LAKE],
            blobs=self._counts[BLOBS],
            versions=versions,
        )

    def _fill(self, connection: sa.Connection) -> Header:
        with tempfile.TemporaryFile(dir=self._draft) as spool:
            sums = cast("BinaryIO", spool)
            found = members(self._archive, LIMITS)
            header = self._begin(connection, next(found, None), sums)
            known, closed = tables(connection), False
            for member in found:
                if closed:
                    raise self._refused(f"{member.name} comes after the sums")
                stream = self._hashed(member)
                if member.name == SUMS:
                    self._compare(stream, sums)
                    closed = True
                else:
                    self._take(connection, member.name, stream, known)
                    sums.write(sum_line(stream.digest(), member.name))
            if not closed:
                raise self._refused("its end is missing: it was cut off")
        if self._rows != header.tables:
            raise self._refused("the rows are not as many as its beginning says")
        return header

    def _begin(self, connection: sa.Connection, member: Member | None, sums: BinaryIO) -> Header:
        """Makes the tables as they were when the backup was made."""
        if member is None or member.name != HEADER:
            raise InputError(f"{self._archive} is no backup of Checkdam", "give a file that `checkdam backup` wrote")
        stream = self._hashed(member)
        text = stream.readline(HEADER_BYTES)
        sums.write(sum_line(stream.digest(), HEADER))
        try:
            header = msgspec.json.decode(text, type=Header)
        except (msgspec.MsgspecError, ValueError) as error:
            raise self._refused(f"{HEADER}: {error}") from error
        if header.kind != KIND:
            raise InputError(f"{self._archive} is no backup of Checkdam", "give a file that `checkdam backup` wrote")
        if header.layout != LAYOUT or header.revision not in known_revisions():
            raise StorageError(
                f"the backup was made by a newer version of Checkdam ({header.program}, schema {header.revision})",
                "restore it with that version",
            )
        if sa.inspect(connection).get_table_names():
            raise ConflictError("the database is not empty", "give the URL of a new database")
        migrate(connection, header.revision)
        return header

    def _take(self, connection: sa.Connection, name: str, stream: "_Hashed", known: dict[str, sa.Table]) -> None:
        if name.startswith(SQL) and name.endswith(".jsonl"):
            table = name.removeprefix(SQL).removesuffix(".jsonl")
            if table not in known or table in self._rows:
                raise self._refused(f"{name} is no table of its schema, or comes twice")
            self._rows[table] = load(connection, known[table], cast("BinaryIO", stream), name)
        elif name.startswith(LAKE):
            self._lake.put_file(name.removeprefix(LAKE), cast("BinaryIO", stream))
            self._counts[LAKE] += 1
        elif name.startswith(BLOBS):
            if self._blobs.put_stream(cast("BinaryIO", stream)) != name.removeprefix(BLOBS):
                raise self._refused(f"the bytes of {name} are not what its name says")
            self._counts[BLOBS] += 1
        else:
            raise self._refused(f"{name} is no part of a backup")
        if stream.read(1):
            raise self._refused(f"{name} goes on after its end")

    def _compare(self, listed: "_Hashed", found: BinaryIO) -> None:
        found.seek(0)
        for line in found:
            if listed.readline(len(line) + 1) != line:
                name = line.decode("utf-8", "replace").split("  ", 1)[-1].rstrip("\n")
                raise self._refused(f"{name} is not what its sum says, or is not where the sums list it")
        if listed.readline(1):
            raise self._refused("a file that the sums list is missing")

    def _check(self, connection: sa.Connection) -> int:
        """That the whole of each version is there. Gives how many there are."""
        refs = [ref for of_dataset in live_refs_in(connection).values() for ref in of_dataset]
        for ref in refs:
            try:
                self._lake.verify(ref)
                for batch in self._lake.items(ref, columns=["blob"]):
                    for sha in batch.column("blob").to_pylist():
                        if sha is not None and not self._blobs.exists(sha):
                            raise self._refused(f"the media {sha} of {ref.items} is missing")
            except CheckdamError as error:
                if isinstance(error, InputError):
                    raise
                raise self._refused(error.detail) from error
        return len(refs)

    def _move(self) -> None:
        if self._home.exists():
            self._home.rmdir()
        self._draft.rename(self._home)

    def _hashed(self, member: Member) -> "_Hashed":
        return _Hashed(member.stream, self._tick)

    def _tick(self, count: int) -> None:
        self._done += count
        self._progress(self._done, self._size)

    def _refused(self, what: str) -> InputError:
        return InputError(f"{self._archive} cannot be restored: {what}", REMEDY)


class _Hashed:
    """A member's bytes, hashed as they are read, with lines."""

    def __init__(self, stream: BinaryIO, tick: Callable[[int], None]) -> None:
        self._stream, self._tick = stream, tick
        self._sha = sha256()
        self._buffer = b""

    def read(self, size: int = _CHUNK) -> bytes:
        if not self._buffer:
            self._fill(size)
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def readline(self, limit: int) -> bytes:
        """Up to the end of the line, or `limit` bytes."""
        parts, length = [], 0
        while length < limit:
            if not self._buffer and not self._fill(_CHUNK):
                break
            end = self._buffer.find(b"\n", 0, limit - length) + 1
            part = self._buffer[: end or limit - length]
            self._buffer = self._buffer[len(part) :]
            parts.append(part)
            length += len(part)
            if end:
                break
        return b"".join(parts)

    def digest(self) -> str:
        """Of what has been read."""
        return self._sha.hexdigest()

    def _fill(self, size: int) -> bool:
        self._buffer = self._stream.read(size)
        self._sha.update(self._buffer)
        self._tick(len(self._buffer))
        return bool(self._buffer)


@contextmanager
def _told_disk(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{home} cannot be written: {error.strerror or error}", "choose a folder that you may write, with room"
        ) from error
