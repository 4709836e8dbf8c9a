"""`checkdam backup` and `checkdam restore`."""

from pathlib import Path
from typing import Annotated

import typer

from checkdam.cli import console
from checkdam.cli.options import Database, Home, home_folder


def register(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, a tar.", show_default=False)],
    home: Home = None,
    database: Database = None,
) -> None:
    """Write the whole workspace into one file, while others work. It holds the hashes of passwords: keep it safe."""
    from checkdam.workspace import back_up

    with console.progress("backing up") as progress:
        done = back_up(home_folder(home), database, file, lambda now, total: progress(now, total, "bytes"))
    console.out(
        f"backed up {console.counted(done.rows, 'row')}, {console.counted(done.lake_files, 'file')} of the lake and "
        f"{console.counted(done.blobs, 'media file')} to {file} ({done.size:,} bytes)"
    )


def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that `checkdam backup` wrote.", show_default=False)
    ],
    home: Home = None,
    database: Database = None,
) -> None:
    """Make a new workspace of a backup. Nothing of it is there before all of it is checked."""
    from checkdam.workspace import restore_into

    place = home_folder(home)
    with console.progress("restoring") as progress:
        done = restore_into(place, database, file, lambda now, total: progress(now, total, "bytes"))
    console.out(
        f"restored {console.counted(done.rows, 'row')}, {console.counted(done.versions, 'version')} and "
        f"{console.counted(done.blobs, 'media file')} to {place} (made by Checkdam {done.program}, {done.made_at[:19]})"
    )
