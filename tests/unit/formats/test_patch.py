"""A patch changes what it names and keeps every other byte."""

import json
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkdam.formats import PatchEdit, format_named
from checkdam.schema import Annotation, Box, Category, InputError, Item, Label, Span
from unit.formats.making import coco, cvat, datum, make, picture, read_all, task, xml


def delete(annotation: Annotation) -> PatchEdit:
    assert annotation.origin is not None
    assert annotation.origin.at is not None
    return PatchEdit(at=annotation.origin.at, array=annotation.origin.array)


def replace(annotation: Annotation, item: Item, label: Label, **changes: object) -> PatchEdit:
    edit = delete(annotation)
    new = msgspec.structs.replace(annotation, label=label.name, **changes)
    return msgspec.structs.replace(edit, annotation=new, label=label, item=item)


def meanings(annotations: list[Annotation]) -> list[object]:
    return [(a.label, a.geometry, a.box, a.attributes, a.source_id) for a in annotations]


LAYOUTS = {
    "voc": ("1.xml", {"1.xml": xml("1.jpg", objects=4), "1.jpg": picture(40, 20)}),
    "voc on one line": ("1.xml", {"1.xml": xml("1.jpg", objects=4).replace("\n", ""), "1.jpg": picture(40, 20)}),
    "voc from Windows": ("1.xml", {"1.xml": xml("1.jpg", objects=4).replace("\n", "\r\n"), "1.jpg": picture(40, 20)}),
    "cvat": ("a.xml", {"a.xml": cvat("1.jpg", shapes=4)}),
    "cvat on one line": ("a.xml", {"a.xml": cvat("1.jpg", shapes=4).replace("\n", "")}),
    "cvat from Windows": ("a.xml", {"a.xml": "\ufeff" + cvat("ü.jpg", shapes=4).replace("\n", "\r\n")}),
    "yolo": (
        "1.txt",
        {"1.jpg": picture(40, 20), "1.txt": "0 .5 .5 .2 .2\n1  0.5\t.5 .2 .2 \r\n\n0 .1 .1 .1 .1\n0 .2 .2 .2 .20"},
    ),
    "coco": ("x.json", {"x.json": json.dumps(coco("1.jpg", "2.jpg", "3.jpg", "4.jpg"), indent=1)}),
    "coco in one line": ("x.json", {"x.json": "\ufeff" + json.dumps(coco("1.jpg", "2.jpg", "3.jpg", "ü.jpg"))}),
    "label-studio": ("t.json", {"t.json": json.dumps([task(f"ü{at}.jpg") for at in range(4)], indent=1)}),
    "label-studio in one line": ("t.json", {"t.json": json.dumps([task(f"{at}.jpg") for at in range(4)])}),
    "label-studio in lines": ("t.jsonl", {"t.jsonl": "\n".join(json.dumps(task(f"{at}.jpg")) for at in range(4))}),
    "datumaro": ("annotations/x.json", {"annotations/x.json": json.dumps(datum("1.jpg", "2.jpg", boxes=2), indent=1)}),
    "datumaro in one line": (
        "annotations/x.json",
        {"annotations/x.json": json.dumps(datum("1.jpg", "ü.jpg", boxes=2))},
    ),
    "csv": (
        "t.csv",
        {
            "t.csv": "filename,class,xmin,ymin,xmax,ymax\n1.jpg,cat,1,2,4,6\n1.jpg,dog,1.50,2,4,6\n"
            "2.jpg,cat,1,2,4,6\n3.jpg,cat,1,2,3,4\n"
        },
    ),
    "csv from Windows": (
        "t.csv",
        {
            "t.csv": '\ufeffimage;label;x;y;w;h\r\n1.jpg;"c;a""t";1;2;3;4\r\nü.jpg;dog;1;2;3;4\r\n'
            "ü.jpg;a;1;2;3;4\r\n\r\n2.jpg;a;;;;"
        },
    ),
    "imagefolder": (
        "metadata.jsonl",
        {
            "metadata.jsonl": '\ufeff{"file_name": "1.jpg", "label": "ü"}\r\n\n'
            '{"file_name":"2.jpg","objects":{"bbox":[[1,2,3,4], [1.50,2,3,4] ,[0,0,1,1]],"categories":["x","y","x"]}}\n'
            '{"file_name": "3.jpg", "text": "a", "objects": [{"bbox": [1, 2, 3, 4], "category": "y"}]}'
        },
    ),
    "csv of texts": ("t.csv", {"t.csv": 'text,label\n"a\n""b""",x\nc,y\n"d,",\ne,z\n'}),
    "jsonl": (
        "d.jsonl",
        {
            "d.jsonl": '\ufeff{"id": 1, "label": "a", "text": "ü"}\r\n\n'
            '{"text":"b","spans":[[0,1,"x"], [0,2,"y"] ,[1,2,"z"]]}\n'
            '{"text": "c", "labels": ["p", {"label": "q", "id": 3}], "n": 1.50}'
        },
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_deleting_annotations_deletes_nothing_else(layout: str, data: st.DataObject) -> None:
    name, files = LAYOUTS[layout]
    format_ = format_named(layout.split(maxsplit=1)[0])
    with tempfile.TemporaryDirectory() as folder:
        root = make(Path(folder), files)
        annotations = read_all(format_, root)[2]
        gone = data.draw(st.sets(st.sampled_from(range(len(annotations)))))
        before = (root / name).read_bytes()
        after = format_.patch(root / name, [delete(annotations[at]) for at in sorted(gone)])
        if not gone:
            assert after == before
        (root / name).write_bytes(after)
        again = read_all(format_, root)
        assert not again[3]
        assert meanings(again[2]) == meanings([each for at, each in enumerate(annotations) if at not in gone])
        rest = iter(before)
        assert all(byte in rest for byte in after), "what is left is not a subsequence of what was"


@pytest.mark.parametrize("layout", [each for each in LAYOUTS if not each.startswith(("jsonl", "csv of texts"))])
def test_replacing_a_box_replaces_nothing_else(tmp_path: Path, layout: str) -> None:
    name, files = LAYOUTS[layout]
    format_ = format_named(layout.split(maxsplit=1)[0])
    root = make(tmp_path, files)
    _, entries, annotations, _ = read_all(format_, root)
    items = {entry.item.id: entry.item for entry in entries}
    one = annotations[1]
    label = Label(name=one.label, source_id="1" if layout == "yolo" else "3")
    same = format_.patch(root / name, [replace(one, items[one.item_id], label)])
    before = (root / name).read_bytes()
    if not layout.startswith(("coco", "label-studio", "datumaro", "imagefolder")):  # whose rows are written anew
        assert same == before
    box = Box(0.1 + 0.2, 1, 2 / 3, 4)
    after = format_.patch(root / name, [replace(one, items[one.item_id], label, geometry=box)])
    (root / name).write_bytes(after)
    again = read_all(format_, root)[2]
    assert again[1].geometry == box
    assert meanings([again[0], *again[2:]]) == meanings([annotations[0], *annotations[2:]])
    head = next(at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    tail = next(at for at, (a, b) in enumerate(zip(before[::-1], after[::-1], strict=False)) if a != b)
    assert len(before) - head - tail < 400, "more than the one annotation differs"


def test_replacing_a_label_and_fields(tmp_path: Path) -> None:
    make(tmp_path, {"1.xml": xml("1.jpg", objects=2), "1.jpg": ""})
    format_ = format_named("voc")
    _, (entry,), (one, two), _ = read_all(format_, tmp_path)
    edit = replace(two, entry.item, Label(name="Löwe & Co"), attributes={"difficult": 1})
    (tmp_path / "1.xml").write_bytes(format_.patch(tmp_path / "1.xml", [edit]))
    again = read_all(format_, tmp_path)[2]
    assert meanings([again[0]]) == meanings([one])
    assert again[1].label == "Löwe & Co"
    assert again[1].attributes == {"difficult": 1}
    make(tmp_path, {"2/1.txt": "0 .5 .5 .5 .50\n", "2/1.jpg": ""})
    _, (entry,), (one,), _ = read_all(format_named("yolo"), tmp_path / "2")
    edit = replace(one, entry.item, Label(name="dog", source_id="7"))
    assert format_named("yolo").patch(tmp_path / "2" / "1.txt", [edit]) == b"7 .5 .5 .5 .50\n"


def test_replacing_a_label_of_a_coco_row_keeps_fields_unknown_to_us(tmp_path: Path) -> None:
    document = coco("1.jpg")
    document["annotations"][0] |= {"note": "ü", "area": 99}
    make(tmp_path, {"x.json": document})
    format_ = format_named("coco")
    _, (entry,), (one,), _ = read_all(format_, tmp_path)
    after = json.loads(format_.patch(tmp_path / "x.json", [replace(one, entry.item, Label(name="dog", source_id="8"))]))
    row = after["annotations"][0]
    assert row["category_id"] == 8
    assert row["note"] == "ü"
    assert (row["area"], row["bbox"], row["image_id"]) == (99, [1.0, 2.0, 3.0, 4.0], 1)
    assert "computed" not in row


def test_jsonl_lines_and_labels(tmp_path: Path) -> None:
    name, files = LAYOUTS["jsonl"]
    make(tmp_path, files)
    format_ = format_named("jsonl")
    _, entries, annotations, _ = read_all(format_, tmp_path)
    before = (tmp_path / name).read_bytes().split(b"\n")
    for line, kept in ((1, before[1:]), (4, [*before[:3], b""])):
        assert format_.patch(tmp_path / name, [PatchEdit(at=line, whole_item=True)]) == b"\n".join(kept)
    edits = [
        replace(annotations[0], entries[0].item, Label(name="neu")),
        replace(annotations[2], entries[1].item, Label(name="Y"), geometry=Span(1, 2)),
        replace(annotations[5], entries[2].item, Label(name="Q"), geometry=Category()),
    ]
    (tmp_path / name).write_bytes(format_.patch(tmp_path / name, edits))
    again = read_all(format_, tmp_path)[2]
    assert [each.label for each in again] == ["neu", "x", "Y", "z", "p", "Q"]
    assert again[2].geometry == Span(1, 2)
    assert again[5].source_id == "3"


GOES = {
    "voc": {"1.xml", "1.jpg"},
    "voc on one line": {"1.xml", "1.jpg"},
    "voc from Windows": {"1.xml", "1.jpg"},
    "cvat": {"a.xml:2"},
    "cvat on one line": {"a.xml:1"},
    "cvat from Windows": {"a.xml:2"},
    "yolo": {"1.jpg", "1.txt"},
    "coco": {"x.json#images[0]", "x.json#annotations[0]"},
    "coco in one line": {"x.json#images[0]", "x.json#annotations[0]"},
    "jsonl": {"d.jsonl:1"},
    "label-studio": {"t.json#[0]"},
    "label-studio in one line": {"t.json#[0]"},
    "label-studio in lines": {"t.jsonl:1"},
    "datumaro": {"annotations/x.json#items[0]"},
    "datumaro in one line": {"annotations/x.json#items[0]"},
    "imagefolder": {"metadata.jsonl:1"},
    "csv": {"t.csv:2", "t.csv:3"},
    "csv from Windows": {"t.csv:2"},
    "csv of texts": {"t.csv:2"},
}
"""Of each layout, what goes with its first item."""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_deleting_an_item_deletes_nothing_else(tmp_path: Path, layout: str) -> None:
    name, files = LAYOUTS[layout]
    format_ = format_named(layout.split(maxsplit=1)[0])
    root = make(tmp_path, files)
    _, (first, *others), annotations, _ = read_all(format_, root)
    assert format_.places(root, []) == {}
    places = format_.places(root, [first.item])[first.item.id]
    assert {str(place) for place in places} == GOES[layout]
    edits = [PatchEdit(at=one.at, array=one.array, whole_item=True) for one in places if one.at is not None]
    if not edits:  # whole files
        return
    before = (root / name).read_bytes()
    (root / name).write_bytes(format_.patch(root / name, edits))
    again = read_all(format_, root)
    assert not again[3]
    assert [entry.item.text or entry.item.name for entry in again[1]] == [
        entry.item.text or entry.item.name for entry in others
    ]
    assert meanings(again[2]) == meanings([one for one in annotations if one.item_id != first.item.id])
    rest = iter(before)
    assert all(byte in rest for byte in (root / name).read_bytes()), "what is left is not a subsequence of what was"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_declared_size_is_changed_where_there_is_one(tmp_path: Path, layout: str) -> None:
    name, files = LAYOUTS[layout]
    format_ = format_named(layout.split(maxsplit=1)[0])
    root = make(tmp_path, files)
    _, (first, *_), annotations, _ = read_all(format_, root)
    origin = first.item.origin
    assert origin is not None
    item = msgspec.structs.replace(first.item, width=12345, height=678)
    edit = PatchEdit(at=origin.at, array=origin.array, item=item)
    if not layout.startswith(("coco", "cvat", "datumaro")):
        with pytest.raises(InputError):
            format_.patch(root / name, [edit])
    if layout.startswith(("yolo", "jsonl", "label-studio", "csv", "imagefolder")):
        return
    sized = b"</filename><size><height> 20</height><width>40</width><depth>3</depth></size>"
    before = (root / name).read_bytes().replace(b"</filename>", sized).replace(b'width="40"', b"width = ' 40'")
    (root / name).write_bytes(before)
    first = read_all(format_, root)[1][0]
    item = msgspec.structs.replace(first.item, width=12345, height=678)
    edit = msgspec.structs.replace(edit, item=item)
    after = format_.patch(root / name, [edit])
    (root / name).write_bytes(after)
    again = read_all(format_, root)
    assert not again[3]
    assert again[1][0].item == item
    assert meanings(again[2]) == meanings(annotations)
    back = msgspec.structs.replace(edit, item=first.item)
    assert format_.patch(root / name, [back]) == before


def test_voc_elements_with_attributes_are_changed_like_others(tmp_path: Path) -> None:
    size = b"<size w='>'><width a=\"x>\">40</width><height b='1'> 20</height></size>"
    name = b'<name of="a>b">cat</name>'
    data = xml("1.jpg").encode().replace(b"</filename>", b"</filename>" + size).replace(b"<name>cat</name>", name)
    make(tmp_path, {"1.xml": data, "1.jpg": ""})
    voc = format_named("voc")
    _, (entry, *_), (annotation, *_), _ = read_all(voc, tmp_path)
    origin = annotation.origin
    assert origin is not None
    edits = [
        PatchEdit(at=None, item=msgspec.structs.replace(entry.item, width=41)),
        PatchEdit(at=origin.at, array=origin.array, annotation=msgspec.structs.replace(annotation, label="dog")),
    ]
    after = voc.patch(tmp_path / "1.xml", edits)
    assert after == data.replace(b">40<", b">41<").replace(b">cat<", b">dog<")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_edits_that_do_not_fit_are_refused(tmp_path: Path, layout: str) -> None:
    name, files = LAYOUTS[layout]
    format_ = format_named(layout.split(maxsplit=1)[0])
    path = make(tmp_path, files) / name
    array = "annotations" if layout.startswith("coco") else None
    for edit in (
        PatchEdit(at=99, array=array),
        PatchEdit(at=-1, array=array),
        PatchEdit(at=1, array="nonsense"),
        PatchEdit(at=99, array=array, whole_item=True),
        PatchEdit(at=None, array=array),
        PatchEdit(at=1, array=array, annotation=Annotation(id="", item_id="", label="x", geometry=Category())),
    ):
        if layout in ("jsonl", "imagefolder", "cvat on one line") and edit.annotation is not None:
            continue  # which have categories
        with pytest.raises(InputError):
            format_.patch(path, [edit])
    path.write_bytes(b"\xff\xfe\x00{[<")
    if layout not in ("yolo", "jsonl"):  # whose lines are deleted whatever they hold
        with pytest.raises(InputError):
            format_.patch(path, [PatchEdit(at=1, array=array)])
    with pytest.raises(InputError):
        format_.patch(tmp_path / "missing", [])
