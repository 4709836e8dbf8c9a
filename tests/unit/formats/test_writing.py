"""Writing is whole or not at all, stays in its folder, and the registry has one door."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from checkdam import formats
from checkdam.formats import MediaSource, Record, format_named
from checkdam.schema import (
    Annotation,
    Box,
    Category,
    InputError,
    Item,
    Label,
    Span,
    StorageError,
    Taxonomy,
    annotation_id,
    item_id,
)
from unit.formats.making import coco, make, picture, read_all

NAMES = [
    "coco",
    "coco-results",
    "csv",
    "cvat",
    "datumaro",
    "imagefolder",
    "label-studio",
    "parquet",
    "voc",
    "yolo",
    "jsonl",
]
TAXONOMY = Taxonomy(labels=(Label(name="cat"),))


def record(name: str, kind: str = "image", split: str | None = None) -> Record:
    identity = item_id(name)
    item = Item(id=identity, kind=kind, name=name, text="a", width=40, height=20, split=split)  # type: ignore[arg-type]
    box = Annotation(id=annotation_id(identity, "0"), item_id=identity, label="cat", geometry=Box(1, 2, 3, 4))
    return item, [box] if kind == "image" else []


@pytest.mark.parametrize("name", NAMES)
def test_what_fails_leaves_nothing(tmp_path: Path, name: str) -> None:
    def failing() -> Iterator[Record]:
        yield record("1.jpg", "text" if name == "jsonl" else "image")
        raise RuntimeError("the source failed")

    with pytest.raises(RuntimeError):
        format_named(name).write(tmp_path / "a" / "out", TAXONOMY, failing(), None)
    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_target_is_new_or_empty(tmp_path: Path, name: str) -> None:
    target = tmp_path / "out"
    target.mkdir()
    format_named(name).write(target, TAXONOMY, [], None)
    before = sorted(target.rglob("*"))
    assert before
    with pytest.raises(InputError, match="not an empty folder"):
        format_named(name).write(target, TAXONOMY, [], None)
    assert sorted(target.rglob("*")) == before
    with pytest.raises((InputError, StorageError)):
        format_named(name).write(next(path for path in before if path.is_file()) / "x", TAXONOMY, [], None)
    taxonomy, entries, annotations, problems = read_all(format_named(name), target)
    assert (entries, annotations, list(problems)) == ([], [], [])
    assert taxonomy.names() == ("cat",)


@pytest.mark.parametrize("name", [each for each in NAMES if each != "jsonl"])
@pytest.mark.parametrize(
    "item", ["../1.jpg", "/etc/1.jpg", "a/../../1.jpg", "C:/1.jpg", "a\\1.jpg", "a//1.jpg", "a\n.jpg"]
)
def test_no_item_is_written_outside(tmp_path: Path, name: str, item: str) -> None:
    picture_file = tmp_path / "source.png"
    picture_file.write_bytes(picture(40, 20))
    with pytest.raises(InputError):
        format_named(name).write(tmp_path / "out", TAXONOMY, [record(item)], lambda _: picture_file)
    assert list(tmp_path.iterdir()) == [picture_file]


@pytest.mark.parametrize("name", [each for each in NAMES if each != "jsonl"])
def test_missing_media_is_a_loss(tmp_path: Path, name: str) -> None:
    report = format_named(name).write(tmp_path / "out", TAXONOMY, [record("1.jpg")], lambda _: None)
    assert report.losses["media files that are missing"].count == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_report_counts_what_was_written(tmp_path: Path, name: str) -> None:
    kind = "text" if name == "jsonl" else "image"
    (item, _), other = record("a/1.jpg", kind), record("2.jpg", "image" if name == "jsonl" else "text")
    held = Category() if name == "jsonl" else Box(1, 2, 3, 4)
    marks = [
        Annotation(id=annotation_id(item.id, str(at)), item_id=item.id, label="cat", geometry=geometry)
        for at, geometry in enumerate((held, Box(1, 2, 3, 4) if name == "jsonl" else Span(0, 1), held))
    ]
    report = format_named(name).write(tmp_path / "out", TAXONOMY, [(item, marks), other], None)
    texts_too = {"csv": (2, 3), "label-studio": (2, 2), "parquet": (2, 3), "imagefolder": (1, 3)}
    written = texts_too.get(name, (1, 2))
    assert (report.items, report.annotations) == written
    _, entries, annotations, _ = read_all(format_named(name), tmp_path / "out")
    assert (len(entries), len(annotations)) == written


@pytest.mark.parametrize("source", [None, lambda _: None])
def test_yolo_without_its_images_can_be_read_again(tmp_path: Path, source: MediaSource | None) -> None:
    yolo = format_named("yolo")
    records = [record("a/1.jpg", split="train"), record("images/2.jpg"), record("3.jpg", split="val")]
    records = [(msgspec.structs.replace(item, text=None), boxes) for item, boxes in records]
    unsized = msgspec.structs.replace(record("4.jpg")[0], text=None, width=None, height=None)
    report = yolo.write(tmp_path / "out", TAXONOMY, [*records, (unsized, [])], source)
    assert set(report.losses) == ({"media files that are missing"} if source else set())
    _, entries, annotations, problems = read_all(yolo, tmp_path / "out")
    assert [str(problem) for problem in problems] == []
    got = {entry.item.name: msgspec.structs.replace(entry.item, origin=None) for entry in entries}
    assert got == {item.name: item for item in [*(item for item, _ in records), unsized]}
    assert {one.item_id: one.geometry for one in annotations} == {item.id: Box(1, 2, 3, 4) for item, _ in records}
    assert all(entry.media is None for entry in entries)
    places = yolo.places(tmp_path / "out", [got["a/1.jpg"]])[got["a/1.jpg"].id]
    assert {place.file for place in places} == {"a/1.txt", "train.txt", "missing.txt"}
    (tmp_path / "out" / "a" / "1.jpg").write_bytes(picture(40, 20))
    _, entries, _, problems = read_all(yolo, tmp_path / "out")
    assert [entry.item.name for entry in entries if entry.media] == ["a/1.jpg"]
    assert not problems


def test_yolo_asks_for_no_size_where_there_are_no_boxes(tmp_path: Path) -> None:
    make(tmp_path, {"1.jpg": "broken", "1.txt": "\n", "2.jpg": picture(4, 4), "2.txt": "0 .5 .5 .2 .2\n"})
    _, entries, _, problems = read_all(format_named("yolo"), tmp_path)
    assert (len(entries), len(problems)) == (2, 0)
    make(tmp_path, {"1.txt": "0 .5 .5 .2 .2\n"})
    assert len(read_all(format_named("yolo"), tmp_path)[3]) == 1


@pytest.mark.parametrize("line", ["9 - a.jpg", "9 9 ../a.jpg", "99999999999 1 a.jpg", "9 9 a.txt", "9 9 .a.jpg", "x"])
def test_yolo_lists_of_missing_images_are_checked(tmp_path: Path, line: str) -> None:
    mark = "names: [cat]\ncheckdam: {splits: {}, missing: m.txt}\n"
    make(tmp_path, {"data.yaml": mark, "m.txt": f"{line}\n- - b.jpg\n"})
    _, entries, _, problems = read_all(format_named("yolo"), tmp_path)
    assert [problem.where for problem in problems] == ["m.txt:1"]
    assert [entry.item.name for entry in entries] == ["b.jpg"]


@pytest.mark.parametrize(
    "path",
    [
        *(("voc", "coco"), ("cvat", "coco"), ("coco", "cvat"), ("yolo", "coco"), ("coco", "coco")),
        *((each, "coco") for each in ("csv", "datumaro", "label-studio")),
        *(("coco", each) for each in ("csv", "datumaro", "label-studio")),
    ],
)
def test_what_has_no_id_has_the_same_in_every_format(tmp_path: Path, path: tuple[str, str]) -> None:
    first, second = map(format_named, path)
    picture_file = tmp_path / "source.png"
    picture_file.write_bytes(picture(40, 20))
    records = [record(name) for name in ("1.jpg", "2.jpg")]
    first.write(tmp_path / "a", TAXONOMY, records, lambda _: picture_file)
    taxonomy, entries, annotations, _ = read_all(first, tmp_path / "a")
    again = [(entry.item, [one for one in annotations if one.item_id == entry.item.id]) for entry in entries]
    second.write(tmp_path / "b", taxonomy, again, lambda _: picture_file)
    _, others, same, _ = read_all(second, tmp_path / "b")
    assert len(annotations) == 2
    assert {(one.id, one.source_id) for one in same} == {(one.id, None) for one in annotations}
    assert {entry.item.source_id for entry in others} == {None}


def test_an_id_of_the_source_is_no_ordinal(tmp_path: Path) -> None:
    document = coco("1.jpg")
    document["annotations"][0]["id"] = 0
    make(tmp_path / "own", {"a.json": document})
    del document["annotations"][0]["id"]
    make(tmp_path / "none", {"a.json": document})
    own, none = (read_all(format_named("coco"), tmp_path / each)[2][0] for each in ("own", "none"))
    assert own.id == annotation_id(own.item_id, "id:0")
    assert none.id == annotation_id(own.item_id, "n:0")


def test_a_text_without_an_id_is_the_same_once_written(tmp_path: Path) -> None:
    make(tmp_path / "a", {"data.jsonl": '{"text": "a", "label": "x"}\n{"text": "b", "id": "own", "label": "x"}\n'})
    jsonl = format_named("jsonl")
    taxonomy, entries, annotations, _ = read_all(jsonl, tmp_path / "a")
    records = [(entry.item, [one for one in annotations if one.item_id == entry.item.id]) for entry in entries]
    assert not jsonl.write(tmp_path / "b", taxonomy, records, None)
    again = read_all(jsonl, tmp_path / "b")
    plain = [[msgspec.structs.replace(entry.item, origin=None) for entry in each] for each in (entries, again[1])]
    assert plain[0] == plain[1]
    assert [item.source_id for item in plain[0]] == [None, "own"]


@pytest.mark.parametrize("split", ["../../x", "a/b", "CON", "."])
@pytest.mark.parametrize("name", [each for each in NAMES if each != "jsonl"])
def test_splits_are_no_paths(tmp_path: Path, name: str, split: str) -> None:
    picture_file = tmp_path / "source.png"
    picture_file.write_bytes(picture(40, 20))
    format_named(name).write(tmp_path / "out", TAXONOMY, [record("1.jpg", split=split)], lambda _: picture_file)
    assert {path.name for path in tmp_path.iterdir()} == {"out", "source.png"}
    assert read_all(format_named(name), tmp_path / "out")[1][0].item.split == split


def test_items_of_another_kind_are_a_loss(tmp_path: Path) -> None:
    for name in set(NAMES) - {"csv", "label-studio", "imagefolder", "parquet"}:  # which hold every kind
        kind = "image" if name == "jsonl" else "audio"
        report = format_named(name).write(tmp_path / name, TAXONOMY, [record("1", kind)], None)
        assert any("items that are no" in what for what in report.losses)


def test_reading_without_a_place_for_problems_raises_them_all(tmp_path: Path) -> None:
    document = coco("1.jpg", "2.jpg")
    for row in document["annotations"]:
        row["bbox"] = "x"
    make(tmp_path, {"x.json": document})
    with pytest.raises(InputError) as caught:
        list(formats.read(tmp_path))
    assert caught.value.problems.count == 2
