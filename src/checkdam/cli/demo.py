"""`checkdam demo`: a real dataset with real flaws, linted and served."""

import sys
from importlib.resources import as_file, files
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Annotated

import typer

from checkdam.cli import console
from checkdam.cli.datasets import told_counts
from checkdam.cli.options import Database, Home, actor, home_folder, open_workspace
from checkdam.schema import ConflictError, NotFoundError

if TYPE_CHECKING:
    from checkdam.workspace import Workspace

NAME = "bccd"
LICENCE = "BCCD, blood cell images, MIT License, © 2017 shenggan"


def register(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command("demo")(demo)


def demo(
    port: Annotated[
        int | None, typer.Option(help="The port. By default 8000, or a free one.", min=0, max=65535, show_default=False)
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    leave: Annotated[bool, typer.Option("--exit", help="Stop after the summary; serve nothing.")] = False,
    home: Home = None,
    database: Database = None,
) -> None:
    """Import a bundled dataset of blood cells, lint it, and serve it to your browser."""
    with open_workspace(home, database) as workspace:
        prepare(workspace)
        summary(workspace, home_folder(home))
        if not leave:
            _serve(workspace, port, no_browser)


def prepare(workspace: "Workspace") -> None:
    """Imports and lints the bundled dataset where that is not done yet."""
    from checkdam.cli.work import finish
    from checkdam.datasets import ImportResult, LintResult

    datasets = workspace.datasets
    if not _is_imported(workspace):
        with as_file(files("checkdam") / "demo_data" / NAME) as folder:
            job = datasets.submit_import(NAME, Path(folder), actor=actor())
            finish(workspace, job, "importing", ImportResult)
    if not datasets.findings.summary(NAME).total:
        finish(workspace, datasets.submit_lint(NAME, actor=actor()), "linting", LintResult)


def _is_imported(workspace: "Workspace") -> bool:
    try:
        return workspace.datasets.detail(NAME).version is not None
    except NotFoundError:
        return False


def summary(workspace: "Workspace", home: Path) -> None:
    """What the dataset is, what is wrong with it, and what to do next."""
    detail = workspace.datasets.detail(NAME)
    found = workspace.datasets.findings.summary(NAME)
    version = detail.version
    if version is not None:
        console.styled(f"{NAME}@{version.number}", "bold")
        labels = ", ".join(f"{label.name} {label.count:,}" for label in detail.labels)
        console.out(f"{version.item_count:,} images, {version.annotation_count:,} boxes: {labels}")
    console.out(LICENCE)
    console.out()
    headings = ("rule", "severity", "open", "safe to fix")
    rows = [(rule.rule, rule.severity, f"{rule.open:,}", rule.safe or "") for rule in found.rules if rule.open]
    console.table(headings, rows, right=headings[2:])
    console.out(f"\n{told_counts(found.severities)}\n")
    where = "" if home == home_folder(None) else f" --home {home}"
    program = _program()
    steps = (
        (f"{program} lint {NAME}{where}", "one line a finding"),
        (f"{program} lint {NAME} --fix{where}", "a new version with what is safe to fix, fixed"),
        (f"{program} lint FOLDER", "your own COCO, YOLO, Pascal VOC or JSONL; nothing is imported"),
        (f"{program} rule duplicate-box", "what a rule means, and its false alarms"),
    )
    width = max(len(command) for command, _ in steps)
    console.out("Next:")
    for command, purpose in steps:
        console.out(f"  {command:<{width}}  {purpose}")


def _program() -> str:
    """What to type for `checkdam`: its name where the shell finds it, else where it is."""
    own = Path(sys.executable).with_name("checkdam")
    if which("checkdam") == str(own) or not own.exists():
        return "checkdam"
    return str(own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own)


def _serve(workspace: "Workspace", port: int | None, no_browser: bool) -> None:
    from checkdam.cli.serve import PORT, open_browser, tell
    from checkdam.server.run import serve

    console.out()
    ready = None if no_browser else open_browser
    try:
        try:
            serve(workspace, port=PORT if port is None else port, tell=tell, ready=ready)
        except ConflictError:
            if port is not None:
                raise
            serve(workspace, port=0, tell=tell, ready=ready)
    except KeyboardInterrupt:
        console.note("stopped")
