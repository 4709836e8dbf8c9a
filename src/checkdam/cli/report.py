"""Where the findings of a lint run go, and the exit status they come to."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from checkdam.cli import console
from checkdam.cli.request import Request
from checkdam.lint.report import REPORTS, Report
from checkdam.schema import Finding, StorageError

if TYPE_CHECKING:
    from rich.text import Text

CLEAN, FOUND, UNREADABLE = 0, 1, 2
_LINE = re.compile(r": (?P<rule>[\w-]+) (?P<severity>error|warning|info)(?= \[|:)")
_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def status_of(findings: Sequence[Finding], request: Request, *, readable: bool) -> int:
    """0 where nothing is wrong, 1 where something was found, 2 where a part of the input could not be read."""
    if not readable:
        return UNREADABLE
    return FOUND if findings and not request.exit_zero else CLEAN


def write_report(report: Report, request: Request) -> None:
    """Writes the report to the file asked for, or to standard output. Raises StorageError where that fails."""
    name = "statistics" if request.statistics and request.format == "text" else request.format
    text = REPORTS[name](report)
    if request.output_file is not None:
        _to_file(request.output_file, text)
    elif name == "text" and console.is_terminal(sys.stdout):
        _to_terminal(text)
    else:
        for line in text.removesuffix("\n").split("\n"):
            console.out(line)


def _to_file(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", errors="backslashreplace")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}", "choose another --output-file") from error
    console.note(f"wrote {path}")


def _to_terminal(text: str) -> None:
    from rich.console import Console

    terminal = Console(highlight=False, soft_wrap=True)
    for line in text.removesuffix("\n").split("\n"):
        terminal.print(_coloured(line))


def _coloured(line: str) -> "Text":
    from rich.text import Text

    text = Text(console.printable(line))
    if found := _LINE.search(text.plain):
        text.stylize("bold", 0, found.start())
        text.stylize("bold", *found.span("rule"))
        text.stylize(_STYLES[found["severity"]], *found.span("severity"))
    return text
