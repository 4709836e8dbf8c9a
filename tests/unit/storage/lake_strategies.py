"""Items, annotations and edits as Hypothesis makes them up: every kind, odd text, huge and tiny numbers."""

from hypothesis import strategies as st

from checkdam.schema import (
    Annotation,
    AudioSegment,
    Box,
    Category,
    Cuboid,
    Geometry,
    Item,
    Keypoint,
    Keypoints,
    Mask,
    MultiCategory,
    Origin,
    Polygon,
    Polyline,
    RotatedBox,
    Span,
    Transcript,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)  # NUL included
numbers = st.floats(allow_nan=False, allow_infinity=False)
points = st.tuples(numbers, numbers)
scalars = texts | st.integers() | numbers | st.booleans() | st.none()
values = scalars | st.lists(scalars, max_size=3).map(tuple)
origins = st.none() | st.builds(Origin, texts, st.none() | st.integers(0, 2**62), st.none() | st.just("annotations"))
boxes = st.builds(Box, numbers, numbers, numbers, numbers)
rings = st.lists(points, max_size=4).map(tuple)
counts = st.integers(0, 2**40)

geometries: st.SearchStrategy[Geometry] = st.one_of(
    boxes,
    st.builds(RotatedBox, numbers, numbers, numbers, numbers, numbers),
    st.builds(Polygon, st.lists(st.lists(rings, max_size=2).map(tuple), max_size=2).map(tuple)),
    st.builds(Polyline, rings),
    st.builds(
        Keypoints, st.lists(st.builds(Keypoint, numbers, numbers, st.sampled_from([0, 1, 2])), max_size=3).map(tuple)
    ),
    st.builds(Mask, st.integers(0, 50), st.integers(0, 50), st.lists(st.integers(0, 60), max_size=5).map(tuple)),
    st.builds(Category),
    st.builds(MultiCategory, st.lists(texts, max_size=3).map(tuple)),
    st.builds(Span, counts, counts),
    st.builds(AudioSegment, numbers, numbers),
    st.builds(Transcript, texts, st.none() | numbers, st.none() | numbers),
    st.builds(Cuboid, st.tuples(numbers, numbers, numbers), st.tuples(numbers, numbers, numbers)),
)

int32 = st.none() | st.integers(-(2**31), 2**31 - 1)
item_ids = st.integers(0, 9).map(lambda number: f"i{number}")
annotation_ids = st.integers(0, 14).map(lambda number: f"a{number}")

items = st.builds(
    Item,
    id=item_ids,
    kind=st.sampled_from(["image", "text", "audio"]),
    name=texts,
    blob=st.none() | texts,
    width=int32,
    height=int32,
    text=st.none() | texts,
    duration=st.none() | numbers,
    sample_rate=int32,
    split=st.none() | texts,
    metadata=st.dictionaries(texts, scalars, max_size=3),
    source_id=st.none() | texts,
    origin=origins,
)

annotations = st.builds(
    Annotation,
    id=annotation_ids,
    item_id=item_ids,
    label=texts,
    geometry=geometries,
    box=st.none() | boxes,
    attributes=st.dictionaries(texts, values, max_size=3),
    source_id=st.none() | texts,
    origin=origins,
)


@st.composite
def states(draw: st.DrawFn) -> tuple[list[Item], list[Annotation]]:
    """Items with ids of their own, and annotations on them."""
    made_items = draw(st.lists(items, unique_by=lambda item: item.id, max_size=6))
    on = {item.id for item in made_items}
    made = draw(st.lists(annotations, unique_by=lambda one: one.id, max_size=8))
    return made_items, [one for one in made if one.item_id in on]
