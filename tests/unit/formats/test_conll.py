"""Tagged tokens: every scheme, broken ones too, and files of which a byte more or less would be seen."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkdam.formats import PatchEdit, detect, detections, format_named
from checkdam.formats.conll.tags import SchemeFinder, entities, tagged
from checkdam.schema import Annotation, InputError, Span
from unit.formats.making import make, read_all

CONLL = format_named("conll")
LABELS = st.sampled_from(["PER", "LOC", "B-x"])
SCHEMES = st.sampled_from(["IOB1", "IOB2", "BIOES", "BILOU"])


@st.composite
def rows(draw: st.DrawFn) -> tuple[list[tuple[int, int, str]], int]:
    """Entities that do not overlap, and how many tokens there are."""
    borders = sorted(draw(st.sets(st.integers(0, 12), max_size=6)))
    found = [(begin, end, draw(LABELS)) for begin, end in pairwise(borders) if draw(st.booleans())]
    return found, 12


@given(rows(), SCHEMES)
def test_a_scheme_holds_every_row_of_entities(row: Any, scheme: Any) -> None:
    found, length = row
    assert entities(tagged(found, length, scheme)) == found


@given(st.lists(rows(), min_size=3, max_size=9), SCHEMES)
def test_the_scheme_of_sound_tags_breaks_nothing(sample: Any, scheme: Any) -> None:
    finder = SchemeFinder()
    written = [tagged(found, length, scheme) for found, length in sample]
    for tags in written:
        finder.add(tags)
    for tags in written:
        assert tagged(entities(tags), len(tags), finder.scheme) == tags


@pytest.mark.parametrize(
    ("tags", "scheme", "found"),
    [
        ("I-PER I-PER O I-PER B-PER", "IOB1", [(0, 2), (3, 4), (4, 5)]),
        ("B-PER I-PER O B-PER B-PER", "IOB2", [(0, 2), (3, 4), (4, 5)]),
        ("B-PER I-PER E-PER S-PER O", "BIOES", [(0, 3), (3, 4)]),
        ("B-PER I-PER L-PER U-PER O", "BILOU", [(0, 3), (3, 4)]),
        ("PER PER O LOC", "plain", [(0, 2), (3, 4)]),
        ("B-PER O I-PER B-LOC I-PER B-PER I-PER", "IOB2", [(0, 1), (2, 3), (3, 4), (4, 5), (5, 7)]),
        ("B-PER O E-PER S-PER I-PER", "BIOES", [(0, 1), (2, 3), (3, 4), (4, 5)]),
        ("O O", "IOB2", []),
    ],
)
def test_tags_of_every_scheme(tags: str, scheme: str, found: list[tuple[int, int]]) -> None:
    finder = SchemeFinder()
    finder.add(tags.split())
    assert finder.scheme == scheme
    assert [(begin, end) for begin, end, _ in entities(tags.split())] == found


CONLL_2003 = """-DOCSTART- -X- -X- O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC

-DOCSTART- -X- -X- O

Löwe NN I-NP I-PER
Peter NNP I-NP B-PER

"""


def test_columns_and_documents(tmp_path: Path) -> None:
    make(
        tmp_path, {"eng.train": CONLL_2003, "eng.testa": CONLL_2003.replace("EU", "UN"), "readme.txt": "hello world\n"}
    )
    assert detect(tmp_path).name == "conll"
    taxonomy, entries, annotations, problems = read_all(CONLL, tmp_path)
    assert not problems
    assert taxonomy.names() == ("MISC", "ORG", "PER")
    assert taxonomy.metadata == {"conll.scheme": "IOB1"}
    told = [(each.item.name, each.item.text, each.item.split, each.item.metadata["conll.document"]) for each in entries]
    assert told == [
        ("eng.testa:3", "UN rejects German", "val", 0),
        ("eng.testa:9", "Löwe Peter", "val", 1),
        ("eng.train:3", "EU rejects German", "train", 0),
        ("eng.train:9", "Löwe Peter", "train", 1),
    ]
    assert entries[0].item.metadata["conll.column.1"] == "NNP VBZ JJ"
    assert entries[0].item.metadata["conll.column.2"] == "I-NP I-VP I-NP"
    assert [(each.label, each.geometry, str(each.origin)) for each in annotations[:4]] == [
        ("ORG", Span(0, 2), "eng.testa:3"),
        ("MISC", Span(11, 17), "eng.testa:5"),
        ("PER", Span(0, 4), "eng.testa:9"),
        ("PER", Span(5, 10), "eng.testa:10"),
    ]


def exported(root: Path, target: Path) -> Any:
    taxonomy, entries, annotations, problems = read_all(CONLL, root)
    assert not problems
    records = [(entry.item, [one for one in annotations if one.item_id == entry.item.id]) for entry in entries]
    return CONLL.write(target, taxonomy, records, None)


@pytest.mark.parametrize(
    "content",
    [
        "a I-X\nb I-X\n\nc O\n\n",
        "a B-X\nb I-X\n\nc O\n\n",
        "a B-X\nb E-X\n\nc S-X\n\n",
        "a\tNN\tB-X\nb c\tNN\tI-X\n\n",
        "a B-X\nb O\nc I-X\nd B-Y\n\n",  # a breach of the scheme
        "-DOCSTART- O\n\na B-X\n\n-DOCSTART- O\n\nb O\n\n",
        "# O\n#1 B-X\n\n",
    ],
)
def test_an_export_of_what_was_read_is_that_file(tmp_path: Path, content: str) -> None:
    make(tmp_path / "in", {"sub/x.conll": content})
    report = exported(tmp_path / "in", tmp_path / "out")
    assert not report, str(report)
    assert (tmp_path / "out/sub/x.conll").read_text() == content
    assert {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()} == {"taxonomy.json", "x.conll"}
    again = read_all(CONLL, tmp_path / "out")
    assert [each.item for each in again[1]] == [each.item for each in read_all(CONLL, tmp_path / "in")[1]]


def test_breaches_are_read_as_they_stand_and_kept(tmp_path: Path) -> None:
    make(tmp_path, {"x.conll": "a B-X\nb O\nc I-X\n\nd B-X\ne I-X\n\nf B-X\n"})
    _, entries, annotations, problems = read_all(CONLL, tmp_path)
    assert not problems
    assert entries[0].item.metadata == {"conll.tags": "B-X O I-X", "conll.scheme": "IOB2"}
    assert [each.item.metadata for each in entries[1:]] == [{}, {}]
    assert [each.geometry for each in annotations] == [Span(0, 1), Span(4, 5), Span(0, 3), Span(0, 1)]


def test_lines_that_are_no_tokens(tmp_path: Path) -> None:
    make(tmp_path, {"x.conll": "a B-X\n\nb\nc O\n\nd O\n# a comment here\n\ne f g\n"})
    _, entries, _, problems = read_all(CONLL, tmp_path)
    assert [problem.where for problem in problems] == ["x.conll:3", "x.conll:9"]
    assert [each.item.text for each in entries] == ["a", "d"]


@pytest.mark.parametrize(("content", "line"), [(b"a O\n\n\xff O\n", 3), (b"a O\n\nb\0 O\n", 3)])
def test_damaged_files_keep_what_comes_before(tmp_path: Path, content: bytes, line: int) -> None:
    make(tmp_path, {"x.conll": content})
    _, entries, _, problems = read_all(CONLL, tmp_path)
    (problem,) = problems
    assert f"line {line}" in problem.what
    assert len(entries) == 1


def test_the_rows_beside_must_fit(tmp_path: Path) -> None:
    make(tmp_path, {"x.conll": "a O\n\nb O\n", "x.conll.items.jsonl": '{"id": "one"}\n'})
    _, entries, _, problems = read_all(CONLL, tmp_path)
    assert [problem.where for problem in problems] == ["x.conll.items.jsonl"]
    assert [each.item.name for each in entries] == ["one", "x.conll:3"]


def test_changes_in_place(tmp_path: Path) -> None:
    content = "a NN I-X\nb NN  I-X \r\nc NN B-X\n\nd NN O\ne NN I-Y\n"
    make(tmp_path, {"x.conll": content})
    path = tmp_path / "x.conll"
    _, entries, annotations, _ = read_all(CONLL, tmp_path)
    assert CONLL.patch(path, []) == content.encode()

    def edit(at: int, **changes: Any) -> PatchEdit:
        one = annotations[at]
        assert one.origin is not None
        new = msgspec.structs.replace(one, **changes) if changes else None
        return PatchEdit(at=one.origin.at, annotation=new)

    assert CONLL.patch(path, [edit(0)]) == b"a NN O\nb NN  O \r\nc NN I-X\n\nd NN O\ne NN I-Y\n"
    assert CONLL.patch(path, [edit(0, label="Z")]) == b"a NN I-Z\nb NN  I-Z \r\nc NN I-X\n\nd NN O\ne NN I-Y\n"
    assert CONLL.patch(path, [edit(2, geometry=Span(0, 3))]) == content.replace("d NN O", "d NN I-Y").encode()
    item = entries[0].item
    places = CONLL.places(tmp_path, [item])[item.id]
    assert [str(place) for place in places] == ["x.conll:1"]
    assert CONLL.patch(path, [PatchEdit(at=1, whole_item=True)]) == b"d NN O\ne NN I-Y\n"
    assert CONLL.patch(path, [PatchEdit(at=5, whole_item=True)]).decode() == content[: content.index("d NN")]
    for wrong in (
        PatchEdit(at=99),
        PatchEdit(at=2),
        PatchEdit(at=5),
        PatchEdit(at=None),
        PatchEdit(at=2, whole_item=True),
        edit(0, geometry=Span(0, 2)),
        edit(0, geometry=Span(0, 5)),
        edit(0, label="a b"),
    ):
        with pytest.raises(InputError):
            CONLL.patch(path, [wrong])


def test_an_item_goes_with_its_row(tmp_path: Path) -> None:
    make(tmp_path, {"x.conll": "a O\n\nb O\n", "x.conll.items.jsonl": '{"id": "one"}\n{"id": "two"}\n'})
    _, (_, two), _, _ = read_all(CONLL, tmp_path)
    places = CONLL.places(tmp_path, [two.item])[two.item.id]
    assert [str(place) for place in places] == ["x.conll:3", "x.conll.items.jsonl:2"]
    for place in places:
        path = tmp_path / place.file
        path.write_bytes(CONLL.patch(path, [PatchEdit(at=place.at, whole_item=True)]))
    _, entries, _, problems = read_all(CONLL, tmp_path)
    assert not problems
    assert [each.item.name for each in entries] == ["one"]


def test_wikigold(shared_data: Path, flaws: dict[str, Any], tmp_path: Path) -> None:
    root, counted = shared_data / "text_ner_wikigold", flaws["text_ner_wikigold"]
    assert detections(root)[0].format == "conll"
    taxonomy, entries, annotations, problems = read_all(CONLL, root)
    assert len(problems) == counted["malformed_lines"] == 0
    assert taxonomy.metadata["conll.scheme"] == "IOB1"
    marks = (root / "CONLL-format/data/wikigold.conll.txt").read_text().count("-DOCSTART-")
    assert marks == 145  # which the script counted as sentences of one token
    assert len(entries) + marks == counted["sentences"] == 1841
    assert sum(len((each.item.text or "").split(" ")) for each in entries) + marks == counted["tokens"]
    # No tag of the set is B-, so that each chunk begins with an I- that the count is of.
    loose = "I_tag_not_preceded_by_same_type (every one is a BIO2 violation; legal in IOB1)"
    assert len(annotations) == counted[loose] == 3558
    for label in taxonomy.names():
        assert (
            sum(map(words_of(entries), (a for a in annotations if a.label == label))) == counted["tags"][f"I-{label}"]
        )
    assert not any("conll.tags" in each.item.metadata for each in entries)
    report = exported(root, tmp_path / "out")
    assert not report
    file = "CONLL-format/data/wikigold.conll.txt"
    # All but the mark at the end, after which no document begins.
    assert (tmp_path / "out" / file).read_bytes() + b"-DOCSTART- O\n\n" == (root / file).read_bytes()


def words_of(entries: list[Any]) -> Any:
    texts = {entry.item.id: entry.item.text for entry in entries}

    def count(annotation: Annotation) -> int:
        assert isinstance(annotation.geometry, Span)
        return len(texts[annotation.item_id][annotation.geometry.start : annotation.geometry.end].split(" "))

    return count
