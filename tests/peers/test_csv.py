"""pandas reads the tables that are written, and the tables that it writes are read."""

from pathlib import Path

from checkdam.formats import format_named
from checkdam.schema import Annotation, Box, Category, Item, Label, Taxonomy, annotation_id, item_id, ordinal_key
from conftest import missing
from unit.formats.making import read_all

try:
    import pandas as pd
except ImportError as error:  # pragma: no cover
    missing(f"pandas is not there: {error}")


def test_it_reads_boxes(tmp_path: Path) -> None:
    identity = item_id("a/1.jpg")
    boxes = [Box(1.5, 2, 3, 4.25), Box(0.1, 0.2, 0.3, 0.7)]
    annotations = [
        Annotation(id=annotation_id(identity, ordinal_key(at)), item_id=identity, label="cat, big", geometry=box)
        for at, box in enumerate(boxes)
    ]
    item = Item(id=identity, kind="image", name="a/1.jpg", width=40, height=20, split="train")
    bare = Item(id=item_id("2.jpg"), kind="image", name="2.jpg", split="val")
    taxonomy = Taxonomy(labels=(Label(name="cat, big"),))
    assert not format_named("csv").write(tmp_path / "out", taxonomy, [(item, annotations), (bare, [])], None)
    table = pd.read_csv(tmp_path / "out" / "images.csv")
    assert list(table.columns) == ["filename", "width", "height", "label", "xmin", "ymin", "xmax", "ymax", "split"]
    assert table["filename"].tolist() == ["a/1.jpg", "a/1.jpg", "2.jpg"]
    assert table[["xmin", "ymin", "xmax", "ymax"]].iloc[0].tolist() == [1.5, 2, 4.5, 6.25]
    assert table["xmax"].iloc[1] == 0.4
    assert table.iloc[2][["label", "xmin", "width"]].isna().all()


def test_it_reads_texts_with_everything_that_needs_quotes(tmp_path: Path) -> None:
    texts = [
        'a "quoted", text',
        "two\nlines",
        "two\r\nlines",
        " space ",
        "=1+2",
        "-3",
        "+49 30",
        "@ada",
        "'=",
        "😀;|\t",
    ]
    records = []
    for at, text in enumerate(texts):
        item = Item(id=item_id(str(at)), kind="text", name=str(at), text=text)
        mark = Annotation(id=annotation_id(item.id, ordinal_key(0)), item_id=item.id, label="x", geometry=Category())
        records.append((item, [mark]))
    assert not format_named("csv").write(tmp_path / "out", Taxonomy(labels=(Label(name="x"),)), records, None)
    table = pd.read_csv(tmp_path / "out" / "texts.csv", dtype=str, keep_default_na=False)
    undone = [
        text[1:] if "text" in guarded.split() else text
        for text, guarded in zip(table["text"], table["guarded"], strict=True)
    ]
    assert undone == texts
    assert not any(text[:1] in "=+-@" and text != "-3" for text in table["text"])
    assert [entry.item.text for entry in read_all(format_named("csv"), tmp_path / "out")[1]] == texts


def test_what_it_writes_is_read(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": ['a "b", c', "two\nlines", "plain"], "label": ["x", "y", "x"], "split": "train"})
    for delimiter, name in ((",", "a.csv"), (";", "b.csv"), ("\t", "c.tsv"), ("|", "d.csv")):
        table.to_csv(tmp_path / name, sep=delimiter, index=False)
        _, entries, annotations, problems = read_all(format_named("csv"), tmp_path / name)
        assert not problems
        assert [entry.item.text for entry in entries] == table["text"].tolist()
        assert [each.label for each in annotations] == ["x", "y", "x"]
        assert {entry.item.split for entry in entries} == {"train"}
