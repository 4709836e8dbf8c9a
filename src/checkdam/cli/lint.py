"""`checkdam lint` and `checkdam rule`."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from checkdam.cli import console
from checkdam.cli.options import AsJson, Database, Home, SeverityName
from checkdam.cli.request import Request
from checkdam.schema import NotFoundError

DATASET = "dataset:"
"""Before a name it says that a dataset is meant, though there is a folder of that name."""

NAMES = ": names or patterns (*, ?), separated by commas. May be repeated."


class ReportFormat(StrEnum):
    """How findings are written."""

    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"
    gitlab = "gitlab"
    html = "html"


def register(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command("lint")(lint)
    app.command("rule")(rule)


Output = Annotated[
    Path | None, typer.Option(help="With --fix: the fixed copy's folder. By default ./NAME-fixed.", show_default=False)
]
OutputFile = Annotated[
    Path | None, typer.Option("--output-file", "-o", help="Write the findings to this file.", show_default=False)
]
Config = Annotated[
    Path | None,
    typer.Option(help="Settings. By default the nearest checkdam.toml, upwards from PATH.", show_default=False),
]
InputFormat = Annotated[
    str | None, typer.Option(help="The folder's format. By default the one its content shows.", show_default=False)
]
Unsafe = Annotated[
    bool, typer.Option("--unsafe-fixes", help="With --fix or --diff: also fixes that somebody might not want.")
]

BaselineFile = Annotated[
    Path | None,
    typer.Option("--baseline", help="Findings in this file are old and stay quiet.", show_default=False),
]
UpdateBaseline = Annotated[
    bool, typer.Option("--update-baseline", help="With --baseline: write it, with what is found now; status 0.")
]
FailOn = Annotated[SeverityName, typer.Option(help="The lowest severity that makes the status 1.")]


def lint(
    target: Annotated[
        str,
        typer.Argument(
            metavar="PATH|DATASET", help="A dataset's folder, a zip or tar of it, or an imported one's name."
        ),
    ] = ".",
    select: Annotated[list[str] | None, typer.Option(metavar="RULES", help=f"Only these rules{NAMES}")] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="RULES", help=f"Not these rules{NAMES}")] = None,
    severity: Annotated[SeverityName | None, typer.Option(help="The lowest to report.", show_default=False)] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Make the safe fixes: in a copy, or as a new version.")] = False,
    unsafe_fixes: Unsafe = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would change in files; write nothing.")] = False,
    output: Output = None,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count the findings of each rule.")] = False,
    format: Annotated[ReportFormat, typer.Option(help="How to write the findings.")] = ReportFormat.text,
    output_file: OutputFile = None,
    config: Config = None,
    input_format: InputFormat = None,
    baseline: BaselineFile = None,
    update_baseline: UpdateBaseline = False,
    fail_on: FailOn = SeverityName.warning,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Status 0 even where there are findings.")] = False,
    home: Home = None,
    database: Database = None,
) -> None:
    """Find what is wrong with a dataset: one line a finding. Status 0: nothing; 1: findings; 2: it cannot be read."""
    request = Request(
        select=_split(select, "--select"),
        ignore=_split(ignore, "--ignore"),
        severity=severity.value if severity else None,
        format=format.value,
        output_file=output_file,
        config=config,
        input_format=input_format,
        fix=fix,
        unsafe_fixes=unsafe_fixes,
        diff=diff,
        output=output,
        statistics=statistics,
        baseline=baseline,
        update_baseline=update_baseline,
        fail_on=fail_on.value,
        exit_zero=exit_zero,
    )
    _check(request)
    path = Path(target).expanduser()
    if not target.startswith(DATASET) and path.exists():
        from checkdam.cli.lint_folder import lint_folder

        status = lint_folder(path, request)
    else:
        from checkdam.cli.lint_dataset import lint_dataset

        status = lint_dataset(_dataset_name(target), request, home, database)
    raise typer.Exit(status)


def _split(values: Sequence[str] | None, option: str) -> tuple[str, ...]:
    names = tuple(part.strip() for value in values or () for part in value.split(",") if part.strip())
    if values and not names:
        raise typer.BadParameter("names no rule; leave the option out, or see `checkdam rule`", param_hint=option)
    return names


def _check(request: Request) -> None:
    """Options that make no sense together."""
    if request.unsafe_fixes and not (request.fix or request.diff):
        raise typer.BadParameter("goes with --fix or --diff", param_hint="--unsafe-fixes")
    if request.output is not None and not request.fix:
        raise typer.BadParameter("goes with --fix", param_hint="--output")
    if request.fix and request.diff:
        raise typer.BadParameter("--fix shows the diff already; give one of the two", param_hint="--diff")
    if request.update_baseline and request.baseline is None:
        raise typer.BadParameter("goes with --baseline, which names the file", param_hint="--update-baseline")
    if request.update_baseline and (request.fix or request.diff):
        raise typer.BadParameter("goes without --fix and --diff: fix first", param_hint="--update-baseline")
    if request.statistics and request.format != "text":
        raise typer.BadParameter(
            "goes with --format text; the other formats hold every finding", param_hint="--statistics"
        )
    if request.diff and (request.format != "text" or request.output_file is not None or request.statistics):
        raise typer.BadParameter(
            "prints what --fix would change, not findings: leave out --format, --output-file and --statistics",
            param_hint="--diff",
        )


def _dataset_name(target: str) -> str:
    if target.startswith(DATASET):
        return target.removeprefix(DATASET)
    if "/" in target or "\\" in target or target.startswith("."):
        raise NotFoundError(f"{target} does not exist", "give the folder of a dataset, or the name of an imported one")
    return target


def rule(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A rule. Without one, all are listed.", show_default=False)
    ] = None,
    rates: Annotated[
        bool, typer.Option("--rates", help="How often people dismissed its findings, in the workspace's datasets.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
    database: Database = None,
) -> None:
    """Explain a rule: what it catches, why it matters, its options, its false alarms."""
    if rates:
        from checkdam.cli.rates import show_rates

        show_rates(name, home, database, as_json=as_json)
        return
    from checkdam.cli.work import as_json as rendered
    from checkdam.lint import rule as rule_named
    from checkdam.lint import rule_info, rules

    if name is None:
        infos = [rule_info(one) for one in rules().values()]
        if as_json:
            console.out(rendered(infos))
            return
        marks = [("fix", "", "fix, off", "off")[2 * (not info.default) + (not info.fixable)] for info in infos]
        rows = [(info.name, info.severity, mark, info.summary) for info, mark in zip(infos, marks, strict=True)]
        console.table(("rule", "severity", "", "what it catches"), rows)
        return
    info = rule_info(rule_named(name))
    if as_json:
        console.out(rendered(info))
    else:
        off = "" if info.default else " Off by default: it runs only where it is selected by name."
        console.markdown(f"# {info.name}\n\n{info.manual}\n\nSeverity: {info.severity}.{off}")
