"""Answers about a version: SQL over a DuckDB file that is made from the lake when it is first asked for.

Nothing is lost with such a file: one that is missing, damaged or of an older format is made again. Nothing outside it
can be reached through it, and a question that takes too long is interrupted.
"""

import atexit
import os
import shutil
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakSet

import duckdb
import pyarrow as pa

from checkdam.schema import Annotation, InputError, Item, LimitError, StorageError
from checkdam.storage.cache_file import FORMAT, USE, DamagedCacheError, OpenFile, build, open_file
from checkdam.storage.lake import Lake
from checkdam.storage.metadata_columns import MetaColumn
from checkdam.storage.one_process import alone
from checkdam.storage.refs import LakeRef, parse
from checkdam.storage.rows import ANNOTATION_SCHEMA, ITEM_SCHEMA, table_to_annotations, table_to_items
from checkdam.storage.watchdog import Watchdog

__all__ = ["Cache", "CacheLimits", "MetaColumn", "Reader"]

_ITEM_COLUMNS = ", ".join(f'"{name}"' for name in ITEM_SCHEMA.names if name not in {"hash", "position"})
_ANNOTATION_COLUMNS = ", ".join(f'"{name}"' for name in ANNOTATION_SCHEMA.names if name not in {"hash", "position"})
_DAMAGE = (duckdb.IOException, duckdb.InternalException, duckdb.FatalException, duckdb.SerializationException)
_ATTEMPTS = 2
_DRAFT_SECONDS = 86_400
_NOTED_SECONDS = 60.0

_WATCHDOG = Watchdog()

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class CacheLimits:
    """For each open file: `memory` as DuckDB writes it, `threads`, and how long a question may take. `open_files` files
    are kept open; opening one takes some 30 ms. Of a dataset the `kept_files` that were used last are kept."""

    memory: str = "1GB"
    threads: int = 2
    timeout_seconds: float = 10.0
    open_files: int = 8
    kept_files: int = 8


class Cache:
    """The files under `root`, as `root/DATASET/VERSIONS-HASH.duckdb`."""

    def __init__(self, root: Path, lake: Lake, limits: CacheLimits | None = None) -> None:
        self._root = root
        self._lake = lake
        self._limits = limits or CacheLimits()
        self._lock = Lock()
        self._building: dict[Path, Lock] = {}
        self._open: OrderedDict[Path, Reader] = OrderedDict()

    def open(self, ref: LakeRef) -> "Reader":
        """What answers about `ref`; its file is made if it is not there. May be shared by threads."""
        path = self.path(ref)
        with self._lock:
            reader = self._open.get(path)
            if reader is not None and path.exists():
                self._open.move_to_end(path)
                reader.note_use(path)
                return reader
            building = self._building.setdefault(path, Lock())
        with building:
            reader = self._open.get(path)
            if reader is None or not path.exists():
                reader = Reader(self, ref, self._connect(ref, path))
        with self._lock:
            self._open[path] = reader
            self._open.move_to_end(path)
            while len(self._open) > self._limits.open_files:
                self._open.popitem(last=False)  # closed when the last question that uses it is answered
        return reader

    def path(self, ref: LakeRef) -> Path:
        """Where the file for `ref` is, or will be."""
        items, annotations = parse(ref.items), parse(ref.annotations)
        name = f"{items.version}-{annotations.version}-{ref.content_hash[:16]}.{FORMAT}.duckdb"
        return self._root / items.dataset_id / name

    def drop(self, ref: LakeRef | None = None) -> int:
        """Removes the file for `ref`, or all files. Gives how many there were."""
        with self._lock:
            if ref is not None:
                self._open.pop(self.path(ref), None)
                found = int(self.path(ref).exists())
                self.path(ref).unlink(missing_ok=True)
                return found
            self._open.clear()
            found = sum(1 for _ in self._root.glob("*/*.duckdb"))
            shutil.rmtree(self._root, ignore_errors=True)
            return found

    def prune(self, live: Collection[LakeRef]) -> int:
        """Removes the files of versions that are not among `live`, those of older formats, and what killed builders
        left a day ago. Gives how many."""
        kept = {self.path(ref) for ref in live}
        return self._remove(path for path in self._root.glob("*/*") if path not in kept)

    def _trim(self, folder: Path) -> None:
        """Leaves of a dataset's files those that were used last: each version has one, and versions are for ever."""
        files = sorted(folder.glob("*.duckdb"), key=_age)
        with suppress(OSError):  # the disk may grow by a file more, and the question be answered
            self._remove([*files[self._limits.kept_files :], *folder.glob(".*")])

    def _remove(self, files: Iterable[Path]) -> int:
        """Hidden ones are drafts, which may be somebody's, and locks; those only when they are old."""
        gone = [path for path in files if not path.name.startswith(".") or _age(path) > _DRAFT_SECONDS]
        with self._lock:
            for path in gone:
                self._open.pop(path, None)
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)  # where a builder that was killed sorted
                else:
                    path.unlink(missing_ok=True)
        return len(gone)

    def reopen(self, ref: LakeRef, damaged: "Reader") -> "Reader":
        """A file turned out damaged while it was read: makes it again (once, however many threads say so)."""
        path = self.path(ref)
        with self._lock:
            if self._open.get(path) in {None, damaged}:
                self._open.pop(path, None)
                path.unlink(missing_ok=True)
        return self.open(ref)

    def close(self) -> None:
        """Lets go of all open files; they are opened again when they are asked for."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    @property
    def limits(self) -> CacheLimits:
        return self._limits

    def _connect(self, ref: LakeRef, path: Path) -> OpenFile:
        limits = self._limits
        for attempt in range(_ATTEMPTS):
            if not path.exists():
                with alone(path.with_name(f".{path.name}.lock")):
                    if not path.exists():
                        build(self._lake, ref, path, memory=limits.memory, threads=limits.threads)
                self._trim(path.parent)
            try:
                return open_file(path, ref, memory=limits.memory, threads=limits.threads)
            except DamagedCacheError as error:
                if attempt == _ATTEMPTS - 1:
                    raise StorageError(
                        f"the cache {path} cannot be read though it was just made: {error}", "check the disk"
                    ) from error
                path.unlink(missing_ok=True)
        raise AssertionError("unreachable")


class Reader:
    """Questions about one version. The tables are described in cache_file.py."""

    def __init__(self, cache: Cache, ref: LakeRef, file: OpenFile) -> None:
        self.ref = ref
        self.metadata = file.metadata
        self._cache = cache
        self._connection = file.connection
        self._noted = 0.0
        _readers.add(self)
        self.note_use(cache.path(ref))

    def note_use(self, path: Path) -> None:
        """Makes the file the one that was used last; now and then, as it costs a write."""
        if time.monotonic() - self._noted > _NOTED_SECONDS:
            self._noted = time.monotonic()
            with suppress(OSError):
                os.utime(path)

    def close(self) -> None:
        """Lets go of the file. A reader that is closed answers nothing any more."""
        if hasattr(self, "_connection"):
            self._connection.close()
            del self._connection

    def query(
        self,
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        *,
        tables: Mapping[str, pa.Table] | None = None,
        timeout: float | None = None,
    ) -> pa.Table:
        """The answer as Arrow columns. `tables` are Arrow tables (live data from elsewhere, bounded by the caller) that
        this question, and no other, sees under those names. Values from outside go into `parameters`, never into `sql`.

        Raises LimitError where it takes longer than `timeout` seconds (the limit of the cache, if None) or more memory
        than it may, and InputError where a parameter does not fit its column.
        """
        return self._ask(lambda cursor: cursor.sql(sql, params=_plain(parameters)).to_arrow_table(), tables, timeout)

    def rows(
        self,
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        *,
        tables: Mapping[str, pa.Table] | None = None,
        timeout: float | None = None,
    ) -> list[tuple[Any, ...]]:
        """`query` for small answers: a list of tuples."""
        return self._ask(lambda cursor: cursor.execute(sql, _plain(parameters)).fetchall(), tables, timeout)

    def items(self, ids: Collection[str]) -> list[Item]:
        """Those items, by position. An id that is not there is left out."""
        sql = f'SELECT {_ITEM_COLUMNS} FROM items WHERE id IN (SELECT unnest(?)) ORDER BY "row"'  # noqa: S608
        return table_to_items(self.query(sql, [list(ids)]))

    def annotations(self, item_ids: Collection[str]) -> dict[str, list[Annotation]]:
        """The annotations on those items, by item in position order. An item without any has an empty list."""
        found: dict[str, list[Annotation]] = {item_id: [] for item_id in item_ids}
        sql = f"""
            SELECT {_ANNOTATION_COLUMNS} FROM annotations
            WHERE item_row IN (SELECT "row" FROM items WHERE id IN (SELECT unnest(?)))
            ORDER BY item_row, position, id"""  # noqa: S608
        for annotation in table_to_annotations(self.query(sql, [list(found)])):
            found[annotation.item_id].append(annotation)
        return found

    def between(self, start: int, stop: int) -> list[tuple[Item, list[Annotation]]]:
        """The items in the rows from `start` up to `stop`, in order, each with its annotations."""
        return list(self._records("{} >= $1 AND {} < $2", [start, stop]).values())

    def records(self, rows: Sequence[int]) -> list[tuple[Item, list[Annotation]]]:
        """The items in those rows, in the order given, each with its annotations. Each row has to be there."""
        if not rows:
            return []
        low, high = min(rows), max(rows)
        if high - low + 1 == len(rows):
            found = self._records("{} >= $1 AND {} < $2", [low, high + 1])
        else:
            found = self._records("{} IN (SELECT unnest($1))", [list(rows)])
        return [found[row] for row in rows]

    def _records(self, condition: str, parameters: list[Any]) -> dict[int, tuple[Item, list[Annotation]]]:
        """By row, in order. The condition is one on rows of items."""
        of_items = f'SELECT "row", {_ITEM_COLUMNS} FROM items WHERE {condition} ORDER BY "row"'  # noqa: S608
        table = self.query(of_items.replace("{}", '"row"'), parameters)
        items = zip(table.column("row").to_pylist(), table_to_items(table), strict=True)
        found = {row: (item, list[Annotation]()) for row, item in items}
        of_annotations = f"""
            SELECT item_row, {_ANNOTATION_COLUMNS} FROM annotations WHERE {condition}
            ORDER BY item_row, position, id"""  # noqa: S608
        table = self.query(of_annotations.replace("{}", "item_row"), parameters)
        for row, annotation in zip(table.column("item_row").to_pylist(), table_to_annotations(table), strict=True):
            found[row][1].append(annotation)
        return found

    def _ask(
        self,
        answer: Callable[[duckdb.DuckDBPyConnection], Answer],
        tables: Mapping[str, pa.Table] | None,
        timeout: float | None,
    ) -> Answer:
        limit = self._cache.limits.timeout_seconds if timeout is None else timeout
        try:
            return _answer(self._connection, answer, tables or {}, limit)
        except _DAMAGE:
            again = self._cache.reopen(self.ref, self)
            self._connection, self.metadata = again._connection, again.metadata
        try:
            return _answer(self._connection, answer, tables or {}, limit)
        except _DAMAGE as error:
            raise StorageError(
                f"the cache of {self.ref.items} cannot be read though it was just made: {error}", "check the disk"
            ) from error


_readers: "WeakSet[Reader]" = WeakSet()


@atexit.register
def _close_readers() -> None:
    """DuckDB complains on the terminal of what is open when Python ends."""
    for reader in list(_readers):
        reader.close()


def _answer(
    connection: duckdb.DuckDBPyConnection,
    answer: Callable[[duckdb.DuckDBPyConnection], Answer],
    tables: Mapping[str, pa.Table],
    limit: float,
) -> Answer:
    with connection.cursor() as cursor, _limited(cursor, limit):
        cursor.execute(USE)
        for name, table in tables.items():
            cursor.register(name, table)
        return answer(cursor)


@contextmanager
def _limited(cursor: duckdb.DuckDBPyConnection, limit: float) -> Iterator[None]:
    try:
        with _WATCHDOG.limit(limit, cursor.interrupt):
            yield
    except duckdb.InterruptException as error:
        raise LimitError(f"the question took longer than {limit:g} seconds", "ask for less at once") from error
    except duckdb.OutOfMemoryException as error:
        raise LimitError(f"the question needs more memory than it may use: {error}", "ask for less at once") from error
    except duckdb.ConversionException as error:
        raise InputError(f"a value does not fit its column: {error}", "give a value of the column's type") from error


def _age(path: Path) -> float:
    """In seconds; 0 for what is gone meanwhile."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _plain(parameters: Sequence[Any] | Mapping[str, Any]) -> list[Any] | dict[str, Any]:
    return dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
