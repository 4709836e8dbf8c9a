"""Modules and functions stay small, and are named by what they do."""

import ast
from pathlib import Path

MODULE_LINES = 600
FUNCTION_LINES = 60
RECORDS = "/migrations/versions/"  # a migration is a record of tables, written once and never edited
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def test_modules_are_short(repository: Path) -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in (repository / "src").rglob("*.py")}
    assert {str(path): length for path, length in lengths.items() if length > MODULE_LINES} == {}


def test_functions_are_short(modules: dict[str, ast.Module]) -> None:
    long = {
        f"{path}:{node.lineno} {node.name}": length
        for path, tree in modules.items()
        if RECORDS not in path
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def test_modules_are_named_by_their_meaning(modules: dict[str, ast.Module]) -> None:
    parts = {path: set(Path(path).with_suffix("").parts) for path in modules}
    assert {path for path, names in parts.items() if names & EMPTY_NAMES} == set()


def test_every_module_says_what_it_is(modules: dict[str, ast.Module]) -> None:
    assert {path for path, tree in modules.items() if tree.body and ast.get_docstring(tree) is None} == set()
