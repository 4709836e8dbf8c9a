"""What the documentation says to type works, its settings are valid, and its links lead somewhere."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from checkdam.lint import parse_config
from docs.pages import ROOT, blocks, commands, pages

COMMANDS = list(dict.fromkeys(command for _, command in commands()))
CHECKDAM = [command for command in COMMANDS if Path(shlex.split(command)[0]).name == "checkdam"]
MAKE = [command for command in COMMANDS if command.startswith("make")]
STAYS = {"serve", "worker"}  # they go on until Ctrl-C; tests/server and tests/e2e run them
NEEDS_DATA = ("versions", "diff", "export", "lineage", "backup", "restore")
FOLDERS = ("cells", "data", "photos", "path/to/dataset")
IMAGES = 12


@pytest.fixture
def place(tmp_path: Path, bccd: Path) -> Path:
    """A folder with a few pictures of the demo data under each name that the documentation uses."""
    names = sorted(path.stem for path in (bccd / "Annotations").glob("*.xml"))[:IMAGES]
    for folder in FOLDERS:
        for kind, suffix in (("Annotations", "xml"), ("JPEGImages", "jpg")):
            (tmp_path / folder / kind).mkdir(parents=True)
            for name in names:
                shutil.copy(bccd / kind / f"{name}.{suffix}", tmp_path / folder / kind)
    return tmp_path


def test_the_readme_gives_the_two_commands() -> None:
    assert {"make demo", "make test"} <= set(MAKE)


@pytest.mark.parametrize("command", MAKE)
def test_make_knows_the_target(command: str) -> None:
    done = subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", CHECKDAM)
def test_the_command_works(command: str, place: Path) -> None:
    arguments = shlex.split(command)[1:]
    if arguments[0] in STAYS:
        arguments = [arguments[0], "--help"]
    environment = {**os.environ, "CHECKDAM_HOME": str(place / "home")}
    if "import" not in arguments and any(name in arguments for name in NEEDS_DATA):
        _run(["import", "cells"], place, environment)
    if arguments[0] == "restore":
        _run(["backup", arguments[1]], place, environment)
    done = _run(arguments, place, environment)
    assert done.returncode in {0, 1}, done.stderr


def _run(arguments: list[str], place: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "checkdam", *arguments]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("where", "text"), [pytest.param(*block, id=block[0]) for page in pages() for block in blocks(page, "toml")]
)
def test_settings_are_valid(where: str, text: str) -> None:
    table = tomllib.loads(text)
    if "lint" in table or "taxonomy" in table:
        parse_config(table, where)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose)
    lost = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert lost == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_test_that_is_named_exists(page: Path) -> None:
    for file, function in re.findall(r"\b(tests/[\w/]+\.py)(?:::(\w+))?", page.read_text("utf-8")):
        assert (ROOT / file).exists(), file
        if function:
            assert f"def {function}(" in (ROOT / file).read_text("utf-8"), f"{file}::{function}"
