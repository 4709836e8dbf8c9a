"""Parquet: tables of items with their annotations. The layout is described in docs/formats.md.

Arrow, which reads and writes them, is loaded where there is a table: other folders are linted without it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.output import new_folder
from checkdam.formats.tree import DETECT_FILES, Beside, Tree
from checkdam.guard.files import open_regular
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, Item, ItemKind, Origin, Problems, Taxonomy

SUFFIX = ".parquet"
_SAMPLE_FILES = 20


class Parquet:
    """The format. `root` is a folder with files that end in .parquet, or one such file."""

    name = "parquet"
    title = "Parquet"
    kinds: tuple[ItemKind, ...] = ("image", "text", "audio")

    def detect(self, root: Path) -> Detection | None:
        with suppress(InputError):
            for name in table_names(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None)[:_SAMPLE_FILES]:
                from checkdam.formats.parquet.reader import is_dataset
                from checkdam.formats.parquet.tables import opened

                with suppress(InputError), opened(base_of(root) / name, DEFAULT_LIMITS) as table:
                    if is_dataset(table):
                        shown = ", ".join(list(table.fields)[:6])
                        return Detection(self.name, 0.85, f"{name}: a table with {shown}")
        return None

    def near_misses(self, root: Path, problems: Problems) -> None:
        with suppress(InputError):
            for name in table_names(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None)[:_SAMPLE_FILES]:
                from checkdam.formats.parquet.tables import opened

                try:
                    with opened(base_of(root) / name, DEFAULT_LIMITS):
                        problems.add(name, "has no column of files or texts", "name a column image, file_name or text")
                except InputError as error:
                    problems.add(name, error.detail, error.remedy)

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        from checkdam.formats.parquet.reader import ParquetReader

        tree = Tree(root, limits) if root.is_dir() else None
        names = table_names(root, tree)
        if not names:
            raise InputError(f"{root} holds no file that ends in {SUFFIX}", "give a folder of Parquet files")
        if tree:
            tree.tell_refused(problems, {SUFFIX})
        yield from ParquetReader(tree or Beside(root.parent), names, problems, limits).events()

    def count(self, root: Path) -> int | None:
        from checkdam.formats.parquet.tables import opened

        total = 0
        for name in table_names(root, Tree(root) if root.is_dir() else None):
            with suppress(InputError), opened(base_of(root) / name, DEFAULT_LIMITS) as table:
                total += 2 * table.rows
        return total

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        from checkdam.formats.parquet.writer import write_tables

        report = LossReport()
        with new_folder(target) as folder:
            write_tables(folder, taxonomy, records, media, report)
        return report

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:  # noqa: ARG002
        return {item.id: [item.origin] for item in items if item.origin is not None}

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        with open_regular(file) as handle:
            if not edits:
                return handle.read()
        raise InputError(f"{file} is a packed table, which is not changed in place", "import it and export it anew")


def table_names(root: Path, tree: Tree | None) -> list[str]:
    """The names of the tables below a root, or its own."""
    if tree is None:
        return [root.name] if root.is_file() and root.name.lower().endswith(SUFFIX) else []
    return tree.with_suffix(SUFFIX)


def base_of(root: Path) -> Path:
    return root if root.is_dir() else root.parent


FORMAT = Parquet()
