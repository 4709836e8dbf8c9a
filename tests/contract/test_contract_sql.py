"""Migrations, transactions, times, odd text and errors, the same on both databases."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from checkdam.schema import ConflictError, Fix, StorageError
from checkdam.schema.dataset import DeleteAnnotation
from checkdam.storage.rebuild import live_refs
from checkdam.storage.sql import database_now, lock, open_engine, reading, tables, transaction, upgrade
from checkdam.storage.sql.engine import head, revision


def test_migrations_from_empty_make_the_tables_that_the_code_knows(engine: sa.Engine) -> None:
    with reading(engine) as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata) == []
    assert revision(engine) == head()


def test_partial_indexes_are_in_the_database_too(engine: sa.Engine) -> None:
    """compare_metadata does not look at the WHERE of an index."""
    for table, index in (("job", "uq_job_exclusive_running"), ("dataset", "uq_dataset_name_alive")):
        found = next(one for one in sa.inspect(engine).get_indexes(table) if one["name"] == index)
        assert found["unique"]
        assert any("where" in name for name in found.get("dialect_options", {}))


def test_upgrading_again_changes_nothing(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="d", name="one"))
    upgrade(engine)
    with reading(engine) as connection:
        assert connection.execute(sa.select(tables.dataset.c.name)).scalars().all() == ["one"]


def test_processes_that_upgrade_at_once_all_succeed(database_url: str) -> None:
    code = (
        "import sys; from checkdam.storage.sql import open_engine, upgrade\n"
        "sys.stdin.readline(); upgrade(open_engine(sys.argv[1]))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, database_url], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    engine = open_engine(database_url)
    assert revision(engine) == head()
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="newer version") as told:
        upgrade(engine)
    assert told.value.remedy


def test_threads_that_write_at_once_wait_for_one_another(engine: sa.Engine) -> None:
    """Eight threads read, add one and write; no addition is lost and no thread fails."""
    with transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="d", name="0"))

    def add_often(_: int) -> None:
        for _ in range(25):
            with transaction(engine) as connection:
                lock(connection, "counter")
                value = int(connection.execute(sa.select(tables.dataset.c.name)).scalar_one())
                connection.execute(tables.dataset.update().values(name=str(value + 1)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_often, range(8)))
    with reading(engine) as connection:
        assert connection.execute(sa.select(tables.dataset.c.name)).scalar_one() == "200"


def test_readers_do_not_wait_for_a_writer_and_see_one_snapshot(engine: sa.Engine) -> None:
    count = sa.select(sa.func.count()).select_from(tables.dataset)
    with reading(engine) as reader:
        assert reader.execute(count).scalar_one() == 0
        with transaction(engine) as writer:
            writer.execute(tables.dataset.insert().values(id="d", name="one"))
        assert reader.execute(count).scalar_one() == 0
    with reading(engine) as reader:
        assert reader.execute(count).scalar_one() == 1


def test_a_reader_cannot_write_and_a_writer_can_afterwards(engine: sa.Engine) -> None:
    for number in range(3):
        with pytest.raises(StorageError), reading(engine) as connection:
            connection.execute(tables.dataset.insert().values(id="d", name="one"))
        with transaction(engine) as connection:
            connection.execute(tables.dataset.insert().values(id=f"d{number}", name=f"n{number}"))


def test_an_error_rolls_everything_back(engine: sa.Engine) -> None:
    with pytest.raises(ZeroDivisionError), transaction(engine) as connection:  # noqa: PT012
        connection.execute(tables.dataset.insert().values(id="d", name="one"))
        raise ZeroDivisionError
    with reading(engine) as connection:
        assert connection.execute(sa.select(tables.dataset)).all() == []


def test_a_broken_constraint_is_a_conflict(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="d", name="one"))
    with pytest.raises(ConflictError), transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="e", name="one"))
    with pytest.raises(ConflictError), transaction(engine) as connection:
        connection.execute(
            tables.session.insert().values(hash="h", user_id="nobody", csrf="c", expires_at=database_now())
        )


def test_the_name_of_a_deleted_dataset_is_free_again(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="d", name="one", deleted_at=database_now()))
        connection.execute(tables.dataset.insert().values(id="e", name="one"))


def test_times_come_back_aware_and_exact(engine: sa.Engine) -> None:
    moment = datetime(2031, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="d", name="one", created_at=moment))
    with reading(engine) as connection:
        found = connection.execute(sa.select(tables.dataset.c.created_at)).scalar_one()
        earlier = sa.select(tables.dataset.c.id).where(tables.dataset.c.created_at < moment)
        assert connection.execute(earlier).all() == []
    assert found == moment
    assert found.tzinfo is UTC
    with pytest.raises(sa.exc.StatementError), transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="e", name="two", created_at=datetime(2031, 1, 1)))


def test_the_database_clock_can_be_offset_and_compares_with_stored_times(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="past", name="p", created_at=database_now(-0.5)))
        connection.execute(tables.dataset.insert().values(id="soon", name="s", created_at=database_now(3600)))
        passed = sa.select(tables.dataset.c.id).where(tables.dataset.c.created_at < database_now())
        assert connection.execute(passed).scalars().all() == ["past"]
        now = connection.execute(sa.select(database_now())).scalar_one()
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)  # the two are on one machine here


@pytest.mark.parametrize("text", ["nul \x00 in it", "lone \ud83d half", "😀 whole", ""])
def test_any_text_can_be_written_and_found_again(engine: sa.Engine, text: str) -> None:
    with transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="d", name=text))
        connection.execute(
            tables.audit.insert().values(actor="a", action="b", subject=text, detail={text: [text, 1.5]})
        )
    with reading(engine) as connection:
        found = connection.execute(sa.select(tables.dataset.c.id).where(tables.dataset.c.name == text)).scalars().all()
        assert found == ["d"]
        assert connection.execute(sa.select(tables.audit.c.detail)).scalar_one() == {text: [text, 1.5]}


def test_json_takes_structs_and_numbers_that_json_lacks(engine: sa.Engine) -> None:
    fix = Fix("drop it", (DeleteAnnotation("a1"),), safe=True)
    with transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="d", name="n"))
        connection.execute(
            tables.finding.insert().values(
                dataset_id="d", id="f", rule="r", severity="error", subject={}, message="m", first_version=1,
                last_version=1, fix=fix, evidence={"ratio": float("inf"), "pair": (float("nan"), 1)},
            )
        )  # fmt: skip
    with reading(engine) as connection:
        row = connection.execute(sa.select(tables.finding)).one()
    edits = [{"type": "delete_annotation", "id": "a1"}]
    assert row.fix == {"description": "drop it", "edits": edits, "safe": True}
    assert row.evidence == {"ratio": None, "pair": [None, 1]}
    assert row.state == "open"


def test_live_refs_leave_out_deleted_datasets(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        for name, deleted in (("kept", None), ("gone", database_now())):
            connection.execute(tables.dataset.insert().values(id=name, name=name, deleted_at=deleted))
            connection.execute(tables.taxonomy.insert().values(id="t", dataset_id=name, body={}))
            for number in (1, 2):
                connection.execute(
                    tables.dataset_version.insert().values(
                        dataset_id=name, number=number, item_count=1, annotation_count=2, content_hash="h",
                        taxonomy_id="t", items_ref=f"{name}/items@{number}", annotations_ref=f"{name}/annotations@1",
                    )
                )  # fmt: skip
    assert {key: [ref.items for ref in refs] for key, refs in live_refs(engine).items()} == {
        "kept": ["kept/items@1", "kept/items@2"]
    }


def test_a_database_that_is_not_upgraded_says_how(empty_engine: sa.Engine) -> None:
    with pytest.raises(StorageError) as told, reading(empty_engine) as connection:
        connection.execute(sa.select(tables.dataset))
    assert "upgrade" in told.value.remedy


def test_a_locked_database_is_told_with_its_remedy(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    engine = open_engine(f"sqlite:///{file}", busy_timeout=0.2)
    upgrade(engine)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked") as told, transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="d", name="n"))
    assert "PostgreSQL" in told.value.remedy
    other.rollback()
    other.close()
    with transaction(engine) as connection:
        connection.execute(tables.dataset.insert().values(id="d", name="n"))
    engine.dispose()


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Root may write everywhere, so the test must not be root."""
    if sys.platform == "win32":
        pytest.skip("folders cannot be made read-only this way on Windows")
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_cannot_be_written_is_told_with_its_remedy(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    with as_ordinary_user():
        engine = open_engine(f"sqlite:///{closed / 'a.db'}")
        with pytest.raises(StorageError, match="unable to open") as told:
            upgrade(engine)
        assert "writable" in told.value.remedy
        with pytest.raises(StorageError) as told:
            open_engine(f"sqlite:///{closed / 'deeper' / 'a.db'}")
        assert "may write" in told.value.remedy


def test_a_database_file_that_cannot_be_written_is_told_with_its_remedy(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    engine = open_engine(f"sqlite:///{home / 'a.db'}")
    upgrade(engine)
    engine.dispose()
    home.chmod(0o555)
    with as_ordinary_user():
        engine = open_engine(f"sqlite:///{home / 'a.db'}")
        with pytest.raises(StorageError) as told, transaction(engine) as connection:
            connection.execute(tables.dataset.insert().values(id="d", name="n"))
        assert "writable" in told.value.remedy
        engine.dispose()


def test_a_file_that_is_no_database_is_told_with_its_remedy(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    file.write_bytes(b"this is a letter, not a database " * 100)
    with pytest.raises(StorageError, match="not a database") as told:
        upgrade(open_engine(f"sqlite:///{file}"))
    assert "backup" in told.value.remedy


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "letters", "postgresql+asyncpg://h/d"]
)
def test_addresses_of_other_databases_are_refused_or_led_to_psycopg(url: str) -> None:
    if url.startswith("postgresql"):
        assert open_engine(url).url.drivername == "postgresql+psycopg"
        return
    with pytest.raises(StorageError) as told:
        open_engine(url)
    assert "sqlite:///" in told.value.remedy


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    engine = open_engine("postgresql://me:secret-word@127.0.0.1:1/d")
    with pytest.raises(StorageError) as told:
        upgrade(engine)
    assert told.value.remedy
    assert "secret-word" not in str(told.value)
