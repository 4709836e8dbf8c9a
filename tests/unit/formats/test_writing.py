"""Writing is whole or not at all, stays in its folder, and the registry has one door."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from checkdam import formats
from checkdam.formats import Record, format_named
from checkdam.schema import Annotation, Box, InputError, Item, Label, StorageError, Taxonomy, annotation_id, item_id
from unit.formats.making import coco, make, picture, read_all

NAMES = ["coco", "voc", "yolo", "jsonl"]
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


@pytest.mark.parametrize("name", ["coco", "voc", "yolo"])
@pytest.mark.parametrize(
    "item", ["../1.jpg", "/etc/1.jpg", "a/../../1.jpg", "C:/1.jpg", "a\\1.jpg", "a//1.jpg", "a\n.jpg"]
)
def test_no_item_is_written_outside(tmp_path: Path, name: str, item: str) -> None:
    picture_file = tmp_path / "source.png"
    picture_file.write_bytes(picture(40, 20))
    with pytest.raises(InputError):
        format_named(name).write(tmp_path / "out", TAXONOMY, [record(item)], lambda _: picture_file)
    assert list(tmp_path.iterdir()) == [picture_file]


@pytest.mark.parametrize("name", ["coco", "voc", "yolo"])
def test_missing_media_is_a_loss(tmp_path: Path, name: str) -> None:
    report = format_named(name).write(tmp_path / "out", TAXONOMY, [record("1.jpg")], lambda _: None)
    assert report.losses["media files that are missing"].count == 1


@pytest.mark.parametrize("split", ["../../x", "a/b", "CON", "."])
@pytest.mark.parametrize("name", ["coco", "voc", "yolo"])
def test_splits_are_no_paths(tmp_path: Path, name: str, split: str) -> None:
    picture_file = tmp_path / "source.png"
    picture_file.write_bytes(picture(40, 20))
    format_named(name).write(tmp_path / "out", TAXONOMY, [record("1.jpg", split=split)], lambda _: picture_file)
    assert {path.name for path in tmp_path.iterdir()} == {"out", "source.png"}
    assert read_all(format_named(name), tmp_path / "out")[1][0].item.split == split


def test_items_of_another_kind_are_a_loss(tmp_path: Path) -> None:
    for name in NAMES:
        kind = "image" if name == "jsonl" else "audio"
        report = format_named(name).write(tmp_path / name, TAXONOMY, [record("1", kind)], None)
        assert any("items that are no" in what for what in report.losses)


def test_a_plugin_enters_by_the_same_door(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(type(format_named("coco"))):  # type: ignore[misc]
        name = "mine"

    class Entry:
        value = "somebody.formats"

    module = ModuleType("somebody.formats")
    module.FORMAT = Mine()  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "somebody.formats", module)
    monkeypatch.setattr(formats, "entry_points", lambda group: [Entry()] if group == "checkdam.formats" else [])
    formats.formats.cache_clear()
    try:
        assert list(formats.formats()) == ["coco", "jsonl", "mine", "voc", "yolo"]
    finally:
        formats.formats.cache_clear()


def test_reading_without_a_place_for_problems_raises_them_all(tmp_path: Path) -> None:
    document = coco("1.jpg", "2.jpg")
    for row in document["annotations"]:
        row["bbox"] = "x"
    make(tmp_path, {"x.json": document})
    with pytest.raises(InputError) as caught:
        list(formats.read(tmp_path))
    assert caught.value.problems.count == 2
