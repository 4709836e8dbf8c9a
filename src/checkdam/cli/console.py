"""What the command line prints: results on standard output, everything else on standard error.

Colours, tables and progress bars (rich) appear on terminals only; what goes into a file or a pipe is plain text. Text
from datasets is data: control characters in it are shown as escapes, never sent to the terminal.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import typer

from checkdam.schema import CheckdamError, InputError, Problems

Progress = Callable[[int, int, str], None]
"""Takes how much is done, how much there is (0: not known), and what is being done."""

PROBLEMS_SHOWN = 100

READER_GONE = 141
"""The exit status when whoever read the output has closed it (`| head`), as shells count it."""


def is_terminal(stream: IO[str]) -> bool:
    """True if a person reads the stream as it is written."""
    return stream.isatty()


def prepare() -> None:
    """Lets the streams take any text: what their encoding cannot show is written as an escape. Pillow's warnings about
    images stay out of them: what is wrong with an image is a finding, and how large it may be is our own limit.

    Where the process has no standard error, what goes there is lost. InputError where it has no standard output.
    """
    warnings.filterwarnings("ignore", module=r"PIL\b")
    if sys.stderr is None:
        _lose_notes()
    if sys.stdout is None:
        raise InputError("standard output is closed", "send what is not wanted to a file or to /dev/null")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def printable(text: str) -> str:
    """The text with everything but printable characters, tabs and line ends as escapes (`\\x1b`)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode("ascii") for c in text)


def counted(count: int, what: str) -> str:
    """`1 finding`, `2,000 findings`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def out(text: str = "") -> None:
    """A line of the result."""
    try:
        sys.stdout.write(printable(text) + "\n")
    except BrokenPipeError:
        reader_is_gone()
        raise typer.Exit(READER_GONE) from None


def reader_is_gone() -> None:
    """Sends what is still to be written nowhere, so that the end of the process does not fail over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def styled(text: str, style: str) -> None:
    """A line of the result, in a style of rich (`bold`, `red`) on terminals."""
    if is_terminal(sys.stdout):
        _rich().print(printable(text), style=style, markup=False, highlight=False, soft_wrap=True)
    else:
        out(text)


def note(text: str) -> None:
    """A line about what is happening. Where it cannot be said the command goes on: its result is elsewhere."""
    try:
        sys.stderr.write(printable(text) + "\n")
        sys.stderr.flush()
    except OSError:
        _lose_notes()


def _lose_notes() -> None:
    """Standard error that leads nowhere."""
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def fail(error: CheckdamError) -> None:
    """Says what is wrong, where and what to do about it."""
    note(f"error: {error.detail}")
    if isinstance(error, InputError):
        # Some errors name their problems in the text already.
        show_problems(error.problems, besides=error.detail)
    if error.remedy:
        note(f"  remedy: {error.remedy}")


def show_problems(problems: Problems, besides: str = "") -> None:
    """Lists problems, each on a line with its place; those whose text is in `besides` are left out."""
    unsaid = [problem for problem in problems if problem.what not in besides]
    for problem in unsaid[:PROBLEMS_SHOWN]:
        note(f"  {problem}")
    more = len(problems) - min(len(unsaid), PROBLEMS_SHOWN)
    if unsaid and more > 0:
        note(f"  … and {more:,} more")


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[str] = ()) -> None:
    """Rows below headings, in columns. `right` names the columns that are set flush right."""
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    if is_terminal(sys.stdout):
        _rich_table(headings, cells, right)
        return
    widths = [max(len(heading), *(len(row[at]) for row in cells), 0) for at, heading in enumerate(headings)]
    for row in [list(headings), *cells]:
        padded = [
            cell.rjust(width) if heading in right else cell.ljust(width)
            for cell, width, heading in zip(row, widths, headings, strict=True)
        ]
        out("  ".join(padded).rstrip())


def markdown(text: str) -> None:
    """A page of Markdown: set on terminals, as it is elsewhere."""
    if is_terminal(sys.stdout):
        from rich.markdown import Markdown

        _rich().print(Markdown(printable(text)))
    else:
        out(text.rstrip("\n"))


@contextmanager
def progress(title: str) -> Iterator[Progress]:
    """A progress bar on standard error where that is a terminal; nothing elsewhere."""
    if not is_terminal(sys.stderr):
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def update(done: int, total: int, status: str) -> None:
            described = printable(f"{title}: {status}" if status else title)
            bar.update(task, completed=done, total=total or None, description=described)

        yield update


def _silent(*_: object) -> None:
    pass


def _rich() -> Any:
    from rich.console import Console

    return Console()


def _rich_table(headings: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        drawn.add_column(heading, justify="right" if heading in right else "left")
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    _rich().print(drawn)
