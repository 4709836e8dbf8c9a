"""Files that are read line by line, changed in place."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from checkdam.formats.values import shown
from checkdam.guard.files import open_regular
from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, LimitError, Problems

_SAMPLE_BYTES = 1 << 20


def without(lines: Sequence[bytes], gone: Collection[int]) -> bytes:
    """A file that was split at its line feeds, less the lines at these indices. Where the last line goes and had no
    line end, the one before keeps its own."""
    last = len(lines) - 1
    kept = [line for at, line in enumerate(lines) if at not in gone]
    return b"\n".join([*kept, b""] if last in gone else kept)


def lines_of(path: Path, limits: InputLimits) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers. `LimitError` for one that is too long."""
    with open_regular(path) as file:
        at = 0
        while line := file.readline(limits.document_bytes + 1):
            at += 1
            if len(line) > limits.document_bytes:
                raise LimitError(f"line {at} is longer than {limits.document_bytes:,} bytes", "split it")
            if at == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                yield at, line


def no_json(line: bytes, error: Exception) -> tuple[str, str]:
    """What is wrong with a line that the decoder refused, and the remedy."""
    told = str(error)
    if b"\0" in line:
        return "is no UTF-8 (it may be UTF-16)", "save it as UTF-8"
    if isinstance(error, UnicodeDecodeError):
        return f"is no UTF-8 (byte {error.start}: 0x{line[error.start]:02x})", "save it as UTF-8"
    if half := _half_pair(line):
        return f"holds half of a surrogate pair, {half}", "remove the character"
    if "Number out of range" in told:
        return "holds a number that is too large", "give a smaller number"
    return f"is no JSON: {told}", "write an object on each line, in UTF-8"


def _half_pair(line: bytes) -> str | None:
    """The first surrogate that is alone in a line of JSON, escaped."""
    try:
        written = json.dumps(json.loads(line), ensure_ascii=False)  # which take it, unlike our decoder
    except (ValueError, RecursionError):
        return None
    alone = re.search("[\ud800-\udfff]", written)
    return f"\\u{ord(alone[0]):04x}" if alone else None


def estimated_lines(path: Path) -> int:
    """About how many lines a file has, by its beginning; 0 if it cannot be read."""
    try:
        with open_regular(path) as file:
            head = file.read(_SAMPLE_BYTES)
            total = path.stat().st_size
    except (InputError, OSError):
        return 0
    return round(head.count(b"\n") * total / len(head)) if head else 0


def json_rows(path: Path, name: str, problems: Problems, limits: InputLimits) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects in a file of JSON lines with the numbers of their lines. What is no object is a problem, and so is
    what cannot be read; `name` is the file's in the problems."""
    decoder = msgspec.json.Decoder()
    try:
        for at, line in lines_of(path, limits):
            try:
                row = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                problems.add(f"{name}:{at}", *no_json(line, error))
                continue
            if isinstance(row, dict):
                yield at, row
            else:
                problems.add(f"{name}:{at}", f"is {shown(row)}, not an object", "write an object on each line")
    except InputError as error:
        problems.add(name, error.detail, error.remedy)
