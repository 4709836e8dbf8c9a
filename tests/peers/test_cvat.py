"""Datumaro reads the CVAT files that Checkdam writes: the same shapes, labels and attributes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checkdam.formats import detect
from checkdam.schema import (
    AttributeSpec,
    Box,
    Category,
    Keypoint,
    Keypoints,
    Label,
    Mask,
    Polygon,
    Polyline,
    RotatedBox,
    Taxonomy,
)
from peers.written import SIZE, peer, write
from unit.formats.making import read_all

MASK = Mask(48, 64, (100, 3, 45, 2, 48 * 64 - 150))
SHAPES = {
    "images/sub/1.png": [
        ("cat", Box(1.25, 2, 3.5, 1 / 3)),
        ("dog", RotatedBox(20, 10, 8, 4, 30)),
        ("cat", Polygon(((((0.5, 1), (9, 1), (9, 9.75)),),))),
        ("cat", Polyline(((1, 2), (3, 4.5)))),
        ("dog", Keypoints((Keypoint(5, 6, 2), Keypoint(7, 8, 2)))),
        ("dog", MASK),
        ("cat", Category()),
    ],
    "images/2.png": [],
}
ATTRIBUTES = (
    AttributeSpec(name="pose", type="choice", choices=("left", "right")),
    AttributeSpec(name="hidden", type="boolean"),
)


def read(root: Path) -> Any:
    return peer("datumaro").Dataset.import_from(str(root), "cvat")


@pytest.mark.parametrize("split", [None, "train"])
def test_datumaro_reads_what_is_written(tmp_path: Path, split: str | None) -> None:
    taxonomy = Taxonomy(labels=tuple(Label(name=name, attributes=ATTRIBUTES) for name in ("dog", "cat")))
    given = {"pose": "right", "hidden": True, "occluded": True, "z_order": 3, "group_id": 2}
    splits = dict.fromkeys(SHAPES, split)
    report, _ = write("cvat", tmp_path / "out", SHAPES, taxonomy=taxonomy, attributes=given, splits=splits)
    assert not report, str(report)
    dataset = read(tmp_path / "out")
    types = peer("datumaro.components.annotation")
    labels = [each.name for each in dataset.categories()[types.AnnotationType.label]]
    assert labels == ["dog", "cat"]
    items = {item.id: item for item in dataset}
    assert set(items) == {"sub/1", "2"}
    assert {item.subset for item in items.values()} == {split or "annotations"}
    assert items["sub/1"].media.size == SIZE[::-1]
    assert items["2"].annotations == []
    box, turned, polygon, line, points, mask, tag = items["sub/1"].annotations
    told = [labels[each.label] for each in items["sub/1"].annotations]
    assert told == [label for label, _ in SHAPES["images/sub/1.png"]]
    assert box.get_bbox() == pytest.approx([1.25, 2, 3.5, 1 / 3], abs=0.01)  # it rounds to two digits
    assert (turned.cx, turned.cy, turned.w, turned.h, turned.r) == pytest.approx((20, 10, 8, 4, 30))
    assert polygon.points == pytest.approx([0.5, 1, 9, 1, 9, 9.75])
    assert line.points == pytest.approx([1, 2, 3, 4.5])
    assert points.points == pytest.approx([5, 6, 7, 8])
    assert np.array_equal(mask.image, pixels(MASK))
    assert isinstance(tag, types.Label)
    assert box.attributes == {"pose": "right", "hidden": True, "occluded": True}
    assert (box.z_order, box.group) == (3, 2)


def pixels(mask: Mask) -> Any:
    return np.repeat(np.arange(len(mask.counts)) % 2, mask.counts).reshape(mask.width, mask.height).T


def test_datumaro_s_own_files_are_read(tmp_path: Path) -> None:
    write("cvat", tmp_path / "out", SHAPES)
    read(tmp_path / "out").export(str(tmp_path / "theirs"), "cvat", save_media=True)
    format_ = detect(tmp_path / "theirs")
    assert format_.name == "cvat"
    taxonomy, entries, annotations, problems = read_all(format_, tmp_path / "theirs")
    assert not problems
    assert set(taxonomy.names()) == {"cat", "dog"}
    assert {Path(entry.item.name).stem for entry in entries} == {"1", "2"}
    assert all(entry.media for entry in entries)
    kinds = {type(one.geometry) for one in annotations}
    assert {Box, Polygon, Polyline, Keypoints, Category} <= kinds
    assert Polyline(((1, 2), (3, 4.5))) in [one.geometry for one in annotations]
