"""What is printed is safe, and plain where no person reads it."""

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkdam.cli import console
from checkdam.schema import InputError, Problems


@given(st.text())
def test_nothing_that_could_steer_a_terminal_is_printed(text: str) -> None:
    assert all(character.isprintable() or character in "\n\t" for character in console.printable(text))


@pytest.mark.parametrize("text", ["plain", "naïve – 3 × 4 µm", "日本語", "a\tb\nc", ""])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert console.printable(text) == text


def test_escapes_are_shown() -> None:
    assert console.printable("\x1b[31mred\x9b0m\ud800") == r"\x1b[31mred\x9b0m\ud800"


def test_a_table_is_aligned_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    console.table(("name", "count"), [("a", 5), ("long name", 1200)], right=("count",))
    assert capsys.readouterr().out == "name       count\na              5\nlong name   1200\n"


def test_no_progress_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("reading") as progress:
        progress(1, 2, "half")
    assert capsys.readouterr() == ("", "")


def test_an_error_names_its_problems_and_the_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    problems = Problems()
    for line in range(150):
        problems.add(f"a.csv:{line}", f"bad row {line}")
    console.fail(InputError("the file cannot be read", "repair it", problems))
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "error: the file cannot be read"
    assert told[1] == "  a.csv:0: bad row 0"
    assert told[-2:] == ["  … and 50 more", "  remedy: repair it"]


def test_problems_that_the_message_names_are_not_told_twice(capsys: pytest.CaptureFixture[str]) -> None:
    problems = Problems()
    problems.add("x", "is not known here")
    console.fail(InputError("1 mistake:\n  x: is not known here", "", problems))
    assert capsys.readouterr().err.count("is not known here") == 1


def test_streams_take_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    console.prepare()
    console.out("µ")
    stream.flush()
    assert stream.buffer.getvalue() == b"\\xb5\n"  # type: ignore[attr-defined]
