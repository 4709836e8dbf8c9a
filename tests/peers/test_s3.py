"""S3-compatible storage, spoken to through moto's server: places, blobs and whole workspaces on a bucket."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from checkdam.schema import DeleteAnnotation, NotFoundError, StorageError
from checkdam.storage.blobs import Blobs
from checkdam.storage.places import Place, storage_place
from checkdam.workspace import Workspace, back_up, restore_into
from conftest import missing
from unit.storage.place_contract import PlaceContract

_numbers = count()


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The name of a bucket on a server of this process."""
    try:
        import boto3
        from moto.server import ThreadedMotoServer
    except ImportError:
        missing("moto is not installed")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_REGION", "us-east-1")
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="data")
        yield "data"
    server.stop()


class TestBucket(PlaceContract):
    @pytest.fixture
    def place(self, bucket: str, tmp_path: Path) -> Place:
        return storage_place(f"s3://{bucket}/place{next(_numbers)}", tmp_path / "drafts")


def test_a_bucket_that_is_not_there_is_told(bucket: str, tmp_path: Path) -> None:
    place = storage_place("s3://nowhere/x", tmp_path / "drafts")
    with pytest.raises(StorageError, match="cannot be used") as told:
        place.write("a", b"")
    assert "credentials" in told.value.remedy


@pytest.fixture
def stored(bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Workspaces that are opened from now on keep lake and blobs in a part of the bucket of their own."""
    url = f"s3://{bucket}/workspace{next(_numbers)}"
    monkeypatch.setenv("CHECKDAM_STORAGE_URL", url)
    return url


def test_blobs_are_kept_in_a_bucket_and_copied_when_they_are_looked_at(bucket: str, tmp_path: Path) -> None:
    place = storage_place(f"s3://{bucket}/blobs{next(_numbers)}", tmp_path / "drafts")
    blobs = Blobs(place, tmp_path / "copies")
    source = tmp_path / "source"
    source.write_bytes(os.urandom(12_000_001))  # more than a part of an upload
    sha, small = blobs.put(source), blobs.put(b"small")
    assert blobs.put(source) == sha
    assert sorted(blobs.all()) == sorted([sha, small])
    assert blobs.size(sha) == 12_000_001
    assert not (tmp_path / "copies").exists()
    assert blobs.path(sha).read_bytes() == source.read_bytes()
    assert blobs.path(sha) == blobs.path(sha)
    assert list(blobs.verify()) == []
    place.write(f"{small[:2]}/{small[2:4]}/{small}", b"smell")
    assert list(blobs.verify()) == [small]
    with pytest.raises(StorageError, match="damaged"):
        blobs.path(small)
    with pytest.raises(NotFoundError):
        blobs.path("0" * 64)
    assert list((tmp_path / "drafts").iterdir()) == []
    assert blobs.sweep({sha}, timedelta(0)) == 1
    assert list(blobs.all()) == [sha]


def test_an_upload_that_breaks_off_leaves_nothing(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = storage_place(f"s3://{bucket}/broken{next(_numbers)}", tmp_path / "drafts")
    blobs = Blobs(place, tmp_path / "copies")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    gone = Blobs(storage_place(f"s3://{bucket}/broken", tmp_path / "drafts"), tmp_path / "copies")
    with pytest.raises(StorageError, match="cannot be used"):
        gone.put(b"x" * 100)
    assert list(blobs.all()) == []
    assert list((tmp_path / "drafts").glob("*")) == []


def test_a_backup_of_a_bucket_is_restored_into_a_folder(
    stored: str, tmp_path: Path, bccd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace.open(tmp_path / "home") as workspace:
        hashes = story(workspace, few(bccd, tmp_path / "source"), tmp_path / "out")
    back_up(tmp_path / "home", None, tmp_path / "backup.tar")
    monkeypatch.delenv("CHECKDAM_STORAGE_URL")
    restore_into(tmp_path / "new", None, tmp_path / "backup.tar")
    with Workspace.open(tmp_path / "new") as workspace:
        assert [version.content_hash for version in workspace.datasets.versions.all("cells")] == hashes
        assert not workspace.damaged()


def test_a_workspace_on_a_bucket_does_what_one_in_a_folder_does(stored: str, tmp_path: Path, bccd: Path) -> None:
    source = few(bccd, tmp_path / "source")
    hashes = []
    for home in ("bucket", "folder"):
        with pytest.MonkeyPatch.context() as patch:
            if home == "folder":
                patch.delenv("CHECKDAM_STORAGE_URL")
            with Workspace.open(tmp_path / home) as workspace:
                hashes.append(story(workspace, source, tmp_path / f"out-{home}"))
    assert hashes[0] == hashes[1]
    kept = [path.name for path in (tmp_path / "bucket").iterdir()]
    assert "lake" not in kept
    assert "blobs" not in kept
    assert sorted(path.name for path in (tmp_path / "out-bucket").rglob("*")) == sorted(
        path.name for path in (tmp_path / "out-folder").rglob("*")
    )


def test_another_machine_sees_the_same_data(stored: str, tmp_path: Path, bccd: Path) -> None:
    """Caches and copies are a machine's own: without them everything is read from the bucket again."""
    source = few(bccd, tmp_path / "source")
    with Workspace.open(tmp_path / "home") as workspace:
        story(workspace, source, tmp_path / "out")
        before = list(workspace.datasets.versions.records("cells"))
        assert not workspace.damaged()
    shutil.rmtree(tmp_path / "home" / "cache")
    with Workspace.open(tmp_path / "home") as workspace:
        assert list(workspace.datasets.versions.records("cells")) == before
        for item, _ in before:
            path = workspace.datasets.versions.media_path(item)
            assert path is not None
            assert path.read_bytes() == (source / item.name).read_bytes()
        assert not workspace.damaged()


def few(bccd: Path, folder: Path) -> Path:
    names = sorted(path.stem for path in (bccd / "Annotations").glob("*.xml"))[:8]
    for kind, suffix in (("Annotations", "xml"), ("JPEGImages", "jpg")):
        (folder / kind).mkdir(parents=True)
        for name in names:
            shutil.copy(bccd / kind / f"{name}.{suffix}", folder / kind)
    return folder


def story(workspace: Workspace, source: Path, out: Path) -> list[str]:
    """Import, lint, commit, export; gives the hashes of the versions."""
    datasets = workspace.datasets
    assert workspace.run(datasets.submit_import("cells", source, actor="test")).state == "succeeded"
    assert workspace.run(datasets.submit_lint("cells", actor="test")).state == "succeeded"
    first = next(iter(datasets.versions.records("cells")))[1][0]
    datasets.versions.commit("cells", [DeleteAnnotation(first.id)], "one less", 1, actor="test")
    assert workspace.run(datasets.submit_export("cells", "coco", out, actor="test")).state == "succeeded"
    return [version.content_hash for version in datasets.versions.all("cells")]
