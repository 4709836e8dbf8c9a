"""The sources as the architecture tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def modules(repository: Path) -> dict[str, ast.Module]:
    """Each module of the package by its path below the repository, parsed."""
    sources = sorted((repository / "src").rglob("*.py"))
    return {path.relative_to(repository).as_posix(): ast.parse(path.read_text("utf-8")) for path in sources}


def _listed(repository: Path) -> Iterator[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, cwd=repository, check=True, capture_output=True).stdout.decode("utf-8")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git work tree: what is tracked cannot be told")
    for name in listing.split("\0"):
        path = repository / name
        if name and path.is_file():
            yield path


@pytest.fixture(scope="session")
def tracked_texts(repository: Path) -> dict[str, str]:
    """Every text file that is or would be committed, but the demo data, which others wrote."""
    texts = {}
    for path in _listed(repository):
        name = path.relative_to(repository).as_posix()
        content = path.read_bytes()
        if b"\0" not in content and not name.startswith("src/checkdam/demo_data/"):
            texts[name] = content.decode("utf-8")
    return texts
