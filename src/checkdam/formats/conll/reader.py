"""Reading sentences of tagged tokens as texts with spans."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from checkdam.formats.base import Entry, Event
from checkdam.formats.conll.lines import Layout, Sentence, sentences, sniffed
from checkdam.formats.conll.tags import SCHEMES, Scheme, SchemeFinder, entities, tagged
from checkdam.formats.lines import json_rows
from checkdam.formats.taxonomies import read_taxonomy
from checkdam.formats.tree import split_named, split_of_path, stem
from checkdam.formats.values import BadValueError, identifier, scalar, shown, text
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Annotation,
    Item,
    Label,
    Origin,
    Problems,
    Scalar,
    Span,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
)

SCHEME_KEY = "conll.scheme"
TABS_KEY = "conll.tabs"
TAGS_KEY = "conll.tags"
TOKENS_KEY = "conll.tokens"
DOCUMENT_KEY = "conll.document"
COLUMN_KEY = "conll.column."
SIDE_SUFFIX = ".items.jsonl"
_TEST_SETS = {"testa": "val", "testb": "test"}  # of CoNLL-2003
_FALLBACK = Layout(False, 2)


def split_of_file(name: str) -> str | None:
    """The split that a file's name says: `train.conll`, `eng.train`, `eng.testa`."""
    file = name.rpartition("/")[2]
    words = [stem(file), *reversed(file.split("."))]
    return next((split for each in words if (split := _TEST_SETS.get(each) or split_named(each))), split_of_path(name))


def joined(values: Sequence[str]) -> str:
    """Values of a sentence's tokens as one text; the inverse of `separated`."""
    return ("\t" if any(" " in value for value in values) else " ").join(values)


def separated(value: object, count: int) -> list[str] | None:
    """The values of `count` tokens that a text holds, or None if it holds another number."""
    if not isinstance(value, str):
        return None
    parts = value.split("\t" if "\t" in value else " ")
    return parts if len(parts) == count else [value] if count == 1 else None


class Reader:
    """Reads the files of these names below `base`."""

    def __init__(self, base: Path, names: Sequence[str], problems: Problems, limits: InputLimits) -> None:
        self._base, self._names, self._problems, self._limits = base, names, problems, limits
        self._layouts = {name: sniffed(base / name).layout or _FALLBACK for name in names}
        self._taken: set[str] = set()

    def events(self) -> Iterator[Event]:
        taxonomy, scheme = self._taxonomy()
        yield taxonomy
        for name in self._names:
            rows = _Beside(self._base / (name + SIDE_SUFFIX), name, self._problems, self._limits)
            for sentence in self._sentences(name, self._problems):
                row = rows.at(sentence.nth + 1)
                if sentence.sound:
                    yield from self._sentence(name, sentence, row, scheme)
            rows.end()

    def _sentences(self, name: str, problems: Problems) -> Iterator[Sentence]:
        return sentences(self._base / name, name, self._layouts[name], problems, self._limits)

    def _taxonomy(self) -> tuple[Taxonomy, Scheme]:
        """The labels and the scheme: told by `taxonomy.json` if there is one, else by the tags that occur."""
        given = read_taxonomy(self._base, self._problems, self._limits)
        told = None if given is None else given.metadata.get(SCHEME_KEY)
        finder = SchemeFinder()
        labels: set[str] = set()
        passed = Problems()
        for name in self._names:  # a first scan: the labels have to be told before the first annotation
            for sentence in self._sentences(name, passed):
                if sentence.sound:
                    finder.add(sentence.tags)
                    labels.update(label for _, _, label in entities(sentence.tags))
        scheme = next((each for each in SCHEMES if each == told), finder.scheme)
        if given is not None:
            return given, scheme
        tabs = {TABS_KEY: True} if all(layout.tabs for layout in self._layouts.values()) else {}
        found = tuple(Label(name=name) for name in sorted(labels))
        return Taxonomy(labels=found, metadata={SCHEME_KEY: scheme, **tabs}), scheme

    def _sentence(self, file: str, sentence: Sentence, row: dict[str, Any], scheme: Scheme) -> Iterator[Event]:
        origin = Origin(file, sentence.line)
        try:
            item = self._item(file, sentence, row, origin)
        except BadValueError as error:
            place = f"{file}{SIDE_SUFFIX}:{sentence.nth + 1}.{error.path}"
            self._problems.add(place, error.what, error.remedy)
            return
        found = entities(sentence.tags)
        if sentence.tags != tagged(found, len(sentence.tags), scheme):
            kept = item.metadata | {TAGS_KEY: joined(sentence.tags), SCHEME_KEY: scheme}
            item = msgspec.structs.replace(item, metadata=kept)
        yield Entry(item)
        tokens = sentence.tokens
        starts = [0, *accumulate(len(token) + 1 for token in tokens)]
        for ordinal, (begin, end, label) in enumerate(found):
            yield Annotation(
                id=annotation_id(item.id, ordinal_key(ordinal)),
                item_id=item.id,
                label=label,
                geometry=Span(starts[begin], starts[end] - 1),
                origin=Origin(file, sentence.line + begin),
            )

    def _item(self, file: str, sentence: Sentence, row: dict[str, Any], origin: Origin) -> Item:
        name = identifier(row["id"], "id") if "id" in row else f"{file}:{sentence.line}"
        if name in self._taken:
            raise BadValueError("id", f"{shown(name)} is given twice", "give each sentence its own id")
        self._taken.add(name)
        metadata: dict[str, Scalar] = {}
        fields = row.get("metadata") or {}
        if not isinstance(fields, dict):
            raise BadValueError("metadata", f"is {shown(fields)}, not an object", "give names and values")
        for key, value in fields.items():
            metadata[text(key, "metadata")] = scalar(value, f"metadata.{key}")
        tokens = sentence.tokens
        for at in range(1, len(sentence.rows[0]) - 1):
            metadata[f"{COLUMN_KEY}{at}"] = joined(sentence.column(at))
        if any(" " in token for token in tokens):
            metadata[TOKENS_KEY] = joined(tokens)
        if sentence.document is not None:
            metadata[DOCUMENT_KEY] = sentence.document
        split, own = row.get("split", split_of_file(file)), row.get("source_id")
        return Item(
            id=item_id(name),
            kind="text",
            name=name,
            text=" ".join(tokens),
            split=None if split is None else text(split, "split"),
            metadata=metadata,
            source_id=None if own is None else identifier(own, "source_id"),
            origin=origin,
        )


class _Beside:
    """The rows of the file beside a file of sentences, the first line for the first sentence; none if there is none."""

    def __init__(self, path: Path, name: str, problems: Problems, limits: InputLimits) -> None:
        self._name, self._problems = name + SIDE_SUFFIX, problems
        self._there = path.is_file() and not path.is_symlink()
        self._rows = json_rows(path, self._name, problems, limits) if self._there else iter(())
        self._next: tuple[int, dict[str, Any]] | None = None
        self._ended = False

    def at(self, line: int) -> dict[str, Any]:
        """The row at a line, which grows from call to call."""
        while not self._ended and (self._next is None or self._next[0] < line):
            self._next = next(self._rows, None)
            self._ended = self._next is None
        return self._next[1] if self._next is not None and self._next[0] == line else {}

    def end(self) -> None:
        """After the last sentence: a problem if there are rows left, or were too few."""
        if self._there and (self._ended or next(self._rows, None) is not None):
            what = "has another number of rows than there are sentences"
            self._problems.add(self._name, what, "remove it, or export the dataset anew")
