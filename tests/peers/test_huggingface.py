"""What we write is read by `datasets`, and what it writes is read by us."""

import json
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from msgspec import structs
from PIL import Image

from checkdam.formats import format_named
from checkdam.schema import (
    Annotation,
    Box,
    Category,
    Item,
    Label,
    Polygon,
    Taxonomy,
    Transcript,
    annotation_id,
    item_id,
    ordinal_key,
)
from conftest import missing
from unit.formats.making import SOUND, picture, read_all

try:
    import datasets
except ImportError:
    datasets = None
    missing("datasets is not installed")


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def record(name: str, *geometries: Any, kind: str = "image", **fields: Any) -> tuple[Item, list[Annotation]]:
    identity = item_id(name)
    item = Item(id=identity, kind=kind, name=name, **fields)  # type: ignore[arg-type]
    marks = [
        Annotation(
            id=annotation_id(identity, ordinal_key(at)),
            item_id=identity,
            label={Transcript: "transcript"}.get(type(geometry), "cat"),
            geometry=geometry,
        )
        for at, geometry in enumerate(geometries)
    ]
    return item, marks


TAXONOMY = Taxonomy(labels=(Label(name="cat"),))
PICTURES = [
    record("a b/1.png", Category(), Box(0.1 + 0.2, 2.0, 3.0, 4.5), width=9, height=7),
    record("2.png", Category(), Box(1.0, 2.0, 3.0, 4.0), Polygon(((((0.0, 0.0), (3.0, 0.0), (3.0, 3.0)),),))),
    record("ü/3.png", Category()),
]


def test_imagefolder(tmp_path: Path) -> None:
    (tmp_path / "source.png").write_bytes(picture(9, 7))
    target = tmp_path / "out"
    report = format_named("imagefolder").write(target, TAXONOMY, PICTURES, lambda _: tmp_path / "source.png")
    assert not report
    loaded = datasets.load_dataset("imagefolder", data_dir=str(target), split="train")
    assert len(loaded) == 3
    assert [row["image"].size for row in loaded] == [(9, 7)] * 3
    assert [row["label"] for row in loaded] == ["cat"] * 3
    assert [(row["objects"] or {}).get("bbox") or [] for row in loaded] == [
        [[0.1 + 0.2, 2.0, 3.0, 4.5]],
        [[1.0, 2.0, 3.0, 4.0], None],
        [],
    ]


def test_audiofolder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # `datasets` asks for torchcodec before it looks whether there is anything to encode; of files it only keeps paths.
    for name in ("torchcodec", "torchcodec.encoders"):
        monkeypatch.setitem(sys.modules, name, mock.MagicMock())
    (tmp_path / "source.wav").write_bytes(SOUND)
    sounds = [record(f"{at}.wav", Transcript(f"text {at}"), kind="audio") for at in range(3)]
    target = tmp_path / "out"
    assert not format_named("imagefolder").write(target, Taxonomy(), sounds, lambda _: tmp_path / "source.wav")
    loaded = datasets.load_dataset("audiofolder", data_dir=str(target), split="train")
    plain = loaded.cast_column("audio", datasets.Audio(decode=False))
    assert [Path(row["audio"]["path"]).name for row in plain] == ["0.wav", "1.wav", "2.wav"]
    assert [row["text"] for row in plain] == ["text 0", "text 1", "text 2"]


def test_parquet(tmp_path: Path) -> None:
    splits = ("train", "val", "train")
    records = [
        (structs.replace(item, split=split), marks) for (item, marks), split in zip(PICTURES, splits, strict=True)
    ]
    assert not format_named("parquet").write(tmp_path / "out", TAXONOMY, records, None)
    loaded = datasets.load_dataset("parquet", data_dir=str(tmp_path / "out"))
    assert {name: len(rows) for name, rows in loaded.items()} == {"train": 2, "validation": 1}
    first = loaded["train"][0]
    assert (first["name"], first["split"], first["label"], first["width"]) == ("a b/1.png", "train", "cat", 9)
    assert [each["bbox"] for each in first["objects"]] == [[0.1 + 0.2, 2.0, 3.0, 4.5]]
    shapes = [each["geometry"] for each in loaded["validation"][0]["objects"]]
    assert shapes[0] == ""
    assert json.loads(shapes[1])["type"] == "polygon"


def test_a_table_that_datasets_wrote(tmp_path: Path) -> None:
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "label": datasets.ClassLabel(names=["cat", "dog"]),
            "objects": {
                "bbox": datasets.List(datasets.List(datasets.Value("float32"))),
                "category": datasets.List(datasets.ClassLabel(names=["x", "y"])),
            },
        }
    )
    made = datasets.Dataset.from_dict(
        {
            "image": [Image.new("RGB", (4, 3)), Image.new("RGB", (5, 3))],
            "label": ["dog", "cat"],
            "objects": [{"bbox": [[1, 2, 3, 4.5]], "category": ["y"]}, {"bbox": [], "category": []}],
        },
        features=features,
    )
    made.to_parquet(str(tmp_path / "out" / "train-00000-of-00001.parquet"))
    taxonomy, entries, annotations, problems = read_all(format_named("parquet"), tmp_path / "out")
    assert not problems
    assert taxonomy.names() == ("cat", "dog", "x", "y")
    assert all(entry.content and entry.content.startswith(b"\x89PNG") for entry in entries)
    assert [(each.label, each.geometry) for each in annotations] == [
        ("dog", Category()),
        ("y", Box(1, 2, 3, 4.5)),
        ("cat", Category()),
    ]


def test_folders_of_classes_are_the_same_to_both(tmp_path: Path) -> None:
    for name in ("train/cat/1.png", "train/dog/2.png", "test/cat/3.png"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(4, 3))
    loaded = datasets.load_dataset("imagefolder", data_dir=str(tmp_path / "in"))
    theirs = {(split, rows.features["label"].int2str(row["label"])) for split, rows in loaded.items() for row in rows}
    _, entries, annotations, problems = read_all(format_named("imagefolder"), tmp_path / "in")
    assert not problems
    splits = {entry.item.id: entry.item.split for entry in entries}
    assert {(splits[each.item_id], each.label) for each in annotations} == theirs
