"""Every derived thing can be dropped and comes back the same."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from checkdam.schema import DeleteItem, StorageError
from checkdam.storage.cache import Cache
from checkdam.storage.lake import Lake, LakeRef
from checkdam.storage.rebuild import Rebuilt, rebuild
from checkdam.storage.sql import open_engine, tables, transaction, upgrade
from unit.storage.test_cache import some


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    upgrade(engine)
    return engine


def name_version(engine: sa.Engine, number: int, ref: LakeRef) -> None:
    with transaction(engine) as connection:
        if number == 1:
            connection.execute(tables.dataset.insert().values(id="d", name="d"))
            connection.execute(tables.taxonomy.insert().values(id="t", dataset_id="d", body={}))
        connection.execute(
            tables.dataset_version.insert().values(
                dataset_id="d", number=number, item_count=ref.item_count, annotation_count=ref.annotation_count,
                content_hash=ref.content_hash, taxonomy_id="t", items_ref=ref.items,
                annotations_ref=ref.annotations,
            )
        )  # fmt: skip


class Thumbnails:
    """Stands for something that is made on demand."""

    name = "thumbnails"

    def __init__(self, count: int) -> None:
        self.count = count

    def drop(self) -> int:
        dropped, self.count = self.count, 0
        return dropped

    def make(self) -> int:
        self.count = 1
        return 1


def test_rebuild_makes_the_caches_of_all_versions_and_what_else_is_derived(engine: sa.Engine, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    cache = Cache(tmp_path / "cache", lake)
    made, marks = some(10)
    first = lake.publish("d", [lake.stage("d", made, marks)])
    second = lake.apply("d", first, [DeleteItem(made[0].id)])
    name_version(engine, 1, first)
    name_version(engine, 2, second)
    before = cache.open(first).query("SELECT * FROM annotations ORDER BY ALL")
    seen: list[tuple[str, int, int]] = []
    report = rebuild(engine, lake, cache, [Thumbnails(5)], lambda *progress: seen.append(progress))
    assert report == [Rebuilt("cache", 1, 2), Rebuilt("thumbnails", 5, 1)]
    assert seen == [("cache", 0, 2), ("cache", 1, 2), ("thumbnails", 0, 1)]
    assert cache.path(first).exists()
    assert cache.path(second).exists()
    assert cache.open(first).query("SELECT * FROM annotations ORDER BY ALL") == before


def test_rebuild_tells_a_lake_that_is_not_what_was_published(engine: sa.Engine, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    ref = lake.publish("d", [lake.stage("d", *some(10))])
    name_version(engine, 1, LakeRef(ref.items, ref.annotations, "0" * 64, ref.item_count, ref.annotation_count))
    with pytest.raises(StorageError, match="published"):
        rebuild(engine, lake, Cache(tmp_path / "cache", lake))
