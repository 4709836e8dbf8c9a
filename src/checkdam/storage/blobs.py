"""Media by content: each file under the SHA-256 of its bytes, in a local folder."""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from checkdam.schema import NotFoundError
from checkdam.storage.atomic import sync_folder, told, writing

_SHA = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20
_GRACE = timedelta(days=1)


class Blobs:
    """The files under `root`, as `root/ab/cd/abcd…`: 65,536 folders, so that none grows long."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._drafts = root / "drafts"

    def put(self, source: Path | bytes) -> str:
        """Keeps the bytes, whole or not at all, and gives their SHA-256 in hex. Bytes that are there already are not
        written again. Raises StorageError where the source cannot be read or the folder not be written."""
        if isinstance(source, bytes):
            sha = sha256(source).hexdigest()
            path = self._path(sha)
            if not path.exists():
                with writing(path, self._drafts) as file:
                    file.write(source)
            return sha
        return self._put_file(source)

    def path(self, sha: str) -> Path:
        """Where the bytes are. Raises NotFoundError if they are not there (or `sha` is no SHA-256)."""
        path = self._path(sha)
        if not path.is_file():
            raise NotFoundError(f"no media is kept under {sha}", "import the dataset again, or restore the blobs")
        return path

    def exists(self, sha: str) -> bool:
        return _SHA.fullmatch(sha) is not None and self._path(sha).is_file()

    def open(self, sha: str) -> BinaryIO:
        """The bytes as a file. Raises NotFoundError."""
        path = self.path(sha)
        with told(path):
            return path.open("rb")

    def size(self, sha: str) -> int:
        """In bytes. Raises NotFoundError."""
        return self.path(sha).stat().st_size

    def all(self) -> Iterator[str]:
        """Every SHA-256 that is kept, in order."""
        for path in sorted(self._root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
            if _SHA.fullmatch(path.name):
                yield path.name

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
        drafts = list(self._drafts.glob("*")) if self._drafts.is_dir() else []
        for path in [*(self._path(sha) for sha in self.all() if sha not in live), *drafts]:
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) <= before:
                path.unlink()
                count += 1
        return count

    def _path(self, sha: str) -> Path:
        if not _SHA.fullmatch(sha):
            raise NotFoundError(f"not the SHA-256 of any media: {sha!r}", "take the hash from the item")
        return self._root / sha[:2] / sha[2:4] / sha

    def _put_file(self, source: Path) -> str:
        with told(source), source.open("rb") as file:
            sha = _digest(file)
            if self._path(sha).exists():
                return sha
            file.seek(0)
            return self._copy(file)

    def _copy(self, file: BinaryIO) -> str:
        """Hashes what is written, so that a file that changes meanwhile is kept under the name of what was kept."""
        draft = self._drafts / uuid4().hex
        hashed = sha256()
        with writing(draft) as copy:
            while chunk := file.read(_CHUNK):
                hashed.update(chunk)
                copy.write(chunk)
        path = self._path(hashed.hexdigest())
        with told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(path)
            sync_folder(path.parent)
        return hashed.hexdigest()


def _digest(file: BinaryIO) -> str:
    hashed = sha256()
    while chunk := file.read(_CHUNK):
        hashed.update(chunk)
    return hashed.hexdigest()
