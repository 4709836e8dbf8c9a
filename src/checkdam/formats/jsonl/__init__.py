"""JSON Lines for text: an object with a `text` on each line. The layout is described in docs/formats.md.

Beside our own layout the exports of doccano (`label`, `entities`) and Prodigy (`spans`, `meta`) are read.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from checkdam.formats.base import Detection, Entry, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.jsonl.rows import LABEL_KEYS, check_texts, label_places, read_label, written_row
from checkdam.formats.jsonstream import array_spans, member_spans, replaced, rewritten
from checkdam.formats.lines import estimated_lines, json_rows, no_json, without
from checkdam.formats.output import new_folder, write_text
from checkdam.formats.taxonomies import read_taxonomy
from checkdam.formats.tree import DETECT_FILES, Tree, split_named, split_of_path, stem
from checkdam.formats.values import BadValueError, identifier, scalar, shown, text
from checkdam.guard.files import open_regular, read_bytes
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import (
    Annotation,
    InputError,
    Item,
    ItemKind,
    Label,
    Origin,
    Problem,
    Problems,
    Scalar,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
    own_key,
)

_SUFFIXES = (".jsonl", ".ndjson")
_TAXONOMY = "taxonomy.json"
_DATA = "data.jsonl"
_PATCHED_BYTES = 1 << 32
_SAMPLE_BYTES = 1 << 20
_SAMPLE_FILES = 20
_SAMPLE_LINES = 20
_ITEM_KEYS = frozenset({"id", "text", "data", "split", "source_id", "metadata", "meta", *LABEL_KEYS})


class Jsonl:
    """The format. `root` is a folder with files that end in .jsonl or .ndjson, or one file of any ending."""

    name = "jsonl"
    title = "JSON Lines for text"
    kinds: tuple[ItemKind, ...] = ("text",)

    def detect(self, root: Path) -> Detection | None:
        try:
            names = _files(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None)
        except InputError:
            return None
        base = root if root.is_dir() else root.parent
        sure = [name for name in names[:_SAMPLE_FILES] if _no_texts(base / name, name) is None]
        return Detection(self.name, 0.8, f"{sure[0]}: a JSON object with a text on each line") if sure else None

    def near_misses(self, root: Path, problems: Problems) -> None:
        with suppress(InputError):
            names = _files(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None)
            base = root if root.is_dir() else root.parent
            for name in names[:_SAMPLE_FILES]:
                if name.lower().endswith(_SUFFIXES) and (why := _no_texts(base / name, name)):
                    problems.add(why.where, why.what, why.remedy)

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        tree = Tree(root, limits) if root.is_dir() else None
        names = _files(root, tree)
        if not names:
            raise InputError(f"{root} holds no file that ends in .jsonl", "give a folder or file of JSON Lines")
        if tree:
            tree.tell_refused(problems, _SUFFIXES)
        yield from _Reader(root if tree else root.parent, names, problems, limits).events()

    def count(self, root: Path) -> int | None:
        base = root if root.is_dir() else root.parent
        return 2 * sum(estimated_lines(base / name) for name in _files(root, Tree(root) if root.is_dir() else None))

    def write(
        self,
        target: Path,
        taxonomy: Taxonomy,
        records: Iterable[Record],
        media: MediaSource | None,  # noqa: ARG002 (a text has no media file)
    ) -> LossReport:
        report = LossReport()
        encoded = msgspec.json.encode(taxonomy)
        if msgspec.json.decode(encoded, type=Taxonomy) != taxonomy:
            report.add("numbers of the taxonomy that are not finite", _TAXONOMY)
        with new_folder(target) as folder:
            write_text(folder, _TAXONOMY, msgspec.json.format(encoded, indent=2).decode() + "\n")
            with (folder / _DATA).open("w", encoding="utf-8", newline="\n") as out:
                for item, annotations in records:
                    if item.kind != "text":
                        report.add("items that are no texts", item.name)
                        continue
                    if reason := check_texts(item, annotations):
                        raise InputError(f"the item {item.name!r} {reason}", "remove the character")
                    _report_fields(item, report)
                    row = written_row(item, annotations, report)
                    out.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
                    report.wrote(sum(1 for _ in label_places(row)))
        return report

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:  # noqa: ARG002
        return {item.id: [item.origin] for item in items if item.origin is not None}

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        return _patched(read_bytes(file, _PATCHED_BYTES), edits, str(file))


def _report_fields(item: Item, report: LossReport) -> None:
    for name in ("width", "height", "duration", "sample_rate"):
        if getattr(item, name) is not None:
            report.add(f"items' {name}", item.name)


def _files(root: Path, tree: Tree | None) -> list[str]:
    if tree is None:
        return [root.name] if root.is_file() else []
    return tree.with_suffix(*_SUFFIXES)


def _no_texts(path: Path, name: str) -> Problem | None:
    """None if one of the first lines is an object with a text; else what is wrong with the first of them."""
    try:
        with open_regular(path) as file:
            head = file.read(_SAMPLE_BYTES)
    except InputError as error:
        return Problem(name, error.detail, error.remedy)
    except OSError as error:
        return Problem(name, f"cannot be read: {error.strerror}", "check the disk")
    wrong: Problem | None = None
    lines = enumerate(head.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1)
    for at, line in islice(((at, line) for at, line in lines if line.strip()), _SAMPLE_LINES):
        try:
            row = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            wrong = wrong or Problem(f"{name}:{at}", *no_json(line, error))
        else:
            if isinstance(row, dict) and isinstance(row.get("text", row.get("data")), str):
                return None
            wrong = wrong or Problem(f"{name}:{at}", "holds no text", 'write an object with a "text" on each line')
    return wrong or Problem(name, "is empty", "remove it or write it anew")


class _Reader:
    def __init__(self, base: Path, names: list[str], problems: Problems, limits: InputLimits) -> None:
        self._base, self._names, self._problems, self._limits = base, names, problems, limits
        self._taken: dict[str, str] = {}  # from an item's name to its place

    def events(self) -> Iterator[Event]:
        """The taxonomy, then each line's item and annotations."""
        yield self._taxonomy()
        for name in self._names:
            for at, row in self._rows(name, self._problems):
                try:
                    item = self._item(name, at, row)
                except BadValueError as error:
                    self._problems.add(_place(name, at, error.path), error.what, error.remedy)
                else:
                    yield Entry(item)
                    yield from self._annotations(name, at, row, item)

    def _taxonomy(self) -> Taxonomy:
        if (given := read_taxonomy(self._base, self._problems, self._limits)) is not None:
            return given
        names: set[str] = set()
        passed = Problems()
        for name in self._names:  # a first scan: the labels have to be told before the first annotation
            for _, row in self._rows(name, passed):
                for place, value in label_places(row):
                    try:
                        names.add(read_label(place, value).label)
                    except BadValueError:
                        continue  # told when the row is read for its annotations
        return Taxonomy(labels=tuple(Label(name=name) for name in sorted(names)))

    def _rows(self, name: str, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
        return json_rows(self._base / name, name, problems, self._limits)

    def _item(self, file: str, at: int, row: dict[str, Any]) -> Item:
        if row.get("text", row.get("data")) is None:
            raise BadValueError("text", "is missing", "give the text, in quotes")
        content = text(row.get("text", row.get("data")), "text")
        given = row.get("id")
        key = None if given is None else identifier(given, "id")
        name = key or f"{file}:{at}"
        if name in self._taken:
            raise BadValueError("id", f"{shown(name)} is that of {self._taken[name]} too", "give each text its own id")
        self._taken[name] = f"{file}:{at}"
        own = row.get("source_id")
        if own is None and "source_id" in row:
            key = None  # our writer gives an id to texts that have none
        split = row.get("split")
        metadata: dict[str, Scalar] = {}
        for container in ("meta", "metadata"):
            fields = row.get(container) or {}
            if not isinstance(fields, dict):
                raise BadValueError(container, f"is {shown(fields)}, not an object", "give names and values")
            metadata |= {text(name, container): scalar(value, f"{container}.{name}") for name, value in fields.items()}
        for field, value in row.items():
            if field not in _ITEM_KEYS:
                metadata.setdefault(text(field, field), scalar(value, field))
        return Item(
            id=item_id(name),
            kind="text",
            name=name,
            text=content,
            split=_split_of_file(file) if split is None else text(split, "split"),
            metadata=metadata,
            source_id=key if own is None else identifier(own, "source_id"),
            origin=Origin(file, at),
        )

    def _annotations(self, file: str, at: int, row: dict[str, Any], item: Item) -> Iterator[Annotation]:
        keys: set[str] = set()
        given: set[str] = set()
        for place, value in label_places(row):
            try:
                found = read_label(place, value)
            except BadValueError as error:
                self._problems.add(_place(file, at, error.path), error.what, error.remedy)
                continue
            if found.source_id is not None and found.source_id in given:
                self._problems.add(_place(file, at, f"{place.path}.id"), "is given twice", "give each label its own id")
            given.add(found.source_id or "")
            key = own_key(found.source_id) if found.source_id else ordinal_key(len(keys))
            while key in keys:
                key += "#"
            keys.add(key)
            yield Annotation(
                id=annotation_id(item.id, key),
                item_id=item.id,
                label=found.label,
                geometry=found.geometry,
                attributes=found.attributes,
                source_id=found.source_id,
                origin=Origin(file, at) if place.index is None else Origin(file, place.index, f"{at}.{place.key}"),
            )


def _place(file: str, at: int, path: str) -> str:
    return f"{file}:{at}" + (f".{path}" if path else "")


def _split_of_file(name: str) -> str | None:
    return split_named(stem(name).rpartition("/")[2]) or split_of_path(name)


def _patched(data: bytes, edits: Sequence[PatchEdit], file: str) -> bytes:
    lines = data.split(b"\n")
    by_line: dict[int, list[PatchEdit]] = {}
    for edit in edits:
        number, _, key = (edit.array or f"{edit.at}.").partition(".")
        at = int(number) - 1 if number.isdecimal() else -1
        fits = 0 <= at < len(lines) and (not key or key in LABEL_KEYS) and lines[at].strip()
        if not fits or (edit.item is not None and edit.annotation is None):
            raise InputError(f"{file} has nothing at {edit.array or 'line'} {edit.at} to change", "lint it anew")
        by_line.setdefault(at, []).append(edit)
    gone = {at for at, each in by_line.items() if any(edit.whole_item for edit in each)}
    for at in by_line.keys() - gone:
        try:
            lines[at] = _changed(lines[at].decode(), by_line[at]).encode()
        except (ValueError, IndexError, KeyError, RecursionError, BadValueError) as error:
            raise InputError(f"{file}:{at + 1} cannot be changed: {error}", "change it by hand") from error
    return without(lines, gone)


def _changed(line: str, edits: Sequence[PatchEdit]) -> str:
    start = len(line) - len(line.lstrip("\ufeff \t\r"))
    members = member_spans(line, start)
    spans = [span for span, _ in members.values()]
    replacements: list[tuple[tuple[int, int], str]] = []
    single = [edit for edit in edits if edit.array is None]
    if single:
        key = next(key for key in LABEL_KEYS if key in members and line[members[key][1][0]] != "[")
        begin = members[key][1][0]
        new = _written(single[0], line[begin])
        written = None if new is None else line[members[key][0][0] : begin] + new
        replacements += rewritten(spans, {list(members).index(key): written})
    for key in LABEL_KEYS:
        listed = [edit for edit in edits if edit.array is not None and edit.array.endswith(f".{key}")]
        if listed:
            elements = array_spans(line, members[key][1][0])
            changes = {at: _written(edit, line[elements[at][0]]) for edit in listed if (at := edit.at) is not None}
            replacements += rewritten(elements, changes)
    return replaced(line, replacements)


def _written(edit: PatchEdit, opening: str) -> str | None:
    """The JSON of a label, in the manner of the one it replaces as far as it can be."""
    if edit.annotation is None:
        return None
    report = LossReport()
    item = Item(id="", kind="text", name="", text="")
    row = written_row(item, [edit.annotation], report)
    if report:
        raise BadValueError("", f"JSON Lines cannot hold it: {report}")
    new: Any = row["label"] if "label" in row else row.get("labels", row.get("spans", [""]))[0]
    if opening == "{" and isinstance(new, list):
        new = dict(zip(("start", "end", "label"), new, strict=True))
    return json.dumps(new, ensure_ascii=False)


FORMAT = Jsonl()
