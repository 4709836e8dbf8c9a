"""Exports: what is written can be read back, what is lost is told, and a killed attempt leaves nothing half done."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from checkdam.datasets import Check, CheckSubject, ExportResult, ImportResult
from checkdam.schema import Annotation, ForbiddenError, InputError, Keypoint, Keypoints, NotFoundError
from checkdam.workspace import Workspace
from unit.datasets.making import MakeVersion, box, image


@pytest.fixture
def cells(workspace: Workspace, make_version: MakeVersion) -> Workspace:
    blob = workspace.blobs.put(b"a picture")
    items = [image("a.png", blob=blob), image("sub/b.png", split="train"), image("c.png")]
    make_version("cells", items, [box(items[0], "1", (1.5, 2.25, 3, 4)), box(items[1], "2", (0, 0, 9, 9), "other")])
    return workspace


def run(workspace: Workspace, target: Path, format: str = "coco", **more: Any) -> Any:
    return workspace.run(workspace.datasets.submit_export("cells", format, target, actor="ada", **more))


def boxes(workspace: Workspace, name: str) -> set[tuple[str, str, tuple[float, ...]]]:
    return {
        (item.name, mark.label, (mark.geometry.x, mark.geometry.y, mark.geometry.width, mark.geometry.height))  # type: ignore[union-attr]
        for item, marks in workspace.datasets.versions.records(name)
        for mark in marks
    }


def test_an_export_can_be_imported_again(cells: Workspace, tmp_path: Path) -> None:
    job = run(cells, tmp_path / "out")
    assert job.state == "succeeded", job.error
    result = msgspec.convert(job.result, ExportResult)
    assert (result.version, result.item_count, result.annotation_count) == (1, 3, 2)
    assert result.target == str(tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "out"]
    assert any(path.read_bytes() == b"a picture" for path in (tmp_path / "out").rglob("*.png"))
    back = cells.run(cells.datasets.submit_import("back", tmp_path / "out", actor="ada"))
    assert back.state == "succeeded", back.log
    assert msgspec.convert(back.result, ImportResult).annotation_count == 2
    assert boxes(cells, "back") == boxes(cells, "cells")


def test_what_is_lost_is_told(workspace: Workspace, make_version: MakeVersion, tmp_path: Path) -> None:
    item = image("a.png")
    joints = Keypoints((Keypoint(1.0, 2.0, 2),))
    make_version("cells", [item], [Annotation(id="a1", item_id=item.id, label="cell", geometry=joints)])
    result = workspace.datasets.export("cells", "voc", tmp_path / "out", actor="ada")
    assert sum(loss.count for loss in result.losses) >= 1
    assert (result.item_count, result.annotation_count) == (1, 1)
    none = workspace.datasets.export("cells", "jsonl", tmp_path / "texts", actor="ada")
    assert (none.item_count, none.annotation_count) == (0, 0), "what was written, not what there is"
    (edge,) = workspace.lineage.parents(f"export:{result.export_id}")
    assert (edge.relation, edge.parent) == ("exported", workspace.datasets.versions.get("cells").urn)
    assert edge.detail["losses"] == {loss.what: loss.count for loss in result.losses}


def test_an_older_version_can_be_exported(cells: Workspace, make_version: MakeVersion, tmp_path: Path) -> None:
    make_version("cells", [image("z.png")])
    assert cells.datasets.export("cells", "coco", tmp_path / "new", actor="ada").item_count == 1
    old = cells.datasets.export("cells", "coco", tmp_path / "old", version=1, actor="ada")
    assert (old.version, old.item_count) == (1, 3)


def test_a_folder_that_holds_something_is_left_alone(cells: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    job = run(cells, target)
    assert (job.state, job.attempt) == ("failed", 1)
    assert "not empty" in str(job.error)
    with pytest.raises(InputError):
        cells.datasets.export("cells", "coco", target, actor="ada")
    assert [path.name for path in target.iterdir()] == ["mine.txt"]
    with pytest.raises(NotFoundError):
        cells.datasets.submit_export("cells", "no such format", target, actor="ada")


def test_an_empty_folder_is_taken(cells: Workspace, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert run(cells, tmp_path / "out").state == "succeeded"


class Killed(BaseException):
    """What ends an attempt without a word."""


@pytest.mark.parametrize("point", ["written", "noted"])
def test_an_attempt_that_ended_is_put_right(
    cells: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    from checkdam.jobs import JobContext

    owner, name = {"written": (cells.datasets.exporter, "write"), "noted": (JobContext, "save_checkpoint")}[point]
    inner, armed = getattr(owner, name), [True]

    def once(*given: Any, **named: Any) -> Any:
        result = inner(*given, **named)
        if armed.pop() if armed else False:
            raise Killed
        return result

    monkeypatch.setattr(owner, name, once)
    with pytest.raises(Killed):
        run(cells, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    job = run(cells, tmp_path / "out")
    assert job.state == "succeeded", job.error
    assert msgspec.convert(job.result, ExportResult).item_count == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "out"]


def test_checks_may_refuse_an_export(cells: Workspace, tmp_path: Path) -> None:
    def refuse(subject: CheckSubject) -> None:
        if subject.version is not None and subject.version.annotation_count:
            raise ForbiddenError("not reviewed yet", "review it")

    cells.datasets.checks.add(Check("reviewed", "export", "before", refuse))
    cells.datasets.checks.add(Check("empty", "export", "before", refuse))
    with pytest.raises(InputError, match="reviewed: not reviewed yet; empty: not reviewed yet"):
        cells.datasets.export("cells", "coco", tmp_path / "out", actor="ada")
    assert not (tmp_path / "out").exists()
