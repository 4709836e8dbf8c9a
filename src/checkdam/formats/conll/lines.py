"""Files of a token a line: sentences of them, with the numbers of their lines."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from checkdam.formats.conll.tags import OUTSIDE, is_prefixed
from checkdam.guard.files import open_regular
from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, LimitError, Problems

DOCUMENT = "-DOCSTART-"
_SPACES = re.compile("[ \t]+")
_SAMPLE_BYTES = 1 << 16
_SAMPLE_LINES = 200


class Layout(Struct, frozen=True):
    """How the columns of a file are parted, and how many there are."""

    tabs: bool
    columns: int

    def cells(self, line: str) -> list[str]:
        line = line.rstrip("\r\n")
        return line.split("\t") if self.tabs else _SPACES.split(line.strip(" \t"))


class Sentence(Struct):
    """Tokens with their columns (token first, tag last). `line` is that of the first token, `nth` counts from 0, and
    `document` is how many documents began before, less one (None where the file marks none)."""

    line: int
    nth: int
    document: int | None
    rows: list[list[str]]
    sound: bool = True

    @property
    def tokens(self) -> list[str]:
        return [row[0] for row in self.rows]

    @property
    def tags(self) -> list[str]:
        return [row[-1] for row in self.rows]

    def column(self, at: int) -> list[str]:
        return [row[at] for row in self.rows]


def layout_of(lines: Iterable[str]) -> Layout | None:
    """The layout that most lines of a sample have; None if there are no columns."""
    sample = [line.rstrip("\r\n") for line in lines if line.strip() and not line.startswith(DOCUMENT)][:_SAMPLE_LINES]
    sample = [line for line in sample if not line.startswith("#")] or sample
    if not sample:
        return None
    tabs = sum("\t" in line for line in sample) * 2 > len(sample)
    counts = Counter(len(Layout(tabs, 0).cells(line)) for line in sample)
    columns = counts.most_common(1)[0][0]
    return Layout(tabs, columns) if columns > 1 else None


class Sniffed(Struct, frozen=True):
    """What the beginning of a file looks like: its layout, whether its last column fits a scheme of tags, and whether
    it surely holds such."""

    layout: Layout | None = None
    fits: bool = False
    tagged: bool = False


def sniffed(path: Path) -> Sniffed:
    """Looks at the beginning of a file."""
    try:
        with open_regular(path) as file:
            head = file.read(_SAMPLE_BYTES)
    except (InputError, OSError):
        return Sniffed()
    whole = head if len(head) < _SAMPLE_BYTES else head[: head.rfind(b"\n") + 1]
    try:
        lines = whole.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        return Sniffed()
    layout = layout_of(lines)
    if layout is None:
        return Sniffed()
    cells = [layout.cells(line) for line in lines[:_SAMPLE_LINES] if line.strip()]
    tags = [row[-1] for row in cells if len(row) == layout.columns]
    fitting = sum(tag == OUTSIDE or is_prefixed(tag) for tag in tags)
    fits = bool(tags) and fitting * 20 >= len(cells) * 19
    return Sniffed(layout, fits, fits and any(map(is_prefixed, tags)))


def sentences(path: Path, name: str, layout: Layout, problems: Problems, limits: InputLimits) -> Iterator[Sentence]:
    """The sentences of a file. One with a line that is no token is a problem, and given as not sound."""
    current: Sentence | None = None
    nth, document = 0, None
    try:
        for at, line in _lines(path, limits):
            cells = layout.cells(line) if line.strip() else []
            if line.startswith("#") and len(cells) != layout.columns:
                continue  # a comment
            if cells and cells[0] != DOCUMENT:
                current = current or Sentence(at, nth, document, [])
                if wrong := _added(current, cells, layout):
                    problems.add(f"{name}:{at}", wrong, "give a token and its tags on each line")
                if len(current.rows) > limits.document_bytes // 256:
                    raise LimitError(f"the sentence at line {current.line} is endless", "part sentences by blank lines")
                continue
            if current is not None:
                yield current
                current, nth = None, nth + 1
            if cells:
                document = 0 if document is None else document + 1
        if current is not None:
            yield current
    except InputError as error:
        problems.add(name, error.detail, error.remedy)


def _added(sentence: Sentence, cells: list[str], layout: Layout) -> str | None:
    """Adds a line to a sentence; what is wrong with it, or None."""
    sentence.rows.append(cells)
    if len(cells) == layout.columns and all(cells):
        return None
    sentence.sound = False
    return f"has {sum(map(bool, cells))} columns, not {layout.columns}"


def _lines(path: Path, limits: InputLimits) -> Iterator[tuple[int, str]]:
    with open_regular(path) as file:
        at = 0
        while line := file.readline(limits.document_bytes + 1):
            at += 1
            if len(line) > limits.document_bytes:
                raise LimitError(f"line {at} is longer than {limits.document_bytes:,} bytes", "split it")
            if at == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if b"\0" in line:
                raise InputError(f"line {at} holds a NUL character", "save the file as UTF-8, without it")
            try:
                yield at, line.decode()
            except UnicodeDecodeError as error:
                raise InputError(f"line {at} is no UTF-8", "save the file as UTF-8") from error
