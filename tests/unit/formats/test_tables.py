"""Tables beside media: the layouts of Hugging Face, Parquet that lies, what Croissant says."""

import json
import tracemalloc
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from checkdam.formats import PatchEdit, detect, detections, format_named
from checkdam.formats.parquet.pages import RowGroup, check_row_group, row_groups
from checkdam.formats.parquet.thrift import I32, Compact
from checkdam.guard import DEFAULT_LIMITS
from checkdam.schema import (
    Annotation,
    AudioSegment,
    Box,
    Category,
    InputError,
    Item,
    Label,
    LimitError,
    Mask,
    Problems,
    Span,
    Taxonomy,
    Transcript,
    annotation_id,
    item_id,
)
from unit.formats.making import SOUND, coco, make, picture, read_all, sorted_events, xml

FOLDER, PARQUET = format_named("imagefolder"), format_named("parquet")


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, rows)) + "\n"


def meanings(annotations: list[Annotation]) -> list[tuple[str, Any]]:
    return [(each.label, each.geometry) for each in annotations]


def test_rows_of_hugging_face(tmp_path: Path) -> None:
    rows = [
        {"file_name": "1.jpg", "label": 3, "camera": "left", "n": 2},
        {"file_name": "sub/2.jpg", "objects": {"bbox": [[1, 2, 3, 4.5]], "categories": [0], "area": [12]}},
        {"file_name": "3.jpg", "text": "a caption", "objects": [{"bbox": [1, 2, 3, 4], "category": "cat", "id": 7}]},
        {"file_name": "4.jpg", "label": ["a", "b"]},
    ]
    make(tmp_path, {"train/metadata.jsonl": lines(*rows), "train/1.jpg": "", "train/sub/2.jpg": "", "train/5.jpg": ""})
    assert detect(tmp_path).name == "imagefolder"
    taxonomy, entries, annotations, problems = read_all(FOLDER, tmp_path)
    assert not problems
    assert taxonomy.names() == ("0", "3", "a", "b", "caption", "cat")
    assert [(entry.item.name, entry.media is not None) for entry in entries] == [
        ("train/1.jpg", True),
        ("train/sub/2.jpg", True),
        ("train/3.jpg", False),
        ("train/4.jpg", False),
        ("train/5.jpg", True),  # which no row names
    ]
    assert {entry.item.split for entry in entries} == {"train"}
    assert entries[0].item.metadata == {"camera": "left", "n": 2}
    assert meanings(annotations) == [
        ("3", Category()),
        ("0", Box(1, 2, 3, 4.5)),
        ("caption", Transcript("a caption")),
        ("cat", Box(1, 2, 3, 4)),
        ("a", Category()),
        ("b", Category()),
    ]
    assert annotations[1].attributes == {"area": 12}
    assert annotations[3].source_id == "7"
    assert [str(each.origin) for each in annotations[:4]] == [
        "train/metadata.jsonl:1",
        "train/metadata.jsonl#2.objects[0]",
        "train/metadata.jsonl#3.text[0]",
        "train/metadata.jsonl#3.objects[0]",
    ]


def test_a_table_of_names(tmp_path: Path) -> None:
    make(
        tmp_path,
        {"metadata.csv": '\ufefffile_name,label,note\n1.jpg,cat,"a\nb"\n2.jpg,,\n\n3.jpg,dog,x\n', "1.jpg": ""},
    )
    assert detect(tmp_path).name == "imagefolder"
    _, entries, annotations, problems = read_all(FOLDER, tmp_path)
    assert not problems
    assert [(each.item.name, each.item.metadata) for each in entries] == [
        ("1.jpg", {"note": "a\nb"}),
        ("2.jpg", {}),
        ("3.jpg", {"note": "x"}),
    ]
    assert [str(each.origin) for each in annotations] == ["metadata.csv:2", "metadata.csv:6"]
    place = FOLDER.places(tmp_path, [entries[0].item])[entries[0].item.id]
    assert [str(each) for each in place] == ["metadata.csv:2", "1.jpg"]
    without = FOLDER.patch(tmp_path / "metadata.csv", [PatchEdit(at=2, whole_item=True)])
    assert without == "\ufefffile_name,label,note\n2.jpg,,\n\n3.jpg,dog,x\n".encode()
    with pytest.raises(InputError, match="not changed in place"):
        FOLDER.patch(tmp_path / "metadata.csv", [PatchEdit(at=2)])


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["cat/1.jpg", "dog/2.jpg"], {"cat/1.jpg": ("cat", None), "dog/2.jpg": ("dog", None)}),
        (["train/cat/1.jpg", "val/dog/2.JPG"], {"train/cat/1.jpg": ("cat", "train"), "val/dog/2.JPG": ("dog", "val")}),
        (["cat/1.wav", "dog/2.wav"], {"cat/1.wav": ("cat", None), "dog/2.wav": ("dog", None)}),
    ],
)
def test_folders_of_classes(tmp_path: Path, files: list[str], expected: dict[str, tuple[str, str | None]]) -> None:
    make(tmp_path, {name: SOUND if name.endswith("wav") else picture(4, 3) for name in files})
    claims = detections(tmp_path)
    assert claims[0].format == "imagefolder"
    assert claims[0].confidence < 0.5
    _, entries, annotations, problems = read_all(FOLDER, tmp_path)
    assert not problems
    labels = {each.item_id: each.label for each in annotations}
    assert {entry.item.name: (labels[entry.item.id], entry.item.split) for entry in entries} == expected
    assert [str(place) for place in FOLDER.places(tmp_path, [entries[0].item])[entries[0].item.id]] == [files[0]]
    with pytest.raises(InputError, match="another folder"):
        FOLDER.patch(tmp_path / files[0], [PatchEdit(at=None)])


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("yolo", {"cat/1.jpg": "", "cat/1.txt": "0 .5 .5 .5 .5", "dog/2.jpg": ""}),
        ("coco", {"cat/1.jpg": "", "dog/2.jpg": "", "x.json": coco("cat/1.jpg")}),
        ("voc", {"cat/1.jpg": "", "cat/1.xml": xml("1.jpg"), "dog/2.jpg": ""}),
        ("imagefolder", {"cat/1.jpg": "", "dog/2.jpg": "", "metadata.jsonl": lines({"file_name": "cat/1.jpg"})}),
        ("audio", {"cat/1.wav": SOUND, "dog/2.wav": SOUND, "m.json": lines({"audio_filepath": "cat/1.wav"})}),
    ],
)
def test_labels_go_before_folders(tmp_path: Path, name: str, files: dict[str, Any]) -> None:
    assert detect(make(tmp_path, files)).name == name


@pytest.mark.parametrize(
    "files", [["1.jpg", "2.jpg"], ["images/1.jpg", "masks/2.jpg"], ["a/b/1.jpg", "c/2.jpg"], ["cat/1.jpg", "cat/2.jpg"]]
)
def test_not_every_folder_is_a_class(tmp_path: Path, files: list[str]) -> None:
    make(tmp_path, {name: picture(4, 3) for name in files})
    with pytest.raises(InputError):
        detect(tmp_path)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"label": "x"}, ".file_name"),
    "climbing": ({"file_name": "../1.jpg"}, ".file_name"),
    "number for a name": ({"file_name": 5}, ".file_name"),
    "short box": ({"file_name": "1.jpg", "objects": {"bbox": [[1, 2, 3]], "categories": ["x"]}}, ".objects[0].bbox"),
    "uneven": ({"file_name": "1.jpg", "objects": {"bbox": [[1, 2, 3, 4]], "categories": []}}, ".objects"),
    "no category": ({"file_name": "1.jpg", "objects": [{"bbox": [1, 2, 3, 4]}]}, ".objects[0]"),
    "no box": ({"file_name": "1.jpg", "objects": [{"category": "x"}]}, ".objects[0]"),
    "no object": ({"file_name": "1.jpg", "objects": 5}, ".objects"),
    "no geometry": ({"file_name": "1.jpg", "objects": [{"category": "x", "geometry": "{"}]}, ".objects[0].geometry"),
    "mask that does not add up": (
        {
            "file_name": "1.jpg",
            "objects": [{"category": "x", "geometry": '{"type":"mask","height":2,"width":2,"counts":[1]}'}],
        },
        ".objects[0].geometry",
    ),
    "huge mask": (
        {
            "file_name": "1.jpg",
            "objects": [{"category": "x", "geometry": '{"type":"mask","height":9999999,"width":9999999,"counts":[1]}'}],
        },
        ".objects[0].geometry",
    ),
    "NUL": ({"file_name": "1.jpg", "text": "a\0"}, ".text"),
    "negative duration": ({"file_name": "1.wav", "duration": -1}, ".duration"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_told_and_the_others_kept(tmp_path: Path, case: str) -> None:
    row, where = BAD[case]
    make(tmp_path, {"metadata.jsonl": lines(row, {"file_name": "2.jpg", "label": "good"})})
    _, entries, annotations, problems = read_all(FOLDER, tmp_path)
    assert [problem.where for problem in problems] == [f"metadata.jsonl:1{where}"]
    assert entries[-1].item.name == "2.jpg"
    assert [each.label for each in annotations] == ["good"]


# Parquet


def hub(path: Path, columns: dict[str, Any], features: dict[str, Any] | None = None) -> Path:
    """A table as `datasets` pushes it to the Hub."""
    table = pa.table(columns)
    if features:
        about = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": about})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=2)
    return path


def test_a_table_of_the_hub_with_pictures(tmp_path: Path) -> None:
    files = [
        {"bytes": picture(4, 3), "path": "a.png"},
        {"bytes": picture(5, 3), "path": None},
        {"bytes": SOUND, "path": "a.png"},
    ]
    features = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": ["cat", "dog"]},
        "objects": {
            "feature": {"bbox": {}, "category": {"_type": "ClassLabel", "names": ["x", "y"]}},
            "_type": "Sequence",
        },
    }
    boxes = [
        {"bbox": [[1.0, 2, 3, 4]], "category": [1]},
        {"bbox": [], "category": []},
        {"bbox": [[0.0, 0, 1, 1]], "category": [9]},
    ]
    hub(
        tmp_path / "data/train-00000-of-00001.parquet",
        {"image": files, "label": [1, -1, 0], "objects": boxes},
        features,
    )
    assert detect(tmp_path).name == "parquet"
    taxonomy, entries, annotations, problems = read_all(PARQUET, tmp_path)
    assert not problems
    assert taxonomy.names() == ("cat", "dog", "x", "y")
    assert [(each.item.name, each.item.kind, each.item.split, each.content) for each in entries] == [
        ("a.png", "image", "train", files[0]["bytes"]),
        ("data/train-00000-of-00001/000001.png", "image", "train", files[1]["bytes"]),
        ("data/train-00000-of-00001/000002.wav", "audio", "train", SOUND),
    ]
    assert (entries[2].item.duration, entries[2].item.sample_rate) == (4 / 8000, 8000)
    assert meanings(annotations) == [
        ("dog", Category()),
        ("y", Box(1, 2, 3, 4)),
        ("cat", Category()),
        ("9", Box(0, 0, 1, 1)),  # a number without a name is for a rule to find
    ]
    assert str(annotations[1].origin) == "data/train-00000-of-00001.parquet#0.objects[0]"


def test_a_table_of_texts_and_one_of_sounds(tmp_path: Path) -> None:
    hub(tmp_path / "test.parquet", {"text": ["a", "b"], "label": ["x", "y"], "score": [0.5, float("nan")]})
    hub(tmp_path / "s/val.parquet", {"audio": [{"bytes": SOUND, "path": "1.wav"}], "sentence": ["hello"]})
    hub(tmp_path / "none/x.parquet", {"a": [1]})
    _, entries, annotations, problems = read_all(PARQUET, tmp_path)
    assert not problems
    told = [(each.item.name, each.item.kind, each.item.text, each.item.split) for each in entries]
    assert told == [
        ("1.wav", "audio", None, "val"),
        ("test.parquet:0", "text", "a", "test"),
        ("test.parquet:1", "text", "b", "test"),
    ]
    assert [each.item.metadata for each in entries] == [{}, {"score": 0.5}, {}]
    assert meanings(annotations) == [("transcript", Transcript("hello")), ("x", Category()), ("y", Category())]


def test_a_packed_table_is_not_patched(tmp_path: Path) -> None:
    path = hub(tmp_path / "a.parquet", {"text": ["a"]})
    assert PARQUET.patch(path, []) == path.read_bytes()
    with pytest.raises(InputError, match="not changed in place"):
        PARQUET.patch(path, [PatchEdit(at=0, array="rows", whole_item=True)])
    (entry,) = read_all(PARQUET, path)[1]
    assert [str(place) for place in PARQUET.places(path, [entry.item])[entry.item.id]] == ["a.parquet#rows[0]"]


def peak_of(root: Path, limits: Any = DEFAULT_LIMITS) -> tuple[int, int, list[str]]:
    """Pyarrow's own peak of memory in bytes, the entries read, and the problems."""
    problems = Problems()
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    most = 0
    count = 0
    for event in PARQUET.read(root, problems, limits):
        most = max(most, pool.bytes_allocated() - before)
        count += hasattr(event, "item")
    return most, count, [str(problem) for problem in problems]


def test_a_page_that_would_fill_the_memory_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"text": ["\u0001" * 20_000_000]}), path, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 1_000_000
    most, count, problems = peak_of(tmp_path, replace(DEFAULT_LIMITS, page_bytes=10_000_000))
    assert (count, len(problems)) == (0, 1)
    assert "page of" in problems[0]
    assert most < 10_000_000


def test_the_heads_of_pages_are_those_that_pyarrow_wrote(tmp_path: Path) -> None:
    path = hub(tmp_path / "a.parquet", {"text": [f"text {at}" for at in range(500)], "objects": [[[1.0, 2.0]]] * 500})
    with path.open("rb") as file:
        for group in row_groups(file):
            check_row_group(file, group, DEFAULT_LIMITS)
            for limits in (replace(DEFAULT_LIMITS, page_values=3), replace(DEFAULT_LIMITS, page_bytes=9)):
                with pytest.raises(LimitError):
                    check_row_group(file, group, limits)


@pytest.mark.parametrize("dictionary", [True, False])
def test_the_row_groups_are_those_that_pyarrow_sees(tmp_path: Path, *, dictionary: bool) -> None:
    table = pa.table({"text": [f"text {at % 7}" for at in range(500)], "n": range(500)})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=90, use_dictionary=dictionary)
    about = pq.ParquetFile(tmp_path / "a.parquet").metadata
    with (tmp_path / "a.parquet").open("rb") as file:
        found = row_groups(file)
    assert len(found) == about.num_row_groups
    for at, group in enumerate(found):
        theirs = about.row_group(at)
        assert (group.rows, group.size) == (theirs.num_rows, theirs.total_byte_size)
        chunks = [theirs.column(column) for column in range(theirs.num_columns)]
        assert group.chunks == [
            (begin := each.dictionary_page_offset or each.data_page_offset, begin + each.total_compressed_size)
            for each in chunks
        ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("15 04 00", {1: 2}),
        ("15 04 05 02 06 00", {1: 3}),  # given twice: the last counts
        ("15 04 16 06 00", {1: 2}),  # another field
        ("15 04 06 02 06 00", {1: 2}),  # given once more with a type that is not asked for
        ("05 82 80 08 04 00", {1: 2}),  # the field 65,537, which is 1 in 16 bits
        ("15 84 80 80 80 20 00", {1: 2}),  # a number of more than 32 bits
        ("28 02 61 62 05 02 04 00", {1: 2}),
    ],
)
def test_thrift_is_read_as_the_library_reads_it(written: str, read: dict[int, int]) -> None:
    """Else a size could be shown to the check that the reader never sees."""
    assert Compact(bytes.fromhex(written)).struct({(1, I32): None}) == read


@pytest.mark.parametrize("chunk", [(-5, 10), (10, 4), (-1, -2), (1 << 62, 1 << 63)])
def test_a_chunk_that_begins_nowhere_is_damage(tmp_path: Path, chunk: tuple[int, int]) -> None:
    """To seek there would be an error of the system."""
    path = hub(tmp_path / "a.parquet", {"text": ["a"]})
    with path.open("rb") as file, pytest.raises(InputError, match="damaged pages"):
        check_row_group(file, RowGroup(1, 1, [chunk]), DEFAULT_LIMITS)


def test_a_text_that_occurs_very_often_is_held_once(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["x" * 1_000_000] * 2_000}), tmp_path / "a.parquet", compression="zstd")
    most, _, problems = peak_of(tmp_path)
    assert most < 100_000_000
    assert problems  # a thousand rows of it would be a gigabyte in Python
    assert "store smaller values" in problems[0]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        root = tmp_path / str(rows)
        records = []
        for at in range(rows):
            identity = item_id(f"{at}.jpg")
            mark = Annotation(
                id=annotation_id(identity, "0"), item_id=identity, label="cat", geometry=Box(at, 2.0, 3.0, 4.0)
            )
            records.append((Item(id=identity, kind="image", name=f"{at}.jpg", width=4, height=4), [mark] * 5))
        PARQUET.write(root, Taxonomy(labels=(Label(name="cat"),)), records, None)
        del records
        tracemalloc.start()
        count = sum(isinstance(event, Annotation) for event in PARQUET.read(root, Problems(), DEFAULT_LIMITS))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == rows * 5
        return most

    small, large = peak(4_000), peak(20_000)
    assert large < small + 16_000 * 500  # the names of the items, which must be unique


# Croissant


def test_croissant_describes_what_is_there(tmp_path: Path) -> None:
    identity = item_id("a b/1.jpg")
    item = Item(id=identity, kind="image", name="a b/1.jpg", split="train")
    box = Annotation(id=annotation_id(identity, "n:0"), item_id=identity, label="cat", geometry=Box(0.1 + 0.2, 2, 3, 4))
    mask = Annotation(id=annotation_id(identity, "n:1"), item_id=identity, label="cat", geometry=Mask(1, 2, (1, 1)))
    make(tmp_path, {"source.jpg": picture(4, 3)})
    taxonomy = Taxonomy(
        labels=(Label(name="cat"),), metadata={"license.1.url": "https://l", "description": "d", "citation": "c"}
    )
    target = tmp_path / "out"
    report = format_named("croissant").write(target, taxonomy, [(item, [box, mask])], lambda _: tmp_path / "source.jpg")
    assert not report
    about = json.loads((target / "croissant.json").read_text())
    assert (about["license"], about["description"], about["citeAs"]) == ("https://l", "d", "c")
    table, media = about["distribution"]
    assert table["sha256"] == sha256((target / table["contentUrl"]).read_bytes()).hexdigest()
    assert media["includes"] == ["*.jpg", "**/*.jpg"]
    assert [each["@id"] for each in about["recordSet"]] == ["labels", "splits", "items"]
    assert detect(target).name == "croissant"
    read_taxonomy, entries, annotations, problems = read_all(format_named("croissant"), target)
    assert not problems
    assert read_taxonomy == taxonomy
    assert entries[0].media == target / "a b/1.jpg"
    assert meanings(annotations) == meanings([box, mask])


def test_geometries_that_are_no_boxes_come_back(tmp_path: Path) -> None:
    identity = item_id("1.wav")
    shapes = [AudioSegment(0.25, 1.5), Span(1, 2), Transcript("a", 0.5, 1.0)]
    marks = [
        Annotation(id=annotation_id(identity, f"n:{at}"), item_id=identity, label="x", geometry=shape)
        for at, shape in enumerate(shapes)
    ]
    item = Item(id=identity, kind="audio", name="1.wav")
    for name in ("imagefolder", "parquet", "audio"):
        assert not format_named(name).write(tmp_path / name, Taxonomy(), [(item, marks)], None)
        assert [each.geometry for each in read_all(format_named(name), tmp_path / name)[2]] == shapes


def test_lines_are_read_under_a_limit(tmp_path: Path) -> None:
    make(tmp_path, {"metadata.jsonl": lines({"file_name": "1.jpg"}, {"file_name": "2.jpg", "text": "x" * 5000})})
    problems = Problems()
    events = FOLDER.read(tmp_path, problems, replace(DEFAULT_LIMITS, document_bytes=1000))
    assert len(sorted_events(events)[1]) == 1
    assert "line 2 is longer" in str(next(iter(problems)))
