"""Parquet files from outside: opened under limits, read a few rows at a time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from checkdam.formats.parquet.pages import RowGroup, check_row_group, row_groups
from checkdam.guard.files import open_regular
from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, LimitError

_BATCH_ROWS = 1024
_BATCH_BYTES = 16 << 20
_REMEDY = "write the file anew"
MEDIA_FIELDS = frozenset({"bytes", "path"})

Row = dict[str, Any]


class Table:
    """One file. `media` names the columns that hold files: structs of `bytes` and `path`, as Hugging Face writes."""

    def __init__(self, file: Any, handle: Any, limits: InputLimits) -> None:
        self._file, self._handle, self._limits = file, handle, limits
        schema = file.schema_arrow
        self.fields: dict[str, Any] = {field.name: field.type for field in schema}
        self.media = [name for name, kind in self.fields.items() if _is_media(kind)]
        self.columns = [name for name, kind in self.fields.items() if name in self.media or not _holds_bytes(kind)]
        self.metadata: dict[bytes, bytes] = dict(schema.metadata or {})
        self.rows: int = file.metadata.num_rows

    @cached_property
    def _groups(self) -> list[RowGroup]:
        return row_groups(self._handle)

    def classes(self) -> dict[str, list[str]]:
        """The names of classes by the path of their column (`label`, `objects.category`), as Hugging Face's metadata
        says."""
        try:
            features = json.loads(self.metadata.get(b"huggingface", b"{}"))["info"]["features"]
        except (ValueError, RecursionError, KeyError, TypeError):
            return {}
        found: dict[str, list[str]] = {}
        _collect_classes(features, "", found, 0)
        return found

    def read(self, columns: list[str] | None = None) -> Iterator[Row]:
        """The rows, a row group and a few rows at a time. `InputError` where the file is damaged or over a limit."""
        wanted = self.columns if columns is None else columns
        groups = self._groups
        if len(groups) != self._file.num_row_groups:
            raise InputError("has a damaged footer", _REMEDY)
        for group, about in enumerate(groups):
            check_row_group(self._handle, about, self._limits)
            size = max(1, min(_BATCH_ROWS, _BATCH_BYTES * max(1, about.rows) // max(1, about.size)))
            with told():
                batches = self._file.iter_batches(size, [group], columns=wanted, use_threads=False)
            while True:
                with told():
                    batch = next(batches, None)
                    if batch is None:
                        break
                    self._check(batch)
                    listed = batch.to_pylist()
                yield from map(_cleaned, listed)

    def _check(self, batch: Any) -> None:
        size = sum(_text_bytes(column) for column in batch.columns)
        if size > self._limits.image_bytes:
            raise LimitError(f"has {batch.num_rows} rows of {size:,} bytes", "store smaller values")


@contextmanager
def opened(path: Path, limits: InputLimits) -> Iterator[Table]:
    """A Parquet file. `InputError` if it is none."""
    with open_regular(path) as handle:
        with told():
            about = pq.ParquetFile(handle, pre_buffer=False)
            texts = [
                column.path
                for column in map(about.schema.column, range(len(about.schema)))
                if column.physical_type == "BYTE_ARRAY"
            ]
            # A text that occurs a million times is held once: unpacked, a small file could fill the memory.
            file = pq.ParquetFile(
                handle, metadata=about.metadata, read_dictionary=texts, pre_buffer=False, buffer_size=1 << 16
            )
            table = Table(file, handle, limits)
        yield table


@contextmanager
def told() -> Iterator[None]:
    """Whatever pyarrow raises of a damaged file is an `InputError`."""
    try:
        yield
    except (InputError, GeneratorExit):
        raise
    except Exception as error:  # pyarrow has its own tree of errors and lets others through as well
        reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
        raise InputError(f"is no readable Parquet file: {reason}", _REMEDY) from error


def _is_media(kind: Any) -> bool:
    return pa.types.is_struct(kind) and {kind.field(at).name for at in range(kind.num_fields)} == MEDIA_FIELDS


def _holds_bytes(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        return _holds_bytes(kind.value_type)
    if pa.types.is_nested(kind):
        return any(_holds_bytes(kind.field(at).type) for at in range(kind.num_fields))
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _text_bytes(array: Any) -> int:
    """The bytes of the texts of an array, each counted as often as it occurs."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        if not (pa.types.is_string(kind.value_type) or pa.types.is_binary(kind.value_type)) or not len(
            array.dictionary
        ):
            return int(array.nbytes)
        lengths = pc.take(pc.cast(pc.binary_length(array.dictionary), pa.int64()), array.indices)
        return int(pc.sum(lengths).as_py() or 0)
    if pa.types.is_struct(kind):
        return sum(_text_bytes(each) for each in array.flatten())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _text_bytes(array.flatten())
    return int(array.nbytes)


def _cleaned(row: Row) -> Row:
    """A row as JSON could say it: NaN, with which tables tell what is missing, is none; other types are their text."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | bytes):
        return value
    if isinstance(value, float):
        return None if isnan(value) else value
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value)


def _collect_classes(feature: Any, path: str, found: dict[str, list[str]], depth: int) -> None:
    if isinstance(feature, list) and len(feature) == 1:
        feature = feature[0]
    if not isinstance(feature, dict) or depth > 8:
        return
    names = feature.get("names")
    if feature.get("_type") == "ClassLabel" and isinstance(names, list):
        found[path] = [str(name) for name in names]
    elif isinstance(feature.get("_type"), str) and "feature" in feature:
        _collect_classes(feature["feature"], path, found, depth + 1)
    elif not isinstance(feature.get("_type"), str):
        for name, each in feature.items():
            _collect_classes(each, f"{path}.{name}" if path else str(name), found, depth + 1)
