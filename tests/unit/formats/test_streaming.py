"""COCO files of any length: memory that does not grow with the annotations, and sections in any order."""

import itertools
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkdam.formats import Entry, format_named, jsonstream
from checkdam.formats.jsonstream import elements, member_spans, replaced, rewritten, sections
from checkdam.formats.seen import Seen
from checkdam.guard import DEFAULT_LIMITS
from checkdam.schema import Annotation, InputError, Problems
from unit.formats.making import coco, make, read_all

FORMAT = format_named("coco")


def many(path: Path, annotations: int, images: int = 50) -> Path:
    """A COCO file with the annotations before the categories."""
    with path.open("w") as out:
        out.write('{"images": [')
        out.write(
            ",".join(f'{{"id": {at}, "file_name": "{at}.jpg", "width": 64, "height": 48}}' for at in range(images))
        )
        out.write('], "annotations": [')
        for at in range(annotations):
            shape = f'"bbox": [{at % 50}.25, 2, 3.5, 4], "segmentation": [[0, 0, 9, 0, 9, {at % 9}]]'
            row = f'"id": {at}, "image_id": {at % images}, "category_id": 1, "iscrowd": 0, "area": 7.5, {shape}'
            out.write(("," if at else "") + f"{{{row}}}")
        out.write('], "categories": [{"id": 1, "name": "cat"}]}')
    return path


def peak(path: Path, count: int) -> int:
    problems = Problems()
    tracemalloc.start()
    read = sum(isinstance(event, Annotation) for event in FORMAT.read(path, problems, DEFAULT_LIMITS))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not problems
    assert read == count
    return most


@pytest.mark.slow
def test_memory_is_flat_in_the_number_of_annotations(tmp_path: Path) -> None:
    small, large = 20_000, 100_000
    few = peak(many(tmp_path / "few.json", small), small)
    more = peak(many(tmp_path / "more.json", large), large)
    assert more < few + 300_000, f"{few:,} bytes for {small:,} annotations, {more:,} for {large:,}"


def many_rows(folder: Path, name: str, rows: int, files: int = 50) -> Path:
    """A dataset of so many boxes on the same few images, in one file."""
    path = folder / f"{name}{rows}.{'csv' if name == 'csv' else 'json'}"
    with path.open("w") as out:
        if name == "csv":
            out.write("filename,class,xmin,ymin,xmax,ymax\n")
            out.writelines(f"{at % files}.jpg,cat,{at % 50}.25,2,4.5,6\n" for at in range(rows))
            return path
        out.write('{"categories": {"label": {"labels": [{"name": "cat"}]}}, "items": [')
        for at in range(files):
            row = '{"id": 0, "type": "bbox", "label_id": 0, "attributes": {}, "bbox": [1.5, 2, 3, 4]}'
            image = f'"image": {{"path": "{at}.jpg", "size": [48, 64]}}'
            out.write(f'{"," if at else ""}{{"id": "{at}", {image}, "annotations": [{",".join([row] * 20)}]}}')
            out.write(f',{{"id": "b{at}", "annotations": [{",".join([row] * (rows // files - 20))}]}}')
        out.write("]}")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", ["csv", "datumaro"])
def test_memory_is_flat_for_other_exports(tmp_path: Path, name: str) -> None:
    def most(rows: int) -> int:
        path = many_rows(tmp_path, name, rows)
        problems = Problems()
        tracemalloc.start()
        read = sum(isinstance(each, Annotation) for each in format_named(name).read(path, problems, DEFAULT_LIMITS))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (read, problems.count) == (rows, 0)
        return found

    few, more = most(10_000), most(50_000)
    # Datumaro keeps the rows of an item in it, so that an item is in memory at once.
    assert more < few + (300_000 if name == "csv" else 4_000_000), f"{few:,} bytes, then {more:,}"


@pytest.mark.slow
def test_writing_takes_memory_for_one_image_at_a_time(tmp_path: Path) -> None:
    def peak_of(images: int) -> int:
        source = many(tmp_path / f"{images}.json", images * 20, images)
        taxonomy, entries, annotations, _ = read_all(FORMAT, source)
        by_item: dict[str, list[Annotation]] = {}
        for annotation in annotations:
            by_item.setdefault(annotation.item_id, []).append(annotation)
        records = ((entry.item, by_item[entry.item.id]) for entry in entries)
        tracemalloc.start()
        report = FORMAT.write(tmp_path / f"out{images}", taxonomy, records, None)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert not report
        return most

    assert peak_of(400) < peak_of(100) + 200_000


@pytest.mark.parametrize("order", list(itertools.permutations(["images", "annotations", "categories"])))
@pytest.mark.parametrize("damaged", [False, True])
def test_sections_in_any_order(tmp_path: Path, order: tuple[str, ...], damaged: bool) -> None:
    document = coco("1.jpg", "2.jpg")
    if damaged:
        document["annotations"][0]["bbox"][0] = float("nan")
    make(tmp_path, {"x.json": {name: document[name] for name in order}})
    taxonomy, entries, annotations, problems = read_all(FORMAT, tmp_path / "x.json")
    assert (len(taxonomy.labels), len(entries), len(annotations)) == (1, 2, 2 - damaged)
    assert bool(problems) is damaged


def test_entries_come_before_their_annotations(tmp_path: Path) -> None:
    make(tmp_path, {"x.json": coco("1.jpg", "2.jpg")})
    known: set[str] = set()
    for event in FORMAT.read(tmp_path, Problems(), DEFAULT_LIMITS):
        if isinstance(event, Entry):
            known.add(event.item.id)
        elif isinstance(event, Annotation):
            assert event.item_id in known


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(json_values), st.sampled_from([None, 1, 3]), st.sampled_from([1, 2, 7, 64]), st.booleans())
def test_elements_are_those_of_the_json_library(
    values: list[Any], indent: int | None, chunk: int, ascii_only: bool
) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    if b"\xed" in text:
        return  # lone surrogates are not UTF-8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonstream, "_CHUNK", chunk)
        assert list(elements(memoryview(text), 1 << 20)) == values


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), json_values, max_size=4), st.booleans())
def test_sections_are_those_of_the_json_library(document: dict[str, Any], walked: bool) -> None:
    text = json.dumps(document).encode()
    if b"\\ud" in text:
        return  # may be a lone surrogate, which msgspec refuses
    view = memoryview(text)
    found = jsonstream._walked(view, 1 << 20) if walked else sections(view, 1 << 20)
    assert found.damage is None
    assert found.views.keys() == document.keys()
    for key, value in document.items():
        if isinstance(value, list):
            assert list(elements(found.views[key], 1 << 20)) == value


@given(st.lists(st.integers(0, 99), max_size=8), st.data(), st.sampled_from([None, 2]))
def test_rewriting_an_array_keeps_its_commas(values: list[int], data: st.DataObject, indent: int | None) -> None:
    text = json.dumps(values, indent=indent)
    places = range(len(values))
    changes = data.draw(st.dictionaries(st.sampled_from(places), st.sampled_from([None, "123"]))) if values else {}
    spans = jsonstream.array_spans(text, 0)
    got = json.loads(replaced(text, rewritten(spans, changes)))
    assert got == [
        123 if changes.get(at) else value for at, value in enumerate(values) if changes.get(at, 1) is not None
    ]


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_member_spans_are_the_members(document: dict[str, Any]) -> None:
    text = json.dumps(document, indent=1)
    spans = member_spans(text, 0)
    assert {key: json.loads(text[start:end]) for key, (_, (start, end)) in spans.items()} == document


@given(st.lists(st.one_of(st.integers(-(2**63), 2**63).map(str), st.text(min_size=1).filter(str.isascii))))
def test_seen_is_a_set(identifiers: list[str]) -> None:
    seen, truth = Seen(), set()
    for each in identifiers:
        assert seen.add(each) is (each not in truth)
        truth.add(each)


_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=4), _values, max_size=3) | _values, max_size=12),
    st.sampled_from([24, 64, 1000]),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_elements_are_those_of_the_standard_library(
    rows: list[Any], chunk: int, indent: int | None, ascii: bool
) -> None:
    """Whether msgspec reads a piece of them at once or not: NaN, lone surrogates and what is no object it does not."""
    written = json.dumps(rows, indent=indent, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
    try:
        written.decode()
    except UnicodeDecodeError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonstream, "_CHUNK", chunk)
        patch.setattr(jsonstream, "_AT_ONCE", chunk)
        patch.setattr(jsonstream, "_SINGLY", 2)
        found = list(elements(memoryview(written), 1 << 20))
    assert repr(found) == repr(json.loads(written))


@pytest.mark.parametrize("text", ['[{"a": 1},]', '[{"a": 1}', '[{"a": 1} {"a": 2}]', '[{"a": 1}, {"a": }]', "[{},,{}]"])
def test_damage_is_told_after_the_elements_before_it(text: str) -> None:
    found: list[Any] = []
    with pytest.raises(InputError):
        found.extend(elements(memoryview(text.encode()), 1 << 20))
    assert found == ([{}] if text.startswith("[{},") else [{"a": 1}])
