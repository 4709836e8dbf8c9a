"""What the package imports is what it declares, and what it declares is locked, with hashes."""

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Where a distribution's name is not that of its module.
MODULES = {"argon2-cffi": "argon2", "pillow": "PIL", "pylance": "lance", "pyyaml": "yaml"}
# What FastAPI is built on, whose types it hands to its users.
BUILT_ON = {"starlette", "anyio", "pydantic"}
# Drivers that SQLAlchemy loads by name.
BY_NAME = {"psycopg"}


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    return loaded


def module_of(requirement: str) -> str:
    name = canonicalize_name(Requirement(requirement).name)
    return MODULES.get(name, name.replace("-", "_"))


def imported(modules: dict[str, ast.Module]) -> dict[str, str]:
    """The third-party modules that are imported anywhere, and one place each."""
    found: dict[str, str] = {}
    for path, tree in modules.items():
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [name.name for name in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top not in sys.stdlib_module_names and top != "checkdam":
                    found.setdefault(top, f"{path}:{node.lineno}")  # type: ignore[attr-defined]
    return found


def test_imports_are_declared(modules: dict[str, ast.Module], project: dict[str, Any]) -> None:
    extras = [line for name, lines in project["optional-dependencies"].items() if name != "test" for line in lines]
    declared = {module_of(line) for line in [*project["dependencies"], *extras]}
    declared |= BUILT_ON if "fastapi" in declared else set()
    assert {name: place for name, place in imported(modules).items() if name not in declared} == {}


def test_what_tests_import_is_declared(repository: Path, project: dict[str, Any]) -> None:
    sources = [path for folder in ("tests", "perf") for path in (repository / folder).rglob("*.py")]
    own = {path.name for path in (repository / "tests").iterdir()} | {"conftest", "perf"}
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    declared = {module_of(line) for line in lines} | BUILT_ON
    parsed = {str(path): ast.parse(path.read_text("utf-8")) for path in sources}
    assert {name: place for name, place in imported(parsed).items() if name not in declared | own} == {}


def test_declared_dependencies_are_imported(modules: dict[str, ast.Module], project: dict[str, Any]) -> None:
    used = set(imported(modules)) | BY_NAME
    assert {line for line in project["dependencies"] if module_of(line) not in used} == set()


@pytest.mark.parametrize(
    ("lock", "extra"),
    [("requirements.txt", None), ("requirements-test.txt", "test"), ("requirements-peers.txt", "peers")],
)
def test_lock_holds_what_is_declared(repository: Path, project: dict[str, Any], lock: str, extra: str | None) -> None:
    lines = list(project["dependencies"]) + (list(project["optional-dependencies"][extra]) if extra else [])
    locked: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.+!]+)", (repository / lock).read_text("utf-8"), re.MULTILINE):
        locked.setdefault(canonicalize_name(name), []).append(version)
    for line in lines:
        wanted = Requirement(line)
        if wanted.name != project["name"]:
            versions = locked.get(canonicalize_name(wanted.name), [])
            assert versions, f"{lock} lacks {wanted}: run make lock"
            assert all(wanted.specifier.contains(version) for version in versions), f"{lock}: {wanted} is {versions}"


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-test.txt", "requirements-peers.txt"])
def test_every_locked_release_has_hashes(repository: Path, lock: str) -> None:
    entries = re.split(r"^(?=[\w.-]+==)", (repository / lock).read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert entries
    assert [entry.partition(" ")[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_test_lock_agrees_with_the_run_lock(repository: Path) -> None:
    pattern = re.compile(r"^([\w.-]+==[\w.+!]+[^\\\n]*)", re.MULTILINE)
    run = set(pattern.findall((repository / "requirements.txt").read_text("utf-8")))
    test = set(pattern.findall((repository / "requirements-test.txt").read_text("utf-8")))
    assert run <= test
