"""The databases that every test of this folder runs over: SQLite, and a real PostgreSQL started for the session."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from checkdam.storage.sql import open_engine, upgrade

_WANTED = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
_START_SECONDS = 30
_numbers = count()


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL that listens on a socket in `folder`."""

    folder: Path

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def make(self, database: str) -> str:
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}")
        return self.url(database)

    def drop(self, database: str) -> None:
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def _programs() -> Path | None:
    """The folder of initdb and postgres: on the PATH, where pg_config says, or where Debian puts it."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    config = shutil.which("pg_config")
    if config:
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        folders.append(Path(told))
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def _owner() -> str | None:
    """The user to run as: PostgreSQL refuses root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    programs = _programs()
    if programs is None:
        if os.environ.get("CHECKDAM_REQUIRE_ALL", "") not in {"", "0"}:
            pytest.fail(_WANTED)
        pytest.skip(_WANTED)
    folder = Path(tempfile.mkdtemp(prefix="checkdam-pg-"))
    owner = _owner()
    if owner is not None:
        shutil.chown(folder, owner)
    data = folder / "data"
    environment = {**os.environ, "LC_ALL": "C"}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, user=owner, env=environment, cwd=folder,
    )  # fmt: skip
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "timezone": "Asia/Kathmandu",  # far from UTC on purpose: no time may depend on it
    }
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [programs / "postgres", "-D", data, *arguments],
        stdout=log, stderr=log, user=owner, env=environment, cwd=folder,
    )  # fmt: skip
    try:
        _wait(process, folder)
        yield Server(folder)
    finally:
        process.terminate()
        process.wait(30)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(f"host={folder} user=postgres dbname=postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail("PostgreSQL did not start:\n" + (folder / "log").read_text())
            time.sleep(0.05)
        else:
            return


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'checkdam.db'}"
        return
    server: Server = request.getfixturevalue("postgresql")
    name = f"test_{next(_numbers)}"
    yield server.make(name)
    server.drop(name)


@pytest.fixture
def empty_engine(database_url: str) -> Iterator[sa.Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: sa.Engine) -> sa.Engine:
    """An upgraded database."""
    upgrade(empty_engine)
    return empty_engine
