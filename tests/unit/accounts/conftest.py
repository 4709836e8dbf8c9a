"""Accounts over a fresh SQLite database, with a password hasher that is quick."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from checkdam.accounts import Accounts, AccountStore, Throttle, passwords
from checkdam.storage.sql import open_engine, upgrade


@pytest.fixture(autouse=True)
def quick_hasher(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cheapest parameters of argon2id; what the real ones are, a test of passwords says."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(passwords, "_NOBODY", hasher.hash("nobody has this password"))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "checkdam.db"


@pytest.fixture
def accounts(database: Path) -> Iterator[Accounts]:
    engine = open_engine(f"sqlite:///{database}")
    upgrade(engine)
    yield Accounts(AccountStore(engine), Throttle())
    engine.dispose()
