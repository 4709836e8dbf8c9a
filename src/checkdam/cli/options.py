"""Options that several commands share, and what they stand for."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from checkdam.workspace import Workspace

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="CHECKDAM_HOME",
        help="Folder of the workspace: database, lake and media. By default the user's data folder.",
        show_default=False,
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="CHECKDAM_DATABASE_URL",
        help="URL of a PostgreSQL database. By default SQLite in the workspace's folder.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class SeverityName(StrEnum):
    """The severities, as a choice."""

    error = "error"
    warning = "warning"
    info = "info"


def home_folder(home: Path | None) -> Path:
    """The workspace's folder: the one given, or the user's data folder."""
    if home is not None:
        return home.expanduser().absolute()
    from checkdam.workspace import default_home

    return default_home()


def open_workspace(home: Path | None, database: str | None) -> "Workspace":
    """The workspace, made where it is not there yet."""
    from checkdam.workspace import Workspace

    return Workspace.open(home_folder(home), database)


def actor() -> str:
    """Who runs the command, for the records."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return "cli"
