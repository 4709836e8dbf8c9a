"""Items and annotations as columns: nothing is lost, and what cannot be kept is refused by name."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from checkdam.schema import (
    Annotation,
    Box,
    InputError,
    Item,
    Mask,
    Origin,
    Polygon,
    Span,
    Transcript,
    extent,
)
from checkdam.storage.rows import annotations_to_table, items_to_table, table_to_annotations, table_to_items
from unit.storage.lake_strategies import annotations, items

replace = msgspec.structs.replace
ITEM = Item(id="i", kind="image", name="a.jpg")
ANNOTATION = Annotation(id="a", item_id="i", label="cell", geometry=Box(1, 2, 3, 4))


def hash_of(thing: Item | Annotation) -> bytes:
    table = items_to_table([thing], [0]) if isinstance(thing, Item) else annotations_to_table([thing], [0])
    found: bytes = table.column("hash")[0].as_py()
    return found


@given(items)
def test_every_item_comes_back_as_it_was(item: Item) -> None:
    assert table_to_items(items_to_table([item], [5])) == [item]


@given(annotations)
def test_every_annotation_comes_back_as_it_was(annotation: Annotation) -> None:
    [found] = table_to_annotations(annotations_to_table([annotation], [5]))
    assert found == annotation
    assert type(found.geometry) is type(annotation.geometry)
    for name, value in annotation.attributes.items():
        assert type(found.attributes[name]) is type(value)  # 1, 1.0 and True are equal and not the same


@given(annotations)
def test_the_columns_of_a_place_hold_the_extent_or_the_declared_box(annotation: Annotation) -> None:
    row = annotations_to_table([annotation], [0]).to_pylist()[0]
    place = (row["x"], row["y"], row["width"], row["height"])
    if annotation.box is not None:
        wanted = msgspec.structs.astuple(annotation.box)
    else:
        around = extent(annotation.geometry)
        wanted = (None,) * 4 if around is None else msgspec.structs.astuple(around)
    if any(value is not None and abs(value) == float("inf") for value in wanted):
        wanted = (None,) * 4
    assert place == wanted
    assert row["declared_box"] == (annotation.box is not None)


def test_spans_and_segments_can_be_queried() -> None:
    span = replace(ANNOTATION, geometry=Span(3, 9))
    spoken = replace(ANNOTATION, geometry=Transcript("hello", 0.5, None))
    rows = annotations_to_table([ANNOTATION, span, spoken], range(3)).to_pylist()
    assert [(row["start"], row["end"]) for row in rows] == [(None, None), (3.0, 9.0), (0.5, None)]
    assert [row["geometry"] is None for row in rows] == [True, False, False]


def test_the_hash_is_of_the_content_alone() -> None:
    moved = replace(ANNOTATION, origin=Origin("b.json", 3, "annotations"))
    assert hash_of(moved) == hash_of(ANNOTATION)
    assert hash_of(replace(ANNOTATION, geometry=Box(1.0, 2.0, 3.0, 4.0))) == hash_of(ANNOTATION)
    assert hash_of(replace(ANNOTATION, geometry=Box(0.0, 2, 3, 4))) == hash_of(
        replace(ANNOTATION, geometry=Box(-0.0, 2, 3, 4))
    )
    first, second = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    assert hash_of(replace(ITEM, metadata=first)) == hash_of(replace(ITEM, metadata=second))  # type: ignore[arg-type]
    triangle = Polygon((((((0, 0), (1, 0), (1, 1))),),))
    as_floats = Polygon((((((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))),),))
    assert hash_of(replace(ANNOTATION, geometry=triangle)) == hash_of(replace(ANNOTATION, geometry=as_floats))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "b"},
        {"item_id": "j"},
        {"label": "Cell"},
        {"geometry": Box(1, 2, 3, 4.0000001)},
        {"geometry": Mask(1, 1, (0, 1))},
        {"box": Box(1, 2, 3, 4)},
        {"attributes": {"crowd": True}},
        {"source_id": "7"},
    ],
)
def test_every_part_of_an_annotation_is_in_its_hash(change: dict[str, Any]) -> None:
    assert hash_of(replace(ANNOTATION, **change)) != hash_of(ANNOTATION)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "j"},
        {"kind": "text"},
        {"name": "b.jpg"},
        {"blob": "0" * 64},
        {"width": 5},
        {"height": 5},
        {"text": ""},
        {"duration": 1.5},
        {"sample_rate": 5},
        {"split": "val"},
        {"metadata": {"camera": None}},
        {"source_id": "7"},
    ],
)
def test_every_part_of_an_item_is_in_its_hash(change: dict[str, Any]) -> None:
    assert hash_of(replace(ITEM, **change)) != hash_of(ITEM)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "half \ud800"}, "lone surrogate"),
        ({"width": 2**31}, "32 bits"),
        ({"metadata": {"a": float("nan")}}, "not finite"),
        ({"metadata": {"a": [1]}}, "neither text nor a number"),
        ({"metadata": {"a": "\udfff"}}, "lone surrogate"),
        ({"duration": float("inf")}, "not finite"),
        ({"origin": Origin("x", 2**63)}, "64 bits"),
    ],
)
def test_an_item_that_cannot_be_kept_is_refused_by_name(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match="item 'i'") as told:
        items_to_table([replace(ITEM, **change)], [0])
    assert reason in told.value.detail
    assert told.value.remedy


@pytest.mark.parametrize(
    "change",
    [
        {"geometry": Box(float("nan"), 0, 1, 1)},
        {"geometry": Box(0, 0, float("inf"), 1)},
        {"geometry": Polygon((((((float("nan"), 0.0),)),),))},
        {"geometry": Transcript("x", float("nan"))},
        {"geometry": Span(10**400, 10**400)},
        {"box": Box(0, 0, 1, float("-inf"))},
        {"attributes": {"a": (1.0, float("nan"))}},
        {"label": "\ud800"},
        {"geometry": Span("a", "b")},
    ],
)
def test_an_annotation_that_cannot_be_kept_is_refused_by_name_and_place(change: dict[str, Any]) -> None:
    bad = replace(ANNOTATION, origin=Origin("labels.json", 7, "annotations"), **change)
    with pytest.raises(InputError, match=r"annotation 'a' at labels.json#annotations\[7\]"):
        annotations_to_table([ANNOTATION, bad], [0, 1])
