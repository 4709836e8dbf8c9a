"""Rows as JSON, the same from both databases.

The tables are those that the database has, not those that this program would make: a backup of an older schema holds
the older schema's rows.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

import sqlalchemy as sa

from checkdam.schema import InputError
from checkdam.storage.backup.layout import LEFT_OUT, LONGEST_ROW, REMEDY
from checkdam.storage.sql import parse_iso
from checkdam.storage.sql.types import Instant, encode_json

_CHUNK = 500
_SET_COUNTER = "SELECT setval(pg_get_serial_sequence(:name, :column), (SELECT max({column}) FROM {table}))"


def tables(connection: sa.Connection) -> dict[str, sa.Table]:
    """The database's tables by name, so ordered that a row comes after those that it refers to."""
    metadata = sa.MetaData()
    metadata.reflect(connection, only=lambda name, _: name not in LEFT_OUT)
    for table in metadata.tables.values():
        for column in table.columns:
            column.type = _plain(column.type)
    return {table.name: table for table in metadata.sorted_tables}


def dump(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
    """A line of JSON for each row, in the order of the primary key."""
    query = sa.select(table).order_by(*table.primary_key.columns)
    for row in connection.execution_options(yield_per=_CHUNK).execute(query).mappings():
        yield encode_json({name: _outward(value) for name, value in row.items()}).encode() + b"\n"


def load(connection: sa.Connection, table: sa.Table, lines: BinaryIO, place: str) -> int:
    """Inserts the rows; gives how many. Raises InputError for a row that is no row of the table."""
    count = 0
    reader = _rows(lines, table, place)
    while chunk := list(islice(reader, _CHUNK)):
        try:
            connection.execute(sa.insert(table), chunk)
        except (sa.exc.SQLAlchemyError, TypeError, ValueError, OverflowError) as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
            raise InputError(
                f"{place}: rows {count + 1} to {count + len(chunk)} do not fit: {reason}", REMEDY
            ) from error
        count += len(chunk)
    _go_on_counting(connection, table)
    return count


def _rows(lines: BinaryIO, table: sa.Table, place: str) -> Iterator[dict[str, Any]]:
    number = 0
    while line := lines.readline(LONGEST_ROW + 1):
        number += 1
        where = f"{place}:{number}"
        if len(line) > LONGEST_ROW:
            raise InputError(f"{where}: a row of more than {LONGEST_ROW:,} bytes", REMEDY)
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: no JSON: {error}", REMEDY) from error
        if not isinstance(row, dict) or row.keys() != set(table.columns.keys()):
            raise InputError(f"{where}: the columns are not those of the table {table.name}", REMEDY)
        try:
            yield {name: _inward(value, table.columns[name].type) for name, value in row.items()}
        except (TypeError, ValueError, binascii.Error) as error:
            raise InputError(f"{where}: {error}", REMEDY) from error


def _plain(found: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """The type that means the same on both databases."""
    if isinstance(found, sa.JSON):
        return sa.JSON(none_as_null=True)
    if isinstance(found, sa.DateTime):
        return Instant()
    return found


def _outward(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _inward(value: Any, to: sa.types.TypeEngine[Any]) -> Any:
    if value is None or isinstance(to, sa.JSON):
        return value
    if isinstance(to, Instant):
        return parse_iso(value)
    if isinstance(to, sa.LargeBinary):
        return base64.b64decode(value, validate=True)
    if isinstance(value, dict | list):
        raise TypeError("a list or an object where the table holds a plain value")
    return value


def _go_on_counting(connection: sa.Connection, table: sa.Table) -> None:
    """PostgreSQL counts by itself, whatever the rows say; SQLite goes on after the largest."""
    if connection.dialect.name != "postgresql":
        return
    quoted = connection.dialect.identifier_preparer.quote
    for column in table.primary_key.columns:
        if "nextval" in str(getattr(column.server_default, "arg", REMEDY)):
            text = _SET_COUNTER.format(column=quoted(column.name), table=quoted(table.name))
            connection.execute(sa.text(text), {"name": quoted(table.name), "column": column.name})
