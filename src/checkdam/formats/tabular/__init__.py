"""Tables of comma-, semicolon-, tab- or bar-separated values. The columns that are known are in docs/formats.md."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.lines import estimated_lines
from checkdam.formats.tabular.columns import Columns
from checkdam.formats.tabular.patching import patch_table
from checkdam.formats.tabular.reader import TableReader
from checkdam.formats.tabular.rows import SUFFIXES, Table
from checkdam.formats.tabular.writer import write_tables
from checkdam.formats.tree import DETECT_FILES, Beside, Tree
from checkdam.guard.files import decode_text, read_bytes
from checkdam.guard.images import IMAGE_SUFFIXES
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, Item, ItemKind, Origin, Problem, Problems, Taxonomy

_SAMPLE_FILES = 50
_PATCHED_BYTES = 1 << 32


class Tabular:
    """The format. `root` is a folder with tables anywhere in it, or one table."""

    name = "csv"
    title = "CSV table"
    kinds: tuple[ItemKind, ...] = ("image", "text", "audio")

    def detect(self, root: Path) -> Detection | None:
        try:
            tables, _ = _tables(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None, _SAMPLE_FILES)
        except InputError:
            return None
        if not tables:
            return None
        table, columns = tables[0]
        if not columns.headed:
            return Detection(self.name, 0.35, f"{table.name}: a text, a tab and a label on each line")
        named = ", ".join(columns.names[at].strip() for at in sorted(columns.places.values()))
        return Detection(self.name, 0.5, f"{table.name}: columns {named}")

    def near_misses(self, root: Path, problems: Problems) -> None:
        with suppress(InputError):
            tree = Tree(root, at_most=DETECT_FILES) if root.is_dir() else None
            for why in _tables(root, tree, _SAMPLE_FILES)[1]:
                problems.add(why.where, why.what, why.remedy)

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        tree = Tree(root, limits) if root.is_dir() else None
        tables, refused = _tables(root, tree)
        if not tables:
            tables = _forced(root, tree, limits)
        if not tables:
            nearly = Problems()
            for why in refused:
                nearly.add(why.where, why.what, why.remedy)
            raise InputError(f"{root} holds no table with known columns", "name a file or a text in a column", nearly)
        if tree:
            tree.tell_refused(problems, {*SUFFIXES[:2], *IMAGE_SUFFIXES})
        yield from TableReader(tree or Beside(root.parent), tables, problems, limits).events()

    def count(self, root: Path) -> int | None:
        tables, _ = _tables(root, Tree(root) if root.is_dir() else None)
        return sum(2 * estimated_lines(table.path) for table, _ in tables)

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        return write_tables(target, taxonomy, records, media)

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:
        found: dict[str, list[Origin]] = {item.id: [] for item in items}
        if found:
            tree = Tree(root) if root.is_dir() else None
            tables = _tables(root, tree)[0] or _forced(root, tree, DEFAULT_LIMITS)
            reader = TableReader(tree or Beside(root.parent), tables, Problems(), DEFAULT_LIMITS)
            for item, place in reader.places(found):
                found[item].append(place)
        return found

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        text = decode_text(read_bytes(file, _PATCHED_BYTES), str(file))
        table = Table(file, file.name, DEFAULT_LIMITS)
        columns = table.columns() or table.forced()
        if columns is None:
            raise InputError(f"{file} is no table with known columns", "change it by hand")
        bom = "\ufeff" if read_bytes(file, _PATCHED_BYTES).startswith(b"\xef\xbb\xbf") else ""
        return (bom + patch_table(text, columns, edits, str(file))).encode()


def _tables(
    root: Path, tree: Tree | None, at_most: int | None = None
) -> tuple[list[tuple[Table, Columns]], list[Problem]]:
    """The tables below a root with their columns, and why the others that may be meant are none."""
    names = tree.with_suffix(*SUFFIXES)[:at_most] if tree else [root.name] if root.is_file() else []
    base = root if tree else root.parent
    found: list[tuple[Table, Columns]] = []
    refused: list[Problem] = []
    for name in names:
        table = Table(base / name, name, DEFAULT_LIMITS)
        try:
            columns = table.columns()
        except InputError as error:
            refused.append(Problem(name, error.detail, error.remedy))
            continue
        if columns is not None:
            found.append((table, columns))
        elif name.lower().endswith(SUFFIXES[:2]):
            told = "has no columns that name files with boxes or labels, or texts with labels"
            refused.append(Problem(name, told, "name the columns in the first line"))
    return found, refused


def _forced(root: Path, tree: Tree | None, limits: InputLimits) -> list[tuple[Table, Columns]]:
    """The tables that name a file or a text and say nothing of it, which are read where the format is named."""
    names = tree.with_suffix(*SUFFIXES[:2]) if tree else [root.name] if root.is_file() else []
    found = []
    for name in names:
        table = Table((root if tree else root.parent) / name, name, limits)
        columns = table.forced()
        if columns is not None:
            found.append((table, columns))
    return found


FORMAT = Tabular()
