"""`checkdam serve`: the server with the web application, and workers in the same process."""

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from checkdam.cli import console
from checkdam.cli.options import Database, Home, open_workspace

PORT = 8000


def register(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command("serve")(serve)


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 is every network of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes any free one.", min=0, max=65535)] = PORT,
    public_url: Annotated[
        str | None, typer.Option(help="The address that people use, where a proxy stands in front.", show_default=False)
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A host name that requests may be addressed to. May be repeated.")
    ] = None,
    import_root: Annotated[
        list[Path] | None, typer.Option(help="A folder to import from in the browser. May be repeated.")
    ] = None,
    workers: Annotated[int, typer.Option(help="How many jobs to work on at a time.", min=0, max=64)] = 2,
    home: Home = None,
    database: Database = None,
) -> None:
    """Serve the API and the web application until Ctrl-C."""
    from checkdam.server.run import serve as run

    with open_workspace(home, database) as workspace:
        try:
            run(
                workspace,
                host,
                port,
                public_url=public_url,
                hosts=tuple(allow_host or ()),
                import_roots=tuple(root.expanduser().absolute() for root in import_root or ()),
                workers=workers,
                tell=tell,
            )
        except KeyboardInterrupt:
            console.note("stopped")


def tell(line: str) -> None:
    """A line that has to be seen at once: the server does not end for a long time."""
    console.out(line)
    sys.stdout.flush()


def open_browser(url: str) -> None:
    """Opens the address where a person with a graphical browser is likely to sit; does nothing elsewhere."""
    has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if (has_screen or sys.platform in {"win32", "darwin"}) and console.is_terminal(sys.stdout):
        webbrowser.open(url)
