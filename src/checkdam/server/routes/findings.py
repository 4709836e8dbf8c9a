"""Findings: pages, summary, decisions, and lint runs."""

from typing import Annotated

from fastapi import APIRouter

from checkdam.datasets import (
    ActionRecord,
    ActionResult,
    FindingFilter,
    FindingsPage,
    FindingsSummary,
    FindingView,
)
from checkdam.server.auth import Caller, only
from checkdam.server.context import TheDatasets, TheWorkspace
from checkdam.server.jobs import describe
from checkdam.server.wire.base import DatasetKey, IdPath, failures
from checkdam.server.wire.findings import (
    ActionBody,
    ActionOut,
    ActionRecordOut,
    FindingFilterBody,
    FindingOut,
    FindingsPageOut,
    FindingsSummaryOut,
    LintBody,
    UndoOut,
)
from checkdam.server.wire.jobs import JobOut
from checkdam.server.wire.queries import ActionsParameters, FindingsParameters, FindingsQuery

router = APIRouter(tags=["findings"])


def filter_of(asked: FindingsQuery | FindingFilterBody) -> FindingFilter:
    """The filter that a query or a body says."""
    return FindingFilter(
        state=tuple(asked.state),
        rule=tuple(asked.rule),
        severity=tuple(asked.severity),
        label=tuple(asked.label),
        item=asked.item,
        q=asked.q,
        fixable=asked.fixable,
        safe=asked.safe,
        decided=asked.decided,
    )


@router.get(
    "/datasets/{dataset}/findings",
    response_model=FindingsPageOut,
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
)
def list_findings(dataset: DatasetKey, query: FindingsParameters, datasets: TheDatasets) -> FindingsPage:
    """One page of the findings that pass the filters, with the items and annotations they are about."""
    return datasets.findings.page(dataset, filter_of(query), sort=query.sort, offset=query.offset, limit=query.limit)


@router.get(
    "/datasets/{dataset}/findings/summary",
    response_model=FindingsSummaryOut,
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
)
def summarise_findings(dataset: DatasetKey, datasets: TheDatasets) -> FindingsSummary:
    """How many findings there are by state, rule, label and severity."""
    return datasets.findings.summary(dataset)


@router.get(
    "/datasets/{dataset}/findings/actions",
    response_model=list[ActionRecordOut],
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
)
def list_finding_actions(dataset: DatasetKey, query: ActionsParameters, datasets: TheDatasets) -> list[ActionRecord]:
    """The latest decisions, the newest first."""
    return datasets.findings.actions(dataset, limit=query.limit)


@router.post("/datasets/{dataset}/findings/actions", response_model=ActionOut, responses=failures(401, 403, 404, 409))
def act_on_findings(
    dataset: DatasetKey, body: ActionBody, caller: Annotated[Caller, only("findings.decide")], datasets: TheDatasets
) -> ActionResult:
    """Accept, dismiss or reopen findings: those of the ids, or all that the filter keeps."""
    which = filter_of(body.filter) if body.filter is not None else tuple(body.ids or ())
    return datasets.findings.act(dataset, body.kind, which, reason=body.reason, actor=caller.user.name)


@router.post(
    "/datasets/{dataset}/findings/actions/{id}/undo", response_model=UndoOut, responses=failures(401, 403, 404, 409)
)
def undo_finding_action(
    dataset: DatasetKey, id: IdPath, caller: Annotated[Caller, only("findings.decide")], datasets: TheDatasets
) -> ActionResult:
    """Take a decision back: each finding gets the state it had before, unless it has moved on since."""
    return datasets.findings.undo(dataset, id, actor=caller.user.name)


@router.get(
    "/datasets/{dataset}/findings/{id}",
    response_model=FindingOut,
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
)
def get_finding(dataset: DatasetKey, id: IdPath, datasets: TheDatasets) -> FindingView:
    """One finding."""
    return datasets.findings.get(dataset, id)


@router.post("/datasets/{dataset}/lint", status_code=202, response_model=JobOut, responses=failures(401, 403, 404, 409))
def lint_dataset(
    dataset: DatasetKey, body: LintBody, caller: Annotated[Caller, only("datasets.lint")], workspace: TheWorkspace
) -> JobOut:
    """Run the rules on the newest version. Answers with the job that does it."""
    job = workspace.datasets.submit_lint(
        dataset, select=tuple(body.select or ()), ignore=tuple(body.ignore), actor=caller.user.name
    )
    return describe(job, workspace)
