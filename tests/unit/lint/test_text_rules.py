"""The rules on texts: against twins that try everything."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkdam.formats import Entry, read
from checkdam.lint import Frame, FrameBuilder, LintConfig, RuleConfig, lint
from checkdam.lint.tags import Scheme, Tag, breaches, parsed, scheme_of
from checkdam.lint.tags import tagged as tags_of
from checkdam.lint.words import Trimmer, inside_word, word_around
from checkdam.schema import (
    Annotation,
    Finding,
    Item,
    LimitError,
    Problems,
    ReplaceAnnotation,
    Span,
    annotation_id,
    item_id,
)

SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=12)


def frame_of(text: str, spans: list[tuple[int, int]]) -> Frame:
    builder = FrameBuilder()
    builder.add(Item(id=item_id("1"), kind="text", name="1", text=text))
    for number, (start, end) in enumerate(spans):
        key = annotation_id(item_id("1"), str(number))
        builder.add(Annotation(id=key, item_id=item_id("1"), label=f"L{number % 2}", geometry=Span(start, end)))
    return builder.build()


def findings(frame: Frame, rule: str, **options: Any) -> list[Finding]:
    return lint(frame, None, LintConfig(select=(rule,), rules={rule: RuleConfig(options=options)}))


@settings(deadline=None)  # the first run loads the rules
@given(SPANS, st.booleans())
def test_every_span_that_overlaps_an_earlier_one_is_found(spans: list[tuple[int, int]], nested: bool) -> None:
    frame = frame_of("abcdefghijkl", spans)
    found = {frame.annotation_rows[one.subject.ids[0]] for one in findings(frame, "overlapping-spans", nested=nested)}
    order = sorted((start, -end, row) for row, (start, end) in enumerate(spans) if start < end)
    expected = set()
    for place, (start, end, row) in enumerate(order):
        for low, high, _ in order[:place]:
            mine, theirs = set(range(start, -end)), set(range(low, -high))
            inside = mine < theirs
            if mine & theirs and (nested or not inside):
                expected.add(row)
    assert found == expected


@settings(deadline=None)
@given(st.text(alphabet="ab1 -é\u0301東ก_'", max_size=12), SPANS)
def test_the_fixes_of_spans_leave_nothing_to_fix(text: str, spans: list[tuple[int, int]]) -> None:
    for rule in ("span-splits-word", "span-edge-space", "span-out-of-text"):
        frame = frame_of(text, spans)
        for finding in findings(frame, rule):
            for edit in finding.fix.edits if finding.fix else ():
                if isinstance(edit, ReplaceAnnotation):
                    geometry = edit.annotation.geometry
                    assert isinstance(geometry, Span)
                    assert not findings(frame_of(text, [(geometry.start, geometry.end)]), rule)


@given(st.text(max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_words_around_hold_the_range(text: str, start: int, end: int) -> None:
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    low, high = word_around(text, start, end)
    assert 0 <= low <= start <= end <= high <= len(text)
    assert not inside_word(text, low)
    assert not inside_word(text, high)


def test_texts_that_are_one_word_or_all_spaces_take_no_time_in_their_square() -> None:
    for text in ("a" * 1_000_000, " " * 1_000_000):
        frame = frame_of(text, [(at * 100, 900_000 + at) for at in range(500)])
        for rule in ("span-splits-word", "span-edge-space", "inconsistent-surface-form", "overlapping-spans"):
            assert len(findings(frame, rule)) <= 500
    with pytest.raises(LimitError, match="cover one character"):
        findings(frame_of("ab" * 5000, [(at, 10_000 - at) for at in range(2000)]), "overlapping-spans")


CHUNKS = st.lists(st.tuples(st.sampled_from(["", "PER", "LOC"]), st.integers(1, 3)), max_size=8)


def tagged(chunks: list[tuple[str, int]], scheme: str) -> list[str]:
    """A sentence of chunks (type, tokens; no type: outside) as tags, by the definition of each scheme."""
    tags: list[str] = []
    before = ""
    for kind, length in chunks:
        if not kind:
            tags += ["O"] * length
        elif scheme == "IOB2":
            tags += [f"B-{kind}"] + [f"I-{kind}"] * (length - 1)
        elif scheme == "IOB1":
            tags += [f"B-{kind}" if before == kind else f"I-{kind}"] + [f"I-{kind}"] * (length - 1)
        else:
            tags += [f"S-{kind}"] if length == 1 else [f"B-{kind}", *[f"I-{kind}"] * (length - 2), f"E-{kind}"]
        before = kind
    return tags


@given(CHUNKS, st.sampled_from(["IOB1", "IOB2", "BIOES"]))
def test_what_is_tagged_by_a_scheme_does_not_break_it(chunks: list[tuple[str, int]], scheme: Any) -> None:
    tags = [parsed(tag) for tag in tagged(chunks, scheme)]
    assert list(breaches(tags, scheme)) == []


@given(CHUNKS, st.sampled_from(["IOB1", "IOB2", "BIOES"]))
def test_chunks_are_tagged_as_a_scheme_writes_them(chunks: list[tuple[str, int]], scheme: Scheme) -> None:
    tokens = [(at if kind else None, kind) for at, (kind, length) in enumerate(chunks) for _ in range(length)]
    assert tags_of(tokens, scheme) == tagged(chunks, scheme)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a B-PER", "b I-PER", "", "c B-LOC", "d O", "e B-PER"], []),
        (["a B-PER", "b I-PER", "", "c B-LOC", "d I-ORG", "e B-PER"], ["tag I-ORG of 'd' goes on with a chunk*(IOB2)"]),
        (["a I-PER", "b I-PER", "", "c I-LOC", "d B-LOC"], []),
        (["a I-PER", "b I-LOC", "", "c B-LOC", "d I-LOC"], ["tag B-LOC of 'c' begins with B*(IOB1)"]),
        (
            ["a B-PER", "b E-PER", "", "c S-LOC", "d B-ORG"],
            ["tag B-ORG of 'd' is of a chunk that does not end (BIOES)"],
        ),
        (["a B-PER", "b L-PER", "", "c U-LOC", "d I-ORG", "e I-ORG"], ["tag I-ORG of 'd' goes on*(BIOES), and 1 more"]),
    ],
)
def test_tags_of_conll_files(tmp_path: Path, lines: list[str], expected: list[str]) -> None:
    (tmp_path / "a.conll").write_text("\n".join(lines) + "\n")
    builder = FrameBuilder()
    for event in read(tmp_path, format="conll", problems=Problems()):
        builder.add(event.item if isinstance(event, Entry) else event)
    found = [finding.message for finding in findings(builder.build(), "tag-scheme")]
    assert len(found) == len(expected)
    assert all(fnmatch(message, pattern) for message, pattern in zip(found, expected, strict=True)), found


@given(st.lists(CHUNKS, min_size=1), st.sampled_from(["IOB2", "BIOES"]))
def test_the_scheme_is_seen_where_it_shows(sentences: list[list[tuple[str, int]]], scheme: str) -> None:
    tags = [[parsed(tag) for tag in tagged(chunks, scheme)] for chunks in sentences]
    places = {tag.place for sentence in tags for tag in sentence}
    expected = scheme if places & {"E", "S"} or (scheme == "IOB2" and "B" in places) else None
    assert scheme_of(tags) == expected


def test_tags_are_parsed() -> None:
    assert parsed("O") == Tag("O", "")
    assert parsed("I-PER") == parsed("I_PER") == Tag("I", "PER")
    assert parsed("L-PER") == Tag("E", "PER")
    assert parsed("B") == Tag("B", "")
    for text in ("", "PER", "B-", "IPER", "X-PER", "I95"):
        assert parsed(text).place == ""


@given(st.lists(st.sampled_from(["a", " ", "\u200b", " " * 1200, "\n" * 3000]), max_size=8), st.data())
def test_trimming_long_runs_is_trimming(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    low, high = Trimmer(text)(start, end)
    kept = [at for at in range(start, end) if text[at] == "a"]
    assert (low, high) == (kept[0], kept[-1] + 1) if kept else low == high
