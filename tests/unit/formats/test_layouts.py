"""The layouts in which people keep datasets: found, with the right format, images, splits and labels."""

import json
from pathlib import Path
from typing import Any

import pytest

from checkdam.formats import detect, detections, format_named
from checkdam.formats.jsonstream import map_file
from checkdam.schema import Box, InputError, Keypoints, NotFoundError, Polygon
from unit.formats.making import coco, cvat, datum, make, picture, read_all, task, xml

LAYOUTS: dict[str, tuple[str, dict[str, Any], dict[str, str | None]]] = {
    "Label Studio with uploads": (
        "label-studio",
        {"export.json": [task("x") | {"data": {"image": "/data/upload/1/0a1b2c3d-1.jpg"}}], "images/1.jpg": ""},
        {"images/1.jpg": None},
    ),
    "Label Studio by splits": (
        "label-studio",
        {"train.json": [task("a/1.jpg")], "valid.json": [task("2.jpg")], "a/1.jpg": "", "2.jpg": ""},
        {"a/1.jpg": "train", "2.jpg": "val"},
    ),
    "Datumaro": (
        "datumaro",
        {
            "annotations/train.json": datum("sub/1.jpg"),
            "annotations/default.json": datum("2.jpg"),
            "images/train/sub/1.jpg": "",
            "images/2.jpg": "",
        },
        {"images/train/sub/1.jpg": "train", "images/2.jpg": None},
    ),
    "Datumaro of another machine": (
        "datumaro",
        {"set/annotations/val.json": datum("/home/ada/set/images/val/1.jpg"), "set/images/1.jpg": ""},
        {"set/images/1.jpg": "val"},
    ),
    "a table beside its images": (
        "csv",
        {"train_labels.csv": "filename,class\n1.jpg,cat\n2.jpg,\n", "train/1.jpg": "", "2.jpg": ""},
        {"train/1.jpg": "train", "2.jpg": "train"},
    ),
    "a table a split": (
        "csv",
        {
            "train/_classes.csv": "filename, cat\n1.jpg, 1\n",
            "valid/_classes.csv": "filename, cat\n1.jpg, 0\n",
            "train/1.jpg": "",
            "valid/1.jpg": "",
        },
        {"train/1.jpg": "train", "valid/1.jpg": "val"},
    ),
    "VOC as published": (
        "voc",
        {
            "VOCdevkit/VOC2007/Annotations/000001.xml": xml("000001.jpg"),
            "VOCdevkit/VOC2007/Annotations/000002.xml": xml("000002.jpg"),
            "VOCdevkit/VOC2007/JPEGImages/000001.jpg": "",
            "VOCdevkit/VOC2007/JPEGImages/000002.jpg": "",
            "VOCdevkit/VOC2007/SegmentationClass/000001.png": "",
            "VOCdevkit/VOC2007/ImageSets/Main/train.txt": "000001\n",
            "VOCdevkit/VOC2007/ImageSets/Main/val.txt": "000002\n",
            "VOCdevkit/VOC2007/ImageSets/Main/trainval.txt": "000001\n000002\n",
            "VOCdevkit/VOC2007/ImageSets/Main/cat_train.txt": "000001  1\n000002 -1\n",
        },
        {
            "VOCdevkit/VOC2007/JPEGImages/000001.jpg": "train",
            "VOCdevkit/VOC2007/JPEGImages/000002.jpg": "val",
        },
    ),
    "VOC without lists, nested, endings in capitals": (
        "voc",
        {"Annotations/a/1.XML": xml("1.JPG"), "JPEGImages/a/1.JPG": "", "JPEGImages/b/bare.jpg": ""},
        {"JPEGImages/a/1.JPG": None, "JPEGImages/b/bare.jpg": None},
    ),
    "VOC with images beside the XML": (
        "voc",
        {"train/1.xml": xml("1.jpg"), "train/1.jpg": "", "valid/2.xml": xml("wrong.jpg"), "valid/2.jpg": ""},
        {"train/1.jpg": "train", "valid/2.jpg": "val"},
    ),
    "VOC with other folder names": (
        "voc",
        {"annotations/1.xml": xml("1.png"), "images/1.png": ""},
        {"images/1.png": None},
    ),
    "VOC whose XML is named otherwise": (
        "voc",
        {"Annotations/x.xml": xml("photo.jpg"), "JPEGImages/photo.jpg": ""},
        {"JPEGImages/photo.jpg": None},
    ),
    "VOC without images": ("voc", {"Annotations/1.xml": xml("1.jpg")}, {"JPEGImages/1.jpg": None}),
    "CVAT of a task": (
        "cvat",
        {"annotations.xml": cvat("sub/1.jpg"), "images/sub/1.jpg": ""},
        {"images/sub/1.jpg": None},
    ),
    "CVAT of a project": (
        "cvat",
        {"annotations.xml": cvat("1.jpg").replace("id=", 'subset="Train" id='), "images/Train/1.jpg": ""},
        {"images/Train/1.jpg": "train"},
    ),
    "CVAT beside its images": ("cvat", {"a/val.xml": cvat("1.jpg"), "a/1.jpg": ""}, {"a/1.jpg": "val"}),
    "CVAT with its images elsewhere": (
        "cvat",
        {"annotations.xml": cvat("1.jpg"), "photos/deep/1.jpg": ""},
        {"photos/deep/1.jpg": None},
    ),
    "CVAT without images": ("cvat", {"annotations.xml": cvat("1.jpg")}, {"1.jpg": None}),
    "YOLO of Roboflow": (
        "yolo",
        {
            "data.yaml": "train: ../train/images\nval: ../valid/images\nnames: [cat, no]\n",
            "train/images/1.jpg": "",
            "train/labels/1.txt": "0 .5 .5 .2 .2\n",
            "valid/images/2.jpg": "",
        },
        {"train/images/1.jpg": "train", "valid/images/2.jpg": "val"},
    ),
    "YOLO of Ultralytics": (
        "yolo",
        {
            "data.yaml": "path: ../datasets/x\ntrain: images/train\nval: images/val\nnames:\n  0: cat\n",
            "images/train/1.jpg": "",
            "labels/train/1.txt": "0 .5 .5 .2 .2\n",
            "images/val/2.jpg": "",
            "labels/val/2.txt": "",
        },
        {"images/train/1.jpg": "train", "images/val/2.jpg": "val"},
    ),
    "YOLO with absolute paths of another machine": (
        "yolo",
        {
            "data.yaml": "train: C:\\data\\x\\images\\train\nval: /content/x/images/val\nnames: {'0': cat}\n",
            "images/train/1.jpg": "",
            "labels/train/1.txt": "0 .5 .5 .2 .2\n",
            "images/val/2.jpg": "",
        },
        {"images/train/1.jpg": "train", "images/val/2.jpg": "val"},
    ),
    "YOLO with lists of images": (
        "yolo",
        {
            "data.yaml": "train: train.txt\nval: [val.txt]\nnames: [cat]\n",
            "train.txt": "./obj/1.jpg\n",
            "val.txt": "/home/me/x/obj/2.JPG\r\n\r\n",
            "obj/1.jpg": "",
            "obj/1.txt": "0 .5 .5 .2 .2\n",
            "obj/2.JPG": "",
        },
        {"obj/1.jpg": "train", "obj/2.JPG": "val"},
    ),
    "YOLO without a YAML file, labels beside": (
        "yolo",
        {"1.jpg": "", "1.txt": "0 .5 .5 .2 .2\n", "classes.txt": "cat\ndog\n", "logo.png": ""},
        {"1.jpg": None},
    ),
    "YOLO without names, splits by folder": (
        "yolo",
        {"train/images/1.jpg": "", "train/labels/1.txt": "0 .5 .5 .2 .2\n"},
        {"train/images/1.jpg": "train"},
    ),
    "COCO as published": (
        "coco",
        {
            "annotations/instances_train2017.json": coco("1.jpg"),
            "annotations/instances_val2017.json": coco("2.jpg"),
            "annotations/person_keypoints_val2017.json": coco("2.jpg"),
            "annotations/captions_val2017.json": {"images": [], "annotations": [{"caption": "a cat"}]},
            "images/train2017/1.jpg": "",
            "images/val2017/2.jpg": "",
        },
        {"images/train2017/1.jpg": "train", "images/val2017/2.jpg": "val"},
    ),
    "COCO of Roboflow": (
        "coco",
        {
            "train/_annotations.coco.json": coco("1.jpg"),
            "train/1.jpg": "",
            "valid/_annotations.coco.json": coco("1.jpg"),
            "valid/1.jpg": "",
        },
        {"train/1.jpg": "train", "valid/1.jpg": "val"},
    ),
    "COCO with one file, paths and capitals": (
        "coco",
        {"labels.json": coco("sub\\1.jpg", "./2.jpg"), "sub/1.JPG": "", "2.jpg": ""},
        {"sub/1.JPG": None, "2.jpg": None},
    ),
    "COCO without images, two splits that number them alike": (
        "coco",
        {"annotations/train.json": coco("1.jpg"), "annotations/val.json": coco("1.jpg")},
        {"1.jpg": "train", "val/1.jpg": "val"},
    ),
    "COCO of CVAT": (
        "coco",
        {"annotations/instances_default.json": coco("1.jpg"), "images/default/1.jpg": ""},
        {"images/default/1.jpg": None},
    ),
    "JSON Lines by split": (
        "jsonl",
        {"train.jsonl": '{"text": "a", "label": "cat"}\n', "dev.NDJSON": '\n{"text": "b", "id": 7}\r\n'},
        {"train.jsonl:1": "train", "7": "val"},
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(tmp_path: Path, layout: str) -> None:
    name, files, items = LAYOUTS[layout]
    make(tmp_path, files)
    assert detect(tmp_path).name == name
    taxonomy, entries, annotations, problems = read_all(format_named(name), tmp_path)
    assert [str(problem) for problem in problems] == []
    assert {entry.item.name: entry.item.split for entry in entries} == items
    for entry in entries:
        present = name != "jsonl" and "without images" not in layout
        assert (entry.media is not None) == present
        assert entry.media is None or entry.media == tmp_path / entry.item.name
    assert annotations
    expected = "0" if "without names" in layout else "cat"
    assert {annotation.label for annotation in annotations} == {expected}
    assert expected in taxonomy.names()
    assert format_named(name).count(tmp_path)


def test_one_file_is_a_root(tmp_path: Path) -> None:
    make(tmp_path, {"x.json": coco("1.jpg"), "1.jpg": "", "y.txt": '{"text": "a", "label": true}'})
    assert detect(tmp_path / "x.json").name == "coco"
    _, (entry,), annotations, problems = read_all(format_named("coco"), tmp_path / "x.json")
    assert entry.media == tmp_path / "1.jpg"
    assert (len(annotations), len(problems)) == (1, 0)
    assert detect(tmp_path / "y.txt").name == "jsonl"
    assert read_all(format_named("jsonl"), tmp_path / "y.txt")[2][0].label == "true"


def test_detection_says_what_was_ignored(tmp_path: Path) -> None:
    results = [{"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 0.5}]
    make(tmp_path, {"a.json": coco("1.jpg"), "b.json": json.dumps(results), "c.json": {"x": 1}, "d.json": "{"})
    reason = detections(tmp_path)[0].reason
    assert "b.json (detection results" in reason
    assert "c.json (no images and categories)" in reason
    assert "d.json" in reason


def test_a_bad_first_line_hides_no_dataset(tmp_path: Path) -> None:
    make(tmp_path / "jsonl", {"d.jsonl": '{"text": "a",}\n{"text": "b", "label": "x"}\n'})
    make(tmp_path / "yolo", {"1.jpg": picture(4, 4), "1.txt": "oops\n0 .5 .5 .2 .2\n"})
    make(
        tmp_path / "voc",
        {"1.jpg": "", "1.xml": ('<?xml version="1.0" encoding="utf-16"?>' + xml("1.jpg")).encode("utf-16")},
    )
    for name in ("jsonl", "yolo", "voc"):
        assert detect(tmp_path / name).name == name
        assert len(read_all(format_named(name), tmp_path / name)[2]) == 1


def test_what_may_have_been_meant_for_a_dataset_is_told(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "a.jsonl": '\n{"text": "a",}\n',
            "b.json": '{"info": {}, "ima',
            "c.xml": "<annotation>\n<obj",
            "d.yaml": "names: [",
            "1.jpg": "",
            "1.txt": "0 a b c d",
            "e.jsonl": '{"text": "a"}'.encode("utf-16-le"),
            "f.xml": "<annotation></annotation>",
        },
    )
    with pytest.raises(InputError, match="no dataset of a known format") as caught:
        detect(tmp_path)
    told = {problem.where: problem for problem in caught.value.problems}
    assert set(told) == {"a.jsonl:2", "b.json", "c.xml:2", "d.yaml", "1.txt", "e.jsonl:1", "f.xml"}
    assert all(problem.what and problem.remedy for problem in told.values())
    assert "trailing comma" in told["a.jsonl:2"].what
    assert "UTF-16" in told["e.jsonl:1"].what


def test_a_coco_file_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {"a.json": coco("1.jpg"), "b.json": coco("2.jpg"), "1.jpg": "", "2.jpg": ""})

    def refuse(path: Path) -> memoryview:
        if path.name == "b.json":
            raise InputError(f"{path} cannot be read: Permission denied", "let it be read")
        return map_file(path)

    monkeypatch.setattr("checkdam.formats.coco.map_file", refuse)
    (problem,) = read_all(format_named("coco"), tmp_path)[3]
    assert (problem.where, "Permission denied" in problem.what) == ("b.json", True)
    (tmp_path / "a.json").unlink()
    with pytest.raises(InputError) as caught:
        detect(tmp_path)
    assert [problem.where for problem in caught.value.problems] == ["b.json"]


@pytest.mark.parametrize("folder", ["", "images/", "photos/", "photos/deep/"])
@pytest.mark.parametrize("place", ["labels.json", "annotations/labels.json"])
def test_the_images_of_a_coco_file_are_those_beside_it(tmp_path: Path, folder: str, place: str) -> None:
    sites = ("siteA", "siteB", "")
    files = {f"{site}/{place}".lstrip("/"): coco("0.jpg") for site in sites}
    make(
        tmp_path, files | {f"{site}/{folder}0.jpg".lstrip("/"): "" for site in sites[: 2 if "photos" in folder else 3]}
    )
    if "photos" in folder:
        (tmp_path / place).unlink()
    _, entries, _, problems = read_all(format_named("coco"), tmp_path)
    assert [str(problem) for problem in problems] == []
    for entry in entries:
        origin = entry.item.origin
        assert origin is not None
        assert origin.file.removesuffix(place) == entry.item.name.removesuffix(f"{folder}0.jpg")
        assert entry.media == tmp_path / entry.item.name


def test_nothing_is_detected_where_nothing_is(tmp_path: Path) -> None:
    make(tmp_path, {"a.txt": "hello", "b.jpg": "", "c.xml": "<html/>", "d.json": "[]", "e.yaml": "a: 1"})
    with pytest.raises(InputError, match="no dataset of a known format") as caught:
        detect(tmp_path)
    for title in ("COCO", "YOLO", "VOC", "JSON Lines"):
        assert title in caught.value.remedy
    with pytest.raises(InputError, match="does not exist"):
        detect(tmp_path / "none")
    with pytest.raises(NotFoundError, match="no format 'tfrecord'"):
        format_named("tfrecord")


def test_coco_rows_of_every_kind(tmp_path: Path) -> None:
    document = coco("1.jpg")
    document["info"] = {"year": 2024, "tags": ["a"]}
    document["licenses"] = [{"id": 1, "name": "MIT", "url": "u"}]
    document["categories"] = [
        {"id": 3, "name": "cat", "supercategory": "pet", "keypoints": ["nose", "tail"], "skeleton": [[1, 2]]}
    ]
    document["annotations"] = [
        {"id": 1, "image_id": 1, "category_id": 3, "segmentation": [[0, 0, 9, 0, 9, 9]], "bbox": [0, 0, 9, 9]},
        {"id": 2, "image_id": 1, "category_id": 3, "segmentation": [0, 0, 9, 0, 9, 9], "attributes": {"x": [1, 2]}},
        {
            "id": 3,
            "image_id": 1,
            "category_id": 99,
            "keypoints": [1, 2, 2, 0, 0, 0],
            "segmentation": [[0, 0, 1, 0, 1, 1]],
        },
    ]
    taxonomy, entries, annotations, problems = read_all(format_named("coco"), make(tmp_path, {"x.json": document}))
    assert not problems
    assert taxonomy.metadata == {"info.year": 2024, "info.tags": '["a"]', "license.1.name": "MIT", "license.1.url": "u"}
    assert taxonomy.labels[0].parent == "pet"
    assert taxonomy.labels[0].skeleton is not None
    assert taxonomy.labels[0].skeleton.bones == ((0, 1),)
    assert isinstance(annotations[0].geometry, Polygon)
    assert annotations[0].box == Box(0, 0, 9, 9)
    assert annotations[1].geometry == annotations[0].geometry
    assert annotations[1].attributes == {"x": (1, 2)}
    assert annotations[2].label == "99"  # kept: a rule tells of it
    assert isinstance(annotations[2].geometry, Keypoints)
    assert annotations[2].attributes["segmentation"] == "[[0, 0, 1, 0, 1, 1]]"
    assert [str(annotation.origin) for annotation in annotations] == [f"x.json#annotations[{at}]" for at in range(3)]
    assert entries[0].media is None


def test_voc_fields_parts_and_polygons(tmp_path: Path) -> None:
    text = """<annotation><folder>f</folder><filename>1.jpg</filename><source><database>db</database></source>
<size><width>40</width><height>20.0</height><depth>3</depth></size>
<object><name>person</name><pose>Left</pose><truncated>1</truncated><score>0.5</score>
  <bndbox><xmin>1</xmin><ymin>2</ymin><xmax>31.25</xmax><ymax>18</ymax></bndbox>
  <part><name>head</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>4</xmax><ymax>5</ymax></bndbox></part>
</object>
<object><name>
  lamp
</name><polygon><x1>1</x1><y1>1</y1><x2>9</x2><y2>1</y2><x3>9</x3><y3>9</y3></polygon>
  <bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>
</annotation>"""
    make(tmp_path, {"1.xml": "\ufeff" + text, "1.jpg": ""})
    _, entries, annotations, problems = read_all(format_named("voc"), tmp_path)
    assert not problems
    item = entries[0].item
    assert (item.width, item.height) == (40, 20)
    assert item.metadata == {"folder": "f", "source.database": "db", "size.depth": 3}
    person, head, lamp = annotations
    assert person.geometry == Box(1, 2, 30.25, 16)
    assert person.attributes == {"pose": "Left", "truncated": 1, "score": 0.5}
    assert head.label == "head"
    assert head.attributes == {"part_of": 0}
    assert lamp.label == "lamp"
    assert lamp.geometry == Polygon(((((1, 1), (9, 1), (9, 9)),),))
    assert lamp.box == Box(1, 1, 8, 8)
    assert [str(each.origin) for each in annotations] == ["1.xml:3", "1.xml:5", "1.xml:7"]


def test_voc_objects_on_one_line_are_told_apart_by_their_index(tmp_path: Path) -> None:
    make(tmp_path, {"1.xml": xml("1.jpg", objects=3).replace("\n", ""), "1.jpg": ""})
    annotations = read_all(format_named("voc"), tmp_path)[2]
    assert [str(each.origin) for each in annotations] == [f"1.xml#object[{at}]" for at in range(3)]


def test_yolo_lines_of_every_kind(tmp_path: Path) -> None:
    lines = "1 .5 .5 .5 .5\n\n2 .5 .5 .5 .5 .9\n0 0 0 1 0 1 1\r\n0 0 0 1 0 1 1 0 1\n0 0 0 1 0 1 1 0\n"
    make(tmp_path, {"data.yaml": "names: [cat, dog]", "images/1.jpg": "", "labels/1.txt": lines})
    _, entries, annotations, problems = read_all(format_named("yolo"), tmp_path)
    assert [problem.where for problem in problems] == ["labels/1.txt:6"]
    assert (entries[0].item.width, entries[0].item.height) == (40, 20)
    box, scored, triangle, quad = annotations
    assert box.geometry == Box(10, 5, 20, 10)
    assert (scored.label, scored.attributes) == ("2", {"confidence": 0.9})
    assert triangle.geometry == Polygon(((((0, 0), (40, 0), (40, 20)),),))
    assert isinstance(quad.geometry, Polygon)
    assert [str(each.origin) for each in annotations] == [f"labels/1.txt:{at}" for at in (1, 3, 4, 5)]


def test_yolo_poses_need_kpt_shape(tmp_path: Path) -> None:
    line = "0 .5 .5 .5 .5 .25 .25 2 0 0 0\n"
    make(tmp_path, {"data.yaml": "kpt_shape: [2, 3]\nnames: [cat]", "images/1.jpg": "", "labels/1.txt": line})
    taxonomy, _, (pose,), problems = read_all(format_named("yolo"), tmp_path)
    assert not problems
    assert isinstance(pose.geometry, Keypoints)
    assert [(each.x, each.y, each.visibility) for each in pose.geometry.points] == [(10, 5, 2), (0, 0, 0)]
    assert pose.box == Box(10, 5, 20, 10)
    assert taxonomy.labels[0].skeleton is not None
    (tmp_path / "data.yaml").write_text("names: [cat]")
    _, _, annotations, problems = read_all(format_named("yolo"), tmp_path)
    assert isinstance(annotations[0].geometry, Polygon)  # which is what such a line otherwise is


def test_jsonl_of_other_tools(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "text": "Ada wrote", "label": [[0, 3, "PER"]]},
        {"id": 2, "data": "fine", "label": ["pos", "short"]},
        {"id": 3, "text": "Ada", "entities": [{"id": 9, "label": "PER", "start_offset": 0, "end_offset": 3}]},
        {"id": 4, "text": "Ada", "spans": [{"start": 0, "end": 3, "label": "PER", "source": "m"}], "meta": {"a": 1}},
        {"id": 5, "text": "x", "label": 1, "rating": 2.5},
    ]
    make(tmp_path, {"d.jsonl": "\ufeff" + "\n".join(map(json.dumps, rows))})
    _, entries, annotations, problems = read_all(format_named("jsonl"), tmp_path)
    assert not problems
    told = [(each.label, type(each.geometry).__name__, str(each.origin)) for each in annotations]
    assert told == [
        ("PER", "Span", "d.jsonl#1.label[0]"),
        ("pos", "Category", "d.jsonl#2.label[0]"),
        ("short", "Category", "d.jsonl#2.label[1]"),
        ("PER", "Span", "d.jsonl#3.entities[0]"),
        ("PER", "Span", "d.jsonl#4.spans[0]"),
        ("1", "Category", "d.jsonl:5"),
    ]
    assert annotations[3].source_id == "9"
    assert annotations[4].attributes == {"source": "m"}
    assert [entry.item.metadata for entry in entries[3:]] == [{"a": 1}, {"rating": 2.5}]
