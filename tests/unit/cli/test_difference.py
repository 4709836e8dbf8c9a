"""Diffs are true: the lines that they keep and add, put together, are the new file."""

import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkdam.cli import difference
from checkdam.cli.difference import unified

lines = st.lists(
    st.sampled_from(["<object>", "  <name>RBC</name>", "  <x>1</x>", "  <x>2</x>", "</object>", ""]), max_size=30
)


def text(parts: list[str]) -> bytes:
    return "".join(f"{part}\n" for part in parts).encode()


def applied(before: list[str], diff: list[str]) -> Iterator[str]:
    """What a unified diff makes of a file, by the definition of the form."""
    at = 0
    for line in diff[2:]:
        if header := re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@", line):
            start = int(header[1]) - (header[2] != "0")
            yield from before[at:start]
            at = start
        elif line.startswith("+"):
            yield line[1:]
        else:
            assert line[1:] == before[at]
            at += 1
            if line.startswith(" "):
                yield line[1:]
    yield from before[at:]


@given(lines, lines)
def test_a_short_files_diff_gives_the_new_file(before: list[str], after: list[str]) -> None:
    diff = list(unified("a.xml", text(before), text(after)))
    assert list(applied(before, diff) if diff else before) == after


@given(st.lists(st.integers(0, 10_000), min_size=20, max_size=60, unique=True), st.sets(st.integers(0, 19), max_size=6))
def test_a_long_files_diff_gives_the_new_file(values: list[int], gone: set[int]) -> None:
    before = [str(value) for value in values]
    after = [line for at, line in enumerate(before) if at not in gone]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(difference, "WHOLE", 0)
        diff = list(unified("a.json", text(before), text(after)))
    assert list(applied(before, diff) if diff else before) == after


def test_long_files_take_linear_time() -> None:
    before = [f'{{"id": {at}, "bbox": [1, 2, 3, 4]}},' for at in range(200_000)]
    after = [line for at, line in enumerate(before) if at % 20_000 != 7]
    start = time.perf_counter()
    diff = list(unified("a.json", text(before), text(after)))
    assert time.perf_counter() - start < 5
    assert sum(line.startswith("-") for line in diff[2:]) == 10


def test_very_long_lines_are_cut() -> None:
    diff = list(unified("a.json", b"[" + b"1," * 10_000 + b"2]", b"[3]"))
    assert max(map(len, diff)) < 2100
    assert any("20,003 characters" in line for line in diff)


def test_bytes_that_are_not_text_are_escaped() -> None:
    assert "-caf\\xe9" in list(unified("a.txt", b"caf\xe9\n", b"cafe\n"))


@given(lines.filter(bool))
def test_a_file_that_goes_is_taken_away_line_by_line(before: list[str]) -> None:
    diff = list(unified("a.xml", text(before), None))
    assert diff[:2] == ["--- a/a.xml", "+++ /dev/null"]
    assert list(applied(before, diff)) == []


def test_of_a_file_without_lines_it_is_said_that_it_goes() -> None:
    assert list(unified("a.txt", b"", None)) == ["--- a/a.txt", "+++ /dev/null"]
    assert list(unified("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None)) == [
        "Binary files a/a.png and /dev/null differ"
    ]
