"""What was read of media, kept between lint runs: a small SQLite file beside the caches, which may be deleted.

The facts of a file are a function of its bytes, so they are kept by its SHA-256 and never go stale; but a new version
of Checkdam may look closer, and then begins a new file.
"""

import sqlite3
from hashlib import blake2b
from pathlib import Path
from threading import Lock

import msgspec

from checkdam.lint import AnyFacts, ImageFacts, MediaFacts, SoundFacts
from checkdam.schema import StorageError

_KEPT_BACK = 64
_REVISION = 3
"""To be raised whenever a fact of the same bytes comes out differently than before."""


class FactFile:
    """A FactStore over one file; threads and processes may share it."""

    name = "facts of media"

    def __init__(self, folder: Path) -> None:
        fields = ",".join((str(_REVISION), *ImageFacts.__struct_fields__, "/", *SoundFacts.__struct_fields__))
        name = f"facts-{blake2b(fields.encode(), digest_size=6).hexdigest()}.db"
        self._lock = Lock()
        self._kept: dict[tuple[str, str], bytes] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(folder / name, timeout=30.0, check_same_thread=False, isolation_level=None)
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = OFF")  # what a power cut loses is read again
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS fact "
                "(sha256 TEXT, kind TEXT, body BLOB, PRIMARY KEY (sha256, kind)) WITHOUT ROWID"
            )
        except (sqlite3.Error, OSError) as error:
            raise _unusable(folder / name, error) from error
        self._path = folder / name

    def get(self, sha256: str, kind: type[AnyFacts], /) -> AnyFacts | None:
        key = sha256, kind.__name__
        with self._lock:
            body = self._kept.get(key)
            if body is None:
                try:
                    row = self._file.execute("SELECT body FROM fact WHERE sha256 = ? AND kind = ?", key).fetchone()
                except sqlite3.Error as error:
                    raise _unusable(self._path, error) from error
                body = None if row is None else row[0]
        try:
            return None if body is None else msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError:
            return None

    def put(self, sha256: str, facts: MediaFacts, /) -> None:
        with self._lock:
            self._kept[sha256, type(facts).__name__] = msgspec.json.encode(facts)
            if len(self._kept) >= _KEPT_BACK:
                self._flush()

    def drop(self) -> int:
        """Forgets everything; how many facts there were."""
        with self._lock:
            self._kept.clear()
            try:
                return self._file.execute("DELETE FROM fact").rowcount
            except sqlite3.Error as error:
                raise _unusable(self._path, error) from error

    def make(self) -> int:
        """Nothing: media are read again when they are next linted."""
        return 0

    def flush(self) -> None:
        """Writes what was kept back to be written together."""
        with self._lock:
            self._flush()

    def close(self) -> None:
        with self._lock:
            self._flush()
            self._file.close()

    def _flush(self) -> None:
        if not self._kept:
            return
        try:
            self._file.execute("BEGIN IMMEDIATE")
            rows = [(*key, body) for key, body in self._kept.items()]
            self._file.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?, ?)", rows)
            self._file.execute("COMMIT")
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error
        self._kept.clear()


def _unusable(path: Path, error: Exception) -> StorageError:
    return StorageError(f"{path} cannot be used: {error}", "check the disk, or delete the file: it is made anew")
