"""Every count of FLAWS.json stands in docs/flaws.md, and what is said there to find it finds exactly that."""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import Struct, structs

from checkdam.formats import Entry, read
from checkdam.lint import Frame, FrameBuilder, LintConfig, MediaLookup, MemoryFacts, RuleConfig, lint
from checkdam.schema import (
    Annotation,
    Category,
    Finding,
    Item,
    Label,
    Problems,
    Span,
    Taxonomy,
    annotation_id,
    item_id,
)

TABLE = Path(__file__).resolve().parents[2] / "docs" / "flaws.md"
MARK = "-DOCSTART-"
COORDINATES = 1e-3
"""How far (pixels) a box may lie from the one in an example, which is printed with few decimals."""


class Row(Struct, frozen=True):
    path: str
    value: str
    found_by: str
    options: str
    counted: str

    @property
    def rule(self) -> str | None:
        """The rule that must find the count, if the row names one."""
        link = re.fullmatch(r"\[([\w-]+)\]\(rules\.md#\1\)", self.found_by)
        return None if link is None else link[1]

    @property
    def keys(self) -> list[str]:
        return self.path.split(" / ")


def table() -> list[Row]:
    lines = re.findall(r"^\| `(.+?)` \|(.*)\|$", TABLE.read_text("utf-8"), re.MULTILINE)
    return [Row(path, *(cell.strip().strip("`") for cell in cells.split("|"))) for path, cells in lines]


ROWS = table()
RULE_ROWS = [row for row in ROWS if row.rule]
FACT_ROWS = [row for row in ROWS if row.found_by.startswith("fact:")]


class Data(Struct):
    """A dataset as the rules see it."""

    frame: Frame
    media: MediaLookup | None


def test_every_count_is_in_the_table_and_nothing_else(flaws: dict[str, Any]) -> None:
    expected = {" / ".join(keys): value for keys, value in leaves(flaws, [])}
    assert [row.path for row in ROWS] == list(expected)
    for row in ROWS:
        assert row.value == written(expected[row.path]), row.path


def test_every_row_says_who_finds_it_or_why_nobody_does() -> None:
    for row in ROWS:
        reason = re.fullmatch(r"(no rule yet|not a flaw|fact): \S.*", row.found_by)
        assert row.rule or reason, row.path


@pytest.mark.parametrize("row", RULE_ROWS, ids=lambda row: row.path)
def test_a_rule_finds_exactly_what_was_counted(row: Row, shared_data: Path, flaws: dict[str, Any]) -> None:
    value = at(flaws, row.keys)
    found = findings(row, shared_data)
    match row.counted.removesuffix(", each folder a split"):
        case "findings":
            assert len(found) == (len(value) if isinstance(value, list) else value)
        case "groups":
            assert len({finding.subject.ids[-1] for finding in found}) == (
                len(value) if isinstance(value, list) else value
            )
        case "labels":
            assert sorted(label for finding in found for label in finding.evidence["labels"]) == sorted(value)
        case "examples":
            frame = data(shared_data, row.keys).frame
            names = [frozenset(frame.items[frame.item_rows[key]].name for key in one.subject.ids) for one in found]
            dataset = row.keys[0]
            assert sorted(map(sorted, names)) == sorted(
                sorted(name.removeprefix(f"{dataset}/") for name in example if isinstance(name, str))
                for example in value
            )
            distances = [example[2] for example in value if len(example) > 2]
            assert [finding.evidence.get("distance") for finding in found] == distances
        case other:
            pytest.fail(f"what is {other!r}?")


def with_examples(flaws: dict[str, Any]) -> Iterator[tuple[Row, list[Any]]]:
    for row in RULE_ROWS:
        examples = at(flaws, row.keys[:-1]).get("examples", {})
        if row.keys[-1] in examples and row.counted == "findings":
            yield row, examples[row.keys[-1]]


def test_rules_find_the_very_boxes_of_the_examples(shared_data: Path, flaws: dict[str, Any]) -> None:
    compared = 0
    for row, examples in with_examples(flaws):
        frame = data(shared_data, row.keys).frame
        got = sorted(tuple(sorted(place(frame, key) for key in one.subject.ids)) for one in findings(row, shared_data))
        expected = sorted(tuple(sorted(boxes(example))) for example in examples)
        assert len(got) == len(expected), row.path
        for mine, theirs in zip(got, expected, strict=True):
            assert [one[:2] for one in mine] == [one[:2] for one in theirs], row.path
            for one, other in zip(mine, theirs, strict=True):
                assert one[2:] == pytest.approx(other[2:], abs=COORDINATES), row.path
        compared += len(expected)
    assert compared == sum(
        len(boxes)
        for dataset in ("bccd", "vehicles_openimages")
        for boxes in flaws[dataset]["box_flaws"]["examples"].values()
    ) + sum(len(boxes) for boxes in flaws["coco_val2014_100_pair"]["ground_truth"]["box_flaws"]["examples"].values())


def test_the_short_sounds_are_those_of_the_examples(shared_data: Path, flaws: dict[str, Any]) -> None:
    row = next(row for row in RULE_ROWS if row.rule == "sound-length" and row.keys[-1].startswith("shorter"))
    frame = data(shared_data, row.keys).frame
    found = {
        frame.items[frame.item_rows[one.subject.ids[0]]].name.rpartition("/")[2]: one.evidence["seconds"]
        for one in findings(row, shared_data)
    }
    assert found == pytest.approx(dict(flaws["fsdd_subset"]["examples"]["short"]), abs=0.00051)


@pytest.mark.parametrize("row", FACT_ROWS, ids=lambda row: row.path)
def test_a_fact_is_so(row: Row, shared_data: Path, flaws: dict[str, Any]) -> None:
    frame = data(shared_data, row.keys).frame
    what = row.found_by.removeprefix("fact: ")
    counts = {"items": len(frame.items), "annotations": len(frame), "labels": len(frame.taxonomy.labels)}
    if what.startswith("annotations labelled "):
        label = what.removeprefix("annotations labelled ")
        count = int((frame.label == frame.labels.index(label)).sum())
    elif what.startswith("items in split "):
        count = sum(item.split == what.removeprefix("items in split ") for item in frame.items)
    elif what == "tokens":
        count = sum(len((item.text or "").split(" ")) for item in frame.items)
    elif what.startswith("tokens tagged I-"):
        count = tokens_labelled(frame, what.removeprefix("tokens tagged I-"))
    elif what == "tokens outside":
        count = sum(len((item.text or "").split(" ")) for item in frame.items)
        count -= sum(tokens_labelled(frame, label) for label in frame.labels)
    elif what.startswith("items at "):
        count = sum(f"{item.sample_rate} Hz" == what.removeprefix("items at ") for item in frame.items)
    elif what == "items in no split":
        count = sum(item.split is None for item in frame.items)
    else:
        count = counts[what]
    assert count == at(flaws, row.keys)


def tokens_labelled(frame: Frame, label: str) -> int:
    """How many words the spans of a label cover."""
    count = 0
    for row in np.flatnonzero(frame.label == frame.labels.index(label)):
        span = frame.annotation(int(row)).geometry
        assert isinstance(span, Span)
        count += len((frame.items[frame.item[row]].text or "")[span.start : span.end].split(" "))
    return count


def findings(row: Row, root: Path) -> list[Finding]:
    assert row.rule is not None
    options = tomllib.loads(row.options.replace(", ", "\n"))
    subset = data(root, row.keys)
    frame = folders_as_splits(subset.frame) if row.counted.endswith("each folder a split") else subset.frame
    config = LintConfig(select=(row.rule,), rules={row.rule: RuleConfig(options=options)})
    return lint(frame, subset.media, config, facts=FACTS)


FACTS = MemoryFacts()
"""Facts are read of each file once for all rows."""


@cache
def dataset(root: Path, name: str, part: str) -> Data:
    """A dataset (or a part of it that is counted by itself) as a frame."""
    match name:
        case "text_sentiment_sentences":
            return Data(sentences(root / name, part), None)
        case "text_ner_wikigold":
            return Data(wikigold(root / name), None)
        case "fsdd_subset":
            return recordings(root / name)
        case "coco_val2014_100_pair":
            return imported(root / name / "instances_val2014_100.json")
        case _:
            return imported(root / name)


def data(root: Path, keys: list[str]) -> Data:
    return dataset(root, keys[0], keys[1] if keys[0] == "text_sentiment_sentences" else "")


def imported(root: Path) -> Data:
    builder, media, problems = FrameBuilder(), {}, Problems()
    for event in read(root, problems=problems):
        if isinstance(event, Entry):
            builder.add(event.item)
            media[event.item.id] = event.media
        else:
            builder.add(event)
    frame = builder.build()
    there = any(path is not None for path in media.values())
    return Data(frame, (lambda item: media[item.id]) if there else None)


def sentences(root: Path, part: str) -> Frame:
    """Lines of a sentence, a tab and a label; `all_three` is every file."""
    builder = FrameBuilder()
    builder.add(Taxonomy(labels=(Label(name="0"), Label(name="1"))))
    files = ("amazon_cells", "imdb", "yelp") if part == "all_three" else (part,)
    for file in files:
        # A line ends in a line feed only: one sentence holds the control character U+0085.
        for number, line in enumerate((root / f"{file}_labelled.txt").read_text("utf-8").split("\n"), start=1):
            if not line:
                continue
            text, label = line.rsplit("\t", 1)
            name = f"{file}/{number}"
            builder.add(Item(id=item_id(name), kind="text", name=name, text=text.strip()))
            builder.add(
                Annotation(
                    id=annotation_id(item_id(name), "0"),
                    item_id=item_id(name),
                    label=label.strip(),
                    geometry=Category(),
                )
            )
    return builder.build()


def wikigold(root: Path) -> Frame:
    """The sentences, and an item for each mark of a document, which the script that counted took for one more."""
    builder = FrameBuilder()
    for event in read(root):
        builder.add(event.item if isinstance(event, Entry) else event)
    marks = (root / "CONLL-format/data/wikigold.conll.txt").read_text("utf-8").count(MARK)
    for number in range(marks):
        name = f"mark {number}"
        builder.add(Item(id=item_id(name), kind="text", name=name, text=MARK))
    return builder.build()


def recordings(root: Path) -> Data:
    """Sounds whose name begins with what is said in them, which the reader does not guess."""
    builder, media = FrameBuilder(), {}
    for event in read(root):
        if isinstance(event, Entry):
            key = event.item.id
            builder.add(event.item)
            digit = Path(event.item.name).name.split("_")[0]
            builder.add(Annotation(id=annotation_id(key, "0"), item_id=key, label=digit, geometry=Category()))
            media[key] = event.media
    return Data(builder.build(), lambda item: media[item.id])


def folders_as_splits(frame: Frame) -> Frame:
    builder = FrameBuilder()
    builder.add(frame.taxonomy)
    for item in frame.items:
        builder.add(structs.replace(item, split=str(Path(item.name).parent)))
    for row in range(len(frame)):
        builder.add(frame.annotation(row))
    return builder.build()


def place(frame: Frame, key: str) -> tuple[Any, ...]:
    """An annotation as an example gives it: the stem of its file, its label, its corners."""
    row = frame.annotation_rows[key]
    x, y = float(frame.x[row]), float(frame.y[row])
    stem = Path(frame.item_of(row).name).stem
    return stem, frame.label_of(row), x, y, x + float(frame.width[row]), y + float(frame.height[row])


def boxes(example: list[Any]) -> Iterator[tuple[Any, ...]]:
    """The boxes of an example: [file, label, corners...] or [file, [label, corners...], [label, corners...], IoU]."""
    stem, *rest = example
    if isinstance(rest[0], list):
        for box in rest[:2]:
            yield Path(stem).stem, *box
    else:
        yield Path(stem).stem, *rest


def leaves(value: Any, keys: list[str]) -> Iterator[tuple[list[str], Any]]:
    """Every number and list of the counts. Examples belong to their counts; those of images are counts themselves."""
    if isinstance(value, dict):
        for key, entry in value.items():
            if key not in ("examples", "xml_examples", "annotation_examples"):
                yield from leaves(entry, [*keys, key])
    elif not isinstance(value, str):
        yield keys, value


def at(flaws: dict[str, Any], keys: list[str]) -> Any:
    value: Any = flaws
    for key in keys:
        value = value[key]
    return value


def written(value: Any) -> str:
    """A value as the table prints it: JSON, or the number of entries of a long list."""
    text = json.dumps(value)
    return f"{len(value)} entries" if isinstance(value, list) and len(text) > 40 else text
