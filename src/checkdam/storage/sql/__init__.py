"""SQL on SQLite and PostgreSQL: the tables, their migrations, and transactions."""

from checkdam.storage.sql.engine import known_revisions, lock, migrate, open_engine, reading, transaction, upgrade
from checkdam.storage.sql.types import database_now, iso, parse_iso

__all__ = [
    "database_now",
    "iso",
    "known_revisions",
    "lock",
    "migrate",
    "open_engine",
    "parse_iso",
    "reading",
    "transaction",
    "upgrade",
]
