"""The vocabulary: encoding, extents, identity. Mask extents are held against pycocotools."""

from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from checkdam.schema import (
    Box,
    Category,
    Finding,
    Geometry,
    InputError,
    Keypoint,
    Keypoints,
    Mask,
    Origin,
    Polygon,
    Problems,
    RotatedBox,
    Subject,
    annotation_id,
    extent,
    geometry_kind,
    item_id,
)
from checkdam.schema import errors as errors_module
from checkdam.schema.geometry import GEOMETRY_KINDS


def test_every_geometry_has_the_tag_its_kind_says() -> None:
    assert {kind.__struct_config__.tag for kind in get_args(Geometry)} == set(GEOMETRY_KINDS)
    assert geometry_kind(Box(1, 2, 3, 4)) == "box"


def test_geometry_survives_json_with_its_type() -> None:
    polygon = Polygon((((((0.1, 0.2), (1.0, 0.0), (1.0, 1.0))),),))
    assert msgspec.json.decode(msgspec.json.encode(polygon), type=Geometry) == polygon
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"type":"circle","r":1}', type=Geometry)


masks = st.integers(1, 9).flatmap(
    lambda h: st.integers(1, 9).flatmap(
        lambda w: st.lists(st.booleans(), min_size=h * w, max_size=h * w).map(
            lambda bits: np.array(bits, dtype=np.uint8).reshape(h, w)
        )
    )
)


@given(masks)
def test_mask_extent_equals_pycocotools(pixels: np.ndarray) -> None:
    column_major = pixels.T.reshape(-1)
    counts, value = [0], 0
    for bit in column_major:
        if bit != value:
            counts.append(0)
            value = bit
        counts[-1] += 1
    got = extent(Mask(pixels.shape[0], pixels.shape[1], tuple(counts)))
    if not pixels.any():
        assert got is None
    else:
        rows, columns = np.nonzero(pixels)
        truth = Box(columns.min(), rows.min(), columns.max() - columns.min() + 1, rows.max() - rows.min() + 1)
        assert got == truth == Box(*coco_mask.toBbox(coco_mask.encode(np.asfortranarray(pixels))))


def test_rotated_box_extent_at_a_right_angle_swaps_its_sides() -> None:
    box = extent(RotatedBox(10, 20, 8, 4, 90))
    assert box is not None
    assert (box.x, box.y, box.width, box.height) == pytest.approx((8, 16, 4, 8))


def test_unlabelled_joints_and_whole_item_labels_have_no_extent() -> None:
    assert extent(Keypoints((Keypoint(0, 0, 0), Keypoint(5, 6, 2), Keypoint(7, 9, 1)))) == Box(5, 6, 2, 3)
    assert extent(Keypoints((Keypoint(0, 0, 0),))) is None
    assert extent(Category()) is None


def test_ids_depend_on_what_they_name_alone() -> None:
    assert item_id("a/b.jpg") == item_id("a/b.jpg") != item_id("a/c.jpg")
    assert annotation_id(item_id("a"), "1") != annotation_id(item_id("a"), "2")
    item_id("\udcff")  # names that are not valid Unicode still have an id


def test_a_finding_keeps_its_id_when_its_words_change() -> None:
    subject = Subject("annotation", ("a1", "a2"), ("i1",))
    one = Finding(rule="duplicate-box", subject=subject, severity="error", message="IoU 0.95")
    two = Finding(rule="duplicate-box", subject=subject, severity="warning", message="IoU 0.951")
    assert one.id == two.id
    assert one.id != Finding(rule="zero-area", subject=subject, severity="error", message="").id


def test_problems_keep_the_first_and_count_all() -> None:
    problems = Problems(limit=2)
    for number in range(5):
        problems.add(f"file:{number}", "is wrong", "mend it")
    assert len(problems) == 5
    assert [str(problem) for problem in problems] == ["file:0: is wrong (mend it)", "file:1: is wrong (mend it)"]
    assert InputError("bad", problems=problems).problems.count == 5


def test_errors_form_one_tree_with_distinct_codes() -> None:
    kinds = [kind for kind in vars(errors_module).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert all(issubclass(kind, errors_module.CheckdamError) for kind in kinds)
    assert len({kind.code for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        (Origin("a.xml"), "a.xml"),
        (Origin("a.xml", 12), "a.xml:12"),
        (Origin("instances.json", 3, "annotations"), "instances.json#annotations[3]"),
    ],
)
def test_an_origin_reads_as_a_place(origin: Origin, text: str) -> None:
    assert str(origin) == text
