"""Vertices, joints and masks as columns: the same from structs and from the lake, and as fast as they must be."""

import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkdam.lint import Frame, FrameBuilder, LintConfig, lint, rules
from checkdam.lint.outlines import outline_boxes, polygons
from checkdam.schema import (
    Annotation,
    AttributeSpec,
    AttributeValue,
    Box,
    Category,
    Geometry,
    Item,
    Keypoint,
    Keypoints,
    Label,
    Mask,
    Polygon,
    Polyline,
    Skeleton,
    Taxonomy,
    extent,
)
from checkdam.storage.rows import ANNOTATION_SCHEMA, annotations_to_table, table_to_annotations

POLYGON_RULES = (
    "area-mismatch",
    "empty-mask",
    "mask-box-mismatch",
    "out-of-frame",
    "self-intersecting-polygon",
    "sliver",
    "too-few-points",
)
TAXONOMY = Taxonomy(
    labels=(
        Label(name="a", attributes=(AttributeSpec(name="area", type="number", required=True, maximum=50),)),
        Label(name="b", skeleton=Skeleton(("left_eye", "right_eye", "nose"))),
        Label(name="c", geometry=("polygon",)),
    )
)
value = st.integers(-5, 60).map(lambda number: number / 2)
point = st.tuples(value, value)
ring = st.lists(point, max_size=6).map(tuple)
joint = st.builds(Keypoint, value, value, st.sampled_from([0, 1, 2]))
box = st.builds(Box, value, value, value, value)
runs = st.lists(st.integers(0, 9), max_size=8).map(tuple)


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    counts, height = draw(runs), draw(st.integers(1, 6))
    total = sum(counts)
    return Mask(height, -(-total // height), (*counts, *((0,) if len(counts) % 2 else ()), -total % height))


geometry: st.SearchStrategy[Geometry] = st.one_of(
    box,
    st.lists(st.lists(ring, max_size=3).map(tuple), max_size=3).map(lambda parts: Polygon(tuple(parts))),
    ring.map(Polyline),
    st.lists(joint, max_size=4).map(lambda joints: Keypoints(tuple(joints))),
    masks(),
    st.just(Category()),
)
attributes: st.SearchStrategy[dict[str, AttributeValue]] = st.dictionaries(
    st.sampled_from(["area", "iscrowd"]), st.integers(0, 90), max_size=2
)
annotation = st.tuples(st.integers(0, 2), st.sampled_from("abc"), geometry, st.none() | box, attributes)
ITEMS = [Item(id=f"i{number}", kind="image", name=f"{number}.jpg", width=30, height=20) for number in range(3)]


def made(rows: list[tuple[int, str, Geometry, Box | None, dict[str, AttributeValue]]]) -> list[Annotation]:
    return [
        Annotation(
            id=f"n{number}",
            item_id=f"i{item}",
            label=label,
            geometry=shape,
            box=None if isinstance(shape, Box) else declared,
            attributes=given_,
        )
        for number, (item, label, shape, declared, given_) in enumerate(rows)
    ]


def of_structs(annotations: list[Annotation]) -> Frame:
    builder = FrameBuilder()
    for event in (TAXONOMY, *ITEMS, *annotations):
        builder.add(event)
    return builder.build()


def of_columns(annotations: list[Annotation]) -> Frame:
    """As the lake gives it: in several pieces."""
    table = annotations_to_table(annotations, range(len(annotations)))
    table = pa.concat_tables([table.slice(at, 3) for at in range(0, len(annotations), 3)] or [table])
    return Frame.from_arrow(
        ITEMS,
        table,
        TAXONOMY,
        lambda row: table_to_annotations(pa.Table.from_pylist([dict(row)], schema=ANNOTATION_SCHEMA))[0],
    )


@given(st.lists(annotation, max_size=9).map(made))
def test_both_ways_give_the_same_details_and_findings(annotations: list[Annotation]) -> None:
    one, other = of_structs(annotations), of_columns(annotations)
    rows = np.arange(len(annotations))[::-1]
    assert list(one.geometries(rows)) == list(other.geometries(rows)) == [a.geometry for a in annotations[::-1]]
    assert list(one.attributes(rows)) == list(other.attributes(rows)) == [a.attributes for a in annotations[::-1]]
    for name in ("vertices", "joints", "masks"):
        for key, value_ in vars(getattr(one, name)).items():
            np.testing.assert_array_equal(value_, getattr(getattr(other, name), key), f"{name}.{key}")
    every = LintConfig(select=("*", *rules()))
    assert lint(one, config=every) == lint(other, config=every)


@given(st.lists(annotation, max_size=9).map(made))
def test_extents_are_those_of_the_schema(annotations: list[Annotation]) -> None:
    frame = of_structs(annotations)
    outlined = (Polygon, Polyline, Keypoints)
    expected = {
        row: box
        for row, one in enumerate(annotations)
        if isinstance(one.geometry, outlined) and (box := extent(one.geometry)) is not None
    }
    rows, boxes = outline_boxes(frame)
    assert rows.tolist() == list(expected)
    assert boxes.tolist() == [[b.x, b.y, b.x + b.width, b.y + b.height] for b in expected.values()]
    found = frame.masks
    for at, row in enumerate(found.row.tolist()):
        mask = annotations[row].geometry
        assert isinstance(mask, Mask)
        assert (found.area[at], found.runs[at]) == (sum(mask.counts[1::2]), sum(mask.counts))
        own = extent(mask)
        assert found.box[at].tolist() == (
            pytest.approx([np.nan] * 4, nan_ok=True) if own is None else [own.x, own.y, own.width, own.height]
        )


def test_a_polygon_with_a_hole_is_measured_as_one() -> None:
    square = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
    hole = ((2.0, 2.0), (4.0, 2.0), (4.0, 4.0), (2.0, 4.0))
    part = ((20.0, 0.0), (30.0, 0.0), (30.0, 10.0))
    shapes: list[Geometry] = [Box(0, 0, 5, 5), Polygon(((square, hole), (part,))), Polygon(()), Polygon(((),))]
    measured = polygons(of_structs(made([(0, "a", shape, None, {}) for shape in shapes])))
    assert measured.row.tolist() == [1, 2, 3]
    assert measured.area.tolist() == [100 - 4 + 50, 0, 0]
    assert measured.length.tolist() == pytest.approx([40 + 8 + 20 + 200**0.5, 0, 0])
    assert (measured.points.tolist(), measured.fewest.tolist()) == ([11, 0, 0], [3, 0, 0])


@pytest.mark.slow
def test_a_hundred_thousand_polygons_of_ten_points_take_seconds() -> None:
    random = np.random.default_rng(3)
    angle = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rows: list[tuple[int, str, Geometry, Box | None, dict[str, AttributeValue]]] = []
    for number in range(100_000):
        points = random.uniform(30, 500, 2) + unit * random.uniform(5, 30)
        rows.append((number % 3, "c", Polygon(((tuple(map(tuple, points.tolist())),),)), None, {}))
    frame = of_structs(made(rows))
    begun = time.process_time()
    assert frame.vertices.xy.shape == (1_000_000, 2)
    read = time.process_time() - begun
    lint(frame, config=LintConfig(select=POLYGON_RULES))
    whole = time.process_time() - begun
    print(f"\n100,000 polygons: vertices {read:.2f} s, {len(POLYGON_RULES)} rules {whole - read:.2f} s")
    assert whole < 15
