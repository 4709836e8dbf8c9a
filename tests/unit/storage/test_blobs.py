"""Blobs: kept under what they are, whole or not at all."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.schema import NotFoundError, StorageError
from checkdam.storage import atomic
from checkdam.storage.blobs import Blobs


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200))
def test_bytes_come_back_under_their_hash(blobs: Blobs, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "source"
    source.write_bytes(content)
    sha = blobs.put(content)
    assert sha == blobs.put(source) == sha256(content).hexdigest()
    with blobs.open(sha) as file:
        assert file.read() == content
    assert (blobs.size(sha), blobs.exists(sha), blobs.path(sha).read_bytes()) == (len(content), True, content)


def test_a_file_is_kept_before_its_bytes_are(blobs: Blobs, tmp_path: Path) -> None:
    source = tmp_path / "big"
    source.write_bytes(os.urandom(3_000_001))
    sha = blobs.put(source)
    assert blobs.path(sha).read_bytes() == source.read_bytes()
    assert list(blobs.all()) == [sha]
    assert list((tmp_path / "blobs" / "drafts").iterdir()) == []


def test_many_that_put_the_same_get_one(blobs: Blobs, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 100_000)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda n: blobs.put(source if n % 2 else source.read_bytes()), range(32)))) == 1
    assert len(list(blobs.all())) == 1
    assert list(blobs.verify()) == []


@pytest.mark.parametrize(
    "sha", ["", "0" * 64, "../../etc/passwd", "a" * 63, "A" * 64, "0" * 64 + "\n", "..", "\x00", "g" * 64]
)
def test_what_is_not_there_is_told_and_no_name_leads_out(blobs: Blobs, sha: str) -> None:
    blobs.put(b"something")
    assert not blobs.exists(sha)
    for ask in (blobs.path, blobs.open, blobs.size):
        with pytest.raises(NotFoundError):
            ask(sha)


def test_an_interrupted_put_leaves_nothing(blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    source = tmp_path / "source"
    source.write_bytes(b"x")
    for thing in (b"content", source):
        with pytest.raises(StorageError, match="No space left") as told:
            blobs.put(thing)
        assert "room" in told.value.remedy
    assert list(blobs.all()) == []
    assert list((tmp_path / "blobs" / "drafts").iterdir()) == []


def test_damage_is_found(blobs: Blobs) -> None:
    kept, damaged = blobs.put(b"kept"), blobs.put(b"damaged")
    blobs.path(damaged).write_bytes(b"daMaged")
    assert list(blobs.verify()) == [damaged]
    assert blobs.exists(kept)


def test_a_sweep_keeps_what_lives_and_what_is_young(blobs: Blobs, tmp_path: Path) -> None:
    live, dead, young = (blobs.put(name) for name in (b"live", b"dead", b"young"))
    for sha in (live, dead):
        os.utime(blobs.path(sha), (0, 0))
    left = tmp_path / "blobs" / "drafts" / ".left"
    left.write_bytes(b"by a killed import")
    os.utime(left, (0, 0))
    assert blobs.sweep({live}, timedelta(days=1)) == 2
    assert sorted(blobs.all()) == sorted([live, young])


def test_a_source_that_cannot_be_read_is_told(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="absent"):
        blobs.put(tmp_path / "absent")


@pytest.mark.skipif(sys.platform == "win32", reason="folders are not opened there")
def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "folder" / "file"
    atomic.write_atomic(target, b"one")
    with pytest.raises(ZeroDivisionError), atomic.writing(target) as file:  # noqa: PT012
        file.write(b"half of t")
        raise ZeroDivisionError
    assert target.read_bytes() == b"one"
    assert [path.name for path in target.parent.iterdir()] == ["file"]
