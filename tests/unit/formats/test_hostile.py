"""Whatever lies in a folder, reading it ends soon, with problems and the good rows, and never with a traceback."""

import json
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.formats import detections, format_named
from checkdam.guard import DEFAULT_LIMITS
from checkdam.schema import CheckdamError, InputError, Problems
from unit.formats.making import SOUND, coco, cvat, datum, make, picture, read_all, sorted_events, task, xml


def mask(attributes: str) -> str:
    return cvat("1.jpg").replace("<box", f"<mask {attributes}").replace("</box>", "</mask>")


def table() -> bytes:
    """A small table of ours."""
    stream = BytesIO()
    columns = {
        "file_name": ["1.jpg", "2.jpg"],
        "label": ["a", "b"],
        "objects": [[{"bbox": [1.0, 2.0, 3.0, 4.0], "categories": "x"}], []],
    }
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


TABLE = table()
BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><annotation>&b;</annotation>'
EXTERNAL = '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>'
GOOD_XML = xml("1.jpg")
YOLO = {"1.jpg": picture(40, 20), "data.yaml": "names: [cat]"}


def row(**changes: Any) -> dict[str, Any]:
    """A COCO document with two rows, the first of them changed."""
    document = coco("1.jpg", "2.jpg")
    document["annotations"][0] |= changes
    return document


def text(document: Any, old: str, new: str) -> str:
    written = json.dumps(document)
    assert old in written
    return written.replace(old, new, 1)


DEEP = "[" * 100_000 + "]" * 100_000
COCO: dict[str, tuple[Any, str, int]] = {
    "NaN": (text(row(bbox=[1, 2, 3, 7777]), "7777", "NaN"), "annotations[0].bbox[3]", 1),
    "infinity": (text(row(bbox=[1, 2, 3, 7777]), "7777", "-Infinity"), "annotations[0].bbox[3]", 1),
    "overflow": (text(row(bbox=[1, 2, 3, 7777]), "7777", "1e999"), "annotations[0].bbox[3]", 1),
    "huge integer": (text(row(bbox=[1, 2, 3, 7777]), "7777", "9" * 10_000), "annotations[0].bbox[3]", 1),
    "text for a number": (row(bbox=[1, "2", 3, 4]), "annotations[0].bbox[1]", 1),
    "truth for a number": (row(bbox=[1, True, 3, 4]), "annotations[0].bbox[1]", 1),
    "short box": (row(bbox=[1, 2, 3]), "annotations[0].bbox", 1),
    "box is an object": (row(bbox={"x": 1}), "annotations[0].bbox", 1),
    "no shape": (row(bbox=None), "annotations[0]", 1),
    "odd polygon": (row(segmentation=[[1, 2, 3]]), "annotations[0].segmentation[0]", 1),
    "mask that does not add up": (
        row(segmentation={"size": [2, 2], "counts": [1, 2]}),
        "annotations[0].segmentation.counts",
        1,
    ),
    "huge mask": (
        row(segmentation={"size": [2**30, 2**30], "counts": [2**60]}),
        "annotations[0].segmentation.size",
        1,
    ),
    "mask of nonsense": (
        row(segmentation={"size": [2, 2], "counts": "ÿ\u0001"}),
        "annotations[0].segmentation.counts",
        1,
    ),
    "endless run length": (
        row(segmentation={"size": [2, 2], "counts": "o" * 1000}),
        "annotations[0].segmentation.counts",
        1,
    ),
    "joints": (row(keypoints=[1, 2]), "annotations[0].keypoints", 1),
    "visibility": (row(keypoints=[1, 2, 3]), "annotations[0].keypoints[2]", 1),
    "unknown image": (row(image_id=77), "annotations[0].image_id", 1),
    "no category": (row(category_id=None), "annotations[0].category_id", 1),
    "category is a list": (row(category_id=[]), "annotations[0].category_id", 1),
    "id given twice": (row(id=2), "annotations[1].id", 2),
    "huge id": (row(id=2**70), "annotations[0].id", 1),
    "NUL in an attribute": (row(note="a\0"), "annotations[0].note", 1),
    "half a surrogate pair": (text(row(note="7777"), "7777", "\\ud800"), "annotations[0].note", 1),
    "row is a number": (coco("1.jpg") | {"annotations": [5]}, "annotations[0]", 0),
    "annotations are text": (coco("1.jpg") | {"annotations": "x"}, "annotations", 0),
    "images are null": (coco("1.jpg") | {"images": None}, "images", 0),
    "info is a list": (coco("1.jpg") | {"info": [1]}, "info", 1),
    "license without id": (coco("1.jpg") | {"licenses": [{}]}, "licenses[0].id", 1),
    "category without name": (coco("1.jpg") | {"categories": [{"id": 3}]}, "categories[0].name", 1),
    "category given twice": (
        coco("1.jpg") | {"categories": [{"id": 3, "name": "cat"}] * 2},
        "categories[1].id",
        1,
    ),
    "bones": (
        coco("1.jpg") | {"categories": [{"id": 3, "name": "cat", "keypoints": ["a"], "skeleton": [[0, 9]]}]},
        "categories[0].skeleton",
        1,
    ),
    "climbing": (coco("../1.jpg", "2.jpg"), "images[0].file_name", 1),
    "absolute": (coco("/etc/passwd", "2.jpg"), "images[0].file_name", 1),
    "drive": (coco("C:\\x\\1.jpg", "2.jpg"), "images[0].file_name", 1),
    "climbing backwards": (coco("a\\..\\..\\1.jpg", "2.jpg"), "images[0].file_name", 1),
    "NUL in a name": (coco("1\0.jpg", "2.jpg"), "images[0].file_name", 1),
    "address": (coco("http://x/1.jpg", "2.jpg"), "images[0].file_name", 1),
    "no name": (coco("", "2.jpg"), "images[0].file_name", 1),
    "image given twice": (coco("1.jpg", "1.jpg"), "images[1].file_name", 2),
    "broken off": (json.dumps(coco("1.jpg", "2.jpg"))[:-100], "annotations[1]", 1),
    "broken off early": (json.dumps(coco("1.jpg"))[:50], "images[0]", 0),
    "comma missing": (text(row(), '"iscrowd": 0}, {', '"iscrowd": 0} {'), "annotations[1]", 1),
    "deep": (text(row(x=7777), "7777", DEEP), "annotations[0]", 0),
    "deep and balanced elsewhere": (text(coco("1.jpg") | {"x": 7777}, "7777", DEEP), "x", 1),
    "not UTF-8": (json.dumps(coco("1.jpg", "2.jpg")).encode().replace(b"2.jpg", b"\xff\xfe.jpg"), "images[0]", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", COCO)
def test_coco(tmp_path: Path, case: str) -> None:
    document, path, kept = COCO[case]
    make(tmp_path, {"x.json": document, "1.jpg": "", "2.jpg": ""})
    assert detections(tmp_path)[0].format == "coco"
    _, _, annotations, problems = read_all(format_named("coco"), tmp_path)
    assert f"x.json#{path}" in [problem.where for problem in problems]
    assert all(problem.remedy and len(str(problem)) < 500 for problem in problems)
    assert len(annotations) == kept


VOC: dict[str, tuple[str | bytes, str, int]] = {
    "entities": (BOMB, "1.xml:1", 0),
    "external entity": (EXTERNAL, "1.xml:1", 0),
    "deep": ("<annotation>" + "<a>" * 1000, "1.xml:1", 0),
    "empty": ("", "1.xml:1", 0),
    "other root": ("<html></html>", "1.xml:1", 0),
    "broken off": (GOOD_XML[:-20], "1.xml:3", 0),
    "wrong encoding": ('<?xml version="1.0" encoding="gb2312"?>' + GOOD_XML, "1.xml:1", 0),
    "unknown encoding": ('<?xml version="1.0" encoding="no-such"?>' + GOOD_XML, "1.xml:1", 0),
    "not UTF-8": (GOOD_XML.encode().replace(b"cat", b"c\xfft"), "1.xml:3", 0),
    "NUL": (GOOD_XML.replace("cat", "c\0t"), "1.xml:3", 0),
    "NaN": (GOOD_XML.replace("4.5", "NaN"), "1.xml:3", 0),
    "infinity": (GOOD_XML.replace("4.5", "1e999"), "1.xml:3", 0),
    "endless number": (GOOD_XML.replace("4.5", "1" * 100_000), "1.xml:3", 0),
    "underscores": (GOOD_XML.replace("4.5", "1_0"), "1.xml:3", 0),
    "no corner": (GOOD_XML.replace("xmax", "xmay"), "1.xml:3", 0),
    "no name": (GOOD_XML.replace("cat", ""), "1.xml:3", 0),
    "huge exponent": (GOOD_XML.replace("4.5", "1e-99999999999999999999"), "", 1),
    "climbing": (xml("../../etc/passwd"), "1.xml:1", 0),
    "absolute": (xml("/etc/passwd"), "1.xml:1", 0),
    "size": (GOOD_XML.replace("<object>", "<size><width>-4</width><height>x</height></size><object>"), "1.xml", 1),
}


@pytest.mark.parametrize("case", VOC)
def test_voc(tmp_path: Path, case: str) -> None:
    content, where, kept = VOC[case]
    make(tmp_path, {"1.xml": content, "1.jpg": "", "2.xml": xml("2.jpg"), "2.jpg": ""})
    _, _, annotations, problems = read_all(format_named("voc"), tmp_path)
    assert [problem.where for problem in problems][:1] == ([where] if where else [])
    assert all(len(str(problem)) < 500 for problem in problems)
    assert len(annotations) == kept + 1


def test_parts_of_many_objects_take_no_square_of_the_time(tmp_path: Path) -> None:
    """Half a megabyte of them once took twenty seconds."""
    make(tmp_path, {"1.xml": "<annotation>" + "<object><part/></object>" * 40_000 + "</annotation>", "1.jpg": ""})
    begin = time.process_time()
    read_all(format_named("voc"), tmp_path)
    assert time.process_time() - begin < 10


def test_all_that_is_wrong_with_a_voc_object_is_told(tmp_path: Path) -> None:
    both = GOOD_XML.replace("<name>cat</name>", "").replace("xmin", "xmix").replace("4.5", "1e400")
    make(tmp_path, {"1.xml": both, "1.jpg": ""})
    (problem,) = read_all(format_named("voc"), tmp_path)[3]
    for each in ("name is missing", "bndbox.xmin is missing", "'1e400', not a finite number"):
        assert each in problem.what
    assert "name the object's class; give all four corners; give a number" in problem.remedy


GOOD_CVAT = cvat("1.jpg")
POLYGON = GOOD_CVAT.replace("<box", "<polygon points='1;2'").replace("box>", "polygon>")
TWICE = "<meta><task><labels>" + "<label><name>cat</name></label>" * 2 + "</labels></task></meta><image"
CVAT: dict[str, tuple[str | bytes, str, int]] = {
    "entities": (BOMB.replace("annotation", "annotations"), "1.xml:1", 0),
    "external entity": (EXTERNAL.replace("annotation", "annotations"), "1.xml:1", 0),
    "deep": ("<annotations><image id='0' name='1.jpg'>" + "<a>" * 1000, "1.xml:1", 0),
    "broken off": (GOOD_CVAT[:-20], "1.xml:4", 1),
    "wrong encoding": ('<?xml version="1.0" encoding="gb2312"?>' + GOOD_CVAT, "1.xml:1", 0),
    "unknown encoding": ('<?xml version="1.0" encoding="no-such"?>' + GOOD_CVAT, "1.xml:1", 0),
    "not UTF-8": (GOOD_CVAT.encode().replace(b"cat", b"c\xfft"), "1.xml:3", 0),
    "NUL": (GOOD_CVAT.replace("cat", "c\0t"), "1.xml:3", 0),
    "NaN": (GOOD_CVAT.replace("4.5", "NaN"), "1.xml:3", 0),
    "infinity": (GOOD_CVAT.replace("4.5", "1e999"), "1.xml:3", 0),
    "endless number": (GOOD_CVAT.replace("4.5", "1" * 100_000), "1.xml:3", 0),
    "no corner": (GOOD_CVAT.replace("xbr", "xbx"), "1.xml:3", 0),
    "no label": (GOOD_CVAT.replace("cat", ""), "1.xml:3", 0),
    "a shape that is none": (GOOD_CVAT.replace("box", "circle"), "1.xml:3", 0),
    "points without comma": (POLYGON, "1.xml:3", 0),
    "no points": (POLYGON.replace("1;2", ""), "1.xml:3", 0),
    "mask outside": (mask("left='39' top='0' width='2' height='1' rle='2'"), "1.xml:3", 0),
    "mask that does not add up": (mask("left='0' top='0' width='2' height='2' rle='1, 2'"), "1.xml:3", 0),
    "negative run": (mask("left='0' top='0' width='2' height='2' rle='5, -1'"), "1.xml:3", 0),
    "mask of nonsense": (mask("left='0' top='x' width='2' height='2' rle='a'"), "1.xml:3", 0),
    "huge mask": (
        mask("left='0' top='0' width='1' height='1' rle='1'").replace('"40"', '"999999"').replace('"20"', '"999999"'),
        "1.xml:3",
        0,
    ),
    "joint without point": (
        GOOD_CVAT.replace("<box", "<skeleton").replace("</box>", "<points label='a'/></skeleton>"), "1.xml:3", 0,
    ),
    "climbing": (cvat("../../etc/passwd"), "1.xml:2", 0),
    "absolute": (cvat("/etc/passwd"), "1.xml:2", 0),
    "no name": (cvat(""), "1.xml:2", 0),
    "given twice": (cvat("2.jpg"), "2.xml:2", 1),
    "size": (GOOD_CVAT.replace('"40"', '"-4"').replace('"20"', '"x"'), "1.xml:2", 1),
    "labels given twice": (GOOD_CVAT.replace("<image", TWICE), "1.xml", 1),
}  # fmt: skip


@pytest.mark.parametrize("case", CVAT)
def test_cvat(tmp_path: Path, case: str) -> None:
    content, where, kept = CVAT[case]
    make(tmp_path, {"1.xml": content, "1.jpg": "", "2.xml": cvat("2.jpg"), "2.jpg": ""})
    assert detections(tmp_path)[0].format == "cvat"
    _, _, annotations, problems = read_all(format_named("cvat"), tmp_path)
    assert [problem.where for problem in problems][:1] == [where]
    assert all(problem.remedy and len(str(problem)) < 500 for problem in problems)
    assert len(annotations) == kept + (case != "given twice")


def test_one_element_of_cvat_may_not_be_endless(tmp_path: Path) -> None:
    limits = replace(DEFAULT_LIMITS, document_bytes=100_000)
    for long in ("<box label='", "<box><attribute name='a'>", "<polygon>" + "<attribute name='a'>b</attribute>" * 9000):
        make(tmp_path, {"1.xml": f"<annotations><image id='0' name='1.jpg'>{long}" + "x" * 200_000})
        problems = Problems()
        sorted_events(format_named("cvat").read(tmp_path, problems, limits))
        assert "more than 100,000 bytes" in str(next(iter(problems)))


YOLO_LINES: dict[str, tuple[str | bytes, str, int]] = {
    "NaN": ("0 nan .5 .5 .5\n0 .5 .5 .5 .5", "1.txt:1", 1),
    "infinity": ("0 inf .5 .5 .5\n0 .5 .5 .5 .5", "1.txt:1", 1),
    "overflow": ("0 1e308 .5 .5 1e400\n0 .5 .5 .5 .5", "1.txt:1", 1),
    "text": ("cat .5 .5 .5 .5\n0 .5 .5 .5 .5", "1.txt:1", 1),
    "negative class": ("-1 .5 .5 .5 .5\n0 .5 .5 .5 .5", "1.txt:1", 1),
    "half class": ("0.5 .5 .5 .5 .5\n0 .5 .5 .5 .5", "1.txt:1", 1),
    "few fields": ("0 .5\n0 .5 .5 .5 .5", "1.txt:1", 1),
    "commas": ("0,.5,.5,.5,.5\n0 .5 .5 .5 .5", "1.txt:1", 1),
    "other digits": ("0 ٠.٥ .5 .5 .5\n0 .5 .5 .5 .5", "1.txt:1", 1),
    "endless number": ("0 " + "1" * 100_000 + " .5 .5 .5\n0 .5 .5 .5 .5", "1.txt:1", 1),
    "not UTF-8": (b"0 .5 .5 .5 .5\n\xff\xfe", "1.txt", 0),
    "byte-order mark": (b"\xef\xbb\xbf0 .5 .5 .5 .5\r\n", "", 1),
}


@pytest.mark.parametrize("case", YOLO_LINES)
def test_yolo(tmp_path: Path, case: str) -> None:
    content, where, kept = YOLO_LINES[case]
    make(tmp_path, {**YOLO, "1.txt": content})
    _, _, annotations, problems = read_all(format_named("yolo"), tmp_path)
    assert [problem.where for problem in problems] == ([where] if where else [])
    assert len(annotations) == kept


MERGED = "a: &a {x: 1}\n" + "".join(f"{b}: &{b} {{<<: [*{a}, *{a}]}}\n" for a, b in zip("abcd", "bcde", strict=True))


@pytest.mark.parametrize(
    "config",
    [
        MERGED + "names: [cat]",
        "names: " + "[" * 5000,
        "names: !!python/object/apply:os.system [x]",
        "names: 5",
        "names: {x: cat, 0: [1]}",
        "names: [cat, cat]",
        "train: ../../etc\nnames: [cat]\nkpt_shape: x",
        "train: a/../../etc\nnames: [cat]",
        'names: ["\\0"]',
        b"\xff\xfe\x00",
        "names: [a\n: b",
    ],
)
def test_yolo_configurations(tmp_path: Path, config: str | bytes) -> None:
    make(tmp_path, {**YOLO, "data.yaml": config, "1.txt": "0 .5 .5 .5 .5"})
    _, entries, annotations, problems = read_all(format_named("yolo"), tmp_path)
    assert (len(entries), len(annotations)) == (1, 1)
    assert problems or config.startswith(("train: ../..", "names: !!")) if isinstance(config, str) else problems


JSONL: dict[str, tuple[str | bytes, str]] = {
    "no JSON": ("{", "d.jsonl:1"),
    "a list": ("[1]", "d.jsonl:1"),
    "NaN": ('{"text": "a", "x": NaN}', "d.jsonl:1"),
    "no text": ('{"x": 1}', "d.jsonl:1.text"),
    "text is a number": ('{"text": 5}', "d.jsonl:1.text"),
    "NUL": ('{"text": "a\\u0000"}', "d.jsonl:1.text"),
    "half a surrogate pair": ('{"text": "\\ud800"}', "d.jsonl:1"),
    "deep": ('{"text": ' + DEEP + "}", "d.jsonl:1"),
    "not UTF-8": (b'{"text": "\xff"}', "d.jsonl:1"),
    "id given twice": ('{"text": "b", "id": "good"}', "d.jsonl:2.id"),
    "label is an object without label": ('{"text": "a", "label": {}}', "d.jsonl:1.label.label"),
    "span is a number": ('{"text": "a", "spans": [1]}', "d.jsonl:1.spans[0]"),
    "span of text": ('{"text": "a", "spans": [["0", 1, "x"]]}', "d.jsonl:1.spans[0]"),
    "spans are an object": ('{"text": "a", "spans": {"start": 0}}', "d.jsonl:1.spans.end"),
    "metadata is a list": ('{"text": "a", "metadata": [1]}', "d.jsonl:1.metadata"),
    "huge number": ('{"text": "a", "x": ' + "9" * 5000 + "}", "d.jsonl:1"),
}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"id": 1}', "is missing"),
        ('{"text": "a\\ud800"}', "holds half of a surrogate pair, \\ud800"),
        ('{"text": "a\\ud800b"}', "holds half of a surrogate pair, \\ud800"),
        ('{"text": "a\\udc00"}', "holds half of a surrogate pair, \\udc00"),
        ('{"text": "a", "x": 1e400}', "holds a number that is too large"),
    ],
)
def test_jsonl_says_plainly_what_is_wrong(tmp_path: Path, line: str, what: str) -> None:
    make(tmp_path, {"d.jsonl": '{"text": "good"}\n' + line})
    (problem,) = read_all(format_named("jsonl"), tmp_path)[3]
    assert problem.where.startswith("d.jsonl:2")
    assert problem.what == what


@pytest.mark.parametrize("case", JSONL)
def test_jsonl(tmp_path: Path, case: str) -> None:
    content, where = JSONL[case]
    line = content if isinstance(content, bytes) else content.encode()
    make(tmp_path, {"d.jsonl": line + b'\n{"id": "good", "text": "good", "label": "x"}\n'})
    _, entries, annotations, problems = read_all(format_named("jsonl"), tmp_path)
    wheres = [problem.where for problem in problems]
    assert len(wheres) == 1
    assert wheres[0].startswith(where.rsplit(":", 1)[0] if case == "huge number" else where)
    assert any(entry.item.text in ("good", "b") for entry in entries)
    assert len(annotations) <= 1


def test_a_long_line_is_refused(tmp_path: Path) -> None:
    make(tmp_path, {"d.jsonl": '{"text": "a"}\n{"text": "' + "x" * 5000 + '"}\n'})
    problems = Problems()
    events = format_named("jsonl").read(tmp_path, problems, replace(DEFAULT_LIMITS, document_bytes=1000))
    assert len(sorted_events(events)[1]) == 1
    assert "line 2 is longer" in str(next(iter(problems)))


@pytest.mark.parametrize(
    ("name", "files", "link"),
    [
        ("voc", {"Annotations/1.xml": GOOD_XML}, "JPEGImages/1.jpg"),
        ("cvat", {"annotations.xml": cvat("1.jpg")}, "images/1.jpg"),
        ("coco-results", {"x.json": coco("1.jpg"), "r.json": '[{"image_id": 1}]'}, "1.jpg"),
        ("yolo", {"images/2.jpg": "", "labels/2.txt": "0 .5 .5 .5 .5"}, "images/1.jpg"),
        ("coco", {"x.json": coco("1.jpg")}, "1.jpg"),
        ("jsonl", {"a.jsonl": '{"text": "a"}'}, "b.jsonl"),
        ("label-studio", {"t.json": [task("1.jpg")]}, "1.jpg"),
        ("datumaro", {"annotations/x.json": datum("1.jpg")}, "images/1.jpg"),
        ("csv", {"t.csv": "filename,label\n1.jpg,cat\n"}, "1.jpg"),
        ("imagefolder", {"metadata.jsonl": '{"file_name": "1.jpg"}'}, "1.jpg"),
        ("imagefolder", {"cat/1.jpg": "", "dog/1.jpg": ""}, "cat/2.jpg"),
        ("conll", {"a.conll": "a O\n"}, "b.conll"),
        ("audio", {"m.jsonl": '{"audio_filepath": "1.wav", "text": "a"}'}, "1.wav"),
        ("ljspeech", {"metadata.csv": "1|a\n"}, "wavs/1.wav"),
        ("parquet", {"a.parquet": TABLE}, "b.parquet"),
    ],
)
def test_links_that_lead_outside_are_told_and_not_followed(
    tmp_path: Path, name: str, files: dict[str, Any], link: str
) -> None:
    root = make(tmp_path / "root", files)
    (tmp_path / "secret").write_bytes(picture(4, 4))
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(tmp_path / "secret")
    _, entries, _, problems = read_all(format_named(name), root)
    assert link in [problem.where for problem in problems]
    assert not any(entry.media and entry.media.resolve() == tmp_path / "secret" for entry in entries)


def test_links_to_folders_and_loops_end(tmp_path: Path) -> None:
    root = make(tmp_path / "root", {"images/1.jpg": "", "labels/1.txt": "0 .5 .5 .5 .5"})
    (root / "images" / "loop").symlink_to(root)
    (root / "away").symlink_to("/etc")
    _, entries, _, problems = read_all(format_named("yolo"), root)
    assert [entry.item.name for entry in entries] == ["images/1.jpg"]
    assert [problem.where for problem in problems] == ["away"]


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    make(tmp_path, {"1.jpg": "", "1.txt": "0 .5 .5 .5 .5"})
    for name in ("2.jpg", "2.txt", "a.json", "a.xml", "a.jsonl", "data.yaml"):
        os.mkfifo(tmp_path / name)
    assert [claim.format for claim in detections(tmp_path)] == ["yolo"]
    assert len(read_all(format_named("yolo"), tmp_path)[1]) == 1
    for name in ("a.json", "a.jsonl"):
        with pytest.raises(InputError):
            list(format_named("coco").read(tmp_path / name, Problems(), DEFAULT_LIMITS))


def test_names_that_are_no_unicode_are_told(tmp_path: Path) -> None:
    make(tmp_path, {"1.jpg": "", "1.txt": "0 .5 .5 .5 .5"})
    (tmp_path / os.fsdecode(b"\xff.jpg")).write_bytes(picture(4, 4))
    _, entries, _, problems = read_all(format_named("yolo"), tmp_path)
    assert len(entries) == 1
    assert [problem.where for problem in problems] == ["\\udcff.jpg"]


SEEDS: dict[str, dict[str, Any]] = {
    "coco": {"x.json": coco("1.jpg", "2.jpg"), "1.jpg": picture(40, 20)},
    "voc": {"1.xml": GOOD_XML, "1.jpg": picture(40, 20), "labelmap.txt": "cat:1,2,3::\n"},
    "imagefolder": {
        "metadata.jsonl": '{"file_name": "1.jpg", "label": "x", "objects": {"bbox": [[1, 2, 3, 4]], "categories": [2], '
        '"geometry": ["{\\"type\\": \\"span\\", \\"start\\": 1, \\"end\\": 2}"]}}\n'
        '{"file_name": "2.jpg", "text": "b"}\n',
        "1.jpg": picture(40, 20),
    },
    "conll": {"d.conll": "-DOCSTART- O\n\na B-X\nb I-X\n\nc O\n", "d.conll.items.jsonl": '{"id": "a"}\n{}\n'},
    "audio": {"m.jsonl": '{"audio_filepath": "1.wav", "text": "b", "offset": 1, "duration": 2.5}\n', "1.wav": SOUND},
    "ljspeech": {"metadata.csv": "1|a|b\n2|c\n", "wavs/1.wav": SOUND},
    "parquet": {"a.parquet": TABLE},
    "croissant": {"a.parquet": TABLE, "croissant.json": '{"conformsTo": "http://mlcommons.org/croissant/1.0"}'},
    "coco-results": {
        "gt.json": coco("1.jpg"),
        "r.json": '[{"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 0.5}]',
    },
    "cvat": {"a.xml": cvat("1.jpg", shapes=2), "1.jpg": picture(40, 20)},
    "yolo": {**YOLO, "1.txt": "0 .5 .5 .5 .5\n0 .1 .1 .1 .1\n"},
    "label-studio": {
        "t.json": [task("1.jpg"), task("2.jpg", {"points": [[1, 2], [3, 4]], "polygonlabels": ["a"]})],
        "config.xml": '<View><Image name="image" value="$image"/><Labels name="label" toName="image"/></View>',
    },
    "datumaro": {"annotations/x.json": datum("1.jpg", "2.jpg"), "images/x/1.jpg": picture(40, 20)},
    "csv": {"t.csv": "filename,class,xmin,ymin,xmax,ymax\n1.jpg,cat,1,2,4,6\n", "1.jpg": picture(40, 20)},
    "jsonl": {"d.jsonl": '{"id": 1, "text": "a", "label": "x", "spans": [[0, 1, "y"]]}\n{"text": "b"}\n'},
}


def read_whatever(name: str, root: Path) -> None:
    """Detecting and reading may refuse, but only in the one way."""
    with suppress(CheckdamError):
        detections(root)
    with suppress(CheckdamError):
        read_all(format_named(name), root)


@pytest.mark.parametrize("name", SEEDS)
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_bytes(name: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = make(Path(folder), SEEDS[name])
        path = root / data.draw(st.sampled_from(sorted(SEEDS[name])))
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(content)))
            end = data.draw(st.integers(at, min(at + 8, len(content))))
            content[at:end] = data.draw(
                st.one_of(st.binary(max_size=4), st.sampled_from([b"\n", b'"', b"[", b"}", b"e9"]))
            )
        path.write_bytes(content[: data.draw(st.integers(0, len(content))) if data.draw(st.booleans()) else None])
        read_whatever(name, root)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, child in inner for each in places(child, (*path, key)))]


OUTLINES = [[[0, 0, 1, 0, 1, 1]], {"size": [2, 2], "counts": [1, 3]}, {"size": [2, 2], "counts": "13"}]


@settings(deadline=None, max_examples=400)
@given(data=st.data(), value=json_values)
def test_wrong_types_everywhere_in_coco(data: st.DataObject, value: Any) -> None:
    document = coco("1.jpg", "2.jpg")
    document["annotations"][0] |= {
        "segmentation": data.draw(
            st.sampled_from(
                [[[0, 0, 1, 0, 1, 1]], {"size": [2, 2], "counts": [1, 3]}, {"size": [2, 2], "counts": "13"}]
            )
        ),
        "keypoints": data.draw(st.sampled_from([[], [1, 2, 2]])),
        "attributes": {"a": [1]},
    }
    document["categories"][0] |= {"keypoints": ["a", "b"], "skeleton": [[1, 2]]}
    document["licenses"] = [{"id": 1, "name": "x"}]
    document["info"] = {"checkdam": {"split": "x", "metadata": {"a": 1}}, "year": 1}
    *path, last = data.draw(st.sampled_from(places(document)[1:]))
    target = document
    for key in path:
        target = target[key]
    target[last] = value
    with tempfile.TemporaryDirectory() as folder:
        root = make(Path(folder), {"x.json": document})
        read_whatever("coco", root)


@settings(deadline=None, max_examples=300)
@given(data=st.data(), value=json_values)
def test_wrong_types_everywhere_in_jsonl(data: st.DataObject, value: Any) -> None:
    document: dict[str, Any] = {
        "id": 1,
        "text": "abc",
        "split": "x",
        "label": {"label": "x", "values": ["a"], "id": 1, "attributes": {"a": 1}},
        "labels": ["a", {"label": "b"}],
        "spans": [[0, 1, "x"], {"start": 0, "end": 1, "label": "x"}],
        "entities": [{"start_offset": 0, "end_offset": 1, "label": "x", "id": 4}],
        "metadata": {"a": 1},
    }
    *path, last = data.draw(st.sampled_from(places(document)[1:]))
    target: Any = document
    for key in path:
        target = target[key]
    target[last] = value
    with tempfile.TemporaryDirectory() as folder:
        read_whatever("jsonl", make(Path(folder), {"d.jsonl": json.dumps(document)}))
