"""pycocotools and supervision read the COCO files that Checkdam writes: boxes, outlines, masks, joints, detections."""

from pathlib import Path

import numpy as np
import pytest

from checkdam.schema import Box, Keypoint, Keypoints, Label, Mask, Polygon, RotatedBox, Skeleton, Taxonomy
from peers.written import SIZE, peer, write

MASK = Mask(48, 64, (100, 3, 45, 2, 48 * 64 - 150))
JOINTS = Keypoints((Keypoint(5, 6, 2), Keypoint(7.5, 8, 1), Keypoint(0, 0, 0)))
PEOPLE = Taxonomy(
    labels=(Label(name="dog"), Label(name="person", skeleton=Skeleton(("a", "b", "c"), ((0, 1), (1, 2)))))
)


def truth(root: Path) -> str:
    (file,) = (root / "annotations").glob("*.json")
    return str(file)


def test_pycocotools_reads_every_shape(tmp_path: Path) -> None:
    coco = peer("pycocotools.coco").COCO
    shapes = {
        "1.png": [
            ("dog", Box(1.25, 2, 3.5, 1 / 3)),
            ("dog", Polygon(((((0, 0), (10, 0), (10, 10), (0, 10)),), (((20, 20), (24, 20), (24, 24)),)))),
            ("dog", MASK),
            ("person", JOINTS),
            ("dog", RotatedBox(20, 10, 8, 4, 90)),
        ],
        "a/2.png": [],
    }
    write("coco", tmp_path / "out", shapes, taxonomy=PEOPLE)
    read = coco(truth(tmp_path / "out"))
    assert {image["file_name"] for image in read.imgs.values()} == set(shapes)
    assert [each["name"] for each in read.cats.values()] == ["dog", "person"]
    assert read.cats[2]["keypoints"] == ["a", "b", "c"]
    assert read.cats[2]["skeleton"] == [[1, 2], [2, 3]]
    box, polygon, mask, pose, turned = read.anns.values()
    assert box["bbox"] == [1.25, 2, 3.5, 1 / 3]
    assert len(polygon["segmentation"]) == 2
    assert polygon["area"] == 100 + 8
    assert np.array_equal(read.annToMask(mask), pixels(MASK))
    assert mask["area"] == read.annToMask(mask).sum()
    assert pose["keypoints"] == [5, 6, 2, 7.5, 8, 1, 0, 0, 0]
    assert pose["bbox"] == [5, 6, 2.5, 2]
    assert read.annToMask(turned).sum() == 8 * 4


def pixels(mask: Mask) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    return np.repeat(np.arange(len(mask.counts)) % 2, mask.counts).reshape(mask.width, mask.height).T


@pytest.mark.parametrize(
    ("kind", "shape"), [("bbox", Box(1, 2, 30, 40)), ("segm", MASK), ("keypoints", Keypoints(JOINTS.points[:2]))]
)
def test_pycocotools_evaluates_results(tmp_path: Path, kind: str, shape: Box | Mask | Keypoints) -> None:
    coco = peer("pycocotools.coco").COCO
    evaluation_of = peer("pycocotools.cocoeval").COCOeval
    people = Taxonomy(labels=(Label(name="person", skeleton=Skeleton(("a", "b"), ((0, 1),))),))
    rows = {"1.png": [("person", shape)]}
    write("coco", tmp_path / "truth", rows, taxonomy=people, attributes={"num_keypoints": 2})
    report, _ = write("coco-results", tmp_path / "results", rows, taxonomy=people, attributes={"score": 0.5})
    assert not report, str(report)
    ground = coco(truth(tmp_path / "truth"))
    evaluation = evaluation_of(ground, ground.loadRes(str(tmp_path / "results" / "results.json")), kind)
    if kind == "keypoints":
        evaluation.params.kpt_oks_sigmas = np.array([0.05, 0.05])
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1.0)
    assert len(coco(truth(tmp_path / "results")).imgs) == 1


def test_supervision_reads_boxes_and_masks(tmp_path: Path) -> None:
    supervision = peer("supervision")
    square = Polygon(((((1, 1), (11, 1), (11, 11), (1, 11)),),))
    boxes = {"1.png": [("dog", Box(1.25, 2, 3.5, 8)), ("cat", Box(5, 6, 7, 8))], "2.png": []}
    write("coco", tmp_path / "a", boxes)
    found = supervision.DetectionDataset.from_coco(str(tmp_path / "a"), truth(tmp_path / "a"))
    assert found.classes == ["dog", "cat"]
    detections = {Path(path).name: each for path, _, each in found}
    assert detections["1.png"].xyxy.tolist() == [[1.25, 2, 4.75, 10], [5, 6, 12, 14]]
    assert detections["1.png"].class_id.tolist() == [0, 1]
    assert len(detections["2.png"]) == 0
    write("coco", tmp_path / "b", {"1.png": [("dog", square), ("dog", MASK)]})
    found = supervision.DetectionDataset.from_coco(str(tmp_path / "b"), truth(tmp_path / "b"), force_masks=True)
    masks = next(each for _, _, each in found).mask
    assert masks.shape == (2, SIZE[1], SIZE[0])
    assert np.array_equal(masks[1], pixels(MASK).astype(bool))
