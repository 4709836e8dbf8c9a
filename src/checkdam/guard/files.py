"""Opening files that came from outside: regular files only, never more than a limit, text in UTF-8 only."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from checkdam.schema.errors import InputError, LimitError


def open_regular(path: Path) -> BinaryIO:
    """Opens a regular file for reading. Anything else (folder, pipe, device, missing) is an `InputError`; a pipe is
    not waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path} cannot be read: {reason}", "check that it exists and may be read") from error
    try:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError as error:
        os.close(descriptor)
        raise InputError(f"{path} cannot be read: {error.strerror}", "check the disk") from error
    if not regular:
        os.close(descriptor)
        raise InputError(f"{path} is no regular file", "give a file, not a folder, pipe or device")
    return os.fdopen(descriptor, "rb")


def read_bytes(path: Path, limit: int) -> bytes:
    """The whole of a regular file of at most `limit` bytes (`LimitError` beyond)."""
    with open_regular(path) as file:
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}", "check the disk") from error
    if len(data) > limit:
        raise LimitError(f"{path} is larger than {limit:,} bytes", "split it")
    return data


def decode_text(data: bytes, what: str) -> str:
    """UTF-8 with or without byte-order mark. `what` names the place in the error."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{what} is not UTF-8 (byte {error.start}: 0x{data[error.start]:02x})", "save it as UTF-8"
        ) from error


def read_text(path: Path, limit: int) -> str:
    """The whole of a UTF-8 file of at most `limit` bytes."""
    return decode_text(read_bytes(path, limit), str(path))
