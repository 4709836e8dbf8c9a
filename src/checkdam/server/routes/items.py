"""Items and facets."""

from fastapi import APIRouter

from checkdam.datasets import Facets, ItemDetail, ItemFilter, ItemSort, ItemsPage
from checkdam.server.auth import only
from checkdam.server.context import TheDatasets
from checkdam.server.wire.annotations import AnnotationOut
from checkdam.server.wire.base import DatasetKey, IdPath, failures
from checkdam.server.wire.findings import FindingOut
from checkdam.server.wire.items import FacetsOut, ItemDetailOut, ItemFullOut, ItemOut, ItemsPageOut
from checkdam.server.wire.queries import (
    METADATA_PARAMETER,
    ItemFilterParameters,
    ItemFilterQuery,
    ItemOrderParameters,
    ItemOrderQuery,
    ItemsParameters,
)

router = APIRouter(tags=["items"])


def filter_of(query: ItemFilterQuery) -> ItemFilter:
    """The filter that the query parameters say."""
    return ItemFilter(
        label=tuple(query.label),
        split=tuple(query.split),
        rule=tuple(query.rule),
        kind=tuple(query.kind),
        q=query.q,
        metadata=query.metadata(),
    )


def sort_of(query: ItemOrderQuery) -> ItemSort:
    """The order that the query parameters say."""
    return ItemSort(by=query.sort, descending=query.order == "desc")


@router.get(
    "/datasets/{dataset}/items",
    response_model=ItemsPageOut,
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
    openapi_extra=METADATA_PARAMETER,
)
def list_items(dataset: DatasetKey, query: ItemsParameters, datasets: TheDatasets) -> ItemsPage:
    """One page of the items that pass the filters, with their annotations."""
    return datasets.items.page(
        dataset, filter_of(query), sort_of(query), version=query.version, offset=query.offset, limit=query.limit
    )


@router.get(
    "/datasets/{dataset}/facets",
    response_model=FacetsOut,
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
    openapi_extra=METADATA_PARAMETER,
)
def get_facets(dataset: DatasetKey, query: ItemFilterParameters, datasets: TheDatasets) -> Facets:
    """How many items have each label, split, kind, finding and metadata value, among those that pass the filters."""
    return datasets.items.facets(dataset, filter_of(query), version=query.version)


@router.get(
    "/datasets/{dataset}/items/{id}",
    response_model=ItemDetailOut,
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
    openapi_extra=METADATA_PARAMETER,
)
def get_item(dataset: DatasetKey, id: IdPath, query: ItemOrderParameters, datasets: TheDatasets) -> ItemDetailOut:
    """One item, with its findings and its neighbours among the items that pass the filters."""
    detail = datasets.items.detail(dataset, id, filter_of(query), sort_of(query), version=query.version)
    return _detail_out(detail)


def _detail_out(detail: ItemDetail) -> ItemDetailOut:
    row = ItemOut.model_validate(detail.item).model_dump(exclude={"annotations"})
    item = ItemFullOut(**row, metadata=detail.metadata, origin=detail.origin, source_id=detail.source_id)
    return ItemDetailOut(
        version=detail.version,
        item=item,
        annotations=[AnnotationOut.model_validate(each) for each in detail.annotations],
        findings=[FindingOut.model_validate(each) for each in detail.findings],
        previous=detail.previous,
        next=detail.next,
        index=detail.index,
        total=detail.total,
    )
