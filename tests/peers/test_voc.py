"""supervision and Datumaro read the Pascal VOC files that Checkdam writes."""

from pathlib import Path

from checkdam.schema import Box, Geometry
from peers.written import peer, write

SHAPES: dict[str, list[tuple[str, Geometry]]] = {
    "JPEGImages/1.png": [("dog", Box(1, 2, 3, 8)), ("cat", Box(5, 6, 7, 8))],
    "JPEGImages/2.png": [],
}


def test_supervision_reads_boxes(tmp_path: Path) -> None:
    supervision = peer("supervision")
    write("voc", tmp_path / "out", SHAPES)
    found = supervision.DetectionDataset.from_pascal_voc(
        str(tmp_path / "out" / "JPEGImages"), str(tmp_path / "out" / "Annotations")
    )
    detections = {Path(path).name: each for path, _, each in found}
    boxes = {
        (found.classes[label], *(float(each) for each in box))
        for label, box in zip(detections["1.png"].class_id, detections["1.png"].xyxy, strict=True)
    }
    # It counts pixels from 1, as the first VOC did: it takes one off the near corner, and the far pixel is inside.
    assert boxes == {("dog", 0, 1, 4, 10), ("cat", 4, 5, 12, 14)}
    assert len(detections["2.png"]) == 0


def test_datumaro_reads_boxes_splits_and_attributes(tmp_path: Path) -> None:
    datumaro = peer("datumaro")
    splits = {"JPEGImages/1.png": "train", "JPEGImages/2.png": "val"}
    attributes = {"difficult": 1, "truncated": 0, "pose": "Left"}
    write("voc", tmp_path / "out", SHAPES, splits=splits, attributes=attributes)
    dataset = datumaro.Dataset.import_from(str(tmp_path / "out"), "voc_detection")
    items = {item.id: item for item in dataset}
    assert {name: item.subset for name, item in items.items()} == {"1": "train", "2": "val"}
    types = peer("datumaro.components.annotation").AnnotationType
    labels = [each.name for each in dataset.categories()[types.label]]
    boxes = [each for each in items["1"].annotations if each.type == types.bbox]
    assert {(labels[box.label], *box.get_bbox()) for box in boxes} == {("dog", 1, 2, 3, 8), ("cat", 5, 6, 7, 8)}
    assert all(box.attributes["difficult"] for box in boxes)
    assert {box.attributes["pose"] for box in boxes} == {"Left"}
