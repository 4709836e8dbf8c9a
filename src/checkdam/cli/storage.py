"""`checkdam storage`: looks after what lies on disk."""

import typer

from checkdam.cli import console
from checkdam.cli.options import Database, Home, open_workspace
from checkdam.schema import InputError


def register(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    group = typer.Typer(help="Rebuild what is derived, and check what is stored.", no_args_is_help=True)
    group.command("rebuild")(rebuild)
    group.command("check")(check)
    app.add_typer(group, name="storage")


def rebuild(home: Home = None, database: Database = None) -> None:
    """Remove what is derived and make it anew: the query caches of all versions now, pictures when they are shown."""
    with open_workspace(home, database) as workspace, console.progress("rebuilding") as progress:
        rebuilt = workspace.rebuild(lambda what, done, total: progress(done, total, what))
    for one in rebuilt:
        console.out(f"{one.name}: removed {one.dropped:,}, made {one.made:,}")


def check(home: Home = None, database: Database = None) -> None:
    """Read every version and every media file, and say what is damaged."""
    with open_workspace(home, database) as workspace, console.progress("checking") as progress:
        problems = workspace.damaged(lambda what, done, total: progress(done, total, what))
    if problems:
        raise InputError(f"{len(problems):,} stored things are damaged", "restore them from a backup", problems)
    console.out("all versions and media are whole")
