"""Where the entries of a zip file lie: counted before they are taken into memory, and no byte shared by two.

After the ZIP File Format Specification (APPNOTE 6.3.10), sections 4.3.7 to 4.3.16.
"""

import struct
from collections.abc import Sequence
from io import SEEK_END
from typing import BinaryIO
from zipfile import BadZipFile, ZipInfo

from checkdam.schema.errors import InputError, LimitError

_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_MARK = b"PK\x06\x07"
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_MARK = b"PK\x06\x06"
_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENTRY_MARK = b"PK\x01\x02"
_LOCAL_HEADER = 30
_LONGEST_COMMENT = 1 << 16
_FULL = 0xFFFFFFFF


def count_entries(file: BinaryIO, limit: int) -> int:
    """How many entries the central directory lists, which the headers alone may lie about. Raises LimitError beyond
    `limit`, BadZipFile where there is no central directory. The file is at its beginning again afterwards."""
    start, end = _directory(file)
    file.seek(start)
    at, count = start, 0
    while at < end:
        header = file.read(_ENTRY.size)
        if len(header) < _ENTRY.size or header[:4] != _ENTRY_MARK:
            raise BadZipFile("its central directory is damaged")
        fields = _ENTRY.unpack(header)
        following = sum(fields[10:13])
        file.seek(following, 1)
        at += _ENTRY.size + following
        count += 1
        if count > limit:
            raise LimitError(f"the archive holds more than {limit:,} entries", "split it")
    file.seek(0)
    return count


def check_layout(entries: Sequence[ZipInfo], directory: int) -> None:
    """Raises InputError where the bytes of two entries overlap, or reach into the central directory: no honest program
    writes so, and a few kilobytes can be made to hold petabytes."""
    reached = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < reached:
            raise InputError("entries of the archive share their bytes, as in a bomb", "pack it anew")
        reached = entry.header_offset + _LOCAL_HEADER + entry.compress_size
    if reached > directory:
        raise InputError("an entry of the archive reaches beyond its place, as in a bomb", "pack it anew")


def _directory(file: BinaryIO) -> tuple[int, int]:
    """Where the central directory begins and ends, found as the standard library finds it."""
    size = file.seek(0, SEEK_END)
    file.seek(max(0, size - _END.size))
    tail = file.read()
    at = max(0, size - _END.size)
    if not (len(tail) == _END.size and tail[:4] == _END_MARK and tail[-2:] == b"\0\0"):
        begin = max(0, size - _END.size - _LONGEST_COMMENT)
        file.seek(begin)
        tail = file.read()
        found = tail.rfind(_END_MARK)
        if found < 0 or len(tail) - found < _END.size:
            raise BadZipFile("it is no zip file, or its end is missing")
        at, tail = begin + found, tail[found : found + _END.size]
    length = _END.unpack(tail)[5]
    end = at
    if at >= _LOCATOR.size + _END64.size:
        file.seek(at - _LOCATOR.size)
        if file.read(4) == _LOCATOR_MARK:
            file.seek(at - _LOCATOR.size - _END64.size)
            record = _END64.unpack(file.read(_END64.size))
            if record[0] == _END64_MARK:
                length, end = record[8], at - _LOCATOR.size - _END64.size
    if length > end:
        raise BadZipFile("its central directory is larger than the file")
    return end - length, end
