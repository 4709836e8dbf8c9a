"""Column types that mean the same on SQLite and PostgreSQL, and the database's own clock."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Instant(sa.TypeDecorator[datetime]):
    """A point in time, always aware and in UTC on the Python side. A naive datetime is a mistake and is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without its zone cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Line(sa.TypeDecorator[str]):
    """Text that may have come from outside. PostgreSQL's text cannot hold NUL and neither database can hold a lone
    surrogate; both are shown by their stand-ins (U+2400, U+FFFD) rather than failing a whole job. Identity never
    depends on it: ids are hashes of the original text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        if "\x00" in value:
            value = value.replace("\x00", "\u2400")
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class database_now(FunctionElement[datetime]):  # noqa: N801  # reads as the SQL function that it is
    """The database's clock, `offset` seconds from now. Leases are granted and judged by this clock alone, so workers
    whose own clocks disagree cannot disagree on who holds a job. On PostgreSQL it moves on within a transaction."""

    type = Instant()
    inherit_cache = True
    name = "database_now"

    def __init__(self, offset: float | sa.ColumnElement[float] = 0.0) -> None:
        super().__init__(sa.literal(offset, sa.Float) if isinstance(offset, int | float) else offset)


@compiles(database_now, "sqlite")
def _sqlite_now(element: database_now, compiler: SQLCompiler, **kw: Any) -> str:
    # The format is the one in which SQLAlchemy stores a datetime, six digits of a second included, so that the
    # stored text and this one compare as times.
    offset = compiler.process(element.clauses, **kw)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', printf('%+.3f seconds', {offset})) || '000')"


@compiles(database_now, "postgresql")
def _postgresql_now(element: database_now, compiler: SQLCompiler, **kw: Any) -> str:
    offset = compiler.process(element.clauses, **kw)
    return f"(clock_timestamp() + make_interval(secs => {offset}))"


def iso(value: datetime | None) -> str | None:
    """ISO 8601 in UTC with microseconds, the form in which the vocabulary carries times."""
    return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")


def parse_iso(value: str) -> datetime:
    """The reverse of `iso`. A time without a zone is taken as UTC."""
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def encode_json(value: Any) -> str:
    """JSON for a column. Structs are taken as they are; a number that JSON does not have (NaN, infinity) becomes null;
    everything beyond ASCII is escaped, so that any string survives in both databases."""
    plain = msgspec.to_builtins(value, str_keys=True)
    try:
        return json.dumps(plain, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_finite(plain), allow_nan=False, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value
