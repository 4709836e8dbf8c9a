"""Every rule: its cases, its manual, its place in the reference."""

import re
from pathlib import Path

import msgspec
import pytest
import yaml

from checkdam.lint import Rule, rule_info, rules
from checkdam.lint.manual import sections
from checkdam.lint.reference import rules_page
from checkdam.lint.rule import MANUAL_SECTIONS
from unit.lint.rule_cases import Case, check, parse

ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT / "tests" / "cases" / "rules"
BUILT_IN = {name: rule for name, rule in rules().items() if type(rule).__module__.startswith("checkdam.")}


def cases_of(name: str) -> list[Case]:
    path = CASES / f"{name}.yaml"
    return parse(yaml.safe_load(path.read_text("utf-8"))) if path.is_file() else []


def example_of(rule: Rule) -> list[Case]:
    """The case in the manual's Example section."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", sections(rule_info(rule).manual)["Example"], re.MULTILINE | re.DOTALL)
    return [case for block in blocks for case in parse(yaml.safe_load(block))]


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"{name}-{case.name}") for name in BUILT_IN for case in cases_of(name)],
)
def test_case(name: str, case: Case, tmp_path: Path) -> None:
    check(case, name, tmp_path)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_manuals_example_is_true(name: str, tmp_path: Path) -> None:
    examples = example_of(BUILT_IN[name])
    assert examples
    for case in examples:
        check(case, name, tmp_path)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_rule_has_good_and_bad_cases(name: str) -> None:
    cases = cases_of(name)
    assert any(case.findings for case in cases), f"{name}.yaml needs a case with a finding"
    assert any(not case.findings for case in cases), f"{name}.yaml needs a case without a finding"
    assert len({case.name for case in cases}) == len(cases)


def test_no_case_file_is_left_over() -> None:
    assert {path.stem for path in CASES.glob("*.yaml")} == set(BUILT_IN)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_manual_has_every_section_and_every_option(name: str) -> None:
    info = rule_info(BUILT_IN[name])
    parts = sections(info.manual)
    assert tuple(parts) == MANUAL_SECTIONS
    assert all(parts.values())
    assert len(info.summary) < 100
    assert info.summary.endswith(".")
    told = dict(re.findall(r"^- `(\w+)` \(default (`[^`]*`|none)\)", parts["Options"], re.MULTILINE))
    assert told == {
        key: "none" if default is None else f"`{msgspec.json.encode(default).decode()}`"
        for key, default in info.options.items()
    }


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_rules_module_is_named_as_the_rule(name: str) -> None:
    assert type(BUILT_IN[name]).__module__.rsplit(".", 1)[1] == name.replace("-", "_")


def test_the_first_twelve_are_there() -> None:
    assert set(BUILT_IN) >= {
        "box-too-large",
        "box-too-small",
        "duplicate-box",
        "duplicate-image",
        "duplicate-text",
        "near-duplicate-image",
        "odd-aspect-ratio",
        "out-of-frame",
        "size-mismatch",
        "unknown-label",
        "unreadable-image",
        "zero-area",
    }


def test_the_reference_is_generated_from_the_rules() -> None:
    assert (ROOT / "docs" / "rules.md").read_text("utf-8") == rules_page(), "run `python -m checkdam.lint.reference`"
