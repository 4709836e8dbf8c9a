"""LJSpeech: `metadata.csv` with id, text and normalised text parted by bars, and the sounds in `wavs`."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from checkdam.formats.base import Detection, Entry, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.lines import estimated_lines, lines_of, without
from checkdam.formats.media import is_sound_name, with_sound
from checkdam.formats.output import check_item, new_folder, place_media, report_item, where
from checkdam.formats.taxonomies import read_taxonomy, write_taxonomy
from checkdam.formats.tree import DETECT_FILES, Beside, Tree, plain_name, split_of_path
from checkdam.formats.values import unfit
from checkdam.guard.files import decode_text, open_regular, read_bytes
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.guard.sounds import SOUND_SUFFIXES
from checkdam.schema import (
    Annotation,
    InputError,
    Item,
    ItemKind,
    Label,
    Origin,
    Problems,
    Taxonomy,
    Transcript,
    annotation_id,
    item_id,
    ordinal_key,
)

FILE = "metadata.csv"
LABELS = ("transcript", "normalised")
_FOLDER, _ENDING = "wavs", ".wav"
_SAMPLE_LINES = 20
_COLUMNS = 3
_NOT_IN_A_CELL = str.maketrans("|\r\n", "   ")
_PATCHED_BYTES = 1 << 32


class LJSpeech:
    """The format. `root` is a folder with files called metadata.csv, or one such file."""

    name = "ljspeech"
    title = "LJSpeech"
    kinds: tuple[ItemKind, ...] = ("audio",)

    def detect(self, root: Path) -> Detection | None:
        with suppress(InputError):
            tree = Tree(root, at_most=DETECT_FILES) if root.is_dir() else None
            for name in _files(root, tree):
                if _names_sounds(tree or Beside(root.parent), name):
                    return Detection(self.name, 0.92, f"{name}: ids of sounds and texts, parted by bars")
        return None

    def near_misses(self, root: Path, problems: Problems) -> None:
        """A metadata.csv without bars is meant for something else."""

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        tree = Tree(root, limits) if root.is_dir() else None
        names = _files(root, tree)
        if not names:
            raise InputError(f"{root} holds no {FILE}", "give a folder in the layout of LJSpeech")
        if tree:
            tree.tell_refused(problems, SOUND_SUFFIXES | {".csv"})
        place = tree or Beside(root.parent)
        yield read_taxonomy(place.root, problems, limits) or Taxonomy(labels=tuple(Label(name=each) for each in LABELS))
        yield from _Reader(place, problems, limits).events(names)

    def count(self, root: Path) -> int | None:
        base = root if root.is_dir() else root.parent
        return 3 * sum(estimated_lines(base / name) for name in _files(root, Tree(root) if root.is_dir() else None))

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        report = LossReport()
        with new_folder(target) as folder:
            write_taxonomy(folder, taxonomy, report)
            with (folder / FILE).open("w", encoding="utf-8", newline="\n") as out:
                for item, annotations in records:
                    if item.kind != "audio":
                        report.add("items that are no sounds", item.name)
                        continue
                    check_item(item)
                    key = _key(item.name)
                    if key is None or "|" in key:
                        report.add("sounds whose name no row can hold", item.name)
                        continue
                    texts = _written(item, annotations, report)
                    out.write("|".join([key, *texts]) + "\n")
                    path = place_media(folder, item, media, report)
                    bare = msgspec.structs.replace(item, duration=None, sample_rate=None)
                    there = with_sound(bare, path, DEFAULT_LIMITS)
                    held = {each for each in ("duration", "sample_rate") if getattr(there, each) == getattr(item, each)}
                    report_item(item, report, frozenset(held))
                    report.wrote(len(texts))
        return report

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:  # noqa: ARG002
        return {item.id: [item.origin] for item in items if item.origin is not None}

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        lines = read_bytes(file, _PATCHED_BYTES).split(b"\n")
        gone: set[int] = set()
        for edit in edits:
            number, _, column = (edit.array or f"{edit.at}.").partition(".")
            at = int(number) - 1 if number.isdecimal() else -1
            fits = 0 <= at < len(lines) and column in ("", LABELS[1]) and lines[at].strip()
            if not fits or (edit.item is not None and edit.annotation is None):
                raise InputError(f"{file} has nothing at line {edit.at} to change", "lint it anew")
            if edit.whole_item:
                gone.add(at)
            else:
                lines[at] = _changed(file, lines[at], 2 if column else 1, edit.annotation)
        return without(lines, gone)


def _files(root: Path, tree: Tree | None) -> list[str]:
    if tree is None:
        return [root.name] if root.is_file() and root.name == FILE else []
    return [name for name in tree.with_suffix(".csv") if name.rpartition("/")[2] == FILE]


def _names_sounds(place: Tree | Beside, file: str) -> bool:
    """Whether most of the first lines are an id, whose sound may be there, and texts. Only the beginning is read."""
    with open_regular(place.path(file)) as stream:
        head = stream.read(1 << 16)
    try:
        lines = [line for line in head.decode("utf-8-sig", "replace").split("\n") if line.strip()][:_SAMPLE_LINES]
    except ValueError:
        return False
    rows = [line.split("|") for line in lines]
    barred = sum(2 <= len(row) <= _COLUMNS for row in rows)
    folder = file.rpartition("/")[0]
    there = any(_place_of(place, folder, row[0])[1] for row in rows)
    alone = not any("," in row[0] or "\t" in row[0] for row in rows)
    return barred * 2 > len(rows) and alone and (there or barred == len(rows))


def _place_of(place: Tree | Beside, folder: str, key: str) -> tuple[str, str | None]:
    """The name of the sound of an id, and how it is spelt on disk if it is there. A bad id has an empty name."""
    prefix = f"{folder}/" if folder else ""
    try:
        path = plain_name(key)
        name = prefix + (path if is_sound_name(key) else f"{_FOLDER}/{path}{_ENDING}")
    except InputError:
        return "", None
    return name, place.find(name)


class _Reader:
    def __init__(self, place: Tree | Beside, problems: Problems, limits: InputLimits) -> None:
        self._place, self._problems, self._limits = place, problems, limits
        self._taken: set[str] = set()

    def events(self, names: Sequence[str]) -> Iterator[Event]:
        """The sounds of each row with their transcripts."""
        for file in names:
            try:
                for at, line in lines_of(self._place.path(file), self._limits):
                    yield from self._row(file, at, line)
            except InputError as error:
                self._problems.add(file, error.detail, error.remedy)

    def _row(self, file: str, at: int, line: bytes) -> Iterator[Event]:
        place = f"{file}:{at}"
        try:
            cells = decode_text(line.rstrip(b"\r\n"), place).split("|")
        except InputError as error:
            self._problems.add(place, error.detail, error.remedy)
            return
        name, found = _place_of(self._place, file.rpartition("/")[0], cells[0])
        name = found or name
        if wrong := self._wrong(cells, name):
            self._problems.add(place, wrong, "write id|text|normalised text")
            return
        self._taken.add(name)
        path = self._place.path(found) if found else None
        item = Item(id=item_id(name), kind="audio", name=name, split=split_of_path(file), origin=Origin(file, at))
        yield Entry(with_sound(item, path, self._limits), path)
        for ordinal, (label, text) in enumerate(zip(LABELS, cells[1:], strict=False)):
            yield Annotation(
                id=annotation_id(item.id, ordinal_key(ordinal)),
                item_id=item.id,
                label=label,
                geometry=Transcript(text),
                origin=Origin(file, ordinal, f"{at}.{label}") if ordinal else Origin(file, at),
            )

    def _wrong(self, cells: list[str], name: str) -> str | None:
        if len(cells) > _COLUMNS:
            return f"has {len(cells)} columns, not 2 or {_COLUMNS}"
        if not name or not cells[0]:
            return "names no sound below the folder"
        if name in self._taken:
            return "names a sound that has a row already"
        return next((reason for cell in cells if (reason := unfit(cell))), None)


def _key(name: str) -> str | None:
    """The id of a sound: of `wavs/a.wav` it is `a`, of any other its path; None if no id would lead to it."""
    if name.startswith(f"{_FOLDER}/") and name.endswith(_ENDING):
        key = name.removeprefix(f"{_FOLDER}/").removesuffix(_ENDING)
        if key.strip() and not is_sound_name(key) and not key.startswith("/"):
            return key
    return name if is_sound_name(name) else None


def _written(item: Item, annotations: Sequence[Annotation], report: LossReport) -> list[str]:
    texts: list[str] = []
    for each in annotations:
        geometry = each.geometry
        plain = isinstance(geometry, Transcript) and geometry.start is None and geometry.end is None
        if not plain or not isinstance(geometry, Transcript) or [each.label] != list(LABELS[len(texts) :][:1]):
            report.add("annotations that are no transcript of the whole and its normal form", where(item, each))
            continue
        for what in ("attributes", "source_id", "box"):
            if getattr(each, what):
                report.add(f"transcripts' {what}", where(item, each))
        if reason := unfit(geometry.text):
            raise InputError(f"a text of {item.name!r} {reason}", "remove the character")
        text = geometry.text.translate(_NOT_IN_A_CELL)
        if text != geometry.text:
            report.add("bars and line ends in texts", where(item, each))
        texts.append(text)
    return texts


def _changed(file: Path, line: bytes, column: int, annotation: Annotation | None) -> bytes:
    body = line.rstrip(b"\r")
    cells = body.split(b"|")
    geometry = annotation.geometry if annotation else None
    if len(cells) <= column or (annotation is None and column + 1 < len(cells)):
        raise InputError(f"{file} has no transcript of its own there", "change it by hand")
    if annotation is None:
        del cells[column]
    elif isinstance(geometry, Transcript) and not any(each in geometry.text for each in "|\r\n"):
        cells[column] = geometry.text.encode()
    else:
        raise InputError(f"{file} cannot hold that", "change it by hand")
    return b"|".join(cells) + line[len(body) :]


FORMAT = LJSpeech()
