"""What we describe in Croissant is valid to mlcroissant, without warnings, and its records are ours."""

import json
import math
from pathlib import Path
from typing import Any

from checkdam.formats import Entry, format_named, read
from checkdam.schema import (
    Annotation,
    Box,
    Category,
    Item,
    Label,
    Mask,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
)
from conftest import missing
from unit.formats.making import picture

try:
    import mlcroissant
except ImportError:
    mlcroissant = None
    missing("mlcroissant is not installed")

FACTS = {
    "name": "small",
    "description": "A small set.",
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "citation": "Nobody (2024)",
    "url": "https://example.org/small",
    "version": "1.0.0",
    "date_published": "2024-05-01",
    "creator": "Nobody",
}


def plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def records_of(root: Path, name: str) -> list[dict[str, Any]]:
    dataset = mlcroissant.Dataset(str(root / "croissant.json"))
    rows = list(dataset.records(name))
    return [{key.removeprefix(f"{name}/"): plain(value) for key, value in row.items()} for row in rows]


def issues_of(root: Path) -> tuple[set[str], set[str]]:
    dataset = mlcroissant.Dataset(str(root / "croissant.json"))
    return set(dataset.metadata.issues.errors), set(dataset.metadata.issues.warnings)


def test_a_small_set(tmp_path: Path) -> None:
    (tmp_path / "source.jpg").write_bytes(picture(9, 7))
    shapes = [
        [Category(), Box(0.1 + 0.2, 2.0, 3.0, 4.5), Box(1.0, 1.0, 2.0, 2.0)],
        [Mask(1, 2, (1, 1))],
        [],
    ]
    records = []
    for at, geometries in enumerate(shapes):
        name = f"images/ü {at}.jpg"
        item = Item(id=item_id(name), kind="image", name=name, width=9, height=7, split=("train", "val", None)[at])
        marks = [
            Annotation(id=annotation_id(item.id, ordinal_key(nth)), item_id=item.id, label="cat", geometry=geometry)
            for nth, geometry in enumerate(geometries)
        ]
        records.append((item, marks))
    taxonomy = Taxonomy(labels=(Label(name="cat"), Label(name="dog")), metadata=FACTS)
    root = tmp_path / "out"
    report = format_named("croissant").write(root, taxonomy, records, lambda _: tmp_path / "source.jpg")
    assert not report
    assert issues_of(root) == (set(), set())
    assert records_of(root, "labels") == [{"name": "cat"}, {"name": "dog"}]
    assert records_of(root, "splits") == [{"name": "train"}, {"name": "val"}]
    items = records_of(root, "items")
    assert [(row["name"], row["split"], row["label"]) for row in items] == [
        ("images/ü 0.jpg", "train", "cat"),
        ("images/ü 1.jpg", "val", None),
        ("images/ü 2.jpg", None, None),
    ]
    assert [[part["items/objects/bbox"] for part in row["objects"]] for row in items] == [
        [[0.1 + 0.2, 2.0, 3.0, 4.5], [1.0, 1.0, 2.0, 2.0]],
        [None],
        [],
    ]
    assert json.loads(plain(items[1]["objects"][0]["items/objects/geometry"]))["type"] == "mask"
    assert {(row["width"], row["height"]) for row in items} == {(9, 7)}


def test_without_facts_only_they_are_missed(tmp_path: Path) -> None:
    item = Item(id=item_id("1.jpg"), kind="image", name="1.jpg")
    assert not format_named("croissant").write(tmp_path / "out", Taxonomy(), [(item, [])], None)
    errors, warnings = issues_of(tmp_path / "out")
    assert not errors
    assert all("is recommended, but does not exist" in each for each in warnings)


def test_bccd(shared_data: Path, tmp_path: Path) -> None:
    events = list(read(shared_data / "bccd"))
    entries = [event for event in events if isinstance(event, Entry)]
    marks: dict[str, list[Annotation]] = {entry.item.id: [] for entry in entries}
    for event in events:
        if isinstance(event, Annotation):
            marks[event.item_id].append(event)
    taxonomy = events[0]
    assert isinstance(taxonomy, Taxonomy)
    records = [(entry.item, marks[entry.item.id]) for entry in entries]
    assert not format_named("croissant").write(tmp_path / "out", taxonomy, records, None)
    assert issues_of(tmp_path / "out")[0] == set()
    theirs = {row["name"]: row for row in records_of(tmp_path / "out", "items")}
    assert len(theirs) == 364
    for item, annotations in records:
        row = theirs[item.name]
        assert row["split"] == item.split
        got = [(plain(part["items/objects/categories"]), *part["items/objects/bbox"]) for part in row["objects"]]
        boxes = [(a.label, a.geometry) for a in annotations if isinstance(a.geometry, Box)]
        expected = [(label, box.x, box.y, box.width, box.height) for label, box in boxes]
        assert got == expected
        assert not any(math.isnan(value) for part in got for value in part[1:])
