"""What Label Studio's files mean: places, texts, answers, annotators, media."""

import json
import math
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checkdam.formats import detections, format_named
from checkdam.guard import DEFAULT_LIMITS
from checkdam.schema import (
    Annotation,
    AudioSegment,
    Box,
    Category,
    Item,
    Keypoint,
    Keypoints,
    MultiCategory,
    Polygon,
    Polyline,
    Problems,
    RotatedBox,
    Span,
    Transcript,
)
from checkdam.schema.geometry import corners
from unit.formats.making import make, read_all, task

FORMAT = format_named("label-studio")


def read(root: Path, *tasks: dict[str, Any]) -> tuple[list[Item], list[Annotation]]:
    make(root, {"t.json": list(tasks)})
    _, entries, annotations, problems = read_all(FORMAT, root)
    assert [str(problem) for problem in problems] == []
    return [entry.item for entry in entries], annotations


@pytest.mark.parametrize("angle", [30, 90, 200, 315])
def test_a_rectangle_is_turned_about_its_corner_in_pixels(tmp_path: Path, angle: int) -> None:
    """On an image that is no square: percent of x and of y differ in scale."""
    value = {"x": 50, "y": 25, "width": 20, "height": 30, "rotation": angle, "rectanglelabels": ["cat"]}
    _, (one,) = read(tmp_path, task("1.jpg", value, size=(200, 100)))
    assert isinstance(one.geometry, RotatedBox)
    assert (one.geometry.width, one.geometry.height, one.geometry.angle) == (40, 30, angle)
    first, second, _, last = corners(one.geometry)
    assert first == pytest.approx((100, 25))
    turn = math.radians(angle)
    assert second == pytest.approx((100 + 40 * math.cos(turn), 25 + 40 * math.sin(turn)))
    assert last == pytest.approx((100 - 30 * math.sin(turn), 25 + 30 * math.cos(turn)))


def test_shapes(tmp_path: Path) -> None:
    values = [
        {"x": 10, "y": 20, "width": 30, "height": 40, "rectanglelabels": ["a", "b"]},
        {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "rotation": 0, "ellipselabels": ["a"]},
        {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "rotation": 45, "ellipselabels": ["a"]},
        {"points": [[0, 0], [50, 0], [50, 50]], "polygonlabels": ["a"]},
        {"points": [[0, 0], [50, 0]], "closed": False, "polygonlabels": ["a"]},
        {"x": 25, "y": 50, "width": 1.5, "keypointlabels": ["nose"]},
    ]
    _, annotations = read(tmp_path, task("1.jpg", *values))
    assert [each.geometry for each in annotations] == [
        Box(4, 4, 12, 8),
        Box(16, 6, 8, 8),
        RotatedBox(20, 10, 8, 8, 45),
        Polygon(((((0, 0), (20, 0), (20, 10)),),)),
        Polyline(((0, 0), (20, 0))),
        Keypoints((Keypoint(10, 10, 2),)),
    ]
    assert annotations[0].attributes["labels"] == ("a", "b")
    assert [each.attributes.get("shape") for each in annotations[1:3]] == ["ellipse", "ellipse"]
    assert annotations[5].label == "nose"


def test_results_that_share_an_id_are_one_part(tmp_path: Path) -> None:
    place = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}
    one = task("1.jpg")
    sizes = {"original_width": 40, "original_height": 20}
    one["annotations"][0]["result"] = [
        {"id": "a", "type": "rectangle", "from_name": "rect", "value": place, **sizes},
        {"id": "a", "type": "labels", "from_name": "label", "value": place | {"labels": ["cat"]}, **sizes},
        {"id": "a", "type": "choices", "from_name": "breed", "value": place | {"choices": ["siam"]}, **sizes},
        {"id": "a", "type": "rating", "from_name": "sure", "value": place | {"rating": 4}, **sizes},
        {
            "id": "b",
            "type": "rectanglelabels",
            "from_name": "x",
            "value": place | {"rectanglelabels": ["dog"]},
            **sizes,
        },
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["near"]},
    ]
    _, (first, second) = read(tmp_path, one)
    assert (first.label, first.source_id, first.geometry) == ("cat", "a", Box(4, 4, 12, 8))
    assert (first.attributes["breed"], first.attributes["rating"]) == ("siam", 4)
    assert first.attributes["relations"] == ('{"to": "b", "direction": "right", "labels": ["near"]}',)
    assert second.label == "dog"
    assert first.origin is not None
    assert str(first.origin) == "t.json#[0].annotations[0].result[0]"
    after = json.loads(FORMAT.patch(tmp_path / "t.json", [edit_of(first)]))
    assert [each["id"] for each in after[0]["annotations"][0]["result"]] == ["b"]


def edit_of(annotation: Annotation) -> Any:
    from checkdam.formats import PatchEdit

    assert annotation.origin is not None
    return PatchEdit(at=annotation.origin.at, array=annotation.origin.array)


EMOJI = "a 😀 cat 👩‍🚀 dog"


@pytest.mark.parametrize("units", ["code points", "utf-16"])
def test_offsets_of_texts(tmp_path: Path, units: str) -> None:
    """Code points are what Label Studio writes; where the quoted text says UTF-16, it is believed."""
    start = EMOJI.index("dog")
    shift = len(EMOJI[:start].encode("utf-16-le")) // 2 - start if units == "utf-16" else 0
    value = {"start": start + shift, "end": start + 3 + shift, "text": "dog", "labels": ["animal"]}
    one = {"data": {"text": EMOJI}, "annotations": [{"result": [{"type": "labels", "value": value}]}]}
    _, (span,) = read(tmp_path, one)
    assert span.geometry == Span(start, start + 3)
    del value["text"]
    _, (span,) = read(tmp_path, one)
    assert span.geometry == Span(start + shift, start + 3 + shift)


def test_answers_texts_and_sounds(tmp_path: Path) -> None:
    def results(*values: dict[str, Any]) -> list[dict[str, Any]]:
        kinds = ("choices", "taxonomy", "text", "labels", "rating")
        names = {"text": "textarea"}
        return [
            {
                "type": (kind := next(each for each in kinds if each in value)) and names.get(kind, kind),
                "from_name": "q",
                "value": value,
            }
            for value in values
        ]

    said = results({"choices": ["a"]}, {"choices": ["a", "b"]}, {"taxonomy": [["x", "y"]]}, {"text": ["hello"]})
    rated = results({"rating": 4})
    heard = results({"start": 0.25, "end": 1.5, "channel": 1, "labels": ["speech"]})
    _, annotations = read(
        tmp_path,
        {"id": 1, "data": {"text": "x"}, "annotations": [{"result": said + rated}]},
        {"id": 2, "data": {"audio": "/data/upload/1/0123abcd-a.wav"}, "annotations": [{"result": heard}]},
    )
    assert [(each.label, each.geometry) for each in annotations] == [
        ("a", Category()),
        ("q", MultiCategory(("a", "b"))),
        ("x/y", Category()),
        ("q", Transcript("hello")),
        ("q", Category()),
        ("speech", AudioSegment(0.25, 1.5)),
    ]
    assert annotations[4].attributes["rating"] == 4
    assert annotations[5].attributes["channel"] == 1


def test_annotators_cancelled_annotations_and_predictions(tmp_path: Path) -> None:
    one = task("1.jpg")
    (first,) = one["annotations"]
    first |= {"completed_by": {"id": 3, "email": "ada@example.org"}, "ground_truth": True}
    second = {"id": 2, "completed_by": 5, "result": first["result"]}
    one["annotations"] = [first, second, {"id": 3, "was_cancelled": True, "result": first["result"]}]
    one["predictions"] = [{"result": first["result"]}]
    items, annotations = read(tmp_path, one, {"data": {"image": "2.jpg"}, "annotations": []})
    assert [each.attributes["completed_by"] for each in annotations] == ["ada@example.org", 5]
    assert annotations[0].attributes["ground_truth"] is True
    assert len({each.id for each in annotations}) == 2
    assert items[0].metadata == {"cancelled_annotations": 1, "predictions": 1}
    assert (items[0].width, items[0].height, items[0].source_id) == (40, 20, "7")
    assert (items[1].width, items[1].height, items[1].metadata) == (None, None, {})


@pytest.mark.parametrize(
    ("reference", "file", "name"),
    [
        ("/data/local-files/?d=set/a%20b/1.jpg", "a b/1.jpg", "a b/1.jpg"),
        ("/data/upload/3/0a1b2c3d-1.jpg", "1.jpg", "1.jpg"),
        ("/data/upload/3/0a1b2c3d-1.jpg", "images/0a1b2c3d-1.jpg", "images/0a1b2c3d-1.jpg"),
        ("s3://bucket/deep/1.jpg", "deep/1.jpg", "deep/1.jpg"),
        ("https://example.org/x/1.jpg?token=5", "pictures/1.jpg", "pictures/1.jpg"),
        ("s3://bucket/deep/1.jpg", None, "bucket/deep/1.jpg"),
        ("gs://bucket/deep/1.jpg", None, "bucket/deep/1.jpg"),
        ("sub/1.jpg", None, "sub/1.jpg"),
    ],
)
def test_media_are_found_beside_and_never_fetched(tmp_path: Path, reference: str, file: str | None, name: str) -> None:
    make(
        tmp_path, {"t.json": [{"data": {"photo": reference, "n": 1}, "annotations": []}]} | ({file: ""} if file else {})
    )
    _, (entry,), _, problems = read_all(FORMAT, tmp_path)
    assert not problems
    assert (entry.item.name, entry.media is not None) == (name, file is not None)
    assert entry.item.metadata == {"n": 1}


def test_sizes_come_from_the_image_where_results_have_none(tmp_path: Path) -> None:
    one = task("1.jpg")
    del one["annotations"][0]["result"][0]["original_width"]
    make(tmp_path, {"1.jpg": ""})
    items, (box,) = read(tmp_path, one)
    assert items[0].width is None
    assert box.geometry == Box(1, 2, 3, 4)


def test_other_exports(tmp_path: Path) -> None:
    box = {"x": 2.5, "y": 10, "width": 7.5, "height": 20, "original_width": 40, "original_height": 20}
    small = {
        "id": 1,
        "image": "1.jpg",
        "n": 5,
        "annotation_id": 3,
        "annotator": 4,
        "b": [box | {"rectanglelabels": ["a"]}],
    }
    small |= {"q": "yes", "many": {"choices": ["x", "y"]}}
    config = (
        '<View><Image name="i" value="$image"/><Choices name="q" toName="i"><Choice value="no"/><Choice value="yes"/>'
        '</Choices><RectangleLabels name="b" toName="i"><Label value="a" background="#ff0000"/>'
        "</RectangleLabels></View>"
    )
    whole = {
        "id": 5,
        "result": task("2.jpg")["annotations"][0]["result"],
        "task": {"id": 9, "data": {"image": "2.jpg"}},
    }
    layouts: dict[str, dict[str, Any]] = {
        "min": {"t.json": [small], "config.xml": config},
        "one": {"a.json": task("1.jpg"), "b.json": task("2.jpg")},
        "lines": {"t.jsonl": json.dumps(task("1.jpg")) + "\n\n" + json.dumps(task("2.jpg"))},
        "storage": {"5.json": whole},
    }
    found = {}
    for name, files in layouts.items():
        make(tmp_path / name, files)
        assert detections(tmp_path / name)[0].format == "label-studio"
        taxonomy, entries, annotations, problems = read_all(FORMAT, tmp_path / name)
        assert not problems
        found[name] = taxonomy, entries, annotations
    taxonomy, entries, annotations = found["min"]
    assert [(label.name, label.color) for label in taxonomy.labels] == [("no", None), ("yes", None), ("a", "#ff0000")]
    assert [(each.label, each.geometry) for each in annotations] == [
        ("a", Box(1, 2, 3, 4)),
        ("yes", Category()),
        ("many", MultiCategory(("x", "y"))),
    ]
    assert str(annotations[0].origin) == "t.json#[0].b[0]"
    assert entries[0].item.metadata == {"n": 5}
    assert [str(each.origin) for each in found["one"][2]] == [
        "a.json#annotations[0].result[0]",
        "b.json#annotations[0].result[0]",
    ]
    assert [str(each.origin) for each in found["lines"][2]] == [
        "t.jsonl#1.annotations[0].result[0]",
        "t.jsonl#3.annotations[0].result[0]",
    ]
    assert str(found["storage"][2][0].origin) == "5.json#result[0]"
    for name in ("one", "lines", "storage"):
        last = found[name][2][-1]
        assert last.origin is not None
        path = tmp_path / name / last.origin.file
        path.write_bytes(FORMAT.patch(path, [edit_of(last)]))
        assert len(read_all(FORMAT, tmp_path / name)[2]) == len(found[name][2]) - 1


def test_a_part_that_was_moved_since_is_read_where_it_is(tmp_path: Path) -> None:
    """What our writer keeps for exactness does not outlive a change in Label Studio."""
    items, annotations = read(tmp_path / "a", task("1.jpg", size=(37, 19)))
    odd = msgspec.structs.replace(annotations[0], geometry=RotatedBox(1 / 3, 2 / 3, 7.1, 3.3, 12.3))
    FORMAT.write(tmp_path / "b", read_all(FORMAT, tmp_path / "a")[0], [(items[0], [odd])], None)
    path = tmp_path / "b" / "tasks.json"
    assert read_all(FORMAT, path)[2][0].geometry == odd.geometry
    tasks = json.loads(path.read_text())
    result = tasks[0]["annotations"][0]["result"][0]
    assert result["meta"]["checkdam"]["geometry"]
    result["value"]["x"] += 10
    path.write_text(json.dumps(tasks))
    moved = read_all(FORMAT, path)[2][0].geometry
    assert isinstance(moved, RotatedBox)
    assert moved.center_x == pytest.approx(1 / 3 + 3.7)


@pytest.mark.slow
def test_memory_is_flat_in_the_number_of_tasks(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.json"
        with path.open("w") as out:
            out.write("[")
            for at in range(count):
                out.write(("," if at else "") + json.dumps(task("a/1.jpg") | {"data": {"image": f"{at}.jpg"}}))
            out.write("]")
        tracemalloc.start()
        problems = Problems()
        read = sum(isinstance(event, Annotation) for event in FORMAT.read(path, problems, DEFAULT_LIMITS))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (read, problems.count) == (count, 0)
        return most

    few, more = peak(2_000), peak(10_000)
    assert more - few < 8_000 * 600, "more than the name of each item is kept"
