"""The rows of `metadata.jsonl` and `metadata.csv` files, with the places of their items' files."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checkdam.formats.lines import json_rows
from checkdam.guard.files import open_regular
from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, LimitError, Problems

METADATA_FILES = ("metadata.jsonl", "metadata.csv")
FILE_NAME = "file_name"
_MAX_CELL = 1 << 17
"""What the csv module takes of a cell; it is a setting of the process, so it is left as it is."""


def is_metadata(name: str) -> bool:
    return name.rpartition("/")[2] in METADATA_FILES


def rows_of(path: Path, name: str, problems: Problems, limits: InputLimits) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a file with the line on which each begins (from 1)."""
    if name.endswith(".csv"):
        return csv_rows(path, name, problems, limits)
    return json_rows(path, name, problems, limits)


def csv_rows(
    path: Path, name: str, problems: Problems, limits: InputLimits, delimiter: str = ",", *, quoted: bool = True
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows under the head of a CSV file. Empty cells are left out."""
    lines = _Lines(path, limits)
    try:
        reader = csv.reader(lines, delimiter=delimiter, quoting=0 if quoted else 3, strict=quoted)
        head = [column.strip() for column in next(reader, [])]
        if len(set(head)) != len(head):
            problems.add(f"{name}:1", "names a column twice", "give each column its own name")
        begin = lines.count + 1
        for cells in reader:
            if any(cells):
                if len(cells) > len(head):
                    problems.add(f"{name}:{begin}", f"has {len(cells)} cells under {len(head)} columns", "mend the row")
                else:
                    yield begin, {column: cell for column, cell in zip(head, cells, strict=False) if cell}
            begin = lines.count + 1
    except InputError as error:
        problems.add(name, error.detail, error.remedy)
    except csv.Error as error:
        problems.add(f"{name}:{lines.count}", f"is no row of a table: {error}", "quote cells with line ends")


class _Lines:
    """Lines of UTF-8 for the csv module, which keep their ends, each of a bounded length."""

    def __init__(self, path: Path, limits: InputLimits) -> None:
        self._path, self._limits = path, limits
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        limit = min(self._limits.document_bytes, 64 * _MAX_CELL)
        with open_regular(self._path) as file:
            while line := file.readline(limit + 1):
                self.count += 1
                if len(line) > limit:
                    raise LimitError(f"line {self.count} is longer than {limit:,} bytes", "split it")
                if self.count == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                try:
                    yield line.decode()
                except UnicodeDecodeError as error:
                    raise InputError(f"line {self.count} is no UTF-8", "save it as UTF-8") from error
