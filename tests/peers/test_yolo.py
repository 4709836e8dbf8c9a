"""supervision and Datumaro read the YOLO files that Checkdam writes: boxes, outlines, oriented boxes, poses."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checkdam.schema import Box, Geometry, Keypoint, Keypoints, Label, Polygon, RotatedBox, Skeleton, Taxonomy
from checkdam.schema.geometry import corners
from peers.written import peer, write

Shapes = dict[str, list[tuple[str, Geometry]]]


def detections(root: Path, **more: Any) -> Any:
    supervision = peer("supervision")
    found = supervision.DetectionDataset.from_yolo(
        str(root / "images"), str(root / "labels"), str(root / "data.yaml"), **more
    )
    return found.classes, {Path(path).name: each for path, _, each in found}


def test_supervision_reads_boxes(tmp_path: Path) -> None:
    boxes: Shapes = {
        "images/1.png": [("dog", Box(1.25, 2, 3.5, 8)), ("cat", Box(5, 6, 1 / 3, 8))],
        "images/2.png": [],
    }
    report, _ = write("yolo", tmp_path / "out", boxes)
    assert not report, str(report)
    classes, found = detections(tmp_path / "out")
    assert classes == ["dog", "cat"]
    assert found["1.png"].xyxy == pytest.approx(np.array([[1.25, 2, 4.75, 10], [5, 6, 5 + 1 / 3, 14]]), abs=1e-4)
    assert found["1.png"].class_id.tolist() == [0, 1]
    assert len(found["2.png"]) == 0


def test_supervision_reads_oriented_boxes(tmp_path: Path) -> None:
    turned = [RotatedBox(20, 10, 8, 4, 30), RotatedBox(30, 20, 5, 9, -75)]
    write("yolo", tmp_path / "out", {"images/1.png": [("dog", each) for each in turned], "images/2.png": []})
    _, found = detections(tmp_path / "out", is_obb=True)
    read = found["1.png"].data["xyxyxyxy"]
    assert read == pytest.approx(np.array([corners(each) for each in turned]), abs=1e-4)


def test_supervision_reads_outlines(tmp_path: Path) -> None:
    square = Polygon(((((8, 8), (40, 8), (40, 32), (8, 32), (4, 20)),),))
    write("yolo", tmp_path / "out", {"images/1.png": [("dog", square)]})
    _, found = detections(tmp_path / "out", force_masks=True)
    assert found["1.png"].xyxy == pytest.approx(np.array([[4, 8, 40, 32]]), abs=1e-4)
    assert found["1.png"].mask[0, 20, 20]
    assert not found["1.png"].mask[0, 2, 2]


def test_supervision_reads_poses(tmp_path: Path) -> None:
    taxonomy = Taxonomy(labels=(Label(name="dog", skeleton=Skeleton(("left", "right"), ((0, 1),))),))
    pose = Keypoints((Keypoint(5, 6, 2), Keypoint(7.5, 8, 1)))
    shapes: Shapes = {"images/1.png": [("dog", pose)]}
    report, _ = write("yolo", tmp_path / "out", shapes, taxonomy=taxonomy, box=Box(4, 5, 6, 7))
    assert not report, str(report)
    _, found = detections(tmp_path / "out")
    assert found["1.png"].xyxy == pytest.approx(np.array([[4, 5, 10, 12]]), abs=1e-4)


def test_datumaro_reads_boxes(tmp_path: Path) -> None:
    datumaro = peer("datumaro")
    boxes: Shapes = {f"images/{split}/1.png": [("dog", Box(1.25, 2, 3.5, 8))] for split in ("train", "val")}
    splits = {name: name.split("/")[1] for name in boxes}
    write("yolo", tmp_path / "out", boxes, splits=splits)
    dataset = datumaro.Dataset.import_from(str(tmp_path / "out"), "yolo")
    items = list(dataset)
    assert {item.subset for item in items} == {"train", "val"}
    for item in items:
        (box,) = item.annotations
        assert box.get_bbox() == pytest.approx([1.25, 2, 3.5, 8], abs=0.01)
