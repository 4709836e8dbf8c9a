"""Label Studio, Datumaro and tables that are damaged or hostile: problems with their places, and the good rows."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkdam.formats import detections, format_named
from checkdam.schema import InputError
from unit.formats.making import datum, make, read_all, task
from unit.formats.test_hostile import DEEP, json_values, places, read_whatever, text


def labelled(**value: Any) -> list[dict[str, Any]]:
    """A good task, and one whose only value is the good one, changed."""
    good = task("1.jpg")["annotations"][0]["result"][0]["value"]
    return [task("1.jpg"), task("2.jpg", {key: each for key, each in (good | value).items() if each != "gone"})]


def with_result(**fields: Any) -> list[dict[str, Any]]:
    bad = task("2.jpg")
    bad["annotations"][0]["result"][0] |= fields
    return [task("1.jpg"), bad]


def with_results(results: Any) -> list[dict[str, Any]]:
    return [task("1.jpg"), {"data": {"image": "2.jpg"}, "annotations": [{"result": results}]}]


RLE = {"format": "rle", "brushlabels": ["cat"]}
FIRST = "[1].annotations[0].result[0]"
TASKS: dict[str, tuple[Any, str, int]] = {
    "NaN": (text(labelled(x=7777), "7777", "NaN"), f"{FIRST}.value.x", 1),
    "overflow": (text(labelled(x=7777), "7777", "1e999"), f"{FIRST}.value.x", 1),
    "out of range": (labelled(x=1.7e308), f"{FIRST}.value.x", 1),
    "huge integer": (text(labelled(x=7777), "7777", "9" * 10_000), f"{FIRST}.value.x", 1),
    "text for a number": (labelled(x="2"), f"{FIRST}.value.x", 1),
    "truth for a number": (labelled(width=True), f"{FIRST}.value.width", 1),
    "points are text": (labelled(points="x"), f"{FIRST}.value.points", 1),
    "a point of one number": (labelled(points=[[1]]), f"{FIRST}.value.points[0]", 1),
    "labels are text": (labelled(rectanglelabels="cat"), f"{FIRST}.value.rectanglelabels", 1),
    "value is a list": (with_result(value=[]), f"{FIRST}.value", 1),
    "result is a number": (with_results([5]), FIRST, 1),
    "results are text": (with_results("x"), "[1].annotations[0]", 1),
    "size is text": (with_result(original_width="x"), f"{FIRST}.original_width", 1),
    "no size and no image": (with_result(original_width=None), f"{FIRST}.original_width", 1),
    "brush of nonsense": (labelled(rle=[1, 2, 3], **RLE), f"{FIRST}.value.rle", 1),
    "brush of text": (labelled(rle="x", **RLE), f"{FIRST}.value.rle", 1),
    "brush that breaks off": (labelled(rle=[0, 0, 12, 128, 58, 53, 115, 224], **RLE), f"{FIRST}.value.rle", 1),
    "huge brush": (
        with_result(original_width=2**30, original_height=2**30, value={"rle": [0] * 99, **RLE}),
        f"{FIRST}.original_width",
        1,
    ),
    "our mark is a list": (with_result(meta={"checkdam": {"geometry": []}}), f"{FIRST}.meta.checkdam", 1),
    "NUL in a label": (labelled(rectanglelabels=["a\0"]), f"{FIRST}.value", 1),
    "half a surrogate pair": (text(labelled(rectanglelabels=["7777"]), "7777", "\\ud800"), f"{FIRST}.value", 1),
    "a track of a video": (labelled(sequence=[], x="gone", width="gone"), f"{FIRST}.value.x", 1),
    "no data": ([task("1.jpg"), {"data": 5, "annotations": []}], "[1].data", 1),
    "nothing in the data": ([task("1.jpg"), {"data": {"a": 5}, "annotations": []}], "[1].data", 1),
    "a number for a task": ([task("1.jpg"), 5], "[1]", 1),
    "climbing": ([task("1.jpg"), task("../2.jpg")], "[1].data", 1),
    "climbing backwards": ([task("1.jpg"), task("a\\..\\..\\2.jpg")], "[1].data", 1),
    "the same image twice": ([task("1.jpg"), task("1.jpg")], "[1]", 1),
    "broken off": (json.dumps([task("1.jpg"), task("2.jpg")])[:-90], "", 1),
    "deep": (text(labelled(x=7777), "7777", DEEP), "", 1),
    "not UTF-8": (json.dumps([task("1.jpg"), task("2.jpg")]).encode().replace(b"2.jpg", b"\xff.jpg"), "", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", TASKS)
def test_label_studio(tmp_path: Path, case: str) -> None:
    document, path, kept = TASKS[case]
    make(tmp_path, {"t.json": document, "1.jpg": ""})
    if case != "not UTF-8":
        assert detections(tmp_path)[0].format == "label-studio"
    try:
        _, _, annotations, problems = read_all(format_named("label-studio"), tmp_path)
    except InputError as error:
        annotations, problems = [], error.problems
    assert [problem.where for problem in problems] == [f"t.json#{path}" if path else "t.json"]
    assert all(problem.remedy and len(str(problem)) < 500 for problem in problems)
    assert len(annotations) == kept


def other(**fields: Any) -> dict[str, Any]:
    """A document of Datumaro whose first row of two is changed."""
    document = datum("1.jpg", boxes=2)
    rows = document["items"][0]["annotations"]
    rows[0] = {key: value for key, value in (rows[0] | fields).items() if value != "gone"}
    return document


def item(**fields: Any) -> dict[str, Any]:
    document = datum("1.jpg", "2.jpg")
    document["items"][0] |= fields
    return document


ROW = "items[0].annotations[0]"
DATUMARO: dict[str, tuple[Any, str, int]] = {
    "NaN": (text(other(bbox=[1, 2, 3, 7777]), "7777", "NaN"), f"{ROW}.bbox[3]", 1),
    "short box": (other(bbox=[1, 2]), f"{ROW}.bbox", 1),
    "no type": (other(type="gone"), f"{ROW}.type", 1),
    "type is a list": (other(type=[]), f"{ROW}.type", 1),
    "a type that is not read": (other(type="cuboid_3d"), f"{ROW}.type", 1),
    "odd polygon": (other(type="polygon", points=[1, 2, 3]), f"{ROW}.points", 1),
    "visibility": (other(type="points", points=[1, 2], visibility=[3]), f"{ROW}.visibility", 1),
    "visibility is unhashable": (other(type="points", points=[1, 2], visibility=[[]]), f"{ROW}.visibility", 1),
    "mask of nonsense": (other(type="mask", rle={"size": [2, 2], "counts": "\u0001"}), f"{ROW}.rle.counts", 1),
    "huge mask": (other(type="mask", rle={"size": [2**30, 2**30], "counts": "0"}), f"{ROW}.rle.size", 1),
    "mask that does not add up": (other(type="mask", rle={"size": [2, 2], "counts": "1"}), f"{ROW}.rle.counts", 1),
    "caption of a number": (other(type="caption", caption=5), f"{ROW}.caption", 1),
    "label is text": (other(label_id="cat"), f"{ROW}.label_id", 1),
    "attributes are a list": (other(attributes=[1]), ROW, 1),
    "our mark is a list": (other(checkdam=[]), f"{ROW}.checkdam", 1),
    "row is a number": (item(annotations=[5]), ROW, 1),
    "rows are text": (item(annotations="x"), "items[0].annotations", 1),
    "item without id": (item(id=None), "items[0].id", 1),
    "image is text": (item(image="x"), "items[0].image", 1),
    "size": (item(image={"path": "1.jpg", "size": [1]}), "items[0].image.size", 1),
    "climbing": (item(image={"path": "../../1.jpg"}), "items[0].image.path", 1),
    "a point cloud": (item(image=None, point_cloud={"path": "a.pcd"}), "items[0]", 1),
    "the same image twice": (datum("1.jpg", "1.jpg"), "items[1]", 1),
    "label given twice": (
        datum("1.jpg") | {"categories": {"label": {"labels": [{"name": "cat"}] * 2}}},
        "categories.label.labels[1].name",
        1,
    ),
    "labels are text": (datum("1.jpg") | {"categories": {"label": {"labels": "x"}}}, "categories.label.labels", 1),
    "bones": (
        datum("1.jpg") | {"categories": {"points": {"items": [{"label_id": 0, "labels": ["a"], "joints": [[1, 9]]}]}}},
        "categories.points.items[0].joints",
        1,
    ),
    "broken off": (json.dumps(datum("1.jpg", "2.jpg"))[:-60], "items[1]", 1),
    "deep": (text(other(bbox=7777), "7777", DEEP), "items[0]", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", DATUMARO)
def test_datumaro(tmp_path: Path, case: str) -> None:
    document, path, kept = DATUMARO[case]
    make(tmp_path, {"annotations/x.json": document, "images/x/1.jpg": ""})
    assert detections(tmp_path)[0].format == "datumaro"
    _, _, annotations, problems = read_all(format_named("datumaro"), tmp_path)
    assert [problem.where for problem in problems] == [f"annotations/x.json#{path}"]
    assert all(problem.remedy and len(str(problem)) < 500 for problem in problems)
    assert len(annotations) == kept


BOXES = "filename,class,xmin,ymin,xmax,ymax\n1.jpg,cat,1,2,4,6\n"
TABLES: dict[str, tuple[str | bytes, str, int]] = {
    "NaN": (BOXES + "2.jpg,cat,nan,2,4,6\n", "t.csv:3.xmin", 1),
    "infinity": (BOXES + "2.jpg,cat,1,2,inf,6\n", "t.csv:3.xmax", 1),
    "overflow": (BOXES + "2.jpg,cat,1,2,1e999,6\n", "t.csv:3.xmax", 1),
    "far corners": (BOXES + "2.jpg,cat,-1.7e308,2,1.7e308,6\n", "t.csv:3", 1),
    "endless number": (BOXES + f"2.jpg,cat,{'1' * 100_000},2,4,6\n", "t.csv:3.xmin", 1),
    "underscores": (BOXES + "2.jpg,cat,1_0,2,4,6\n", "t.csv:3.xmin", 1),
    "half a box": (BOXES + "2.jpg,cat,1,2,,\n", "t.csv:3.xmax", 1),
    "no class": (BOXES + "2.jpg,,1,2,4,6\n", "t.csv:3.label", 1),
    "few cells": (BOXES + "2.jpg,cat\n", "t.csv:3", 1),
    "many cells": (BOXES + "2.jpg,cat,1,2,4,6,7\n", "t.csv:3", 1),
    "no file": (BOXES + ",cat,1,2,4,6\n", "t.csv:3.file", 1),
    "climbing": (BOXES + "../2.jpg,cat,1,2,4,6\n", "t.csv:3.file", 1),
    "absolute": (BOXES + "/etc/passwd,cat,1,2,4,6\n", "t.csv:3.file", 1),
    "address": (BOXES + "http://x/2.jpg,cat,1,2,4,6\n", "t.csv:3.file", 1),
    "NUL": (BOXES + "2.jpg,c\0t,1,2,4,6\n", "t.csv:3.label", 1),
    "not UTF-8": (BOXES.encode() + b"2.jpg,c\xe9t,1,2,4,6\n3.jpg,cat,1,2,4,6\n", "t.csv:3", 2),
    "quotes not closed": (BOXES + '2.jpg,"cat,1,2,4,6\n3.jpg,cat,1,2,4,6\n', "t.csv:3", 1),
    "text after quotes": (BOXES + '2.jpg,"c"at,1,2,4,6\n', "t.csv:3", 1),
    "line ends of old": (BOXES + "2.jpg,c\rt,1,2,4,6\n", "t.csv:3", 1),
    "size": (BOXES.replace("class", "width,height,class").replace("cat", "x,-4,cat"), "t.csv:2.width", 0),
    "shape of nonsense": (
        "filename,label,geometry\n1.jpg,cat,\n2.jpg,cat,\"[\"\n", "t.csv:3.geometry", 1,
    ),
    "id given twice": ("filename,label,annotation_id\n1.jpg,cat,1\n1.jpg,dog,1\n", "t.csv:3.annotation_id", 2),
    "text given twice": ("id,text,label\na,b c,x\na,d e,y\n", "t.csv:3.id", 1),
    "neither 0 nor 1": ("filename,cat,dog\n" + "1.jpg,1,0\n" * 101 + "2.jpg,1,2\n", "t.csv:103.dog", 101),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_csv(tmp_path: Path, case: str) -> None:
    content, where, kept = TABLES[case]
    make(tmp_path, {"t.csv": content})
    assert detections(tmp_path)[0].format == "csv"
    _, _, annotations, problems = read_all(format_named("csv"), tmp_path)
    assert [problem.where for problem in problems] == [where]
    assert all(problem.remedy and len(str(problem)) < 500 for problem in problems)
    assert len(annotations) == kept


@settings(deadline=None, max_examples=300)
@given(data=st.data(), value=json_values)
def test_wrong_types_everywhere_in_label_studio(data: st.DataObject, value: Any) -> None:
    document: Any = [
        task(
            "1.jpg",
            {"x": 1, "y": 2, "width": 3, "height": 4, "rotation": 5, "rectanglelabels": ["a"]},
            {"x": 1, "y": 2, "radiusX": 3, "radiusY": 4, "ellipselabels": ["a"]},
            {"points": [[1, 2]], "closed": True, "polygonlabels": ["a"]},
            {"rle": [0, 0, 0, 4], "brushlabels": ["a"]},
            {"choices": ["a"]},
            {"text": ["a"]},
            {"taxonomy": [["a", "b"]]},
        ),
        {"data": {"text": "abc"}, "annotations": [{"result": [{"value": {"start": 0, "end": 1, "labels": ["x"]}}]}]},
        {"id": 1, "image": "3.jpg", "annotation_id": 1, "annotator": 1, "box": [{"x": 1, "y": 2, "labels": ["a"]}]},
    ]
    document[0]["meta"] = {"checkdam": {"name": "a.jpg", "kind": "image", "split": None, "width": 4, "metadata": {}}}
    document[0]["annotations"][0]["result"] += [{"type": "relation", "from_id": "r0", "to_id": "r1", "labels": ["x"]}]
    document[0]["annotations"][0]["result"][0]["meta"] = {"checkdam": {"box": {"type": "box", "x": 1}}, "text": ["x"]}
    *path, last = data.draw(st.sampled_from(places(document)[1:]))
    target = document
    for key in path:
        target = target[key]
    target[last] = value
    with tempfile.TemporaryDirectory() as folder:
        read_whatever("label-studio", make(Path(folder), {"t.json": document}))


@settings(deadline=None, max_examples=300)
@given(data=st.data(), value=json_values)
def test_wrong_types_everywhere_in_datumaro(data: st.DataObject, value: Any) -> None:
    rows = [
        {"type": "bbox", "bbox": [1, 2, 3, 4], "label_id": 0, "id": 1, "checkdam": {"box": {"type": "box", "x": 1}}},
        {"type": "points", "points": [1, 2], "visibility": [1], "group": 3, "attributes": {"a": [1]}},
        {"type": "mask", "rle": {"size": [2, 2], "counts": "13"}},
        {"type": "caption", "caption": "x", "object_id": 4},
    ]
    document: Any = datum("1.jpg", "2.jpg")
    document["items"][0] |= {"annotations": rows, "attr": {"a": 1}, "checkdam": {"numbered": True}}
    document["categories"]["points"] = {"items": [{"label_id": 0, "labels": ["a", "b"], "joints": [[1, 2]]}]}
    document["infos"] = {"checkdam": {"split": "x", "taxonomy": {"labels": [{"name": "cat"}]}}, "year": 1}
    *path, last = data.draw(st.sampled_from(places(document)[1:]))
    target = document
    for key in path:
        target = target[key]
    target[last] = value
    with tempfile.TemporaryDirectory() as folder:
        read_whatever("datumaro", make(Path(folder), {"annotations/x.json": document}))
