"""Datasets and their versions."""

from typing import Annotated

from fastapi import APIRouter

from checkdam.datasets import DatasetSummary, VersionDiff
from checkdam.schema import DatasetVersion
from checkdam.server.auth import Caller, only
from checkdam.server.context import TheDatasets, TheSettings, TheWorkspace
from checkdam.server.imports import chosen_source, import_formats, sources_in
from checkdam.server.jobs import describe
from checkdam.server.wire.base import DatasetKey, VersionNumber, failures
from checkdam.server.wire.datasets import (
    CommitBody,
    DatasetDetailOut,
    DatasetOut,
    ImportBody,
    ImportRootsOut,
    ImportSourcesOut,
    TaxonomyOut,
    VersionDiffOut,
    VersionOut,
)
from checkdam.server.wire.jobs import JobOut
from checkdam.server.wire.queries import DiffParameters, SourcesParameters

router = APIRouter(tags=["datasets"])


@router.get(
    "/datasets", response_model=list[DatasetOut], dependencies=[only("datasets.read")], responses=failures(401, 403)
)
def list_datasets(datasets: TheDatasets) -> list[DatasetSummary]:
    """All datasets, by name."""
    return datasets.catalogue()


@router.get(
    "/imports/sources",
    response_model=ImportRootsOut,
    dependencies=[only("datasets.import")],
    responses=failures(401, 403),
)
def list_import_sources(settings: TheSettings) -> ImportRootsOut:
    """The server's folders that datasets may be imported from, and the formats that can be read."""
    return ImportRootsOut(roots=[str(root) for root in settings.import_roots], formats=import_formats())


@router.get(
    "/imports/entries",
    response_model=ImportSourcesOut,
    dependencies=[only("datasets.import")],
    responses=failures(401, 403),
)
def list_import_entries(query: SourcesParameters, settings: TheSettings) -> ImportSourcesOut:
    """The folders and archives in a folder below the server's import roots."""
    return sources_in(query.path, settings.import_roots)


@router.post("/imports", status_code=202, response_model=JobOut, responses=failures(401, 403, 404, 409))
def import_dataset(
    body: ImportBody, caller: Annotated[Caller, only("datasets.import")], workspace: TheWorkspace, settings: TheSettings
) -> JobOut:
    """Import a folder or archive of the server as a dataset, or as the next version of the dataset of that name.
    Answers with the job that does it."""
    source = chosen_source(body.path, settings.import_roots)
    job = workspace.datasets.submit_import(
        body.name, source, format=body.format, keep_going=body.keep_going, actor=caller.user.name
    )
    return describe(job, workspace)


@router.get(
    "/datasets/{dataset}",
    response_model=DatasetDetailOut,
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
)
def get_dataset(dataset: DatasetKey, datasets: TheDatasets) -> DatasetDetailOut:
    """One dataset, with its labels."""
    detail = datasets.detail(dataset)
    summary = DatasetOut.model_validate(detail).model_dump()
    taxonomy = TaxonomyOut.model_validate({"labels": list(detail.labels)}, from_attributes=True)
    return DatasetDetailOut(**summary, taxonomy=taxonomy, versions=detail.versions, latest=detail.latest)


@router.delete("/datasets/{dataset}", status_code=204, responses=failures(401, 403, 404, 409))
def delete_dataset(
    dataset: DatasetKey, caller: Annotated[Caller, only("datasets.delete")], datasets: TheDatasets
) -> None:
    """Delete a dataset with all its versions."""
    datasets.delete(dataset, actor=caller.user.name)


@router.get(
    "/datasets/{dataset}/versions",
    response_model=list[VersionOut],
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
)
def list_versions(dataset: DatasetKey, datasets: TheDatasets) -> list[DatasetVersion]:
    """All versions, the newest first."""
    return datasets.versions.all(dataset)


@router.get(
    "/datasets/{dataset}/versions/{number}/diff",
    response_model=VersionDiffOut,
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
)
def diff_versions(
    dataset: DatasetKey, number: VersionNumber, query: DiffParameters, datasets: TheDatasets
) -> VersionDiff:
    """How a version differs from another, or from the one it was made from."""
    return datasets.versions.diff(dataset, number, query.against, offset=query.offset, limit=query.limit)


@router.post(
    "/datasets/{dataset}/versions", status_code=202, response_model=JobOut, responses=failures(401, 403, 404, 409)
)
def commit_fixes(
    dataset: DatasetKey, body: CommitBody, caller: Annotated[Caller, only("datasets.commit")], workspace: TheWorkspace
) -> JobOut:
    """Make a new version with the accepted fixes. Answers with the job that does it."""
    job = workspace.datasets.submit_fix(dataset, message=body.message, actor=caller.user.name)
    return describe(job, workspace)


@router.post(
    "/datasets/{dataset}/versions/{number}/revert",
    status_code=202,
    response_model=JobOut,
    responses=failures(401, 403, 404, 409),
)
def revert_version(
    dataset: DatasetKey,
    number: VersionNumber,
    caller: Annotated[Caller, only("datasets.commit")],
    workspace: TheWorkspace,
) -> JobOut:
    """Make a new version equal to an earlier one. Answers with the job that does it."""
    return describe(workspace.datasets.submit_revert(dataset, number, actor=caller.user.name), workspace)
