"""Datumaro reads what is written, and what it writes is read."""

from pathlib import Path

import numpy as np
import pytest

from checkdam.formats import Record, detections, format_named
from checkdam.schema import (
    Annotation,
    Box,
    Category,
    Geometry,
    Item,
    Keypoint,
    Keypoints,
    Label,
    Mask,
    Polygon,
    Polyline,
    Problems,
    RotatedBox,
    Skeleton,
    Taxonomy,
    Transcript,
    annotation_id,
    item_id,
    ordinal_key,
)
from checkdam.schema.geometry import corners
from conftest import missing
from unit.formats.making import picture, read_all

try:
    import datumaro as dm
    from datumaro.components.media import Image
except ImportError as error:  # pragma: no cover
    missing(f"datumaro is not there: {error}")

RING = ((1.0, 2.0), (9.0, 2.0), (9.0, 8.5))
OTHER = ((11.0, 2.0), (19.0, 2.0), (19.0, 8.5))
GEOMETRIES: list[Geometry] = [
    Box(1.5, 2, 3, 4.25),
    Polygon(((RING,),)),
    Polygon(((RING,), (OTHER,))),
    Polyline(RING),
    RotatedBox(10, 8, 6, 2, 30),
    Keypoints((Keypoint(1, 2, 2), Keypoint(3, 4, 1), Keypoint(0, 0, 0))),
    Mask(20, 40, (3, 5, 792)),
    Category(),
    Transcript("a cat"),
]


def record(name: str, split: str | None, geometries: list[Geometry]) -> Record:
    identity = item_id(name)
    item = Item(id=identity, kind="image", name=name, width=40, height=20, split=split, metadata={"weather": "rain"})
    return item, [
        Annotation(
            id=annotation_id(identity, ordinal_key(at)),
            item_id=identity,
            label="cat" if at % 2 else "dog",
            geometry=geometry,
            attributes={"occluded": True, "z_order": 3},
        )
        for at, geometry in enumerate(geometries)
    ]


def test_it_reads_what_is_written(tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    source.write_bytes(picture(40, 20))
    taxonomy = Taxonomy(
        labels=(Label(name="dog", skeleton=Skeleton(("a", "b", "c"), ((0, 1),))), Label(name="cat", parent="dog"))
    )
    records = [
        record("a/1.png", "train", GEOMETRIES),
        record("2.png", "val", []),
        record("3.png", None, GEOMETRIES[:1]),
    ]
    report = format_named("datumaro").write(tmp_path / "out", taxonomy, records, lambda _: source)
    assert not report, str(report)
    dataset = dm.Dataset.import_from(str(tmp_path / "out"), "datumaro")
    items = {(item.subset, item.id): item for item in dataset}
    assert set(items) == {("train", "a/1"), ("val", "2"), ("default", "3")}
    labels = [(label.name, label.parent) for label in dataset.categories()[dm.AnnotationType.label].items]
    assert labels == [("dog", ""), ("cat", "dog")]
    (joints,) = dataset.categories()[dm.AnnotationType.points].items.values()
    assert (joints.labels, joints.joints) == (["a", "b", "c"], {(1, 2)})
    item = items["train", "a/1"]
    assert item.media_as(Image).data.shape[:2] == (20, 40)
    assert item.attributes["weather"] == "rain"
    by_type: dict[str, list[dm.Annotation]] = {}
    for each in item.annotations:
        by_type.setdefault(each.type.name, []).append(each)
    (box,) = by_type["bbox"]
    assert (box.get_bbox(), box.label, box.z_order, box.attributes) == ([1.5, 2, 3, 4.25], 0, 3, {"occluded": True})
    polygons = [each.points for each in by_type["polygon"]]
    flat = [[value for point in ring for value in point] for ring in (RING, RING, OTHER)]
    turned = [value for point in corners(RotatedBox(10, 8, 6, 2, 30)) for value in point]
    assert polygons[:3] == flat
    assert polygons[3] == pytest.approx(turned, abs=0.01)  # it keeps two digits
    assert len({each.group for each in by_type["polygon"][1:3]}) == 1
    (joint,) = by_type["points"]
    assert [each.value for each in joint.visibility] == [2, 1, 0]
    (mask,) = by_type["mask"]
    pixels = np.zeros(800, dtype=bool)
    pixels[3:8] = True
    assert np.array_equal(mask.image.astype(bool), pixels.reshape(40, 20).T)
    assert by_type["caption"][0].caption == "a cat"
    assert len(by_type["label"]) == 1


def test_what_it_writes_is_read(tmp_path: Path) -> None:
    mask = np.zeros((20, 40), dtype=np.uint8)
    mask[3:8, 10:12] = 1
    item = dm.DatasetItem(
        id="sub/1",
        subset="train",
        media=Image.from_numpy(data=np.zeros((20, 40, 3), dtype=np.uint8), ext=".png"),
        attributes={"weather": "rain"},
        annotations=[
            dm.Bbox(1.5, 2, 3, 4.25, label=1, id=7, group=2, attributes={"occluded": True}, z_order=1),
            dm.Polygon([1, 2, 9, 2, 9, 8.5], label=0),
            dm.PolyLine([1, 2, 9, 2], label=0),
            dm.Points([1, 2, 3, 4], [2, 1], label=0),
            dm.Mask(mask, label=1),
            dm.Ellipse(1, 2, 5, 8, label=0),
            dm.Label(1),
            dm.Caption("a cat"),
        ],
    )
    bare = dm.DatasetItem(id="2", subset="val", media=Image.from_numpy(data=np.zeros((5, 7, 3), dtype=np.uint8)))
    dataset = dm.Dataset.from_iterable([item, bare], categories=["dog", "cat"])
    dataset.export(str(tmp_path / "theirs"), "datumaro", save_media=True)
    assert detections(tmp_path / "theirs")[0].format == "datumaro"
    taxonomy, entries, annotations, problems = read_all(format_named("datumaro"), tmp_path / "theirs")
    assert [str(problem) for problem in problems] == []
    assert taxonomy.names() == ("dog", "cat")
    assert {(entry.item.split, entry.media is not None) for entry in entries} == {("train", True), ("val", True)}
    train = next(entry.item for entry in entries if entry.item.split == "train")
    assert (train.width, train.height, train.metadata, train.source_id) == (40, 20, {"weather": "rain"}, "sub/1")
    runs = [(each.label, each.geometry) for each in annotations]
    assert runs[:4] == [
        ("cat", Box(1.5, 2, 3, 4.25)),
        ("dog", Polygon(((RING,),))),
        ("dog", Polyline(RING[:2])),
        ("dog", Keypoints((Keypoint(1, 2, 2), Keypoint(3, 4, 1)))),
    ]
    assert annotations[0].attributes == {"occluded": True, "group": 2, "z_order": 1}
    assert annotations[0].source_id == "7"
    assert isinstance(runs[4][1], Mask)
    assert np.array_equal(np.repeat(np.arange(len(runs[4][1].counts)) % 2, runs[4][1].counts).reshape(40, 20).T, mask)
    assert runs[5:] == [("dog", Box(1, 2, 4, 6)), ("cat", Category()), ("caption", Transcript("a cat"))]
    assert annotations[5].attributes == {"shape": "ellipse"}


def test_what_it_makes_of_a_real_set_is_the_same(shared_data: Path, tmp_path: Path) -> None:
    """COCO read by both, and Datumaro's own file of it read by us."""
    source = shared_data / "coco_val2014_100_pair" / "instances_val2014_100.json"
    for folder in ("annotations", "images/val2014"):
        (tmp_path / "coco" / folder).mkdir(parents=True)
    (tmp_path / "coco" / "annotations" / "instances_val2014.json").write_bytes(source.read_bytes())
    dm.Dataset.import_from(str(tmp_path / "coco"), "coco_instances").export(str(tmp_path / "theirs"), "datumaro")
    theirs = read_all(format_named("datumaro"), tmp_path / "theirs")
    ours = read_all(format_named("coco"), source)
    assert not theirs[3]
    assert len(theirs[1]) == len(ours[1]) == 100
    assert {label.name for label in ours[0].labels} <= set(theirs[0].names())
    boxed = [each for each in theirs[2] if isinstance(each.geometry, Mask | Polygon | Box)]
    labels = {each.source_id: each.label for each in ours[2]}
    assert {each.attributes.get("id", each.source_id) for each in boxed} <= set(labels)
    assert all(labels[each.source_id or ""] == each.label for each in boxed)
    assert not list(Problems())
