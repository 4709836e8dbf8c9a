"""Annotations held packed come back as they were, whatever they hold."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from checkdam.lint import FrameBuilder
from checkdam.schema import (
    Annotation,
    Box,
    Category,
    Geometry,
    Item,
    Mask,
    MultiCategory,
    Origin,
    Polygon,
    Polyline,
    RotatedBox,
    Span,
    Transcript,
    extent,
    geometry_kind,
)

texts = st.text(max_size=6)  # lone surrogates too, which MessagePack cannot hold
numbers = st.one_of(st.floats(), st.integers(-5, 5))
huge = st.integers(-(2**80), 2**80)
scalars = st.one_of(texts, huge, st.booleans(), st.none(), st.floats())
attributes = st.dictionaries(texts, st.one_of(scalars, st.lists(scalars, max_size=3).map(tuple)), max_size=3)
boxes = st.builds(Box, numbers, numbers, numbers, numbers)
points = st.tuples(numbers, numbers)
geometries: st.SearchStrategy[Geometry] = st.one_of(
    boxes,
    st.builds(RotatedBox, numbers, numbers, numbers, numbers, st.floats(-360, 360)),
    st.lists(points, min_size=1, max_size=4).map(lambda ring: Polygon(((tuple(ring),),))),
    st.lists(points, max_size=4).map(tuple).map(Polyline),
    st.just(Mask(2, 3, (1, 2, 3))),
    st.just(Mask(1, 2**70, (2**70,))),
    st.just(Category()),
    st.lists(texts, max_size=2).map(tuple).map(MultiCategory),
    st.builds(Span, st.integers(0, 9), huge),
    st.builds(Transcript, texts),
)
origins = st.none() | st.builds(Origin, texts, st.none() | huge, st.none() | texts)


@st.composite
def annotations(draw: st.DrawFn) -> list[Annotation]:
    count = draw(st.integers(0, 8))
    return [
        Annotation(
            id=f"a{number}{draw(texts)}",
            item_id=draw(st.sampled_from(["i", "j", "\ud800"])),
            label=draw(texts),
            geometry=draw(geometries),
            box=draw(st.none() | boxes),
            attributes=draw(attributes),
            source_id=draw(st.none() | texts),
            origin=draw(origins),
        )
        for number in range(count)
    ]


def same(one: object, other: object) -> bool:
    """Equal, with NaN equal to itself, and of the same types but that a box's sides may have become floats."""
    return repr(one) == repr(other) or one == other


@given(annotations())
def test_what_was_added_is_there(given_ones: list[Annotation]) -> None:
    builder = FrameBuilder()
    items = [Item(id=name, kind="image", name=name) for name in ("j", "\ud800", "i")]
    for one in given_ones:  # before their items
        builder.add(one)
    for item in items:
        builder.add(item)
    frame = builder.build()
    assert len(frame) == len(given_ones)
    assert list(frame.annotation_ids) == [one.id for one in given_ones]
    for row, one in enumerate(given_ones):
        back = frame.annotation(row)
        for field in one.__struct_fields__:
            mine, theirs = getattr(one, field), getattr(back, field)
            if isinstance(mine, Box):
                assert type(theirs) is Box
                np.testing.assert_array_equal(
                    [theirs.x, theirs.y, theirs.width, theirs.height], [mine.x, mine.y, mine.width, mine.height]
                )
            else:
                assert same(mine, theirs), field
        assert frame.items[int(frame.item[row])].id == one.item_id
        assert (frame.label_of(row), frame.kinds[int(frame.kind[row])]) == (one.label, geometry_kind(one.geometry))
        box = one.geometry if isinstance(one.geometry, Box) else one.box or extent(one.geometry)
        wanted = [math.nan] * 4 if box is None else [box.x, box.y, box.width, box.height]
        np.testing.assert_array_equal(
            [frame.x[row], frame.y[row], frame.width[row], frame.height[row]], np.array(wanted, dtype=float)
        )
        assert bool(frame.declared[row]) is (one.box is not None)
        assert frame.annotation_row(one.id) is not None


def test_ids_are_found_again_whether_or_not_they_were_asked_for() -> None:
    builder = FrameBuilder()
    builder.add(Item(id="i", kind="image", name="i"))
    for number in range(40_000):  # more than two blocks
        builder.add(Annotation(id=f"a{number}", item_id="i", label="x", geometry=Box(number, 0.0, 1.0, 1.0)))
    frame = builder.build()
    assert frame.annotation_id(16_384) == "a16384"
    assert frame.annotation(39_999).geometry == Box(39_999.0, 0.0, 1.0, 1.0)
    assert [frame.annotation_row(key) for key in ("a16384", "a16383", "a39999", "none")] == [16384, 16383, 39999, None]
    assert frame.annotation_ids[-1] == "a39999"
