"""Writing texts with spans as sentences of tagged tokens."""

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from checkdam.formats.base import LossReport, Record
from checkdam.formats.conll.lines import DOCUMENT
from checkdam.formats.conll.reader import (
    COLUMN_KEY,
    DOCUMENT_KEY,
    SCHEME_KEY,
    SIDE_SUFFIX,
    TABS_KEY,
    TAGS_KEY,
    TOKENS_KEY,
    separated,
    split_of_file,
)
from checkdam.formats.conll.tags import OUTSIDE, SCHEMES, Entity, Scheme, entities, parted, tagged
from checkdam.formats.output import where
from checkdam.formats.tree import hidden
from checkdam.formats.values import unfit, writable
from checkdam.guard.paths import contained, relative_name, safe_name
from checkdam.schema import Annotation, InputError, Item, Span, Taxonomy, geometry_kind

_MOST_FILES = 64
_ENDING = ".conll"
_OWN_NAME = re.compile(r"(.+):([1-9][0-9]{0,8})", re.DOTALL)
_WORDS = re.compile(r"\S+")
_SENTENCES = re.compile(
    r"^[^\r\n]{1,200}\.(conll|conll03|bio|iob|iob2|bioes|txt|tsv|train|testa|testb|test|dev|valid)$"
)
_FILLER = "-X-"


class Writer:
    """Writes files below `folder`: where an item's name says from which file and line it came, that file again."""

    def __init__(self, folder: Path, taxonomy: Taxonomy, report: LossReport) -> None:
        self._folder, self._report = folder, report
        told = taxonomy.metadata.get(SCHEME_KEY)
        self._scheme: Scheme = next((each for each in SCHEMES if each == told), "IOB2")
        self._tabs = bool(taxonomy.metadata.get(TABS_KEY))
        self._names_files = SCHEME_KEY in taxonomy.metadata and self._scheme != "plain"
        self._files: dict[str, _File] = {}

    def write(self, records: Iterable[Record]) -> None:
        with ExitStack() as stack:
            for item, annotations in records:
                if item.kind != "text":
                    self._report.add("items that are no texts", item.name)
                    continue
                _check(item, annotations)
                self._write(item, annotations, stack)
            if not self._files:
                self._file(None, stack)

    def _write(self, item: Item, annotations: Sequence[Annotation], stack: ExitStack) -> None:
        tokens, places = self._tokens(item)
        if not tokens or DOCUMENT in tokens:
            self._report.add("texts without a word, and marks of documents", item.name)
            return
        found = self._entities(item, annotations, places)
        tags = tagged(found, len(tokens), self._scheme)
        raw = separated(item.metadata.get(TAGS_KEY), len(tokens))
        kept = False
        if raw is not None and self._fits(raw) and raw != tags and entities(raw) == found:
            kept = item.metadata.get(SCHEME_KEY) == self._scheme
            tags = raw if kept else tags
        if len(entities(tags)) != len(found):
            self._report.add("borders between spans that touch", item.name)
        columns = self._columns(item, len(tokens))
        self._file(item, stack).add(item, tokens, [*columns, tags], self._left(item, tokens, columns, kept))
        self._report.wrote(len(entities(tags)))

    def _file(self, item: Item | None, stack: ExitStack) -> "_File":
        name = self._named(item)
        if name not in self._files and len(self._files) >= _MOST_FILES:
            name = next(iter(self._files))
        if name not in self._files:
            self._files[name] = stack.enter_context(_File(self._folder, name, self._tabs, self._report))
        return self._files[name]

    def _named(self, item: Item | None) -> str:
        match = _OWN_NAME.fullmatch(item.name) if item else None
        if match and self._names_files and match[1] not in self._files:
            try:
                plain = str(relative_name(match[1])) == match[1] and not hidden(match[1]) and unfit(match[1]) is None
            except InputError:
                plain = False
            if plain and _SENTENCES.search(match[1]) and not _beside(match[1], self._files):
                return match[1]
        elif match and match[1] in self._files:
            return match[1]
        return (safe_name(item.split) if item and item.split is not None else "data") + _ENDING

    def _fits(self, cells: Sequence[str]) -> bool:
        """Whether values can stand in a column."""
        barred = "\t\n\r" if self._tabs else " \t\n\r"
        return all(cells) and not any(character in cell for cell in cells for character in barred)

    def _tokens(self, item: Item) -> tuple[list[str], list[tuple[int, int]]]:
        """The tokens of a text and where each stands in it."""
        written = item.text or ""
        kept = item.metadata.get(TOKENS_KEY)
        tokens = (
            kept.split("\t") if isinstance(kept, str) and kept.replace("\t", " ") == written else written.split(" ")
        )
        if self._fits(tokens):
            places, at = [], 0
            for token in tokens:
                places.append((at, at + len(token)))
                at += len(token) + 1
            return tokens, places
        if written:
            self._report.add("white space that is no single space between words", item.name)
        places = [match.span() for match in _WORDS.finditer(written)]
        return [written[begin:end] for begin, end in places], places

    def _entities(self, item: Item, annotations: Sequence[Annotation], places: list[tuple[int, int]]) -> list[Entity]:
        starts = {begin: at for at, (begin, _) in enumerate(places)}
        ends = {end: at + 1 for at, (_, end) in enumerate(places)}
        found: list[Entity] = []
        for each in annotations:
            lost = self._unheld(each, starts, ends)
            if lost is not None or not isinstance(each.geometry, Span):
                self._report.add(lost or "spans", where(item, each))
                continue
            for what in ("attributes", "source_id", "box"):
                if getattr(each, what):
                    self._report.add(f"spans' {what}", where(item, each))
            found.append((starts[each.geometry.start], ends[each.geometry.end], each.label))
        in_order: list[Entity] = []
        for one in sorted(found):
            if in_order and one[0] < in_order[-1][1]:
                self._report.add("spans that overlap", f"{item.name}: {one[2]}")
            else:
                in_order.append(one)
        if found != sorted(found):
            self._report.add("the order of spans", item.name)
        return in_order

    def _unheld(self, annotation: Annotation, starts: dict[int, int], ends: dict[int, int]) -> str | None:
        """Why a span cannot be written, or None."""
        geometry, label = annotation.geometry, annotation.label
        if not isinstance(geometry, Span):
            return f"annotations of kind {geometry_kind(geometry)}"
        if geometry.start not in starts or geometry.end not in ends or starts[geometry.start] >= ends[geometry.end]:
            return "spans that split words"
        tag = label if self._scheme == "plain" else f"B-{label}"
        if not self._fits([tag]) or parted(tag)[1] != label or label == OUTSIDE:
            return "spans whose label is no tag"
        return None

    def _columns(self, item: Item, count: int) -> list[list[str]]:
        """The columns between token and tag that the item came with."""
        found: list[list[str]] = []
        while (values := separated(item.metadata.get(f"{COLUMN_KEY}{len(found) + 1}"), count)) and self._fits(values):
            found.append(values)
        return found

    def _left(self, item: Item, tokens: list[str], columns: list[list[str]], tags: bool) -> dict[str, Any]:
        """The metadata that the sentence itself does not say."""
        said = {f"{COLUMN_KEY}{at}" for at in range(1, len(columns) + 1)}
        said |= {TAGS_KEY, SCHEME_KEY} if tags else set()
        said |= {TOKENS_KEY} if any(" " in token for token in tokens) else set()
        left = {key: value for key, value in item.metadata.items() if key not in said}
        held = {key: value for key, value in left.items() if writable(key) and writable(value)}
        for key in left.keys() - held.keys():
            self._report.add("items' metadata", f"{item.name}: {key}")
        return held


class _File:
    """One file of sentences, and beside it what they do not say, a row for each."""

    def __init__(self, folder: Path, name: str, tabs: bool, report: LossReport) -> None:
        self._name, self._gap, self._report = name, "\t" if tabs else " ", report
        path = contained(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._side_path = path.with_name(path.name + SIDE_SUFFIX)
        self._out = path.open("w", encoding="utf-8", newline="\n")
        self._side = self._side_path.open("w", encoding="utf-8", newline="\n")
        self._line, self._document, self._columns, self._says = 1, -1, 0, False

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()
        self._side.close()
        if not self._says:
            self._side_path.unlink()

    def add(self, item: Item, tokens: list[str], columns: list[list[str]], metadata: dict[str, Any]) -> None:
        columns = self._fitted(item, columns, metadata)
        self._begin_document(item, metadata)
        row: dict[str, Any] = {} if item.name == f"{self._name}:{self._line}" else {"id": item.name}
        if item.split != split_of_file(self._name):
            row["split"] = item.split
        if item.source_id is not None:
            row["source_id"] = item.source_id
        if metadata:
            row["metadata"] = metadata
        self._says = self._says or bool(row)
        self._side.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
        rows = zip(tokens, *columns, strict=True)
        lines = "".join(self._gap.join(cells) + "\n" for cells in rows)
        self._put(("\ufeff" if self._line == 1 and lines.startswith("\ufeff") else "") + lines + "\n")

    def _fitted(self, item: Item, columns: list[list[str]], metadata: dict[str, Any]) -> list[list[str]]:
        """As many columns as the file has: the first item says how many. What is too much becomes metadata."""
        self._columns = self._columns or len(columns)
        between = columns[: self._columns - 1] if len(columns) > self._columns else columns[:-1]
        for at in range(len(between) + 1, len(columns)):
            metadata[f"{COLUMN_KEY}{at}"] = item.metadata[f"{COLUMN_KEY}{at}"]
        if len(columns) < self._columns:
            self._report.add("that sentences have no further columns", item.name)
        fill = [[_FILLER] * len(columns[-1])] * (self._columns - 1 - len(between))
        return [*between, *fill, columns[-1]]

    def _begin_document(self, item: Item, metadata: dict[str, Any]) -> None:
        """Marks where a document begins, if the item is of the next one."""
        document = metadata.get(DOCUMENT_KEY)
        number = document if type(document) is int else None
        if number == self._document + 1:
            self._document += 1
            self._put(self._gap.join([DOCUMENT, *[_FILLER] * (self._columns - 1), OUTSIDE]) + "\n\n")
        if number == self._document:
            del metadata[DOCUMENT_KEY]
        elif self._document >= 0:
            self._report.add("to which document sentences belong", item.name)
            metadata.pop(DOCUMENT_KEY, None)

    def _put(self, lines: str) -> None:
        self._out.write(lines)
        self._line += lines.count("\n")


def _beside(name: str, others: Iterable[str]) -> bool:
    """Whether a file of that name would need a folder where there is a file, or the other way round."""
    return any(name.startswith(f"{other}/") or other.startswith(f"{name}/") for other in others)


def _check(item: Item, annotations: Sequence[Annotation]) -> None:
    texts = [item.name, item.text or "", item.split or "", item.source_id or "", *(each.label for each in annotations)]
    if reason := next((reason for each in texts if (reason := unfit(each))), None):
        raise InputError(f"the item {item.name!r} {reason}", "remove the character")
