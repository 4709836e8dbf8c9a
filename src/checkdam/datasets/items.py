"""Pages of items, facets and single items, with the findings that are open now."""

from dataclasses import dataclass

import msgspec

from checkdam.datasets.findings import Findings
from checkdam.datasets.model import (
    Facets,
    ItemDetail,
    ItemFilter,
    ItemSort,
    ItemsPage,
    ItemView,
    SeverityCounts,
)
from checkdam.datasets.store import Face, ItemQueries, PageRows
from checkdam.datasets.versions import Versions
from checkdam.datasets.views import annotation_view
from checkdam.schema import DatasetVersion, InputError, NotFoundError

LARGEST_PAGE = 200


@dataclass
class Items:
    """The items of all datasets. Wherever a dataset is asked for, its id or its name will do."""

    versions: Versions
    findings: Findings
    queries: ItemQueries

    def page(
        self,
        dataset: str,
        filter: ItemFilter | None = None,
        sort: ItemSort | None = None,
        *,
        version: int | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> ItemsPage:
        """At most 200 items. InputError for an unknown sort or metadata key."""
        if offset < 0 or not 1 <= limit <= LARGEST_PAGE:
            raise InputError(
                f"no page has offset {offset} and limit {limit}", f"offset from 0, limit from 1 to {LARGEST_PAGE}"
            )
        wanted = self.versions.get(dataset, version)
        rows = self.queries.page(wanted, filter or ItemFilter(), sort or ItemSort(), offset, limit)
        return ItemsPage(version=wanted.number, total=rows.total, offset=offset, items=_views(rows))

    def facets(self, dataset: str, filter: ItemFilter | None = None, *, version: int | None = None) -> Facets:
        """How many items pass the filter, and how they divide. InputError for an unknown metadata key."""
        return self.queries.facets(self.versions.get(dataset, version), filter or ItemFilter())

    def detail(
        self,
        dataset: str,
        item_id: str,
        filter: ItemFilter | None = None,
        sort: ItemSort | None = None,
        *,
        version: int | None = None,
    ) -> ItemDetail:
        """NotFoundError where the version does not have the item."""
        wanted = self.versions.get(dataset, version)
        rows = self.queries.one(wanted, item_id)
        if not rows.items:
            raise NotFoundError(f"version {wanted.number} has no item {item_id!r}", "go back to the list of items")
        place = self.queries.place(wanted, item_id, filter or ItemFilter(), sort or ItemSort())
        item, view = rows.items[0], _views(rows)[0]
        return ItemDetail(
            version=wanted.number,
            item=view,
            metadata=item.metadata,
            origin=None if item.origin is None else str(item.origin),
            source_id=item.source_id,
            annotations=view.annotations,
            findings=self.findings.of_item(wanted.dataset_id, item_id),
            previous=place.previous,
            next=place.next,
            index=place.index,
            total=place.total,
        )

    def label_counts(self, version: DatasetVersion) -> dict[str, int]:
        """How many annotations each label of a version has."""
        return self.queries.label_counts(version)

    def face(self, version: DatasetVersion) -> Face:
        """What a list of datasets shows of a version."""
        return self.queries.face(version)


def _views(rows: PageRows) -> tuple[ItemView, ...]:
    return tuple(
        ItemView(
            id=item.id,
            position=rows.positions[item.id],
            name=item.name,
            kind=item.kind,
            width=item.width,
            height=item.height,
            split=item.split,
            blob=item.blob,
            text=item.text,
            duration=item.duration,
            sample_rate=item.sample_rate,
            finding_counts=msgspec.convert(rows.findings.get(item.id, {}), SeverityCounts),
            annotations=tuple(annotation_view(one) for one in rows.annotations.get(item.id, ())),
        )
        for item in rows.items
    )
