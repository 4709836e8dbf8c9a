"""Detections and the images they speak of: found together, told apart, written so that pycocotools evaluates them."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checkdam.formats import PatchEdit, detect, detections, format_named
from checkdam.schema import Annotation, Box, InputError, Keypoint, Keypoints, Label, Mask
from unit.formats.evaluating import scores
from unit.formats.making import coco, make, read_all

FORMAT = format_named("coco-results")
ROWS: list[dict[str, Any]] = [
    {"image_id": 1, "category_id": 3, "bbox": [1, 2, 3.5, 4], "score": 0.236},
    {"image_id": 2, "category_id": 3, "segmentation": {"size": [2, 2], "counts": [1, 3]}, "score": 1},
    {"image_id": 2, "category_id": 9, "keypoints": [1, 2, 0.75, 0, 0, 0], "score": 0.5, "note": "x"},
]


def files(rows: Any = None) -> dict[str, Any]:
    return {"gt.json": coco("1.jpg", "2.jpg"), "results.json": json.dumps(ROWS if rows is None else rows)}


@pytest.mark.parametrize("root", [".", "results.json"])
def test_rows_become_annotations_with_a_score(tmp_path: Path, root: str) -> None:
    make(tmp_path, files())
    taxonomy, entries, annotations, problems = read_all(FORMAT, tmp_path / root)
    assert not problems
    assert taxonomy.names() == ("cat",)
    assert [entry.item.name for entry in entries] == ["1.jpg", "2.jpg"]
    box, mask, joints = annotations
    assert (box.label, box.geometry, box.attributes) == ("cat", Box(1, 2, 3.5, 4), {"score": 0.236})
    assert (mask.geometry, mask.attributes, mask.box) == (Mask(2, 2, (1, 3)), {"score": 1}, None)
    assert joints.geometry == Keypoints((Keypoint(1, 2, 2), Keypoint(0, 0, 0)))
    assert joints.attributes == {"score": 0.5, "note": "x", "keypoint_scores": (0.75, 0.0)}
    assert joints.label == "9"
    assert [str(one.origin) for one in annotations] == [f"results.json#[{at}]" for at in range(3)]
    assert FORMAT.count(tmp_path / root)


def test_a_folder_is_one_of_annotations_unless_it_was_written_as_results(tmp_path: Path) -> None:
    make(tmp_path / "a", files())
    assert [claim.format for claim in detections(tmp_path / "a")] == ["coco", "coco-results"]
    assert detect(tmp_path / "a" / "results.json").name == "coco-results"
    taxonomy, entries, annotations, _ = read_all(FORMAT, tmp_path / "a")
    records = [(entry.item, [one for one in annotations if one.item_id == entry.item.id]) for entry in entries]
    assert not FORMAT.write(tmp_path / "b", taxonomy, records, None)
    assert detect(tmp_path / "b").name == "coco-results"
    _, again, same, problems = read_all(FORMAT, tmp_path / "b")
    assert not problems
    assert [plain(one) for one in same] == [plain(one) for one in annotations]
    assert [plain(entry.item) for entry in again] == [plain(entry.item) for entry in entries]
    written = json.loads((tmp_path / "b" / "results.json").read_text())
    assert written[0] == ROWS[0] | {"bbox": [1.0, 2.0, 3.5, 4.0]}
    assert written[1].keys() == ROWS[1].keys()
    assert written[2]["keypoints"] == [1.0, 2.0, 0.75, 0.0, 0.0, 0.0]


def plain(row: Any) -> Any:
    return msgspec.structs.replace(row, origin=None)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"score": None}, "[0].score"),
        ({"score": "x"}, "[0].score"),
        ({"score": True}, "[0].score"),
        ({"image_id": 77}, "[0].image_id"),
        ({"category_id": None}, "[0].category_id"),
        ({"bbox": [1, 2]}, "[0].bbox"),
        ({"bbox": None}, "[0]"),
        ({"keypoints": [1, 2]}, "[0].keypoints"),
        ({"keypoints": [1, 2, "x"]}, "[0].keypoints[2]"),
        ({"id": 2**70}, "[0].id"),
        ({"note": "a\0"}, "[0].note"),
    ],
)
def test_what_is_wrong_with_a_row_is_told(tmp_path: Path, change: dict[str, Any], path: str) -> None:
    make(tmp_path, files([ROWS[0] | change, *ROWS[1:]]))
    _, _, annotations, problems = read_all(FORMAT, tmp_path)
    assert [problem.where for problem in problems] == [f"results.json#{path}"]
    assert all(problem.remedy for problem in problems)
    assert len(annotations) == 2


@pytest.mark.parametrize("damage", ["[1, {}", "[{]", "[" * 100_000])
def test_damage_is_told(tmp_path: Path, damage: str) -> None:
    make(tmp_path, {"gt.json": coco("1.jpg"), "r.json": json.dumps(ROWS[:1])[:-1] + "," + damage})
    _, _, annotations, problems = read_all(FORMAT, tmp_path)
    assert len(annotations) == 1
    assert all(problem.where.startswith("r.json#[") for problem in problems)
    assert problems


def test_results_without_images_say_what_is_missing(tmp_path: Path) -> None:
    make(tmp_path, {"results.json": json.dumps(ROWS)})
    with pytest.raises(InputError, match="without the images"):
        list(read_all(FORMAT, tmp_path))
    with pytest.raises(InputError) as caught:
        detect(tmp_path / "results.json")
    assert any("images and categories" in problem.what for problem in caught.value.problems)


def test_lists_of_two_splits_speak_each_of_their_own_images(tmp_path: Path) -> None:
    results = {f"results_{split}.json": json.dumps(ROWS[:1]) for split in ("train", "val")}
    make(tmp_path, {f"instances_{split}.json": coco("1.jpg") for split in ("train", "val")} | results)
    _, entries, annotations, problems = read_all(FORMAT, tmp_path)
    assert not problems
    splits = {entry.item.id: entry.item.split for entry in entries}
    assert [splits[one.item_id] for one in annotations] == ["train", "val"]


def test_rows_are_changed_and_deleted_in_place(tmp_path: Path) -> None:
    make(tmp_path, files())
    path = tmp_path / "results.json"
    _, entries, annotations, _ = read_all(FORMAT, tmp_path)
    before = json.loads(path.read_text())
    new = msgspec.structs.replace(annotations[0], geometry=Box(0, 0, 1, 1))
    label = Label(name="cat", source_id="3")
    edits = [PatchEdit(at=0, array="", annotation=new, label=label), PatchEdit(at=2, array="")]
    after = json.loads(FORMAT.patch(path, edits))
    assert after == [before[0] | {"bbox": [0.0, 0.0, 1.0, 1.0]}, before[1]]
    for wrong in (PatchEdit(at=9, array=""), PatchEdit(at=0), PatchEdit(at=0, array="annotations")):
        with pytest.raises(InputError):
            FORMAT.patch(path, [wrong])
    places = FORMAT.places(tmp_path, [entries[1].item])[entries[1].item.id]
    assert {str(place) for place in places} == {
        "gt.json#images[1]",
        "gt.json#annotations[1]",
        "results.json#[1]",
        "results.json#[2]",
    }


@pytest.mark.parametrize(("kind", "published"), [("bbox", 0.5046), ("segm", 0.3195)])
def test_average_precision_survives_reading_and_writing(
    shared_data: Path, tmp_path: Path, kind: str, published: float
) -> None:
    root = shared_data / "coco_val2014_100_pair"
    truth = root / "instances_val2014_100.json"
    results = root / f"instances_val2014_fake{kind}100_results.json"
    taxonomy, entries, annotations, problems = read_all(FORMAT, results)
    assert (len(annotations), len(problems)) == (734, 0)
    by_item: dict[str, list[Annotation]] = {entry.item.id: [] for entry in entries}
    for one in annotations:
        by_item[one.item_id].append(one)
    assert not FORMAT.write(tmp_path / "out", taxonomy, [(each.item, by_item[each.item.id]) for each in entries], None)
    (written,) = (tmp_path / "out").glob("results*.json")
    before = scores(truth, results, kind)
    assert round(before[0], 4) == published
    assert scores(truth, written, kind) == before
