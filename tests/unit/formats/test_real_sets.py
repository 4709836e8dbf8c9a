"""The real datasets are read to the last row, and their counts are those of the plain script that counted them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from checkdam.formats import detect, detections, format_named
from checkdam.formats.coco.rle import decode_counts, encode_counts
from checkdam.schema import Annotation, Box, Item, Mask, Polygon, extent
from unit.formats.making import read_all


def boxes_of(annotations: list[Annotation]) -> list[Box]:
    return [annotation.geometry for annotation in annotations if isinstance(annotation.geometry, Box)]


def test_bccd(shared_data: Path, flaws: dict[str, Any]) -> None:
    root, counted = shared_data / "bccd", flaws["bccd"]
    assert detect(root).name == "voc"
    _, entries, annotations, problems = read_all(format_named("voc"), root)
    assert not problems
    assert len(entries) == counted["xml_files"] == 364
    assert len(annotations) == counted["box_flaws"]["boxes"] == 4888
    assert Counter(annotation.label for annotation in annotations) == counted["box_flaws"]["classes"]
    assert Counter(entry.item.split for entry in entries) == {"train": 205, "val": 87, "test": 72}
    assert all(entry.media and entry.media.is_file() for entry in entries)
    flat = {a.origin.file for a in annotations if a.origin and extent(a.geometry) and not boxes_of([a])[0].width}
    assert flat == {f"Annotations/{row[0]}" for row in counted["box_flaws"]["examples"]["zero_or_negative_area"]}


def test_vehicles(shared_data: Path, flaws: dict[str, Any]) -> None:
    root, counted = shared_data / "vehicles_openimages", flaws["vehicles_openimages"]["box_flaws"]
    assert detect(root).name == "yolo"
    taxonomy, entries, annotations, problems = read_all(format_named("yolo"), root)
    assert not problems
    assert (len(entries), len(annotations)) == (439, counted["boxes"]) == (439, 838)
    assert taxonomy.names() == ("Ambulance", "Bus", "Car", "Motorcycle", "Truck")
    assert Counter(annotation.label for annotation in annotations) == counted["classes"]
    assert {(entry.item.split, entry.item.width, entry.item.height) for entry in entries} == {("train", 416, 416)}
    boxes = boxes_of(annotations)
    edges = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes]
    assert sum(x1 < 0 or y1 < 0 or x2 > 416 or y2 > 416 for x1, y1, x2, y2 in edges) == counted["out_of_frame"]
    touching = sum(x1 <= 0 or y1 <= 0 or x2 >= 416 or y2 >= 416 for x1, y1, x2, y2 in edges)
    assert touching == counted["touches_or_crosses_frame"]
    by_place = {
        (a.origin.file, a.label, *(round(value, 4) for value in edge))
        for a, edge in zip(annotations, edges, strict=True)
        if a.origin
    }
    for file, *row in counted["examples"]["covers_gt_95pct_of_image"]:
        assert (file.removeprefix("vehicles_openimages/"), *row) in by_place


def test_coco(shared_data: Path, flaws: dict[str, Any]) -> None:
    root, counted = shared_data / "coco_val2014_100_pair", flaws["coco_val2014_100_pair"]["ground_truth"]
    assert detect(root).name == "coco"
    reason = detections(root)[0].reason
    assert "fakebbox100_results.json (detection results" in reason
    assert "fakesegm100_results.json (detection results" in reason
    taxonomy, entries, annotations, problems = read_all(format_named("coco"), root)
    assert not problems
    assert (len(entries), len(annotations), len(taxonomy.labels)) == (100, 839, 80)
    assert {entry.media for entry in entries} == {None}
    masks = [each for each in annotations if isinstance(each.geometry, Mask)]
    assert len(masks) == counted["annotation_flaws"]["rle"] == 9
    assert sum(each.attributes["iscrowd"] == 1 for each in annotations) == 9
    several = [each for each in annotations if isinstance(each.geometry, Polygon) and len(each.geometry.parts) > 1]
    assert len(several) == counted["annotation_flaws"]["multi_polygon"] == 75
    used = Counter(annotation.label for annotation in annotations)
    assert used == counted["box_flaws"]["classes"]
    assert sorted(set(taxonomy.names()) - set(used)) == counted["categories_without_annotation"]


def test_coco_comes_back_as_pycocotools_sees_it(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "coco_val2014_100_pair" / "instances_val2014_100.json"
    format_ = format_named("coco")
    taxonomy, entries, annotations, _ = read_all(format_, source)
    by_item: dict[str, list[Annotation]] = {entry.item.id: [] for entry in entries}
    for annotation in annotations:
        by_item[annotation.item_id].append(annotation)
    records = [(entry.item, by_item[entry.item.id]) for entry in entries]
    report = format_.write(tmp_path / "out", taxonomy, records, None)
    assert not report
    (written,) = (tmp_path / "out" / "annotations").glob("*.json")
    before, after = COCO(str(source)), COCO(str(written))
    assert after.cats == before.cats
    assert after.imgs == before.imgs
    assert after.anns.keys() == before.anns.keys()
    for key, old in before.anns.items():
        new = after.anns[key]
        assert {name: new[name] for name in old if name != "segmentation"} == {
            name: value for name, value in old.items() if name != "segmentation"
        }
        assert np.array_equal(after.annToMask(new), before.annToMask(old))
    again = read_all(format_, tmp_path / "out")
    assert [each.id for each in sorted(again[2], key=lambda each: each.id)] == sorted(each.id for each in annotations)


def test_compressed_masks_are_those_of_pycocotools(shared_data: Path) -> None:
    results = json.loads((shared_data / "coco_val2014_100_pair/instances_val2014_fakesegm100_results.json").read_text())
    for row in results:
        rle = row["segmentation"]
        counts = decode_counts(rle["counts"])
        height, width = rle["size"]
        assert sum(counts) == height * width
        assert encode_counts(counts) == rle["counts"]
        pixels = np.repeat(np.arange(len(counts)) % 2, counts).reshape(width, height).T
        assert np.array_equal(pixels, coco_mask.decode(rle))


def test_every_real_set_converts_to_every_image_format(shared_data: Path, tmp_path: Path) -> None:
    """Counts of items and boxes survive, whatever the report says is lost."""
    for name, root in (("voc", "bccd"), ("yolo", "vehicles_openimages"), ("coco", "coco_val2014_100_pair")):
        taxonomy, entries, annotations, _ = read_all(format_named(name), shared_data / root)
        media = {entry.item.id: entry.media for entry in entries}
        by_item: dict[str, list[Annotation]] = {entry.item.id: [] for entry in entries}
        for annotation in annotations:
            by_item[annotation.item_id].append(annotation)
        for other in {"voc", "yolo", "coco"} - ({"yolo"} if name == "coco" else set()):  # no images, so no YOLO

            def find(item: Item, media: dict[str, Path | None] = media) -> Path | None:
                return media[item.id]

            target = tmp_path / f"{root}_{other}"
            records = [(entry.item, by_item[entry.item.id]) for entry in entries]
            report = format_named(other).write(target, taxonomy, records, find if name != "coco" else None)
            assert detect(target).name == other
            _, again, boxes, problems = read_all(format_named(other), target)
            assert not problems, str(report)
            assert {entry.item.name for entry in again} == {entry.item.name for entry in entries}
            assert Counter(box.label for box in boxes) == Counter(annotation.label for annotation in annotations)
            if name != "coco":
                assert Counter(map(repr, boxes_of(boxes))) == Counter(map(repr, boxes_of(annotations)))
