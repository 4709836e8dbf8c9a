"""The Python that the documentation shows runs, block after block, in the place that the page speaks of."""

import importlib.util
from pathlib import Path

import pytest

from checkdam.workspace import Workspace
from docs.pages import ROOT
from docs.test_documentation import place  # noqa: F401  # a fixture

_FENCE = "```"


def python_blocks(page: Path) -> list[tuple[int, str, str]]:
    """(line, what it needs, text) of each Python block; what follows the language on the fence is a module."""
    found, needs, lines, start = [], "", [], 0
    inside = False
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        if not inside and line.startswith(_FENCE + "python"):
            inside, needs, lines, start = True, line.removeprefix(_FENCE + "python").strip(), [], number
        elif inside and line.startswith(_FENCE):
            inside = False
            found.append((start, needs, "\n".join(lines)))
        elif inside:
            lines.append(line)
    return found


@pytest.mark.slow
def test_the_training_page_runs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    page = ROOT / "docs" / "training.md"
    monkeypatch.setenv("CHECKDAM_HOME", str(place / "home"))
    with Workspace.open(place / "home") as workspace:
        workspace.run(workspace.datasets.submit_import("cells", place / "cells", actor="test"))
    names: dict[str, object] = {}
    for line, needs, text in python_blocks(page):
        if needs and importlib.util.find_spec(needs) is None:
            continue  # tests/peers runs it
        # The cells have no splits: the page's filter would leave nothing to read.
        code = compile("\n" * line + text.replace('slice={"split": "train"}, ', ""), str(page), "exec")
        exec(code, names)  # noqa: S102
    assert len(names["train"]) > 4  # type: ignore[arg-type]
