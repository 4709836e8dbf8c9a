"""`checkdam.toml`: what it sets, and that every mistake in it is told at once."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from checkdam.lint import LintConfig, RuleConfig, find_config, load_config, parse_config, rule, rule_info
from checkdam.lint.allowed import allowed
from checkdam.lint.config import selected
from checkdam.schema import InputError

GOOD = """
[lint]
select = ["*"]
ignore = ["near-*"]
severity = "warning"

[lint.rules.duplicate-box]
iou = 0.8
severity = "info"

[taxonomy]
labels = ["RBC", "WBC"]

[server]
port = 1
"""

BAD = """
[lint]
select = "all"
ignor = []
severity = "fatal"
[lint.rules.duplicate-box]
iou = 1.5
idnetical = true
severity = 3
[lint.rules.zero-area]
x = 1
[lint.rules.no-such-rule]
[taxonomy]
labels = [1]
"""


def test_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "checkdam.toml").write_text(GOOD, "utf-8")
    config = load_config(tmp_path / "checkdam.toml")
    assert config == LintConfig(
        select=("*",),
        ignore=("near-*",),
        severity="warning",
        rules={"duplicate-box": RuleConfig(options={"iou": 0.8}, severity="info")},
        labels=("RBC", "WBC"),
    )
    chosen = {one.rule.name: one for one in selected(config)}
    assert "near-duplicate-image" not in chosen
    assert chosen["duplicate-box"].options.iou == 0.8
    assert chosen["zero-area"].severity is None


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "checkdam.toml"
    path.write_text(BAD, "utf-8")
    with pytest.raises(InputError) as caught:
        load_config(path)
    places = [problem.where.removeprefix(str(path)).removeprefix(": ") for problem in caught.value.problems]
    assert sorted(places) == sorted(
        [
            "lint.select",
            "lint.ignor",
            "lint.severity",
            "lint.rules.duplicate-box.iou",
            "lint.rules.duplicate-box.idnetical",
            "lint.rules.duplicate-box.severity",
            "lint.rules.zero-area.x",
            "lint.rules.no-such-rule",
            "taxonomy.labels",
        ]
    )
    text = str(caught.value)
    assert "did you mean ignore?" in text
    assert "did you mean identical?" in text
    assert "the rule has no options" in text
    assert 'lint.severity: \'fatal\' is not allowed (give "error", "info" or "warning"' in text
    assert "iou: 1.5 is not allowed (give a number of at least 0 and below 1" in text
    assert "select: 'all' is not allowed (give a list with at least one entry, each a text in quotes" in text
    assert "$" not in text
    assert "Expected" not in text


@pytest.mark.parametrize(
    ("table", "place"), [({"lint": {"select": []}}, "lint.select"), ({"taxonomy": {"labels": []}}, "taxonomy.labels")]
)
def test_an_empty_list_is_refused_with_a_remedy(table: dict[str, dict[str, list[str]]], place: str) -> None:
    with pytest.raises(InputError, match=f"{place}.*at least one entry.*or no"):
        parse_config(table)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (bool, "true or false"),
        (str, "a text in quotes"),
        (Literal["a"], '"a"'),
        (Literal["a", "b", "c"], '"a", "b" or "c"'),
        (Annotated[float, Meta(gt=0)] | None, "a number above 0"),
        (Annotated[int, Meta(ge=0, le=16)], "a whole number of at least 0 and of at most 16"),
        (list[int], "a list, each a whole number"),
    ],
)
def test_what_is_allowed_is_said_in_words(kind: Any, words: str) -> None:
    assert allowed(kind) == words


@pytest.mark.parametrize(
    "text", ["[lint", "\xff", 'lint = 3\ntaxonomy = "x"', "[lint]\nrules = 7", "[lint.rules]\nx = 1"]
)
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "checkdam.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"checkdam\.toml"):
        load_config(path)


def test_the_nearest_file_is_found(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_config(below) in (None, *(parent / "checkdam.toml" for parent in tmp_path.parents))
    (tmp_path / "checkdam.toml").touch()
    assert find_config(below) == tmp_path / "checkdam.toml"
    (below / "checkdam.toml").touch()
    assert find_config(below) == below / "checkdam.toml"


def test_the_command_line_goes_over_the_file() -> None:
    config = parse_config({"lint": {"select": ["zero-area"], "ignore": ["box-*"], "severity": "error"}})
    assert config.overridden() == config
    over = config.overridden(select=["*"], ignore=["near-*"], severity="info")
    assert (over.select, over.ignore, over.severity) == (("*",), ("box-*", "near-*"), "info")


@pytest.mark.parametrize(
    ("select", "ignore", "runs"),
    [
        (("*",), (), False),
        (("*", "touching-frame"), (), True),
        (("touching-frame",), (), True),
        (("touching-*",), (), True),
        (("*", "touching-frame"), ("touching-*",), False),
    ],
)
def test_a_rule_that_is_off_by_default_must_be_named(
    select: tuple[str, ...], ignore: tuple[str, ...], runs: bool
) -> None:
    chosen = [one.rule.name for one in selected(LintConfig(select=select, ignore=ignore))]
    assert ("touching-frame" in chosen) == runs
    assert ("zero-area" in chosen) == ("*" in select)
    assert not rule_info(rule("touching-frame")).default
    assert rule_info(rule("zero-area")).default
