"""Exports as files to fetch."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from starlette.responses import FileResponse

from checkdam.formats import formats
from checkdam.server.auth import Caller, only
from checkdam.server.context import TheWorkspace
from checkdam.server.jobs import describe
from checkdam.server.wire.base import DatasetKey, IdPath, failures
from checkdam.server.wire.exports import ExportBody, FormatOut
from checkdam.server.wire.jobs import JobOut

router = APIRouter(tags=["exports"])

_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The archive, or the part asked for",
    }
}


@router.get(
    "/formats", response_model=list[FormatOut], dependencies=[only("datasets.read")], responses=failures(401, 403)
)
def list_formats() -> list[FormatOut]:
    """The formats that datasets are read from and written in."""
    return [FormatOut(name=one.name, title=one.title, kinds=list(one.kinds)) for one in formats().values()]


@router.post(
    "/datasets/{dataset}/exports", status_code=202, response_model=JobOut, responses=failures(401, 403, 404, 409)
)
def export_dataset(
    dataset: DatasetKey, body: ExportBody, caller: Annotated[Caller, only("datasets.export")], workspace: TheWorkspace
) -> JobOut:
    """Pack a version as files of a format into one archive. Answers with the job that does it, whose result says what
    the format cannot hold."""
    job = workspace.datasets.submit_archive(dataset, body.format, version=body.version, actor=caller.user.name)
    return describe(job, workspace)


@router.get(
    "/datasets/{dataset}/exports/{id}",
    response_class=Response,
    dependencies=[only("datasets.export")],
    responses={**failures(401, 403, 404, 416), **_ZIP},
)
def get_export(dataset: DatasetKey, id: IdPath, workspace: TheWorkspace) -> FileResponse:
    """The archive that the job of that id made. It is kept for a day."""
    path, name = workspace.datasets.archive(dataset, id)
    return FileResponse(path, media_type="application/zip", filename=name, headers={"Cache-Control": "no-store"})
