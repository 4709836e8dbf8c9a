"""The commands, put together, and what happens to their errors."""

import sys
from typing import Annotated, NoReturn

import typer

from checkdam import __version__
from checkdam.cli import console, datasets, demo, jobs, lint, serve, storage, users
from checkdam.schema import CheckdamError

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

    for module in (demo, lint, datasets, jobs, serve, users, storage):
        module.register(app)
    return app


def run() -> NoReturn:
    """Runs the command line of this process. Bad input ends in a message and status 2, never in a traceback."""
    console.prepare()
    try:
        try:
            build()()
        finally:
            sys.stdout.flush()
    except CheckdamError as error:
        console.fail(error)
    except BrokenPipeError:
        console.reader_is_gone()
        raise SystemExit(console.READER_GONE) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        console.note(f"error: {where}{error.strerror or error}")
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    raise SystemExit(FAILED)
