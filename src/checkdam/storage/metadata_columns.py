"""Which metadata keys become columns of a cache, and of which type. Arithmetic on JSON texts, no I/O."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
import pyarrow as pa

MOST_COLUMNS = 100
_LONGEST_KEY = 200
_INT64 = 2**63

ColumnType = Literal["BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR"]
_ARROW: dict[ColumnType, pa.DataType] = {
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
}
_decode = msgspec.json.decode
_encode = msgspec.json.encode


class MetaColumn(msgspec.Struct, frozen=True):
    """The column of a metadata key. `name` is the column's own name, `column` the same quoted for SQL."""

    key: str
    name: str
    type: ColumnType

    @property
    def column(self) -> str:
        return '"' + self.name.replace('"', '""') + '"'


def infer(texts: Iterable[Sequence[str]]) -> list[MetaColumn]:
    """The columns for the metadata objects given as JSON: one a key, of the narrowest type that holds every value.

    Keys whose values differ in kind are kept as text. Of more than 100 keys the commonest 100 become columns; a key
    that cannot be a column's name (control characters, longer than 200) does not. All stay in the JSON text.
    """
    kinds: dict[str, set[type]] = {}
    counts: Counter[str] = Counter()
    for batch in texts:
        for text in batch:
            if text == "{}":
                continue
            for key, value in _decode(text).items():
                counts[key] += 1
                if value is not None:
                    kinds.setdefault(key, set()).add(_kind(value))
    able = [key for key in counts if key in kinds and key.isprintable() and len(key) <= _LONGEST_KEY]
    common = sorted(able, key=lambda key: (-counts[key], key))[:MOST_COLUMNS]
    names: set[str] = set()
    return [MetaColumn(key, _name(key, names), _type(kinds[key])) for key in sorted(common)]


def columns(texts: Sequence[str], wanted: Sequence[MetaColumn]) -> list[pa.Array]:
    """The values of those keys, an array for each column."""
    objects: list[Mapping[str, Any]] = [{} if text == "{}" else _decode(text) for text in texts]
    return [
        pa.array([_value(one.get(column.key), column.type) for one in objects], type=_ARROW[column.type])
        for column in wanted
    ]


def _name(key: str, taken: set[str]) -> str:
    # DuckDB takes "Camera" and "camera" for one column.
    name, number = f"meta.{key}", 1
    while name.lower() in taken:
        number += 1
        name = f"meta.{key}#{number}"
    taken.add(name.lower())
    return name


def _kind(value: Any) -> type:
    if isinstance(value, int) and not isinstance(value, bool) and not -_INT64 <= value < _INT64:
        return object  # too large for a column of integers
    return type(value)


def _type(kinds: set[type]) -> ColumnType:
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int}:
        return "BIGINT"
    if kinds <= {int, float}:
        return "DOUBLE"
    return "VARCHAR"


def _value(value: Any, wanted: ColumnType) -> Any:
    if value is None or wanted in {"BOOLEAN", "BIGINT"}:
        return value
    if wanted == "DOUBLE":
        return float(value)
    return value if isinstance(value, str) else _encode(value).decode()
