"""Lineage: what a thing was made from, and what was made from it."""

from typing import Annotated

from fastapi import APIRouter, Path

from checkdam.server.auth import only
from checkdam.server.context import TheWorkspace
from checkdam.server.lineage import graph
from checkdam.server.wire.base import failures
from checkdam.server.wire.lineage import LineageOut
from checkdam.server.wire.queries import LineageParameters

router = APIRouter(tags=["lineage"])


@router.get(
    "/lineage/{urn:path}",
    response_model=LineageOut,
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
)
def get_lineage(
    urn: Annotated[str, Path(max_length=500, description="`version:DATASET@N`, `import:ID`, `finding:DATASET/ID`, …")],
    query: LineageParameters,
    workspace: TheWorkspace,
) -> LineageOut:
    """The graph around a thing, both ways."""
    return graph(workspace.lineage, workspace.datasets, urn, query.depth)
