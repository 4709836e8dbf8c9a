"""Adding a version: its row, its taxonomy and its lineage appear in one transaction, or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from checkdam.datasets.store import Catalogue, Connection, InTransaction, LakeRef, taxonomy_id
from checkdam.lineage import Lineage
from checkdam.schema import DatasetVersion, LineageEdge, Taxonomy


@dataclass(frozen=True)
class Draft:
    """What a version will be, but for its number."""

    dataset_id: str
    ref: LakeRef
    taxonomy: Taxonomy
    message: str
    created_by: str
    job_id: str | None = None


@dataclass
class Committer:
    catalogue: Catalogue
    lineage: Lineage

    def same(self, version: DatasetVersion, draft: Draft) -> bool:
        """Whether the draft holds just what the version does."""
        return version.content_hash == draft.ref.content_hash and version.taxonomy_id == taxonomy_id(draft.taxonomy)

    def add(
        self,
        draft: Draft,
        number: int,
        edges: Callable[[str], Sequence[LineageEdge]],
        guard: InTransaction | None = None,
        also: Sequence[InTransaction] = (),
    ) -> DatasetVersion:
        """Makes the draft version `number` of its dataset.

        `edges` gives the lineage, told the version's URN; `guard` and `also` are done in the same transaction.
        ConflictError when another version has that number by now.
        """
        version = DatasetVersion(
            dataset_id=draft.dataset_id,
            number=number,
            parent=number - 1 or None,
            message=draft.message,
            created_at="",
            created_by=draft.created_by,
            item_count=draft.ref.item_count,
            annotation_count=draft.ref.annotation_count,
            content_hash=draft.ref.content_hash,
            taxonomy_id=taxonomy_id(draft.taxonomy),
            items_ref=draft.ref.items,
            annotations_ref=draft.ref.annotations,
            job_id=draft.job_id,
        )
        uses = LineageEdge(
            parent=f"taxonomy:{version.taxonomy_id}", child=version.urn, relation="labels", job_id=draft.job_id
        )

        def record(connection: Connection) -> None:
            self.lineage.record([*edges(version.urn), uses], connection)

        steps: list[InTransaction] = [*([guard] if guard else []), *also, record]
        self.catalogue.add_version(version, draft.taxonomy, steps)
        added = self.catalogue.version(draft.dataset_id, number)
        assert added is not None  # noqa: S101  # the transaction has just added it
        return added
