"""Making every derived thing anew, and sweeping away what no version names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from checkdam.storage.cache import Cache
from checkdam.storage.lake import Lake
from checkdam.storage.refs import LakeRef
from checkdam.storage.sql import reading
from checkdam.storage.sql.tables import dataset, dataset_version

OnProgress = Callable[[str, int, int], None]
"""(what is being made, done, total)."""


class Derived(Protocol):
    """Something that can be made again from what is kept: thumbnails, an index."""

    @property
    def name(self) -> str: ...

    def drop(self) -> int:
        """Removes all of it; how many there were."""
        ...

    def make(self) -> int:
        """Makes it anew, at least what is not made on demand; how many were made."""
        ...


@dataclass(frozen=True)
class OnDemand:
    """A folder of files that are made when they are asked for, each by its content: dropped here, made there."""

    name: str
    folder: Path

    def drop(self) -> int:
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        for path in files:
            path.unlink(missing_ok=True)  # a server may be dropping it too
        return len(files)

    def make(self) -> int:
        return 0


@dataclass(frozen=True)
class Rebuilt:
    """How many of a derived thing were dropped and made again."""

    name: str
    dropped: int
    made: int


def live_refs(engine: sa.Engine) -> dict[str, list[LakeRef]]:
    """What the versions of the datasets that are not deleted name in the lake, oldest first."""
    with reading(engine) as connection:
        return live_refs_in(connection)


def live_refs_in(connection: sa.Connection) -> dict[str, list[LakeRef]]:
    """The same, as a transaction sees it."""
    columns = dataset_version.c
    query = (
        sa.select(dataset_version)
        .join(dataset, dataset.c.id == columns.dataset_id)
        .where(dataset.c.deleted_at.is_(None))
        .order_by(columns.dataset_id, columns.number)
    )
    found: dict[str, list[LakeRef]] = {}
    for row in connection.execute(query):
        ref = LakeRef(row.items_ref, row.annotations_ref, row.content_hash, row.item_count, row.annotation_count)
        found.setdefault(row.dataset_id, []).append(ref)
    return found


def rebuild(
    engine: sa.Engine,
    lake: Lake,
    cache: Cache,
    derived: Sequence[Derived] = (),
    progress: OnProgress | None = None,
) -> list[Rebuilt]:
    """Drops and makes anew the cache of every version, and every further `derived` thing. Checks each state of the lake
    against its content hash on the way, and raises StorageError for one that is not what was published."""
    refs = list(dict.fromkeys(ref for of_dataset in live_refs(engine).values() for ref in of_dataset))
    dropped = cache.drop()
    for done, ref in enumerate(refs):
        if progress is not None:
            progress("cache", done, len(refs))
        lake.verify(ref)
        cache.open(ref)
    report = [Rebuilt("cache", dropped, len(refs))]
    for thing in derived:
        if progress is not None:
            progress(thing.name, 0, 1)
        report.append(Rebuilt(thing.name, thing.drop(), thing.make()))
    return report
