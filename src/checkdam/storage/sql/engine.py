"""Opening a database, upgrading it, and the two kinds of transaction.

SQLite runs in WAL mode: readers never wait, and writers wait for one another at their BEGIN IMMEDIATE instead of
failing in the middle. PostgreSQL is reached through psycopg 3.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

import alembic.util
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url

from checkdam.schema import CheckdamError, ConflictError, StorageError
from checkdam.storage.sql.types import encode_json

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_SECONDS = 30.0
_READ_ONLY = "checkdam_read_only"


def open_engine(url: str | URL, *, busy_timeout: float = BUSY_TIMEOUT_SECONDS) -> sa.Engine:
    """An engine for `sqlite:///path` or `postgresql://…`; nothing is connected yet.


    `busy_timeout` (seconds) is how long a writer waits for another: for SQLite's one lock, or for any lock of
    PostgreSQL. Raises StorageError for any other database,
    or where the folder cannot be made.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, busy_timeout)
    engine = sa.create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        json_serializer=encode_json,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
    )

    def limit_waiting(connection: Any, _record: object) -> None:
        connection.execute(f"SET lock_timeout = {round(busy_timeout * 1000)}")
        connection.commit()

    event.listen(engine, "connect", limit_waiting)
    return engine


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes; committed on leaving, rolled back on an error.

    Raises ConflictError where a constraint is broken (a row that is there already, a row referred to that is not), and
    StorageError where the database cannot be reached or written.
    """
    with _told(engine), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that only reads, all of it from one snapshot. A write in it is refused by the database."""
    with _told(engine), engine.connect() as plain:
        connection = plain.execution_options(**{_READ_ONLY: True})
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection
            return
        connection.exec_driver_sql("PRAGMA query_only = ON")
        try:
            yield connection
        finally:
            connection.rollback()
            connection.connection.cursor().execute("PRAGMA query_only = OFF")


def lock(connection: sa.Connection, name: str) -> None:
    """Until the transaction ends, nobody else holds the lock of that name. (A SQLite writer is alone anyway.)"""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def upgrade(engine: sa.Engine) -> None:
    """Brings an empty or older database to the tables of this version. Processes that start together wait for the
    first; the others find it done. Raises StorageError where the database was made by a newer version."""
    if revision(engine) == head():
        return
    with transaction(engine) as connection:
        lock(connection, "checkdam:upgrade")
        migrate(connection, "head")


def migrate(connection: sa.Connection, to: str) -> None:
    """Brings the database to the revision `to`, as a part of the connection's transaction. Raises StorageError where
    it was made by a newer version."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, to)
    except alembic.util.CommandError as error:
        raise StorageError(
            f"the database {_name(connection.engine)} was made by a newer version of Checkdam: {error}",
            "install the newer version, or restore a backup made by this one",
        ) from error


def revision(engine: sa.Engine) -> str | None:
    """The migration that the database stands at; None if it is empty."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def known_revisions() -> frozenset[str]:
    """Every migration that this version of Checkdam knows."""
    return frozenset(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def head() -> str:
    """The newest migration of this version of Checkdam."""
    found = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert found is not None, "the package holds no migration"  # noqa: S101
    return found


def _parse(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise StorageError(
            "the database's address cannot be read", "write sqlite:///path/to/file or postgresql://user@host/name"
        ) from error
    backend = parsed.get_backend_name()
    if backend not in {"sqlite", "postgresql"} or (backend == "sqlite" and parsed.database in {None, "", ":memory:"}):
        raise StorageError(
            f"no database of this kind: {parsed.render_as_string()}",
            "write sqlite:///path/to/file or postgresql://user@host/name",
        )
    return parsed


def _open_sqlite(url: URL, busy_timeout: float) -> sa.Engine:
    assert url.database is not None  # noqa: S101  # _parse refused it
    folder = Path(url.database).resolve().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the folder {folder} cannot be made: {error.strerror}", "choose a folder that you may write"
        ) from error
    engine = sa.create_engine(
        url.set(drivername="sqlite+pysqlite"),
        json_serializer=encode_json,
        connect_args={"timeout": busy_timeout, "check_same_thread": False},
        pool_size=10,
        max_overflow=40,
        poolclass=sa.QueuePool,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    # Without this the driver begins transactions by itself, deferred, and two writers that both read first fail.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives a power cut too
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def _told(engine: sa.Engine) -> Iterator[None]:
    """Tells a database's error in the words of the error tree."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        raise ConflictError(
            f"the row is there already, or refers to one that is not: {error.orig}", "load the newest state, try again"
        ) from error
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        raise _storage_error(engine, error) from error


_REMEDIES = (
    ("database is locked", "another program has held the database for long: end it, or use PostgreSQL"),
    ("lock timeout", "another session has held a lock of the database for long: end it, and try again"),
    ("readonly database", "make the file and its folder writable for this user"),
    ("read-only", "connect to a server and a user that may write"),
    ("unable to open", "make the folder exist and be writable for this user"),
    ("disk is full", "free some space on the disk"),
    ("disk i/o error", "check that the disk has room, works, and may be written"),
    ("no space left", "free some space on the disk"),
    ("no such table", "run: checkdam storage upgrade"),
    ("does not exist", "create the database and run: checkdam storage upgrade"),
    ("not a database", "this file is something else, or damaged: restore a backup"),
    ("malformed", "the file is damaged: restore a backup"),
    ("password", "check the user and the password in the database's address"),
    ("connection", "check that the server runs and the database's address is right"),
)


def _storage_error(engine: sa.Engine, error: sa.exc.DBAPIError | sa.exc.TimeoutError) -> CheckdamError:
    cause: Any = getattr(error, "orig", None) or error
    text = " ".join(str(cause).split())
    remedy = next((remedy for sign, remedy in _REMEDIES if sign in text.lower()), "")
    return StorageError(f"the database {_name(engine)} says: {text}", remedy or "see the message of the database")


def _name(engine: sa.Engine) -> str:
    """The database's address without its password."""
    return engine.url.database or "" if engine.dialect.name == "sqlite" else engine.url.render_as_string()
