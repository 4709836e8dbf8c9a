"""A baseline knows old findings again, whatever their lines and ids; it counts; what is malformed is told."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkdam.lint import Frame, FrameBuilder, LintConfig, lint
from checkdam.lint.baseline import Baseline, compare, dump, fingerprint, load, of_findings, updated
from checkdam.schema import Annotation, Box, Finding, InputError, Item, Label, Origin, Taxonomy

Boxes = list[tuple[float, float, float, float]]
FLAT: Boxes = [(4, 4, 0, 0), (9, 9, 0, 5), (20, 20, 10, 10)]
CONFIG = LintConfig(select=("zero-area", "duplicate-box"))


def found(boxes: Boxes, first_line: int = 1, name: str = "a.png") -> tuple[list[Finding], Frame]:
    builder = FrameBuilder()
    builder.add(Taxonomy(labels=(Label(name="cell"),)))
    builder.add(Item(id=name, kind="image", name=name, width=64, height=64))
    for number, box in enumerate(boxes):
        origin = Origin("a.xml", first_line + number)
        builder.add(Annotation(id=f"n{number}", item_id=name, label="cell", geometry=Box(*box), origin=origin))
    frame = builder.build()
    return lint(frame, None, CONFIG), frame


def everything(_: object) -> bool:
    return True


def new(boxes: Boxes, old: Boxes) -> int:
    before = of_findings(*found(old))
    findings, frame = found(boxes)
    return len(compare(findings, frame, before, everything).new)


def test_what_was_there_is_quiet() -> None:
    findings, frame = found(FLAT)
    compared = compare(findings, frame, of_findings(findings, frame), everything)
    assert (compared.new, compared.silenced, compared.gone) == ([], 2, [])


def test_lines_order_and_ids_do_not_count() -> None:
    before = of_findings(*found(FLAT))
    findings, frame = found([(1, 1, 5, 5), *reversed(FLAT)], first_line=90)
    assert compare(findings, frame, before, everything).new == []


@given(st.permutations([*FLAT, (20, 20, 10, 10), (30, 30, 0, 0)]))
def test_no_order_of_the_file_makes_an_old_finding_new(boxes: Boxes) -> None:
    assert new(boxes, [*FLAT, (20, 20, 10, 10), (30, 30, 0, 0)]) == 0


def test_equal_findings_are_counted() -> None:
    twice: Boxes = [(4, 4, 0, 0), (4, 4, 0, 0)]
    assert new([*twice, (4, 4, 0, 0)], twice) == 1
    findings, frame = found([(4, 4, 0, 0)])
    gone = compare(findings, frame, of_findings(*found(twice)), everything).gone
    assert [(entry.rule, entry.count) for entry in gone] == [("zero-area", 1)]


def test_another_box_item_or_rule_is_new() -> None:
    assert new([(4, 4, 0, 0), (5, 4, 0, 0)], [(4, 4, 0, 0)]) == 1
    before = of_findings(*found(FLAT))
    findings, frame = found(FLAT, name="b.png")
    assert len(compare(findings, frame, before, everything).new) == 2
    other = msgspec.structs.replace(findings[0], rule="sliver")
    assert fingerprint(other, frame) != fingerprint(findings[0], frame)


def test_message_and_severity_do_not_count() -> None:
    findings, frame = found(FLAT)
    other = msgspec.structs.replace(findings[0], message="said otherwise", severity="info", location="z:1")
    assert fingerprint(other, frame) == fingerprint(findings[0], frame)


def test_what_was_not_looked_for_is_not_gone_and_stays() -> None:
    before = of_findings(*found(FLAT))
    compared = compare([], found([])[1], before, lambda entry: entry.rule != "zero-area")
    assert compared.gone == []
    assert updated(Baseline(), before, lambda entry: entry.rule != "zero-area") == before
    assert updated(Baseline(), before, everything) == Baseline()


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    findings, frame = found(FLAT)
    path = tmp_path / "b.json"
    path.write_text(dump(of_findings(findings, frame)), "utf-8")
    assert load(path) == of_findings(findings, frame)
    assert dump(of_findings(findings[::-1], frame)) == path.read_text("utf-8")


GOOD: dict[str, Any] = {"rule": "zero-area", "fingerprint": "0" * 24}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("\x00", "not JSON"),
        ("[]", "Expected `object`"),
        ('{"findings": {}}', "Expected `array`"),
        ('{"checkdam_baseline": 2, "findings": []}', "checkdam_baseline"),
        ('{"other": 1}', "other"),
    ],
)
def test_what_is_no_baseline_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=told) as raised:
        load(path)
    assert "--update-baseline" in (raised.value.remedy or "")


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    wrong = [GOOD, {**GOOD, "count": 0}, {**GOOD, "fingerprint": "x"}, {**GOOD, "rule": 3}, {**GOOD, "more": 1}, 7]
    path.write_bytes(msgspec.json.encode({"findings": wrong}))
    with pytest.raises(InputError) as raised:
        load(path)
    assert [f"findings[{number}]" in raised.value.detail for number in range(6)] == [False, *[True] * 5]


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="regular file"):
        load(tmp_path)
