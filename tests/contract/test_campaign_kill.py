"""kill -9 at random points of import, lint, fix, revert, export and migration: what was acknowledged is there, and no
part of anything can be seen.

In CI 200 points; `make test-long` takes 1,000 (docs/campaigns.md). `CHECKDAM_SEED` repeats a campaign.
"""

import os
import random
import secrets
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from checkdam.storage.sql.engine import MIGRATIONS, head
from checkdam.workspace import restore_into
from contract.campaign import Tally, Zygote, campaign
from contract.conftest import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and waits for a process by its handle")
_numbers = count()
OLD = Path(__file__).parents[1] / "cases" / "backups" / "revision-0001.tar"


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    started = Zygote()
    yield started
    started.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is room: a process that is killed loses nothing that the system has taken, be it on a disk
    or not, and a campaign syncs a hundred thousand times."""
    memory = Path("/dev/shm")  # noqa: S108
    if not memory.is_dir() or shutil.disk_usage(memory).free < 1 << 29:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


def seed() -> int:
    return int(os.environ.get("CHECKDAM_SEED") or secrets.randbelow(1_000_000))


def told(tally: Tally, begun: float) -> None:
    print(f"\n{tally}; {time.monotonic() - begun:.0f} s")


def over_sqlite(zygote: Zygote, folder: Path, kills: int) -> None:
    tally, begun = Tally(seed()), time.monotonic()
    try:
        campaign(zygote, folder, tally, kills, lambda: None)
    finally:
        told(tally, begun)


def over_postgresql(zygote: Zygote, folder: Path, kills: int, server: Server) -> None:
    tally, begun = Tally(seed()), time.monotonic()
    made: list[str] = []

    def new_database() -> str:
        made.append(f"campaign_{next(_numbers)}")
        return server.make(made[-1])

    try:
        campaign(zygote, folder, tally, kills, new_database)
    finally:
        told(tally, begun)
        for name in made:
            server.drop(name)


MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    op.create_table("copied", sa.Column("id", sa.String(64), primary_key=True), sa.Column("of", sa.Text))
    op.add_column("finding", sa.Column("again", sa.Text))
    connection = op.get_bind()
    for (found,) in connection.execute(sa.text("SELECT id FROM finding")).all():
        connection.execute(sa.text("UPDATE finding SET again = rule WHERE id = :id"), {{"id": found}})
        connection.execute(sa.text("INSERT INTO copied SELECT id, rule FROM finding WHERE id = :id"), {{"id": found}})
    op.create_index("ix_finding_again", "finding", ["again"])
    op.execute("DELETE FROM finding_action")
"""


def migrated(folder: Path) -> bool:
    """Whether the database is at the new schema; makes sure that it is wholly so, or wholly not."""
    with closing(sqlite3.connect(folder / "home" / "checkdam.db")) as connection:

        def ask(query: str) -> object:
            return connection.execute(query).fetchone()[0]

        assert ask("PRAGMA integrity_check") == "ok"
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(finding)")}
        new = ask("SELECT version_num FROM alembic_version") == "9999"
        assert ("copied" in tables, "ix_finding_again" in tables, "again" in columns) == (new, new, new)
        assert (ask("SELECT count(*) FROM finding_action") == 0) == new
        if new:
            assert ask("SELECT count(*) FROM finding WHERE again IS NOT rule") == 0
            assert ask("SELECT count(*) FROM copied") == ask("SELECT count(*) FROM finding") != 0
        return new


def over_migrations(zygote: Zygote, folder: Path, kills: int) -> None:
    """A database with rows in it is killed on its way to a schema that the real migrations do not have (yet)."""
    shutil.copytree(MIGRATIONS, folder / "migrations")
    (folder / "migrations" / "versions" / "9999_more.py").write_text(MIGRATION.format(head=head()))
    restore_into(folder / "old" / "home", None, OLD)
    rng = random.Random(number := seed())  # noqa: S311
    order = {"steps": [], "migrations": str(folder / "migrations"), "seconds": 60.0}
    shutil.copytree(folder / "old", folder / "reference")
    (operations,) = zygote.child(**order, folder=str(folder / "reference"), deadly=0).operations
    assert migrated(folder / "reference")
    before = after = 0
    for kill in range(kills):
        life = folder / f"life{kill}"
        shutil.copytree(folder / "old", life)
        deadly = rng.randrange(1, operations + 1) if kill else operations  # one of them after the commit
        zygote.child(**order, folder=str(life), deadly=deadly)
        done = migrated(life)
        before, after = before + (not done), after + done
        assert zygote.child(**order, folder=str(life), deadly=0).status == 0, f"seed {number}, operation {deadly}"
        assert migrated(life)
        shutil.rmtree(life)
    print(f"\nseed {number}: {kills} kills in a migration of {operations} operations: {before} before its commit, "
          f"{after} after")  # fmt: skip
    assert before > after > 0


@pytest.mark.slow
def test_killed_at_150_points_over_sqlite(zygote: Zygote, folder: Path) -> None:
    over_sqlite(zygote, folder, 150)


@pytest.mark.slow
def test_killed_at_20_points_over_postgresql(zygote: Zygote, folder: Path, postgresql: Server) -> None:
    over_postgresql(zygote, folder, 20, postgresql)


@pytest.mark.slow
def test_killed_at_30_points_of_a_migration(zygote: Zygote, folder: Path) -> None:
    over_migrations(zygote, folder, 30)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_killed_at_100_points_of_a_migration(zygote: Zygote, folder: Path) -> None:
    over_migrations(zygote, folder, 100)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_killed_at_800_points_over_sqlite(zygote: Zygote, folder: Path) -> None:
    over_sqlite(zygote, folder, 800)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_killed_at_100_points_over_postgresql(zygote: Zygote, folder: Path, postgresql: Server) -> None:
    over_postgresql(zygote, folder, 100, postgresql)
