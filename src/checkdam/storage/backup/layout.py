"""What the writing and the reading of backups agree on."""

from collections.abc import Callable

from msgspec import Struct

from checkdam.guard.archives import ArchiveLimits

KIND = "checkdam-backup"
LAYOUT = 1

HEADER = "backup.json"
SQL, LAKE, BLOBS = "sql/", "lake/", "blobs/"
SUMS = "SHA256SUMS"

LEFT_OUT = frozenset({"alembic_version", "session", "login_token"})
"""Tables that are not backed up. Whoever was signed in signs in again."""

REMEDY = "take another backup; this one is damaged, or was changed"

HEADER_BYTES = 1 << 20
LONGEST_ROW = 1 << 30

LIMITS = ArchiveLimits(files=1_000_000_000, bytes=1 << 60)
"""A backup holds what its workspace does; it is not compressed, so that it cannot swell."""

OnBytes = Callable[[int, int], None]
"""(bytes done, bytes in all; 0 where nobody knows)."""


class Header(Struct, frozen=True, kw_only=True):
    """The first file of a backup. `tables` counts the rows of each table."""

    kind: str
    layout: int
    program: str
    revision: str
    made_at: str
    tables: dict[str, int]


class BackedUp(Struct, frozen=True, kw_only=True):
    """What a backup holds: numbers of rows, files of the lake, media files, and its size in bytes."""

    revision: str
    rows: int
    lake_files: int
    blobs: int
    size: int


class Restored(Struct, frozen=True, kw_only=True):
    """What was restored, and from which revision of the schema by which program it came."""

    program: str
    revision: str
    made_at: str
    rows: int
    lake_files: int
    blobs: int
    versions: int


def sum_line(digest: str, name: str) -> bytes:
    """A line of `sha256sum`. Names hold no line ends and no backslashes."""
    return f"{digest}  {name}\n".encode()
