"""A backup holds all, restores all or nothing, into either database, also from the first schema; no file breaks it."""

import io
import json
import random
import shutil
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from checkdam.schema import CheckdamError, ConflictError, InputError, NotFoundError, StorageError
from checkdam.storage.backup.layout import LEFT_OUT
from checkdam.storage.backup.rows import dump, tables
from checkdam.storage.sql import open_engine, reading
from checkdam.storage.sql.engine import head, revision
from checkdam.workspace import Workspace, back_up, restore_into
from contract import story
from contract.conftest import Server

OLD = Path(__file__).parents[1] / "cases" / "backups" / "revision-0001.tar"
"""Written by the program's first state that had a schema: five versions, a user with a password and a key."""
OLD_VERSIONS = ["eac0ab917c36", "a8a3010ef5ea", "5bcda1fb0edf", "49a33c1d1098", "a8a3010ef5ea"]

pytestmark = pytest.mark.slow


def rows(workspace: Workspace) -> dict[str, list[bytes]]:
    """Every row that a backup holds."""
    with reading(workspace.engine) as connection:
        return {name: list(dump(connection, table)) for name, table in tables(connection).items()}


def contents(workspace: Workspace) -> list[object]:
    found = workspace.datasets.versions
    return [list(found.records(story.NAME, version.number)) for version in found.all(story.NAME)]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sources, and a workspace `home` in which the story has been lived through."""
    folder = tmp_path_factory.mktemp("lived")
    story.make_sources(folder)
    with Workspace.open(folder / "home") as workspace:
        for do, _ in story.STEPS.values():
            do(workspace, folder)
        workspace.datasets.submit_lint(story.NAME, actor="ada")
    back_up(folder / "home", None, folder / "whole.tar")
    return folder


@pytest.fixture
def other_database(request: pytest.FixtureRequest) -> Iterator[Callable[[str], str | None]]:
    """Addresses of empty databases, by kind; None for a workspace's own SQLite."""
    made: list[tuple[Server, str]] = []

    def make(kind: str) -> str | None:
        if kind == "sqlite":
            return None
        server: Server = request.getfixturevalue("postgresql")
        name = f"restored_{len(made)}_{request.node.name.translate(str.maketrans('[]-', '___'))}"[:60].lower()
        made.append((server, name))
        return server.make(name)

    yield make
    for server, name in made:
        server.drop(name)


@pytest.mark.parametrize("first", ["sqlite", "postgresql"])
@pytest.mark.parametrize("second", ["sqlite", "postgresql"])
def test_what_is_restored_is_what_was(
    tmp_path: Path, lived: Path, other_database: Callable[[str], str | None], first: str, second: str
) -> None:
    url, other_url = other_database(first), other_database(second)
    restore_into(tmp_path / "one", url, lived / "whole.tar")  # the story's rows, in the first database
    with Workspace.open(tmp_path / "one", url) as workspace:
        before, held, known = rows(workspace), contents(workspace), story.versions(workspace)
    assert len(known) == 5
    done = back_up(tmp_path / "one", url, tmp_path / "b.tar")
    assert stat.S_IMODE((tmp_path / "b.tar").stat().st_mode) == 0o600
    restored = restore_into(tmp_path / "two", other_url, tmp_path / "b.tar")
    assert (restored.rows, restored.blobs, restored.versions) == (done.rows, done.blobs, 5)
    with Workspace.open(tmp_path / "two", other_url) as workspace:
        assert rows(workspace) == before
        assert contents(workspace) == held
        assert not workspace.damaged()
        # And life goes on: rows get new numbers, jobs run, what was imported is known.
        workspace.accounts.record("ada", "looked")
        story.import_first(workspace, lived)
        story.import_next(workspace, lived)
        story.lint(workspace, lived)
        assert [entry[1] for entry in story.versions(workspace)] == [one[1] for one in known] + [
            known[0][1],
            known[2][1],
        ]


def test_no_secret_that_expires_is_kept(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "home") as workspace:
        workspace.accounts.create_user("eve", "admin", actor="test")
        token = workspace.accounts.one_time("eve", actor="test").token
        workspace.accounts.sign_in_once(token, client="here")
    back_up(tmp_path / "home", None, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as archive:
        names = archive.getnames()
    assert {f"sql/{table}.jsonl" for table in LEFT_OUT} & set(names) == set()
    assert "sql/user.jsonl" in names


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_of_the_first_schema(tmp_path: Path, other_database: Callable[[str], str | None], kind: str) -> None:
    url = other_database(kind)
    restored = restore_into(tmp_path / "home", url, OLD)
    assert (restored.revision, restored.versions) == ("0001", 5)
    with Workspace.open(tmp_path / "home", url) as workspace:
        assert revision(workspace.engine) == head()
        assert [entry[1][:12] for entry in story.versions(workspace)] == OLD_VERSIONS
        assert not workspace.damaged()
        assert workspace.accounts.sign_in("ada", "a long enough password", client="here").user.role == "admin"
        assert [job.state for job in workspace.jobs.list(names=("lint",))].count("queued") > 0


def test_backups_while_jobs_write_are_whole(tmp_path: Path) -> None:
    story.make_sources(tmp_path)
    done = threading.Event()

    def work() -> None:
        with Workspace.open(tmp_path / "home") as workspace:
            for do, _ in story.STEPS.values():
                do(workspace, tmp_path)
        done.set()

    Workspace.open(tmp_path / "home").close()
    worker = threading.Thread(target=work)
    worker.start()
    seen = set()
    for number in count():
        last = done.is_set()
        target = tmp_path / f"{number}.tar"
        back_up(tmp_path / "home", None, target)
        seen.add(restore_into(tmp_path / f"r{number}", None, target).versions)
        with Workspace.open(tmp_path / f"r{number}") as restored:
            assert not restored.damaged()
            known = story.versions(restored)
            story.import_next(restored, tmp_path)  # a state newer than the rows may be there in part
            assert story.versions(restored)[: len(known)] == known
            assert not restored.damaged()
        shutil.rmtree(tmp_path / f"r{number}")
        target.unlink()
        if last:
            break
    worker.join()
    assert len(seen) > 2


def test_what_is_there_is_not_written_over(
    tmp_path: Path, lived: Path, other_database: Callable[[str], str | None]
) -> None:
    with pytest.raises(ConflictError):
        back_up(lived / "home", None, lived / "whole.tar")
    with pytest.raises(ConflictError):
        restore_into(lived / "home", None, lived / "whole.tar")
    with pytest.raises(InputError, match="does not end in"):
        back_up(lived / "home", None, tmp_path / "b.zip")
    with pytest.raises(NotFoundError):
        back_up(tmp_path / "nowhere", None, tmp_path / "b.tar")
    assert not (tmp_path / "nowhere").exists()
    url = other_database("postgresql")
    restore_into(tmp_path / "one", url, lived / "whole.tar")
    with pytest.raises(ConflictError, match="not empty"):
        restore_into(tmp_path / "two", url, lived / "whole.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


Files = dict[str, bytes]


def read(path: Path) -> Files:
    with tarfile.open(path) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive if one.isreg()}  # type: ignore[union-attr]


def write(path: Path, files: Files, *, sums: bool = True) -> Path:
    """Packs the files, with the sums that belong to them unless told otherwise."""
    if sums:
        lines = [f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items() if name != "SHA256SUMS"]
        files = {name: data for name, data in files.items() if name != "SHA256SUMS"}
        files["SHA256SUMS"] = "".join(lines).encode()
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def refused(archive: Path, kind: type[CheckdamError] = InputError) -> CheckdamError:
    home = archive.parent / "home"
    before = sorted(archive.parent.iterdir())
    with pytest.raises(kind) as caught:
        restore_into(home, None, archive)
    assert sorted(archive.parent.iterdir()) == before
    return caught.value


def header(files: Files, **values: object) -> Files:
    return {**files, "backup.json": json.dumps({**json.loads(files["backup.json"]), **values}).encode()}


def with_row(files: Files, table: str, **values: object) -> Files:
    """The first row of the table changed."""
    first, *others = files[f"sql/{table}.jsonl"].splitlines(keepends=True)
    changed = json.dumps({**json.loads(first), **values}).encode() + b"\n"
    return {**files, f"sql/{table}.jsonl": b"".join([changed, *others])}


def without(files: Files, name: str) -> Files:
    return {key: data for key, data in files.items() if key != name}


def one_of(files: Files, prefix: str) -> str:
    return next(name for name in files if name.startswith(prefix))


LIES: dict[str, Callable[[Files], Files]] = {
    "climbs out of the lake": lambda files: {**files, "lake/../../escaped": b"x"},
    "absolute": lambda files: {**files, "/escaped": b"x"},
    "a database of its own": lambda files: {**files, "checkdam.db": b"x"},
    "a blob of another name": lambda files: {**files, "blobs/" + "0" * 64: b"x"},
    "a blob outside": lambda files: {**files, "blobs/../x": b"x"},
    "a blob is missing": lambda files: without(files, one_of(files, "blobs/")),
    "data of the lake are missing": lambda files: without(
        files, next(name for name in files if "/items.lance/data/" in name)
    ),
    "data of the lake are others": lambda files: {
        **files, next(name for name in files if "/items.lance/data/" in name): b"LANC" * 200
    },
    "no table": lambda files: {**files, "sql/sqlite_master.jsonl": b"{}\n"},
    "a table is missing": lambda files: without(files, "sql/finding.jsonl"),
    "a row is missing": lambda files: {**files, "sql/finding_action.jsonl": b""},
    "columns of another table": lambda files: {**files, "sql/finding.jsonl": files["sql/job.jsonl"]},
    "no JSON": lambda files: {**files, "sql/finding.jsonl": b"{" * 100_000},
    "a row that refers to nothing": lambda files: with_row(files, "dataset_version", dataset_id="gone"),
    "a ref that leads out of the lake": lambda files: with_row(files, "dataset_version", items_ref="../../x/items@1"),
    "another content": lambda files: with_row(files, "dataset_version", content_hash="0" * 64),
    "a list as a name": lambda files: with_row(files, "user", name=["a"]) if files["sql/user.jsonl"] else with_row(
        files, "dataset", name=["a"]
    ),
    "a time that is none": lambda files: with_row(files, "dataset", created_at="yesterday"),
    "no header": lambda files: without(files, "backup.json"),
    "another kind": lambda files: header(files, kind="something"),
    "numbers of rows": lambda files: header(files, tables={}),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_backup_that_lies_though_its_sums_are_right(tmp_path: Path, lived: Path, lie: str) -> None:
    archive = write(tmp_path / "lie.tar", LIES[lie](read(lived / "whole.tar")))
    error = refused(archive)
    assert error.remedy


def test_sums_that_do_not_fit(tmp_path: Path, lived: Path) -> None:
    files = read(lived / "whole.tar")
    lake = next(name for name in files if "/data/" in name)
    for changed in (
        {**files, lake: files[lake] + b"x"},
        without(files, lake),
        without(files, "SHA256SUMS"),
        {**files, "SHA256SUMS": files["SHA256SUMS"] + b"0" * 64 + b"  lake/x\n"},
        {**without(files, lake), lake: files[lake]},
    ):
        refused(write(tmp_path / "lie.tar", changed, sums=False))


def test_links_in_a_backup(tmp_path: Path, lived: Path) -> None:
    shutil.copy(lived / "whole.tar", tmp_path / "link.tar")
    with tarfile.open(tmp_path / "link.tar", "a") as archive:
        info = tarfile.TarInfo("lake/link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    refused(tmp_path / "link.tar")


def test_a_newer_backup_is_told_from_a_damaged_one(tmp_path: Path, lived: Path) -> None:
    files = read(lived / "whole.tar")
    for values in ({"revision": "9999"}, {"layout": 2}):
        error = refused(write(tmp_path / "newer.tar", header(files, **values)), StorageError)
        assert "newer version" in error.detail


def test_damage_at_any_place(tmp_path: Path, lived: Path) -> None:
    """Cut off, or one byte changed: refused, unless the byte is one of a tar that nobody reads."""
    whole = (lived / "whole.tar").read_bytes()
    rng = random.Random(11)  # noqa: S311
    archive = tmp_path / "damaged.tar"
    for _ in range(8):
        archive.write_bytes(whole[: rng.randrange(len(whole) - 10_240)])
        refused(archive)
    for number in range(12):
        data = bytearray(whole)
        data[rng.randrange(len(data))] ^= 0x41
        archive.write_bytes(data)
        home = tmp_path / f"home{number}"
        try:
            restore_into(home, None, archive)
        except (InputError, StorageError):
            assert [path.name for path in tmp_path.iterdir()] == ["damaged.tar"]
        else:
            with Workspace.open(home) as workspace:
                assert len(story.versions(workspace)) == 5
                assert not workspace.damaged()
            shutil.rmtree(home)


def test_a_refused_backup_leaves_postgresql_empty(
    tmp_path: Path, lived: Path, other_database: Callable[[str], str | None]
) -> None:
    url = other_database("postgresql")
    files = read(lived / "whole.tar")
    with pytest.raises(InputError):
        restore_into(tmp_path / "home", url, write(tmp_path / "lie.tar", without(files, one_of(files, "blobs/"))))
    assert [path.name for path in tmp_path.iterdir()] == ["lie.tar"]
    assert url is not None
    engine = open_engine(url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
    restore_into(tmp_path / "home", url, lived / "whole.tar")
