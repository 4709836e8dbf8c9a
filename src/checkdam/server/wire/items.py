"""Items and the facets they are filtered by."""

from typing import Any

from checkdam.server.wire.annotations import AnnotationOut
from checkdam.server.wire.base import Answer, ItemKind, SeverityCounts
from checkdam.server.wire.findings import FindingOut


class ItemOut(Answer):
    """One row of a page of items. `finding_counts` counts the open findings; `duration` is in seconds and `sample_rate`
    in hertz, as declared."""

    id: str
    position: int
    name: str
    kind: ItemKind
    width: int | None
    height: int | None
    split: str | None
    blob: str | None
    text: str | None
    duration: float | None
    sample_rate: int | None
    finding_counts: SeverityCounts
    annotations: list[AnnotationOut]


class ItemsPageOut(Answer):
    version: int
    total: int
    offset: int
    items: list[ItemOut]


class FacetValueOut(Answer):
    value: str
    items: int


class LabelFacetOut(FacetValueOut):
    annotations: int


class MetadataFacetOut(Answer):
    """The commonest values of a metadata key; `more` says how many further values there are."""

    key: str
    values: list[FacetValueOut]
    more: int


class FacetsOut(Answer):
    """Counts of the items that pass the filters; those of a field leave the field's own filter out."""

    version: int
    total: int
    labels: list[LabelFacetOut]
    splits: list[FacetValueOut]
    kinds: list[FacetValueOut]
    rules: list[FacetValueOut]
    metadata: list[MetadataFacetOut]


class ItemFullOut(Answer):
    """An item with its metadata and where it was read."""

    id: str
    position: int
    name: str
    kind: ItemKind
    width: int | None
    height: int | None
    split: str | None
    blob: str | None
    text: str | None
    duration: float | None
    sample_rate: int | None
    finding_counts: SeverityCounts
    metadata: dict[str, Any]
    origin: str | None
    source_id: str | None


class ItemDetailOut(Answer):
    """One item with all that is known of it. `previous`, `next`, `index` and `total` are its place among the items that
    pass the filters, in the order asked for (`index` is null when it does not pass them itself)."""

    version: int
    item: ItemFullOut
    annotations: list[AnnotationOut]
    findings: list[FindingOut]
    previous: str | None
    next: str | None
    index: int | None
    total: int
