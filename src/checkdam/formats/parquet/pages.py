"""What a Parquet file would unpack to, before anything is unpacked.

The footer says how large each column chunk is, but a reader goes by the heads of the pages, which lie among the data
and may say anything: a few bytes of compressed zeros that unpack to two gigabytes. So the heads are walked first. A
head is a struct of Thrift (https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift), of
which these fields count: 2 the unpacked size, 3 the size in the file, and the number of values in 5, 7 or 8.

The footer is read here too: pyarrow's own view of a column chunk ends the process, without an exception that could be
caught, where the footer contradicts itself (as of pyarrow 26).
"""

from io import SEEK_END
from typing import BinaryIO, NamedTuple

from checkdam.formats.parquet.thrift import I32, I64, LIST, STRUCT, Compact, CutError, Spec, Struct
from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, LimitError

_HEAD_BYTES = 1 << 16
_MAX_HEAD = 1 << 24
_MAX_FOOTER = 1 << 24
_REMEDY = "write the file anew"
_DATA, _DICTIONARY, _DATA_2 = 5, 7, 8
_SIZE, _PACKED = 2, 3
_VALUES: Spec = {(1, I32): None}
_HEAD: Spec = {
    (_SIZE, I32): None,
    (_PACKED, I32): None,
    (_DATA, STRUCT): _VALUES,
    (_DICTIONARY, STRUCT): _VALUES,
    (_DATA_2, STRUCT): _VALUES,
}
_CHUNK_BYTES, _FIRST_DATA, _FIRST_DICTIONARY = 7, 9, 11
_CHUNK: Spec = {(_CHUNK_BYTES, I64): None, (_FIRST_DATA, I64): None, (_FIRST_DICTIONARY, I64): None}
_GROUP: Spec = {(1, LIST): [{(3, STRUCT): _CHUNK}], (2, I64): None, (3, I64): None}
_FOOTER: Spec = {(4, LIST): [_GROUP]}


class RowGroup(NamedTuple):
    """As the footer says: the number of rows, their size unpacked, and where the chunk of each column begins and ends.
    Each may be a lie."""

    rows: int
    size: int
    chunks: list[tuple[int, int]]


def row_groups(file: BinaryIO) -> list[RowGroup]:
    """The row groups of a file that a library has opened as Parquet. `InputError` if its footer is damaged."""
    end = file.seek(0, SEEK_END) - 8
    file.seek(max(0, end))
    length = int.from_bytes(file.read(4), "little")
    if length > _MAX_FOOTER:
        raise LimitError(f"has a footer of {length:,} bytes", "write larger row groups")
    if length > end:
        raise InputError("has a damaged footer", _REMEDY)
    file.seek(end - length)
    try:
        footer = Compact(file.read(length)).struct(_FOOTER)
    except CutError as error:
        raise InputError("has a damaged footer", _REMEDY) from error
    return [
        RowGroup(group.get(3, 0), group.get(2, 0), [_place(each.get(3, {})) for each in group.get(1, [])])
        for group in footer.get(4, [])
    ]


def _place(chunk: Struct) -> tuple[int, int]:
    begin: int = chunk.get(_FIRST_DATA, -1)
    first: int = chunk.get(_FIRST_DICTIONARY, 0)
    begin = min(begin, first) if first > 0 else begin
    return begin, begin + chunk.get(_CHUNK_BYTES, -1)


def check_row_group(file: BinaryIO, group: RowGroup, limits: InputLimits) -> None:
    """Walks the pages of a row group. `LimitError` if one would unpack to more than a page may, or the largest of all
    columns together to more than two pages may; `InputError` if they are damaged."""
    largest, size = 0, file.seek(0, SEEK_END)
    for begin, end in group.chunks:
        if not 0 <= begin <= end <= size:
            raise InputError("has damaged pages", _REMEDY)
        largest += _largest_page(file, begin, end, limits)
    if largest > 2 * limits.page_bytes:
        raise LimitError(f"would unpack to {largest:,} bytes at once", "write it with smaller pages")


def _largest_page(file: BinaryIO, begin: int, end: int, limits: InputLimits) -> int:
    largest = values = 0
    while begin < end:
        head, length = _page_head(file, begin, end)
        size, packed = head.get(_SIZE, -1), head.get(_PACKED, -1)
        if size < 0 or packed < 0 or begin + length + packed > end:
            raise InputError("has damaged pages", _REMEDY)
        if size > limits.page_bytes:
            raise LimitError(f"has a page of {size:,} bytes once unpacked", "write it with smaller pages")
        largest = max(largest, size)
        values += sum(max(0, head.get(kind, {}).get(1, 0)) for kind in (_DATA, _DATA_2, _DICTIONARY))
        if values > limits.page_values:
            raise LimitError(f"has more than {limits.page_values:,} values in a row group", "write smaller row groups")
        begin += length + packed
    return largest


def _page_head(file: BinaryIO, begin: int, end: int) -> tuple[Struct, int]:
    """A head and its length in bytes."""
    room = _HEAD_BYTES
    while True:
        file.seek(begin)
        data = file.read(min(room, end - begin))
        try:
            thrift = Compact(data)
            return thrift.struct(_HEAD), thrift.at
        except CutError as error:
            if len(data) < room or room >= _MAX_HEAD:
                raise InputError("has damaged pages", _REMEDY) from error
            room *= 16
