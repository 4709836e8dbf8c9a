"""Lints a dataset of the workspace, and commits the fixes as a new version."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from checkdam.cli import console
from checkdam.cli.baseline import OldFindings
from checkdam.cli.datasets import told_diff
from checkdam.cli.lint_folder import config_of
from checkdam.cli.options import actor, open_workspace
from checkdam.cli.report import CLEAN, status_of, write_report
from checkdam.cli.request import Request
from checkdam.cli.work import finish
from checkdam.datasets import AUTOMATIC, FindingFilter, FindingView, FixResult, LintResult
from checkdam.lint import Frame, FrameBuilder
from checkdam.lint.config import selected
from checkdam.lint.report import Report
from checkdam.lint.run import in_order
from checkdam.schema import Finding, Fix, Item, Subject

if TYPE_CHECKING:
    from checkdam.workspace import Workspace

PAGE = 200


def lint_dataset(name: str, request: Request, home: Path | None, database: str | None) -> int:
    """Lints the newest version of the dataset as asked, reports what is open, and returns the exit status."""
    if request.diff or request.output is not None or request.input_format:
        raise typer.BadParameter("--diff, --output and --input-format are for folders", param_hint=name)
    if request.baseline is not None and request.fix:
        raise typer.BadParameter("goes without --fix where a dataset is linted", param_hint="--baseline")
    config = config_of(Path.cwd(), request)
    rules = tuple(one.rule.name for one in selected(config))
    old = OldFindings.of(request, config)
    with open_workspace(home, database) as workspace:
        job = workspace.datasets.submit_lint(name, config=config, actor=actor())
        finish(workspace, job, f"linting {name}", LintResult)
        if request.fix:
            _fix(workspace, name, rules, request)
        frame = _frame(workspace, name)
        open_now = [_finding(view) for view in _open(workspace, name, rules) if config.at_least(view.severity)]
        findings = in_order(frame, open_now)
        media = partial(_media, workspace)
        if request.update_baseline:
            old.update(findings, frame, media)
            return CLEAN
        findings = old.new(findings, frame, media)
        write_report(Report(findings, frame, name, media=media), request)
        old.tell()
        return status_of(findings, request, readable=True)


def _fix(workspace: "Workspace", name: str, rules: tuple[str, ...], request: Request) -> None:
    datasets = workspace.datasets
    wanted = FindingFilter(state=("open",), rule=rules, fixable=True, safe=None if request.unsafe_fixes else True)
    accepted = datasets.findings.act(name, "accept", wanted, actor=AUTOMATIC + actor())
    if not accepted.changed:
        console.note("nothing to fix" + ("" if request.unsafe_fixes else " safely"))
        return
    job = datasets.submit_fix(name, message="checkdam lint --fix", actor=actor())
    fixed = finish(workspace, job, f"fixing {name}", FixResult)
    for conflict in fixed.conflicts:
        console.note(f"not fixed: {len(conflict.findings)} fixes of {conflict.subject} contradict one another")
    if fixed.unchanged:
        return
    told_diff(datasets.versions.diff(name, fixed.version), name)
    console.note(f"fixed {console.counted(fixed.fixed, 'finding')}; {name}@{fixed.version} is the new version")


def _open(workspace: "Workspace", name: str, rules: tuple[str, ...]) -> Iterator[FindingView]:
    """The findings of the rules that nobody has decided on."""
    offset = 0
    wanted = FindingFilter(state=("open",), rule=rules)
    while True:
        page = workspace.datasets.findings.page(name, wanted, sort="item", offset=offset, limit=PAGE)
        yield from page.findings
        offset += len(page.findings)
        if not page.findings or offset >= page.total:
            return


def _finding(view: FindingView) -> Finding:
    """The finding as rules give it, but for the edits of its fix, which stay in the dataset."""
    return Finding(
        rule=view.rule,
        subject=Subject(view.subject.kind, view.subject.ids, view.subject.item_ids),
        severity=view.severity,
        message=view.message,
        label=view.label,
        evidence=view.evidence,
        fix=Fix(view.fix.description, (), view.fix.safe) if view.fix else None,
        location=view.location,
    )


def _frame(workspace: "Workspace", name: str) -> Frame:
    builder = FrameBuilder()
    builder.add(workspace.datasets.versions.taxonomy(name))
    for item, annotations in workspace.datasets.versions.records(name):
        builder.add(item)
        for annotation in annotations:
            builder.add(annotation)
    return builder.build()


def _media(workspace: "Workspace", item: Item) -> Path | None:
    return workspace.blobs.path(item.blob) if item.blob else None
