"""A workspace in one file, and back.

A backup is a tar: `backup.json` (what made it), `sql/TABLE.jsonl`, `lake/…`, `blobs/SHA256`, and at its end
`SHA256SUMS` as `sha256sum` writes it. The tables come first, from one snapshot of the database; what a version names
was in the lake and among the blobs before its row was there, and never changes, so that nobody has to stop working
meanwhile.

The rows are JSON and not a dump, so that a backup of SQLite can be restored into PostgreSQL and the reverse. They are
those of the schema's revision that the database had; restoring makes that schema, fills it, and migrates it.
"""

from checkdam.storage.backup.layout import BackedUp, OnBytes, Restored
from checkdam.storage.backup.restoring import restore
from checkdam.storage.backup.writing import write

__all__ = ["BackedUp", "OnBytes", "Restored", "restore", "write"]
