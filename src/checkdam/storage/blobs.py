"""Media by content: each file under the SHA-256 of its bytes, in a folder or a bucket."""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from checkdam.guard.budget import BudgetFolder
from checkdam.schema import NotFoundError, StorageError
from checkdam.storage.atomic import told
from checkdam.storage.places import CHUNK, Folder, Place

_SHA = re.compile(r"[0-9a-f]{64}")
_GRACE = timedelta(days=1)
COPIES_BYTES = 20 * 1024**3
"""How much of a bucket's media is kept on this machine, at most."""


class Blobs:
    """The files of a place, as `ab/cd/abcd…`: 65,536 folders, so that none grows long.

    Of a place that is not on this machine, what is asked for by `path` is copied to the folder `copies`, and kept there
    below `COPIES_BYTES`.
    """

    def __init__(self, place: Place | Path, copies: Path | None = None) -> None:
        self._place = Folder(place) if isinstance(place, Path) else place
        self._copies = None if copies is None else BudgetFolder(copies, COPIES_BYTES)

    def put(self, source: Path | bytes) -> str:
        """Keeps the bytes, whole or not at all, and gives their SHA-256 in hex. Bytes that are there already are not
        written again. Raises StorageError where the source cannot be read or the place not be written."""
        if isinstance(source, bytes):
            return self._put_bytes(source)
        with told(source), source.open("rb") as file:
            sha = _digest(file)
            if self.exists(sha):
                return sha
            file.seek(0)
            return self.put_stream(file)

    def put_stream(self, stream: BinaryIO) -> str:
        """`put` for what can be read only once. Hashes what is written, so that a file that changes meanwhile is kept
        under the name of what was kept."""
        draft = self._place.draft()
        hashed = sha256()
        with told(draft), _gone_unless_kept(draft), draft.open("xb") as copy:
            while chunk := stream.read(CHUNK):
                hashed.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
            self._place.keep(_name(hashed.hexdigest()), draft)
        return hashed.hexdigest()

    def path(self, sha: str) -> Path:
        """Where the bytes are on this machine. Raises NotFoundError if they are not there (or `sha` is no SHA-256)."""
        if isinstance(self._place, Folder):
            path = self._place.path(_name(sha))
            if not path.is_file():
                raise _lost(sha)
            return path
        return self._copy(sha)

    def exists(self, sha: str) -> bool:
        return _SHA.fullmatch(sha) is not None and self._place.exists(_name(sha))

    def open(self, sha: str) -> BinaryIO:
        """The bytes as a file. Raises NotFoundError."""
        name = _name(sha)
        with _found(sha):
            return self._place.open(name)

    def size(self, sha: str) -> int:
        """In bytes. Raises NotFoundError."""
        name = _name(sha)
        with _found(sha):
            return self._place.stat(name).size

    def all(self) -> Iterator[str]:
        """Every SHA-256 that is kept, in order."""
        for stored in self._place.list():
            sha = stored.name.rpartition("/")[2]
            if _SHA.fullmatch(sha):
                yield sha

    def verify(self) -> Iterator[str]:
        """Reads everything again and yields those whose bytes are not what their name says."""
        for sha in self.all():
            with self.open(sha) as file:
                if _digest(file) != sha:
                    yield sha

    def sweep(self, live: Collection[str], grace: timedelta = _GRACE) -> int:
        """Removes what is not in `live` and older than `grace` (a running import may have put it). Gives how many."""
        count = 0
        before = datetime.now(UTC) - grace
        for stored in list(self._place.list()):
            if stored.name.rpartition("/")[2] not in live and stored.changed <= before:
                self._place.remove(stored.name)
                count += 1
        for draft in self._place.abandoned():
            if datetime.fromtimestamp(draft.stat().st_mtime, UTC) <= before:
                draft.unlink()
                count += 1
        return count

    def _put_bytes(self, content: bytes) -> str:
        sha = sha256(content).hexdigest()
        if not self.exists(sha):
            draft = self._place.draft()
            with told(draft), _gone_unless_kept(draft), draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                self._place.keep(_name(sha), draft)
        return sha

    def _copy(self, sha: str) -> Path:
        """The bytes of a place elsewhere, in a file of this machine. StorageError where they are not what their name
        says: nobody is given them."""
        if self._copies is None:
            raise StorageError("there is no folder for copies of media", "open the workspace with one")
        path = self._copies.folder / sha[:2] / sha
        if _SHA.fullmatch(sha) and self._copies.used(path):
            return path
        with self.open(sha) as source:
            draft = self._place.draft()
            hashed, size = sha256(), 0
            with told(draft), _gone_unless_kept(draft), draft.open("xb") as file:
                while chunk := source.read(CHUNK):
                    hashed.update(chunk)
                    size += file.write(chunk)
                file.flush()
                if hashed.hexdigest() != sha:
                    raise StorageError(f"the media kept under {sha} is damaged", "restore the blobs from a backup")
                path.parent.mkdir(parents=True, exist_ok=True)
                draft.replace(path)
        self._copies.grew(size)
        return path


@contextmanager
def _gone_unless_kept(draft: Path) -> Iterator[None]:
    """Removes a draft that is left, whatever happened."""
    try:
        yield
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def _found(sha: str) -> Iterator[None]:
    """Says of media that are not there what can be done."""
    try:
        yield
    except NotFoundError as error:
        raise _lost(sha) from error


def _name(sha: str) -> str:
    if not _SHA.fullmatch(sha):
        raise NotFoundError(f"not the SHA-256 of any media: {sha!r}", "take the hash from the item")
    return f"{sha[:2]}/{sha[2:4]}/{sha}"


def _lost(sha: str) -> NotFoundError:
    return NotFoundError(f"no media is kept under {sha}", "import the dataset again, or restore the blobs")


def _digest(file: BinaryIO) -> str:
    hashed = sha256()
    while chunk := file.read(CHUNK):
        hashed.update(chunk)
    return hashed.hexdigest()
