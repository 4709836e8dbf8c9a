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
from checkdam.schema.finding import SEVERITIES

if TYPE_CHECKING:
    from rich.text import Text

CLEAN, FOUND, UNREADABLE = 0, 1, 2
_LINE = re.compile(r": (?P<rule>[\w-]+) (?P<severity>error|warning|info)(?= \[|:)")
_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def status_of(findings: Sequence[Finding], request: Request, *, readable: bool) -> int:
    """0 where nothing is wrong, 1 where something was found that is as grave as `fail_on`, 2 where a part of the input
    could not be read."""
    if not readable:
        return UNREADABLE
    grave = SEVERITIES[: SEVERITIES.index(request.fail_on) + 1]
    return FOUND if not request.exit_zero and any(one.severity in grave for one in findings) else CLEAN


def write_report(report: Report, request: Request) -> None:
    """Writes the report to the file asked for, or to standard output. Raises StorageError where that fails."""
    name = "statistics" if request.statistics and request.format == "text" else request.format
    text = REPORTS[name](report)
    if request.output_file is not None:
        write_text(request.output_file, text, "--output-file")
    elif name == "text" and console.is_terminal(sys.stdout):
        _to_terminal(text)
    else:
        for line in text.removesuffix("\n").split("\n"):
            console.out(line)


def write_text(path: Path, text: str, option: str) -> None:
    """Writes a file that the option named. Raises StorageError where that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", errors="backslashreplace")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}", f"choose another {option}") from error
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
