"""An import killed with SIGKILL: never a half of it visible, nothing acknowledged lost, and it goes on where it was."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from checkdam.datasets import ImportResult
from checkdam.schema import NotFoundError
from checkdam.workspace import Workspace
from unit.datasets.killed_import import MEDIA_A_PART

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL"),
]
PARTS = 4
COUNT = PARTS * MEDIA_A_PART - 5


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A COCO set of tiny pictures with two boxes each: four parts."""
    folder = tmp_path_factory.mktemp("source")
    images, annotations = [], []
    for number in range(COUNT):
        name = f"{number:05}.png"
        Image.new("L", (4, 4), number % 256).save(folder / name)
        (folder / name).write_bytes((folder / name).read_bytes() + str(number).encode())  # no two are alike
        images.append({"id": number, "file_name": name, "width": 4, "height": 4})
        annotations += [
            {"id": 2 * number + half, "image_id": number, "category_id": 1, "bbox": [half, 0, 1, number + 1]}
            for half in range(2)
        ]
    (folder / "annotations.json").write_text(
        json.dumps({"images": images, "categories": [{"id": 1, "name": "cell"}], "annotations": annotations})
    )
    return folder


def attempt(home: Path, source: Path, point: str, count: int = 1) -> int:
    """Runs the import in a process of its own; gives its exit code (-9: killed)."""
    script = Path(__file__).with_name("killed_import.py")
    done = subprocess.run(
        [sys.executable, str(script), str(home), str(source), point, str(count)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode


def assert_nothing_visible(home: Path) -> None:
    with Workspace.open(home) as workspace:
        for summary in workspace.datasets.catalogue():
            assert summary.version is None
            assert summary.running_job is not None
        versions, items = workspace.datasets.versions, workspace.datasets.items
        for call in (versions.all, versions.get, items.page, items.facets):
            with pytest.raises(NotFoundError):
                call("pictures")


def assert_whole(home: Path, source: Path) -> ImportResult:
    """All of it is there, once, and what the job told is true."""
    with Workspace.open(home) as workspace:
        assert [version.number for version in workspace.datasets.versions.all("pictures")] == [1]
        (job,) = workspace.jobs.list(names=("import",))
        assert job.state == "succeeded"
        result = msgspec.convert(job.result, ImportResult)
        records = list(workspace.datasets.versions.records("pictures"))
        assert [item.name for item, _ in records] == [f"{number:05}.png" for number in range(COUNT)]
        for number, (item, annotations) in enumerate(records):
            assert item.blob == sha256((source / item.name).read_bytes()).hexdigest()
            assert workspace.blobs.path(item.blob).read_bytes() == (source / item.name).read_bytes()
            assert [annotation.source_id for annotation in annotations] == [str(2 * number), str(2 * number + 1)]
        assert (result.item_count, result.annotation_count) == (COUNT, 2 * COUNT)
        relations = Counter(edge.relation for edge in workspace.lineage.parents(result_urn(result)))
        assert relations == {"imported": 1, "labels": 1}
    return result


def result_urn(result: ImportResult) -> str:
    return f"version:{result.dataset_id}@{result.version}"


@pytest.mark.parametrize(
    ("point", "count", "reused"),
    [("staged", 1, 0), ("noted", 1, 1), ("noted", 3, 3), ("staged", 4, 3), ("published", 1, PARTS)],
)
def test_killed_before_the_version_is_there(tmp_path: Path, source: Path, point: str, count: int, reused: int) -> None:
    home = tmp_path / "home"
    assert attempt(home, source, point, count) == -signal.SIGKILL
    assert_nothing_visible(home)
    assert attempt(home, source, "never") == 0
    result = assert_whole(home, source)
    assert (result.parts, result.reused_parts) == (PARTS, reused)


def test_killed_after_the_version_is_there(tmp_path: Path, source: Path) -> None:
    home = tmp_path / "home"
    assert attempt(home, source, "committed") == -signal.SIGKILL
    with Workspace.open(home) as workspace:
        version = workspace.datasets.versions.get("pictures")
        assert (version.item_count, version.annotation_count) == (COUNT, 2 * COUNT)
        assert [job.state for job in workspace.jobs.list(names=("import",))] == ["running"]
    assert attempt(home, source, "never") == 0
    assert_whole(home, source)
    with Workspace.open(home) as workspace:
        assert len(workspace.jobs.list(names=("lint",))) == 1, "what follows an import was submitted, once"


def test_killed_again_and_again(tmp_path: Path, source: Path) -> None:
    home = tmp_path / "home"
    assert attempt(home, source, "noted", 1) == -signal.SIGKILL
    assert attempt(home, source, "noted", 1) == -signal.SIGKILL
    assert_nothing_visible(home)
    assert attempt(home, source, "never") == 0
    assert assert_whole(home, source).reused_parts == 2


def test_an_archive_is_found_unpacked_by_the_import_that_goes_on(tmp_path: Path, source: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "pictures"), "zip", source))
    home = tmp_path / "home"
    assert attempt(home, archive, "noted", 2) == -signal.SIGKILL
    (unpacked,) = (home / "cache" / "unpacked").iterdir()
    before = {path: path.stat().st_ino for path in unpacked.rglob("*")}
    assert attempt(home, archive, "staged", 1) == -signal.SIGKILL
    assert {path: path.stat().st_ino for path in unpacked.rglob("*")} == before, "it was not unpacked again"
    shutil.rmtree(unpacked)  # a cache may go at any time
    assert attempt(home, archive, "never") == 0
    assert assert_whole(home, source).reused_parts == 2
    assert list((home / "cache" / "unpacked").iterdir()) == []
