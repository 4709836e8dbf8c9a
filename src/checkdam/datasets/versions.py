"""Versions: list, time travel, diff, commit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from checkdam.datasets.checks import Checks, CheckSubject
from checkdam.datasets.committing import Committer, Draft
from checkdam.datasets.differences import first_version, version_diff
from checkdam.datasets.editing import check_edits
from checkdam.datasets.model import ItemFilter, VersionDiff
from checkdam.datasets.store import (
    Blobs,
    Catalogue,
    ItemQueries,
    Lake,
    LakeRef,
    annotation_of,
    frame_table,
    lake_ref,
)
from checkdam.lint import Frame
from checkdam.schema import (
    Annotation,
    ConflictError,
    DatasetVersion,
    Edit,
    InputError,
    Item,
    LineageEdge,
    NotFoundError,
    Taxonomy,
)


@dataclass
class Versions:
    """The versions of all datasets. Wherever a dataset is asked for, its id or its name will do."""

    catalogue: Catalogue
    committer: Committer
    lake: Lake
    blobs: Blobs
    queries: ItemQueries
    checks: Checks

    def all(self, dataset: str) -> list[DatasetVersion]:
        """Newest first."""
        return self.catalogue.versions(self.catalogue.published(dataset).id)

    def get(self, dataset: str, number: int | None = None) -> DatasetVersion:
        """The version of that number, or the newest; NotFoundError."""
        found = self.catalogue.published(dataset)
        version = self.catalogue.version(found.id, number)
        if version is None:
            raise NotFoundError(
                f"{found.name} does not have a version {number}", f"see: checkdam versions {found.name}"
            )
        return version

    def taxonomy(self, dataset: str, number: int | None = None) -> Taxonomy:
        """The labels as of a version."""
        version = self.get(dataset, number)
        return self.catalogue.taxonomy(version.dataset_id, version.taxonomy_id)

    def records(self, dataset: str, number: int | None = None) -> Iterator[tuple[Item, list[Annotation]]]:
        """Every item with its annotations, in the order of the version; streamed."""
        yield from self.queries.records(self.get(dataset, number))

    def rows_of(self, version: DatasetVersion, wanted: ItemFilter) -> NDArray[np.int64]:
        """The rows (places in the version, from 0) of the items that pass a filter, in order."""
        return self.queries.rows_of(version, wanted)

    def rows_named(self, version: DatasetVersion, ids: Sequence[str]) -> NDArray[np.int64]:
        """The rows of those items, in the order given. InputError with the first of those that are not there."""
        found = self.queries.rows_named(version, ids)
        lost = [one for one in ids if one not in found]
        if lost:
            raise InputError(
                f"version {version.number} does not have {len(lost):,} of the items, first {lost[0]!r}",
                "make the slice anew from this version",
            )
        return np.array([found[one] for one in ids], dtype=np.int64)

    def records_at(self, version: DatasetVersion, rows: NDArray[np.int64]) -> list[tuple[Item, list[Annotation]]]:
        """The items in those rows, in that order, with their annotations; all in memory."""
        return self.queries.records_at(version, rows)

    def diff(
        self, dataset: str, number: int, against: int | None = None, *, offset: int = 0, limit: int = 50
    ) -> VersionDiff:
        """Against the parent when `against` is not given; the first version is compared with nothing (`against` 0).

        The changes are a page of at most 200 items, in the order of their names.
        """
        _bounds(offset, limit)
        version = self.get(dataset, number)
        other = version.parent if against is None else against
        before = None if not other else self.get(dataset, other)
        if before is None:
            return first_version(self.queries, version, self.taxonomy(dataset, number), offset, limit)
        taxonomies = self.taxonomy(dataset, before.number), self.taxonomy(dataset, number)
        return version_diff(self.lake, before, version, taxonomies, offset=offset, limit=limit)

    def commit(
        self,
        dataset: str,
        edits: Sequence[Edit],
        message: str,
        parent: int,
        *,
        actor: str,
        taxonomy: Taxonomy | None = None,
    ) -> DatasetVersion:
        """A new version: `parent` with the edits made, in their order; with another taxonomy if one is given.

        ConflictError when `parent` is not the newest; InputError naming every edit that does not fit, or if nothing
        would change.
        """
        found = self.catalogue.published(dataset)
        newest = self.get(found.id)
        if newest.number != parent:
            raise ConflictError(
                f"version {parent} of {found.name} is no longer the newest: that is version {newest.number}",
                "load the newest version and make the change there",
            )
        self.checks.before("commit", CheckSubject(found, newest, actor))
        check_edits(edits, lambda ids: self.items_named(newest, ids), lambda ids: self.annotations_named(newest, ids))
        draft = Draft(
            dataset_id=found.id,
            ref=self.edited(newest, edits),
            taxonomy=self.taxonomy(found.id, newest.number) if taxonomy is None else taxonomy,
            message=message,
            created_by=actor,
        )
        if self.committer.same(newest, draft):
            raise InputError("the edits change nothing", "leave them, or make the change that was meant")

        def edges(urn: str) -> list[LineageEdge]:
            edit = f"edit:{urn.removeprefix('version:')}"
            detail = {"edits": len(edits), "by": actor}
            return [
                LineageEdge(parent=newest.urn, child=urn, relation="edited"),
                LineageEdge(parent=edit, child=urn, relation="applied", detail=detail),
            ]

        version = self.committer.add(draft, newest.number + 1, edges)
        self.checks.after("commit", CheckSubject(found, version, actor))
        return version

    def edited(self, base: DatasetVersion, edits: Sequence[Edit]) -> LakeRef:
        """What the edits make of a version, in the lake: nothing that anybody sees yet."""
        return self.lake.apply(base.dataset_id, lake_ref(base), edits)

    def items_named(self, version: DatasetVersion, ids: Sequence[str]) -> Mapping[str, Item]:
        """Those of the items that the version has."""
        return {item.id: item for item in self.lake.read_items(lake_ref(version), ids)} if ids else {}

    def annotations_named(self, version: DatasetVersion, ids: Sequence[str]) -> Mapping[str, Annotation]:
        """Those of the annotations that the version has."""
        return {one.id: one for one in self.lake.read_annotations(lake_ref(version), ids)} if ids else {}

    def frame(self, version: DatasetVersion) -> Frame:
        """The version as the columns that rules see."""
        items = self.lake.read_items(lake_ref(version))
        labels = self.catalogue.taxonomy(version.dataset_id, version.taxonomy_id)
        return Frame.from_arrow(items, frame_table(self.lake, version), labels, annotation_of)

    def media_path(self, item: Item) -> Path | None:
        """Where the bytes of an item's media lie; None for text and where they were missing."""
        return self.blobs.path(item.blob) if item.blob is not None and self.blobs.exists(item.blob) else None


def _bounds(offset: int, limit: int) -> None:
    if offset < 0 or not 1 <= limit <= 200:
        raise InputError(f"no page has offset {offset} and limit {limit}", "offset from 0, limit from 1 to 200")
