"""The pre-commit hook, run as pre-commit runs it: its entry, then the arguments, in the root of a git repository. The
tool itself would fetch repositories, which a test must not."""

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from checkdam.cli.app import build
from unit.cli.command import Done, voc_xml

ROOT = Path(__file__).resolve().parents[3]
RECIPE = ROOT / "docs" / "recipes" / "lint-in-ci.md"
REQUIRED = {"id", "name", "entry", "language"}
ALLOWED = REQUIRED | {"description", "pass_filenames", "require_serial", "minimum_pre_commit_version", "args", "files"}
"""Of the manifest that pre-commit validates: https://pre-commit.com/#creating-new-hooks."""


def manifest() -> dict[str, Any]:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert isinstance(hook, dict)
    return hook


def blocks() -> list[Any]:
    return [
        yaml.safe_load(text)
        for text in re.findall(r"^```yaml\n(.*?)^```", RECIPE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    ]


def hooks() -> list[dict[str, Any]]:
    """The hooks of the recipe, each with what it takes from the manifest."""
    repositories = [one for block in blocks() if isinstance(block, dict) for one in block.get("repos", [])]
    return [
        hook if repository["repo"] == "local" else {**manifest(), **hook}
        for repository in repositories
        for hook in repository["hooks"]
    ]


def commands() -> list[str]:
    """Every command line of Checkdam in the workflows of the recipe."""
    return re.findall(r"(?:run:|-) (checkdam lint .+)$", RECIPE.read_text("utf-8"), re.MULTILINE)


@pytest.fixture
def repository(voc: Path) -> Path:
    """A git repository with the dataset in `data/`."""
    root = voc.parent / "repository"
    root.mkdir()
    shutil.move(voc, root / "data")
    git(root, "init", "-q")
    git(root, "add", "--all")
    return root


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


def staged(root: Path, hook: dict[str, Any]) -> list[str]:
    """The files for which pre-commit would run the hook."""
    pattern = re.compile(hook.get("files", ""))
    return [name for name in git(root, "diff", "--cached", "--name-only").splitlines() if pattern.search(name)]


def run(hook: dict[str, Any], root: Path) -> Done:
    assert staged(root, hook)
    assert hook["pass_filenames"] is False
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*shlex.split(hook["entry"]), *hook.get("args", [])],
        cwd=root,
        env={**os.environ, "PATH": path, "PRE_COMMIT": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_the_manifest_is_what_pre_commit_takes() -> None:
    hook = manifest()
    assert set(hook) >= REQUIRED
    assert set(hook) <= ALLOWED
    assert hook["language"] == "python"
    assert re.fullmatch(r"\d+\.\d+\.\d+", hook["minimum_pre_commit_version"])
    scripts = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'{shlex.split(hook["entry"])[0]} = "checkdam.' in scripts


@pytest.mark.parametrize("number", range(2))
def test_a_commit_with_a_new_flaw_is_stopped(repository: Path, number: int) -> None:
    hook = hooks()[number]
    assert run(hook, repository).status == 2  # the baseline is not written yet
    environment = {**hook, "args": [*hook["args"], "--update-baseline"]}
    assert run(environment, repository).status == 0
    assert run(hook, repository).status == 0
    path = repository / "data" / "Annotations" / "clean.xml"
    path.write_text(voc_xml("clean.jpg", [(4, 4, 20, 20), (9, 9, 9, 20)]), "utf-8")
    git(repository, "add", "--all")
    stopped = run(hook, repository)
    assert stopped.status == 1
    assert "data/Annotations/clean.xml" in stopped.out


def test_the_hook_is_asked_only_where_the_data_change(repository: Path) -> None:
    hook = hooks()[0]
    assert fnmatch.filter(staged(repository, hook), "data/*") == staged(repository, hook) != []
    git(repository, "rm", "-rq", "--cached", ".")
    (repository / "README.md").write_text("text", "utf-8")
    git(repository, "add", "README.md")
    assert staged(repository, hook) == []


def test_every_command_of_the_recipe_has_options_that_exist() -> None:
    from typer.main import get_command

    lint = get_command(build()).commands["lint"]  # type: ignore[attr-defined]
    assert len(commands()) == 3
    for command in commands():
        lint.make_context("lint", shlex.split(command)[2:])


def test_every_block_of_the_recipe_is_yaml() -> None:
    assert len(blocks()) == 5
