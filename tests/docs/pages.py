"""The pages of the documentation, and what in them can be run."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    """Every page that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> Iterator[tuple[str, str]]:
    """(place, text) of each fenced block in the language."""
    text = page.read_text("utf-8")
    for match in _FENCE.finditer(text):
        if match[1] == language:
            line = text.count("\n", 0, match.start()) + 1
            yield f"{page.relative_to(ROOT).as_posix()}:{line}", match[2]


def commands() -> Iterator[tuple[str, str]]:
    """(place, command) of each line that begins with a prompt in a console block."""
    for page in pages():
        for place, text in blocks(page, "console"):
            for line in text.splitlines():
                if line.startswith("$ "):
                    yield place, line[2:].split("  #")[0].strip()
