"""The rows of a file of comma-separated values, one at a time, with the lines on which they begin."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

from msgspec import Struct

from checkdam.formats.tabular.columns import Columns, named_columns, sniffed, split_row
from checkdam.guard.files import open_regular
from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, Problems

SUFFIXES = (".csv", ".tsv", ".tab", ".txt")

_SAMPLE_LINES = 100
_SAMPLE_BYTES = 1 << 16
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Row(Struct, frozen=True):
    """A row: the line on which it begins, from 1, and its cells."""

    line: int
    cells: list[str]


class Table:
    """A file of rows, opened anew for each pass."""

    def __init__(self, path: Path, name: str, limits: InputLimits) -> None:
        self.path, self.name, self._limits = path, name, limits

    def columns(self) -> Columns | None:
        """What the columns mean, judged by the first lines; None where this is no table that we know. Raises
        `InputError` for a file that cannot be read."""
        try:
            with open_regular(self.path) as file:
                raw = list(islice(iter(lambda: file.readline(_SAMPLE_BYTES), b""), _SAMPLE_LINES))
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", "check the disk") from error
        if raw and raw[0].startswith(_UTF16):
            raise InputError("is UTF-16", "save it as UTF-8")
        lines = [_decoded(line) for line in raw]
        if lines:
            lines[0] = lines[0].removeprefix("\ufeff")
        return sniffed([line for line in lines if line.strip()])

    def forced(self) -> Columns | None:
        """The columns of a header that names a file or a text at all, whatever else it names."""
        with open_regular(self.path) as file:
            head = _decoded(file.readline(_SAMPLE_BYTES)).removeprefix("\ufeff")
        for delimiter in (",", ";", "\t", "|"):
            found = named_columns(split_row(head, delimiter), delimiter, ())
            if found.places.keys() & {"file", "text"}:
                return found
        return None

    def rows(self, columns: Columns, problems: Problems) -> Iterator[Row]:
        """The rows below the header. A row of another length or encoding is a problem; damage ends the table."""
        csv.field_size_limit(self._limits.document_bytes)
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if columns.headed else csv.QUOTE_NONE
        at = 1
        try:
            reader = csv.reader(self._lines(), delimiter=columns.delimiter, quoting=quoting, strict=columns.headed)
            for cells in reader:
                begin, at = at, reader.line_num + 1
                if (columns.headed and begin == 1) or not cells or (len(cells) == 1 and not cells[0].strip()):
                    continue
                if any("\udc80" <= character <= "\udcff" for cell in cells if not cell.isascii() for character in cell):
                    problems.add(f"{self.name}:{begin}", "is not UTF-8", "save the file as UTF-8")
                elif len(cells) != len(columns.names):
                    told = f"has {len(cells)} cells, not {len(columns.names)}"
                    problems.add(f"{self.name}:{begin}", told, "put cells that hold a separator into quotes")
                else:
                    yield Row(begin, cells)
        except csv.Error as error:
            problems.add(f"{self.name}:{at}", f"is no row of a table: {error}", "close the quotes")
        except InputError as error:
            problems.add(self.name, error.detail, error.remedy)
        except OSError as error:
            problems.add(self.name, f"cannot be read: {error.strerror}", "check the disk")

    def _lines(self) -> Iterator[str]:
        with open_regular(self.path) as file:
            first = True
            while line := file.readline(self._limits.document_bytes + 1):
                if len(line) > self._limits.document_bytes:
                    raise InputError(f"has a line longer than {self._limits.document_bytes:,} bytes", "split it")
                text = _decoded(line)
                yield text.removeprefix("\ufeff") if first else text
                first = False


def _decoded(line: bytes) -> str:
    """A line in UTF-8; bytes that are none become halves of surrogate pairs, which no sound text holds."""
    return line.decode("utf-8", "surrogateescape")
