"""A rule of somebody else's package: found, listed and run like those of ours; a broken one is told plainly."""

from pathlib import Path

import pytest

from unit import plugins

RULE = '''
"""Labels in capitals.

## What it catches

A label that is written in capitals alone.

## Why it matters

It may be another spelling of a label that is not.
"""

from checkdam.lint.rule import NoOptions, annotation_finding


class Shouting:
    name = "shouting"
    severity = "info"
    subject = "annotation"
    needs = frozenset()
    fixable = False
    Options = NoOptions

    def check(self, frame, facts, options):
        for row, label in enumerate(frame.labels[code] for code in frame.label):
            if label.isupper():
                yield annotation_finding(self, frame, [row], f"{label} is written in capitals")
'''


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "t.csv").write_text("filename,label\n1.jpg,CAT\n2.jpg,dog\n")
    return folder


def test_a_rule_of_another_package(tmp_path: Path, dataset: Path) -> None:
    home = plugins.install(tmp_path / "site", "checkdam.rules", {"their_package/things.py": RULE})
    status, told = plugins.checkdam(home, "rule")
    assert status == 0
    assert "shouting" in told
    status, told = plugins.checkdam(home, "rule", "shouting")
    assert status == 0
    assert "written in capitals" in told
    status, told = plugins.checkdam(home, "lint", str(dataset), "--select", "shouting", "--fail-on", "info")
    assert status == 1
    assert "CAT is written in capitals" in told
    assert "dog" not in told


BROKEN = {
    "does not import": ("import no_such_module_at_all\n", "no_such_module_at_all"),
    "is no Python": ("def (:\n", "SyntaxError"),
    "is half a rule": ("class Half:\n    def check(self):\n        pass\n", "not all that a rule has"),
    "has a name that is taken": (RULE.replace('"shouting"', '"zero-area"'), "two rules are named 'zero-area'"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_told_without_a_traceback(tmp_path: Path, dataset: Path, case: str) -> None:
    content, what = BROKEN[case]
    home = plugins.install(tmp_path / "site", "checkdam.rules", {"their_package/things.py": content})
    status, told = plugins.checkdam(home, "lint", str(dataset))
    assert status == 2
    assert what in told
    assert "Traceback" not in told
