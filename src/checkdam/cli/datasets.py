"""`checkdam import`, `export`, `datasets`, `versions`, `diff` and `lineage`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checkdam.cli import console
from checkdam.cli.options import AsJson, Database, Home, actor, open_workspace
from checkdam.schema import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checkdam.datasets import ExportResult, ImportResult, SeverityCounts, TaxonomyChanges, VersionDiff
    from checkdam.schema import LineageEdge
    from checkdam.workspace import Workspace

DatasetName = Annotated[str, typer.Argument(metavar="DATASET", help="The dataset's name or id.", show_default=False)]
CHANGES_SHOWN = 20
_LABELS_SHOWN = 10


def register(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command("import")(import_folder)
    app.command("export")(export)
    app.command("datasets")(catalogue)
    app.command("versions")(versions)
    app.command("diff")(diff)
    app.command("lineage")(lineage)


def import_folder(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder, or a zip or tar of one.", show_default=False)],
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The dataset's name. By default the folder's or archive's.")
    ] = None,
    format: Annotated[str | None, typer.Option(help="Its format. By default the one its content shows.")] = None,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="Leave out rows that cannot be read.")] = False,
    home: Home = None,
    database: Database = None,
) -> None:
    """Import a folder or archive as a dataset, or as the next version of the one of that name; and lint it."""
    from checkdam.cli.work import finish
    from checkdam.datasets import ImportResult, LintResult

    source = path.expanduser().absolute()
    with open_workspace(home, database) as workspace:
        job = workspace.datasets.submit_import(
            name or _name_of(source), source, format=format, keep_going=keep_going, actor=actor()
        )
        result = finish(workspace, job, "importing", ImportResult)
        _told_import(result)
        lint = workspace.datasets.submit_lint(result.dataset, actor=actor())
        found = finish(workspace, lint, "linting", LintResult).severities
    console.out(f"{told_counts(found)}: `checkdam lint {result.dataset}` lists them")


def _name_of(source: Path) -> str:
    """What a dataset is called that is not given a name: its folder's, or its archive's without the ending."""
    from checkdam.guard.archives import is_archive, stem

    real = Path(os.path.realpath(source))
    return stem(real) if is_archive(real) else real.name


def told_counts(counts: "SeverityCounts") -> str:
    """How many findings of each severity, in words."""
    return ", ".join(console.counted(getattr(counts, name), name) for name in ("error", "warning", "info"))


def _told_size(items: int, annotations: int) -> str:
    return f"{console.counted(items, 'item')}, {console.counted(annotations, 'annotation')}"


def _told_import(result: "ImportResult") -> None:
    counted = _told_size(result.item_count, result.annotation_count)
    if result.unchanged:
        console.out(f"{result.dataset}@{result.version} holds the same already ({counted})")
    else:
        console.out(f"imported {result.dataset}@{result.version} from {result.format}: {counted}")
    if result.problem_count:
        told = console.counted(result.problem_count, "problem")
        console.note(f"{told} in the source; what cannot be read was left out:")
        for problem in result.problems[: console.PROBLEMS_SHOWN]:
            console.note(f"  {problem}")


def export(
    dataset: DatasetName,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="A new or empty folder.", show_default=False)],
    format: Annotated[str, typer.Option(help="The format to write: see `checkdam formats`.", show_default=False)],
    version: Annotated[int | None, typer.Option(help="The version's number. By default the newest.")] = None,
    home: Home = None,
    database: Database = None,
) -> None:
    """Write a version as files, and say what the format cannot hold."""
    from checkdam.cli.work import finish
    from checkdam.datasets import ExportResult

    with open_workspace(home, database) as workspace:
        job = workspace.datasets.submit_export(
            dataset, format, target.expanduser().absolute(), version=version, actor=actor()
        )
        _told_export(finish(workspace, job, "exporting", ExportResult), dataset)


def _told_export(result: "ExportResult", dataset: str) -> None:
    console.out(
        f"exported {dataset}@{result.version} to {result.target} as {result.format}: "
        f"{_told_size(result.item_count, result.annotation_count)}"
    )
    if result.losses:
        console.note(f"{result.format} cannot hold all of it; lost:")
    for loss in result.losses:
        more = ", …" if loss.count > len(loss.examples) else ""
        console.note(f"  {loss.what}: {loss.count:,} ({', '.join(loss.examples)}{more})")


def catalogue(as_json: AsJson = False, home: Home = None, database: Database = None) -> None:
    """List the datasets."""
    with open_workspace(home, database) as workspace:
        found = workspace.datasets.catalogue()
    if as_json:
        _json(found)
        return
    rows = [
        (
            one.name,
            one.kind or "",
            one.version.number,
            f"{one.version.item_count:,}",
            f"{one.version.annotation_count:,}",
            one.findings.error,
            one.findings.warning,
            one.findings.info,
        )
        for one in found
        if one.version is not None
    ]
    headings = ("dataset", "kind", "version", "items", "annotations", "errors", "warnings", "infos")
    if rows:
        console.table(headings, rows, right=headings[2:])
    else:
        console.note("no dataset yet: `checkdam import FOLDER` makes one")
    for one in found:
        if one.version is None:
            console.note(f"{one.name} is being imported: `checkdam jobs show {one.running_job}`")


def versions(dataset: DatasetName, as_json: AsJson = False, home: Home = None, database: Database = None) -> None:
    """List a dataset's versions, the newest first."""
    with open_workspace(home, database) as workspace:
        found = workspace.datasets.versions.all(dataset)
    if as_json:
        _json(found)
        return
    rows = [
        (
            one.number,
            one.created_at[:19],
            one.created_by,
            f"{one.item_count:,}",
            f"{one.annotation_count:,}",
            one.message,
        )
        for one in found
    ]
    headings = ("version", "made", "by", "items", "annotations", "message")
    console.table(headings, rows, right=("version", "items", "annotations"))


def diff(
    dataset: DatasetName,
    number: Annotated[int | None, typer.Argument(metavar="NUMBER", help="The version. By default the newest.")] = None,
    against: Annotated[int | None, typer.Option(help="The version to compare with. By default its parent.")] = None,
    limit: Annotated[int, typer.Option(help="How many changed items to list.", min=0, max=200)] = CHANGES_SHOWN,
    as_json: AsJson = False,
    home: Home = None,
    database: Database = None,
) -> None:
    """Show how a version differs from its parent, or from another."""
    with open_workspace(home, database) as workspace:
        wanted = workspace.datasets.versions.get(dataset, number).number
        found = workspace.datasets.versions.diff(dataset, wanted, against, limit=max(limit, 1))
    if as_json:
        _json(found)
    else:
        told_diff(found, dataset, limit)


def told_diff(found: "VersionDiff", dataset: str, limit: int = CHANGES_SHOWN) -> None:
    """Prints a diff: the counts, then the items with their annotations before and after."""
    console.out(f"{dataset}@{found.against} → {dataset}@{found.number}")
    for what, counts in (("items", found.items), ("annotations", found.annotations)):
        console.out(f"  {what}: +{counts.added:,} -{counts.removed:,} ~{counts.changed:,}")
    for label in found.by_label:
        console.out(f"    {label.label}: +{label.added:,} -{label.removed:,} ~{label.changed:,}")
    for line in _told_labels(found.taxonomy):
        console.out(f"  {line}")
    for change in found.changes[:limit]:
        console.out(f"{change.item_name} ({change.kind})")
        for sign, style, annotations in (("-", "red", change.before), ("+", "green", change.after)):
            for annotation in annotations:
                place = " ".join(f"{value:g}" for value in annotation.box) if annotation.box else annotation.kind
                console.styled(f"  {sign} {annotation.label} [{place}]", style)
    if found.next is not None:
        console.note(f"the first {min(limit, len(found.changes))} changed items are listed; --limit lists more")


def _told_labels(found: "TaxonomyChanges") -> "Iterator[str]":
    for what, names in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        if names:
            more = f" and {len(names) - _LABELS_SHOWN:,} more" if len(names) > _LABELS_SHOWN else ""
            yield f"labels {what}: {', '.join(names[:_LABELS_SHOWN])}{more}"
    if found.rest:
        yield "the taxonomy's order, instructions or metadata differ"


def lineage(
    thing: Annotated[
        str,
        typer.Argument(
            metavar="URN", help="A URN (`version:ID@2`, `import:ID`), DATASET or DATASET@N.", show_default=False
        ),
    ],
    depth: Annotated[int, typer.Option(help="How many steps to follow.", min=1, max=100)] = 10,
    as_json: AsJson = False,
    home: Home = None,
    database: Database = None,
) -> None:
    """Print what a thing was made from, and what was made from it."""
    with open_workspace(home, database) as workspace:
        urn = _urn(workspace, thing)
        parents = workspace.lineage.walk(urn, "up", depth)
        children = workspace.lineage.walk(urn, "down", depth)
    if not parents and not children:
        raise NotFoundError(
            f"nothing is known of where {urn} came from", "check it: DATASET@N, version:ID@N, import:ID, …"
        )
    if as_json:
        _json({"urn": urn, "parents": parents, "children": children})
        return
    console.styled(urn, "bold")
    _tree("made from", urn, parents, up=True)
    _tree("led to", urn, children, up=False)


def _urn(workspace: "Workspace", thing: str) -> str:
    if ":" in thing:
        return thing
    name, _, number = thing.partition("@")
    wanted = int(number) if number.isdecimal() else None
    return workspace.datasets.versions.get(name, wanted).urn


def _tree(title: str, root: str, edges: "list[LineageEdge]", *, up: bool) -> None:
    console.out(f"{title}:" if edges else f"{title}: nothing")
    by_near: dict[str, list[LineageEdge]] = {}
    for edge in edges:
        by_near.setdefault(edge.child if up else edge.parent, []).append(edge)
    seen = {root}

    def branch(near: str, level: int) -> None:
        for edge in by_near.get(near, []):
            far = edge.parent if up else edge.child
            console.out(f"{'  ' * level}{far} ({edge.relation}){' …' if far in seen else ''}")
            if far not in seen:
                seen.add(far)
                branch(far, level + 1)

    branch(root, 1)


def _json(value: object) -> None:
    from checkdam.cli.work import as_json

    console.out(as_json(value))
