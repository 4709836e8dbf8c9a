"""A full disk, a folder that cannot be written, a database that somebody holds: told, nothing lost, and done when it is
over. The disks are real, small ones in memory, which takes the right to mount."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest

from checkdam import workspace as wiring
from checkdam.schema import StorageError
from checkdam.storage.sql import open_engine
from checkdam.workspace import Workspace
from conftest import missing
from contract import story
from contract.conftest import Server

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="mounts as on Linux")]
SIZE = 16 << 20
COMMANDS: dict[str, tuple[str, ...]] = {
    "import": ("import", "next", "cells"),
    "fix": ("lint", "cells", "--fix", "--exit-zero"),
    "export": ("export", "cells", "disk/out", "--format", "coco"),
    "backup": ("backup", "disk/b.tar"),
    "restore": ("restore", "whole.tar"),
}
NEW_HOME = {"restore"}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lived")
    story.make_sources(folder)
    with Workspace.open(folder / "home") as workspace:
        for name in ("import", "lint"):
            story.STEPS[name][0](workspace, folder)
    wiring.back_up(folder / "home", None, folder / "whole.tar")
    return folder


@pytest.fixture
def place(tmp_path: Path, lived: Path) -> Iterator[Path]:
    """A folder with the sources, and in it `disk`, a small disk with the workspace `home`."""
    shutil.copytree(lived, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("home"))
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", disk], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        missing("this user may not mount a disk")
    try:
        shutil.copytree(lived / "home", disk / "home")
        yield tmp_path
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def checkdam(place: Path, name: str) -> subprocess.CompletedProcess[str]:
    home = place / "disk" / ("new" if name in NEW_HOME else "home")
    done = subprocess.run(
        [sys.executable, "-m", "checkdam", *COMMANDS[name], "--home", home],
        cwd=place, env=environment(), capture_output=True, encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)), "TMPDIR": "/dev/shm"}  # noqa: S108


def fill(disk: Path, room: int) -> Path:
    """Leaves `room` bytes free."""
    filler = disk / "filler"
    with filler.open("wb") as file, suppress(OSError):
        file.write(bytes(max(0, shutil.disk_usage(disk).free - room)))
    return filler


def assert_told(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 2, done.stdout
    assert "error: " in done.stderr
    assert "remedy: " in done.stderr
    assert done.stderr.count("\n") < 20, "it is said, not repeated"


def assert_whole(place: Path, name: str) -> None:
    """What was there is, and what was asked for is done."""
    with Workspace.open(place / "disk" / "home") as workspace:
        assert not workspace.damaged()
        assert len(story.versions(workspace)) == (2 if name in {"import", "fix"} else 1)
    assert (place / "disk" / "out" / "annotations" / "instances.json").is_file() or name != "export"
    if name == "restore":
        with Workspace.open(place / "disk" / "new") as workspace:
            assert len(story.versions(workspace)) == 1


@pytest.mark.parametrize(
    ("name", "room"), [("import", 0), ("import", 100_000), *((name, 0) for name in COMMANDS if name != "import")]
)
def test_a_full_disk(place: Path, name: str, room: int) -> None:
    filler = fill(place / "disk", room)
    assert_told(checkdam(place, name))
    filler.unlink()
    assert checkdam(place, name).returncode == 0
    assert_whole(place, name)


@pytest.mark.parametrize("name", ["import", "export", "restore"])
def test_a_read_only_disk(place: Path, name: str) -> None:
    disk = place / "disk"
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert_told(checkdam(place, name))
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert checkdam(place, name).returncode == 0
    assert_whole(place, name)


def test_a_server_whose_disk_fills_up_goes_on(place: Path) -> None:
    """It answers, says what is the matter, and works again when there is room."""
    command = [sys.executable, "-m", "checkdam", "serve", "--port", "0", "--home", place / "disk" / "home"]
    server = subprocess.Popen(
        command, cwd=place, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        token = server.stdout.readline().rpartition("token=")[2].strip()
        filler = fill(place / "disk", 0)
        status, text = ask(address, token)
        assert (status, "remedy" in text) == (503, True), text
        filler.unlink()
        status, text = ask(address, token)
        assert status == 200, text
    finally:
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=60)
    assert "disk" in errors, "the log says why"


def ask(address: str, token: str) -> tuple[int, str]:
    """Signs in, which writes."""
    request = urllib.request.Request(  # noqa: S310  # it is our own server
        f"{address}/api/session/one-time",
        data=json.dumps({"token": token}).encode(),
        headers={"Origin": address, "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases are waited for half a second and not thirty."""
    monkeypatch.setattr(wiring, "open_engine", partial(open_engine, busy_timeout=0.5))


@pytest.fixture
def held(
    request: pytest.FixtureRequest, tmp_path: Path, lived: Path, impatient: None
) -> Iterator[tuple[Workspace, object]]:
    """A workspace, and a function that holds its database as another program would until it is called again."""
    if request.param == "sqlite":
        shutil.copytree(lived / "home", tmp_path / "home")
        database = sqlite3.connect(tmp_path / "home" / "checkdam.db", check_same_thread=False, isolation_level=None)
        with Workspace.open(tmp_path / "home") as workspace, closing(database) as other:
            yield workspace, (lambda: other.execute("BEGIN IMMEDIATE"), lambda: other.execute("ROLLBACK"))
        return
    server: Server = request.getfixturevalue("postgresql")
    url = server.make("held")
    wiring.restore_into(tmp_path / "home", url, lived / "whole.tar")
    with Workspace.open(tmp_path / "home", url) as workspace, psycopg.connect(url) as other:
        yield workspace, (lambda: other.execute("LOCK TABLE job, dataset_version, finding"), other.rollback)
    server.drop("held")


@pytest.mark.parametrize("held", ["sqlite", "postgresql"], indirect=True)
def test_a_database_that_is_held_for_a_moment_is_waited_for(held: tuple[Workspace, tuple], lived: Path) -> None:  # type: ignore[type-arg]
    workspace, (hold, release) = held
    hold()
    threading.Timer(0.25, release).start()
    story.import_next(workspace, lived)
    assert len(story.versions(workspace)) == 2


@pytest.mark.parametrize("held", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("step", ["import again", "accept", "fix", "lint", "export"])
def test_a_database_that_is_held_for_long_is_told(held: tuple[Workspace, tuple], lived: Path, step: str) -> None:  # type: ignore[type-arg]
    workspace, (hold, release) = held
    do = story.STEPS[step][0]
    before = story.versions(workspace)
    hold()
    begun = time.monotonic()
    with pytest.raises(StorageError) as caught:
        do(workspace, lived)
    assert time.monotonic() - begun < 30
    assert "held" in caught.value.remedy
    release()
    do(workspace, lived)
    assert story.versions(workspace)[: len(before)] == before
    assert not workspace.damaged()
    shutil.rmtree(lived / "exported", ignore_errors=True)
