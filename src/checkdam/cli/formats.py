"""`checkdam formats`."""

from pathlib import Path
from typing import Annotated

import typer

from checkdam.cli import console
from checkdam.cli.options import AsJson


def register(app: typer.Typer) -> None:
    app.command()(formats)


def formats(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="A folder or file: say what each format sees in it.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the formats that are read and written, or say which of them a folder is in."""
    from checkdam.cli.work import as_json as rendered
    from checkdam.formats import detections
    from checkdam.formats import formats as known

    if path is None:
        rows = [(each.name, each.title, ", ".join(each.kinds)) for each in known().values()]
        if as_json:
            console.out(rendered([dict(zip(("name", "title", "kinds"), row, strict=True)) for row in rows]))
        else:
            console.table(("name", "format", "items"), rows)
        return
    claims = detections(path)
    if as_json:
        console.out(rendered([{"name": one.format, "sure": one.confidence, "reason": one.reason} for one in claims]))
    elif claims:
        rows = [(one.format, f"{one.confidence:.0%}", one.reason) for one in claims]
        console.table(("name", "sure", "what was seen"), rows)
    else:
        console.note(f"{path} is in none of the formats; `checkdam lint {path}` says what comes near")
        raise typer.Exit(1)
