"""The commands, put together, and what happens to their errors."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from checkdam.cli import backup, console, datasets, demo, formats, jobs, lint, serve, storage, users
from checkdam.schema import CheckdamError, StorageError
from checkdam.version import __version__

FAILED = 2
"""The exit status of a command that could not do what was asked; `lint` gives 1 for findings."""

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells count it."""


def _version(wanted: bool) -> None:
    if wanted:
        console.out(f"checkdam {__version__}")
        raise typer.Exit


def build() -> typer.Typer:
    """The application with all its commands. Help is set in boxes on terminals and plain elsewhere."""
    app = typer.Typer(
        name="checkdam",
        help="Checks, curates and versions training data, and remembers where every datum came from.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich" if console.is_terminal(sys.stdout) else None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def everywhere(
        version: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
        ] = False,
    ) -> None:
        pass

    for module in (demo, lint, formats, datasets, jobs, serve, users, storage, backup):
        module.register(app)
    return app


def run() -> NoReturn:
    """Runs the command line of this process. Bad input ends in a message and status 2, never in a traceback."""
    # Outside of every `except`: an error that is being handled keeps the command's frames alive, and all that is open
    # in them, until the interpreter itself is taken down.
    raise SystemExit(_status())


def _status() -> int:
    try:
        console.prepare()
        try:
            build()()
        finally:
            sys.stdout.flush()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except CheckdamError as error:
        console.fail(error)
    except BrokenPipeError:
        console.reader_is_gone()
        return console.READER_GONE
    except OSError as error:
        console.fail(_told(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    return FAILED


def _told(error: OSError) -> CheckdamError:
    try:
        Path.cwd()
    except OSError:
        return StorageError("the working directory is gone, or may not be read", "change to another folder")
    where = f"{error.filename}: " if error.filename else ""
    return StorageError(f"{where}{error.strerror or error}")
