"""Folders of images or sounds as Hugging Face's `imagefolder` and `audiofolder` take them. See docs/formats.md."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.imagefolder.reader import MetadataReader, class_files, metadata_files, read_classes
from checkdam.formats.imagefolder.rows import FILE_NAME, METADATA_FILES, csv_rows, is_metadata, rows_of
from checkdam.formats.lines import estimated_lines, without
from checkdam.formats.media import kind_named
from checkdam.formats.output import check_item, new_folder, place_media
from checkdam.formats.table import Row, written_annotations, written_row
from checkdam.formats.tablepatch import patched_lines
from checkdam.formats.taxonomies import TAXONOMY_FILE, write_taxonomy
from checkdam.formats.tree import DETECT_FILES, Beside, Tree, split_of_path
from checkdam.guard.files import read_bytes
from checkdam.guard.images import IMAGE_SUFFIXES
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.guard.sounds import SOUND_SUFFIXES
from checkdam.schema import InputError, Item, ItemKind, Origin, Problems, Taxonomy

_PATCHED_BYTES = 1 << 32
_SAMPLE_ROWS = 20
_SAMPLE_FILES = 20
_OURS = frozenset({*METADATA_FILES, TAXONOMY_FILE})


class ImageFolder:
    """The format. `root` is a folder, or one file of metadata."""

    name = "imagefolder"
    title = "folder of media with metadata"
    kinds: tuple[ItemKind, ...] = ("image", "audio")

    def detect(self, root: Path) -> Detection | None:
        try:
            tree = Tree(root, at_most=DETECT_FILES) if root.is_dir() else None
            for name in _files(root, tree)[:_SAMPLE_FILES]:
                if _names_files(_base(root) / name, name):
                    return Detection(self.name, 0.9, f"{name}: rows with a file_name")
            labels = class_files(tree) if tree else {}
        except InputError:
            return None
        if labels:
            classes = sorted(set(labels.values()))
            shown = ", ".join(classes[:3]) + (", ..." if len(classes) > 3 else "")
            return Detection(self.name, 0.3, f"a folder for each of {len(classes)} classes: {shown}")
        return None

    def near_misses(self, root: Path, problems: Problems) -> None:
        with suppress(InputError):
            for name in _files(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None)[:_SAMPLE_FILES]:
                problems.add(name, "has no rows with a file_name", "name the file of each row in a column file_name")

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        tree = Tree(root, limits) if root.is_dir() else None
        names = _files(root, tree)
        if tree:
            tree.tell_refused(problems, {".jsonl", ".csv"} | IMAGE_SUFFIXES | SOUND_SUFFIXES)
        if tree and not names:
            yield from read_classes(tree, problems, limits)
            return
        yield from MetadataReader(tree or Beside(root.parent), names, problems, limits).events()

    def count(self, root: Path) -> int | None:
        tree = Tree(root) if root.is_dir() else None
        names = _files(root, tree)
        if tree and not names:
            return 2 * len(class_files(tree))
        return 3 * sum(estimated_lines(_base(root) / name) for name in names)

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        report = LossReport()
        with new_folder(target) as folder:
            write_taxonomy(folder, taxonomy, report)
            with (folder / METADATA_FILES[0]).open("w", encoding="utf-8", newline="\n") as out:
                for item, annotations in records:
                    if item.kind not in self.kinds:
                        report.add("items that are no images or sounds", item.name)
                        continue
                    check_item(item)
                    if item.name in _OURS:
                        raise InputError(f"the item name {item.name!r} is that of a file of labels", "rename the item")
                    row = named_row(FILE_NAME, item, written_row(item, annotations, report))
                    out.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
                    place_media(folder, item, media, report)
                    report.wrote(written_annotations(row, item.kind))
        return report

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:
        """The row and the file itself: a file that no row names would be an item without labels."""
        found: dict[str, list[Origin]] = {}
        for item in items:
            rows = [item.origin] if item.origin is not None and item.origin.at is not None else []
            files = [Origin(item.name)] if (_base(root) / item.name).is_file() else []
            found[item.id] = [*rows, *files]
        return found

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        data = read_bytes(file, _PATCHED_BYTES)
        if file.name.endswith(".jsonl"):
            return patched_lines(data, edits, str(file), "image")
        if file.name.endswith(".csv"):
            return without_rows(file, data, edits)
        raise InputError(f"{file} holds no labels: the folder's name is its label", "move the file to another folder")


def named_row(column: str, item: Item, row: Row) -> Row:
    """A row with the file's name, and what that name would say falsely: the kind, the split."""
    said: Row = {column: item.name}
    if kind_named(item.name) != item.kind:
        said["kind"] = item.kind
    if item.split is None and split_of_path(item.name) is not None:
        said["split"] = None
    return said | row


def without_rows(file: Path, data: bytes, edits: Sequence[PatchEdit], delimiter: str = ",") -> bytes:
    """A CSV file less whole rows, which is all that is changed in one in place. `InputError` for other edits."""
    quoted = delimiter == ","
    begins = [at for at, _ in csv_rows(file, file.name, Problems(), DEFAULT_LIMITS, delimiter, quoted=quoted)]
    lines = data.split(b"\n")
    gone: set[int] = set()
    for edit in edits:
        if not edit.whole_item:
            raise InputError(f"{file} is a table, whose cells are not changed in place", "export it in another format")
        if edit.at not in begins:
            raise InputError(f"{file} has no row at line {edit.at}", "lint it anew")
        following = [at for at in begins if at > edit.at]
        last = following[0] - 1 if following else len(lines) - (not lines[-1])
        gone.update(range(edit.at - 1, last))
    return without(lines, gone)


def _base(root: Path) -> Path:
    return root if root.is_dir() else root.parent


def _files(root: Path, tree: Tree | None) -> list[str]:
    if tree is None:
        return [root.name] if root.is_file() and is_metadata(root.name) else []
    return metadata_files(tree)


def _names_files(path: Path, name: str) -> bool:
    for seen, (_, row) in enumerate(rows_of(path, name, Problems(), DEFAULT_LIMITS)):
        if isinstance(row.get(FILE_NAME), str):
            return True
        if seen >= _SAMPLE_ROWS:
            break
    return False


FORMAT = ImageFolder()
