"""What tables mean: their columns, delimiters, encodings, and cells that a spreadsheet would compute."""

from pathlib import Path
from typing import Any

import pytest

from checkdam.formats import PatchEdit, detections, format_named
from checkdam.schema import (
    Annotation,
    Box,
    Category,
    InputError,
    Item,
    Label,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
)
from unit.formats.making import make, read_all

FORMAT = format_named("csv")

HEADERS: dict[str, tuple[str, str, Any]] = {
    "corners": ("filename,width,height,class,xmin,ymin,xmax,ymax", "1.jpg,40,20,cat,1,2,4,6", Box(1, 2, 3, 4)),
    "corners in another order": ("filename,cell_type,xmin,xmax,ymin,ymax", "1.jpg,cat,1,4,2,6", Box(1, 2, 3, 4)),
    "sizes": ("image,x,y,w,h,label", "1.jpg,1,2,3,4,cat", Box(1, 2, 3, 4)),
    "width and height of the box": ("img_path;x;y;width;height;category", "1.jpg;1;2;3;4;cat", Box(1, 2, 3, 4)),
    "capitals and spaces": ("File Name\tX1\tY1\tX2\tY2\tClass Name", "1.jpg\t1\t2\t4\t6\tcat", Box(1, 2, 3, 4)),
    "a label": ("path|label", "a/1.jpg|cat", Category()),
    "flags": ("filename, cat, dog", "1.jpg, 1, 0", Category()),
    "text": ("review,sentiment", '"good, very",cat', Category()),
    "text with a split": ("id,text,split,label", "7,good,dev,cat", Category()),
}


@pytest.mark.parametrize("case", HEADERS)
def test_headers(tmp_path: Path, case: str) -> None:
    header, row, geometry = HEADERS[case]
    make(tmp_path, {"t.csv": f"\ufeff{header}\r\n{row}\r\n"})
    assert detections(tmp_path)[0].format == "csv"
    _, (entry,), (one,), problems = read_all(FORMAT, tmp_path)
    assert not problems
    assert (one.label, one.geometry) == ("cat", geometry)
    assert entry.item.kind == ("text" if "text" in case else "image")
    assert entry.item.split == ("val" if "split" in case else None)


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,2\n",
        "worker,url,answer\nx,http://a,P\n",
        "http://a.org\tP\nhttp://b.org\tG\nhttp://c.org\tP\n",
        "x y\tA\nz y\tB\n",  # as many labels as texts
        "filename,label\n12.5,cat\n",  # no files
        "date,temp,label\n1,2,3\n",
        "text\nhello there\n",
        "",
        "\n\n",
        b"\xff\xfea\x00,\x00",
        b"\x89PNG\r\n",
    ],
)
def test_other_tables_are_not_claimed(tmp_path: Path, content: str | bytes) -> None:
    make(tmp_path, {"t.csv": content})
    assert detections(tmp_path) == []


def test_the_real_tables(shared_data: Path) -> None:
    _, entries, annotations, problems = read_all(FORMAT, shared_data / "bccd" / "test.csv")
    assert (len(entries), len(annotations), len(problems)) == (364, 4888, 0)
    voc = read_all(format_named("voc"), shared_data / "bccd")
    names = {entry.item.id: entry.item.name.rpartition("/")[2] for entry in [*entries, *voc[1]]}

    def boxes(listed: list[Annotation]) -> list[tuple[str, str, Any]]:
        return sorted((names[each.item_id], each.label, repr(each.geometry)) for each in listed)

    assert boxes(annotations) == boxes(voc[2])
    taxonomy, entries, annotations, problems = read_all(FORMAT, shared_data / "text_sentiment_sentences")
    assert (len(entries), len(annotations), len(problems)) == (3000, 3000, 0)
    assert taxonomy.names() == ("0", "1")
    assert str(annotations[0].origin) == "amazon_cells_labelled.txt:1"
    for name in ("crowd_adult2", "drift_bike_sharing", "mnist_test_label_errors"):
        assert not any(claim.format == "csv" for claim in detections(shared_data / name))


def test_an_image_without_a_box_is_an_item(tmp_path: Path) -> None:
    make(tmp_path, {"train.csv": "filename,class,xmin,ymin,xmax,ymax,occluded\na/1.jpg,,,,,,\n2.jpg,cat,1,2,4,6,1\n"})
    _, entries, (box,), problems = read_all(FORMAT, tmp_path)
    assert not problems
    assert [(entry.item.name, entry.item.split) for entry in entries] == [("a/1.jpg", "train"), ("2.jpg", "train")]
    assert box.attributes == {"occluded": 1}
    assert str(box.origin) == "train.csv:3"


def test_lines_are_counted_where_cells_have_several(tmp_path: Path) -> None:
    make(tmp_path, {"t.csv": 'text,label\n"a\nb\n\nc",x\nd,y\n'})
    _, _, annotations, _ = read_all(FORMAT, tmp_path)
    assert [str(each.origin) for each in annotations] == ["t.csv:2", "t.csv:6"]


def test_a_huge_cell_is_read_and_a_larger_one_told(tmp_path: Path) -> None:
    make(tmp_path, {"t.csv": "text,label\n" + "x" * 1_000_000 + ",a\n"})
    _, (entry,), _, problems = read_all(FORMAT, tmp_path)
    assert (len(entry.item.text or ""), problems.count) == (1_000_000, 0)


FORMULAS = ["=1+2", "+49 30", "-3", "-x", "@ada", "'=1", "\tx", "\rx", "=cmd|' /C calc'!A0", "plain"]


def test_formulas_are_guarded_and_come_back(tmp_path: Path) -> None:
    records = []
    for at, text in enumerate(FORMULAS):
        item = Item(id=item_id(str(at)), kind="text", name=str(at), text=text)
        key = annotation_id(item.id, ordinal_key(0))
        records.append((item, [Annotation(id=key, item_id=item.id, label=text, geometry=Category())]))
    assert not FORMAT.write(tmp_path / "out", Taxonomy(labels=tuple(map(label_named, FORMULAS))), records, None)
    written = (tmp_path / "out" / "texts.csv").read_text()
    assert not any(f",{text}," in written or f'"{text}' in written for text in FORMULAS if text[0] in "=+@\t\r")
    assert ",-3," in written
    _, entries, annotations, problems = read_all(FORMAT, tmp_path / "out")
    assert not problems
    assert [entry.item.text for entry in entries] == FORMULAS
    assert [each.label for each in annotations] == FORMULAS


def label_named(name: str) -> Label:
    return Label(name=name)


def test_patches_of_tables(tmp_path: Path) -> None:
    content = "filename,width,height,class,xmin,ymin,xmax,ymax\n1.jpg,40,20,cat,1,2,4,6\n1.jpg,40,20,dog,1,2,4,6\n"
    make(tmp_path, {"t.csv": content})
    _, (entry,), (first, second), _ = read_all(FORMAT, tmp_path)
    path = tmp_path / "t.csv"
    sized = Item(id=entry.item.id, kind="image", name="1.jpg", width=640, height=480)
    assert FORMAT.patch(path, [PatchEdit(at=2, item=sized)]).decode() == content.replace("40,20", "640,480")
    both = [PatchEdit(at=one.origin.at) for one in (first, second) if one.origin]
    assert FORMAT.patch(path, both).decode().endswith("\n1.jpg,40,20,,,,,\n")
    label = Annotation(id="", item_id="", label='a, "b"', geometry=first.geometry)
    changed = FORMAT.patch(path, [PatchEdit(at=2, annotation=label)]).decode()
    assert changed == content.replace("cat", '"a, ""b"""')
    for bad in ("=1+1", "@x"):
        with pytest.raises(InputError, match="formula"):
            FORMAT.patch(
                path, [PatchEdit(at=2, annotation=Annotation(id="", item_id="", label=bad, geometry=Box(1, 2, 3, 4)))]
            )


def test_a_table_named_outright_may_say_nothing_of_its_texts(tmp_path: Path) -> None:
    make(tmp_path, {"t.csv": "text\nhello there\n"})
    _, (entry,), annotations, problems = read_all(FORMAT, tmp_path / "t.csv")
    assert (entry.item.text, annotations, problems.count) == ("hello there", [], 0)
