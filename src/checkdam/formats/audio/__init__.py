"""Sounds with a manifest of what is said in them. See docs/formats.md."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from checkdam.formats.audio.reader import (
    PATHS,
    SUFFIXES,
    ManifestReader,
    manifests,
    path_column,
    read_sounds,
    rows_of,
)
from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.imagefolder import without_rows
from checkdam.formats.lines import estimated_lines
from checkdam.formats.media import is_sound_name
from checkdam.formats.output import check_item, new_folder, place_media
from checkdam.formats.table import written_annotations, written_row
from checkdam.formats.tablepatch import patched_lines
from checkdam.formats.taxonomies import TAXONOMY_FILE, write_taxonomy
from checkdam.formats.tree import DETECT_FILES, Beside, Tree
from checkdam.formats.values import BadValueError
from checkdam.guard.files import read_bytes
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.guard.sounds import SOUND_SUFFIXES
from checkdam.schema import InputError, Item, ItemKind, Origin, Problems, Taxonomy

MANIFEST = "manifest.jsonl"
_PATCHED_BYTES = 1 << 32
_SAMPLE_ROWS = 20
_SAMPLE_FILES = 20


class Audio:
    """The format. `root` is a folder, or one manifest."""

    name = "audio"
    title = "sounds with a manifest"
    kinds: tuple[ItemKind, ...] = ("audio",)

    def detect(self, root: Path) -> Detection | None:
        with suppress(InputError):
            tree = Tree(root, at_most=DETECT_FILES) if root.is_dir() else None
            for name in _candidates(root, tree)[:_SAMPLE_FILES]:
                if column := _column(tree or Beside(root.parent), name):
                    return Detection(self.name, 0.88, f"{name}: rows that name a sound in {column}")
            if tree and any(map(is_sound_name, tree.names)):
                return Detection(self.name, 0.2, "sounds without a manifest: items without labels")
        return None

    def near_misses(self, root: Path, problems: Problems) -> None:
        """A table that names no sounds is meant for something else."""

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        tree = Tree(root, limits) if root.is_dir() else None
        names = _files(root, tree)
        if tree:
            tree.tell_refused(problems, SOUND_SUFFIXES | set(SUFFIXES))
        if tree and not names:
            if not any(map(is_sound_name, tree.names)):
                raise InputError(f"{root} holds no manifest and no sounds", "give a folder of sounds")
            yield from read_sounds(tree, limits)
            return
        yield from ManifestReader(tree or Beside(root.parent), names, problems, limits).events()

    def count(self, root: Path) -> int | None:
        tree = Tree(root) if root.is_dir() else None
        names = _files(root, tree)
        if tree and not names:
            return sum(map(is_sound_name, tree.names))
        return 2 * sum(estimated_lines((root if tree else root.parent) / name) for name in names)

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        report = LossReport()
        with new_folder(target) as folder:
            write_taxonomy(folder, taxonomy, report)
            with (folder / MANIFEST).open("w", encoding="utf-8", newline="\n") as out:
                for item, annotations in records:
                    if item.kind != "audio":
                        report.add("items that are no sounds", item.name)
                        continue
                    check_item(item)
                    if item.name in (MANIFEST, TAXONOMY_FILE):
                        raise InputError(f"the item name {item.name!r} is that of a file of labels", "rename the item")
                    row = {PATHS[0]: item.name} | written_row(item, annotations, report)
                    out.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
                    place_media(folder, item, media, report)
                    report.wrote(written_annotations(row, item.kind))
        return report

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:
        """Every row about the item; without a manifest, the sound itself."""
        found: dict[str, list[Origin]] = {item.id: [] for item in items}
        by_name = {item.name: item.id for item in items}
        tree = Tree(root) if items and root.is_dir() else None
        names = _files(root, tree) if items else []
        reader = ManifestReader(tree or Beside(root.parent), names, Problems(), DEFAULT_LIMITS)
        for file in names:
            for at, row in rows_of(tree or Beside(root.parent), file, Problems(), DEFAULT_LIMITS):
                with suppress(BadValueError):
                    if (name := reader.named(file, row)) in by_name:
                        found[by_name[name]].append(Origin(file, at))
        if tree and not names:
            return {item.id: [Origin(item.name)] for item in items}
        return found

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        data = read_bytes(file, _PATCHED_BYTES)
        if file.name.lower().endswith(".csv"):
            return without_rows(file, data, edits)
        if file.name.lower().endswith(".tsv"):
            return without_rows(file, data, edits, "\t")
        return patched_lines(data, edits, str(file), "audio")


def _candidates(root: Path, tree: Tree | None) -> list[str]:
    if tree is None:
        return [root.name] if root.is_file() and root.name.lower().endswith(SUFFIXES) else []
    return manifests(tree)


def _files(root: Path, tree: Tree | None) -> list[str]:
    place = tree or Beside(root.parent)
    return [name for name in _candidates(root, tree) if name == MANIFEST or _column(place, name)]


def _column(place: Tree | Beside, name: str) -> str | None:
    """The column in which one of the first rows of a file names a sound."""
    rows = rows_of(place, name, Problems(), DEFAULT_LIMITS)
    for seen, (_, row) in enumerate(rows):
        if column := path_column(row):
            return column
        if seen >= _SAMPLE_ROWS:
            break
    return None


FORMAT = Audio()
