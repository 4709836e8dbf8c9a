"""What is registered is documented."""

from pathlib import Path

import pytest
import typer.main

from checkdam.cli.app import build
from checkdam.cli.reference import page
from checkdam.formats import formats
from checkdam.lint import rules


def test_the_command_reference_is_up_to_date(repository: Path) -> None:
    text = (repository / "docs" / "cli.md").read_text("utf-8")
    assert page(text) == text, "run: python -m checkdam.cli.reference"


def test_every_command_explains_itself() -> None:
    def unexplained(name: str, command: typer.core.TyperGroup) -> list[str]:
        inner = getattr(command, "commands", {})
        own = [] if command.help else [name]
        bare = [f"{name} {one.name}" for one in command.params if not getattr(one, "help", None)]
        return own + bare + [line for key, child in inner.items() for line in unexplained(f"{name} {key}", child)]

    assert unexplained("checkdam", typer.main.get_command(build())) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(rules()))
def test_every_rule_is_in_the_reference(repository: Path, name: str) -> None:
    assert f"## {name}\n" in (repository / "docs" / "rules.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(formats()))
def test_every_format_is_in_the_documentation(repository: Path, name: str) -> None:
    pages = " ".join(path.read_text("utf-8") for path in (repository / "docs").glob("*.md"))
    assert name in pages.lower()
