"""The wiring: a folder is opened, opened again, and its jobs are worked on."""

from pathlib import Path

import pytest

from checkdam.schema import Job, StorageError
from checkdam.workspace import Workspace


def test_a_folder_is_made_and_opened_again(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    with Workspace.open(home) as workspace:
        assert workspace.datasets.catalogue() == []
        workspace.datasets.catalogue_store.ensure("cells")
    assert (home / "checkdam.db").is_file()
    with Workspace.open(home) as workspace:
        assert workspace.datasets.resolve("cells").name == "cells"
        assert workspace.registry.names() == ("archive", "export", "fix", "import", "lint", "revert")
        assert workspace.accounts is not None


def test_another_database_is_taken(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "home", f"sqlite:///{tmp_path / 'elsewhere.db'}"):
        pass
    assert (tmp_path / "elsewhere.db").is_file()
    assert not (tmp_path / "home" / "checkdam.db").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be made"):
        Workspace.open(tmp_path / "file" / "home")


def test_a_job_is_run_here_with_progress(tmp_path: Path, bccd: Path) -> None:
    seen: list[Job] = []
    with Workspace.open(tmp_path / "home") as workspace:
        job = workspace.datasets.submit_import("bccd", bccd, actor="ada")
        done = workspace.run(job, seen.append)
    assert done.state == "succeeded"
    assert {one.id for one in seen} == {job.id}
    assert [one.done for one in seen if one.total] == sorted(one.done for one in seen if one.total)
    assert any(one.total >= 364 for one in seen)
    assert {one.status for one in seen} >= {"looking at the source", "publishing"}


def test_a_worker_takes_up_what_follows(tmp_path: Path, bccd: Path) -> None:
    with Workspace.open(tmp_path / "home") as workspace:
        workspace.run(workspace.datasets.submit_import("bccd", bccd, actor="ada"))
        (lint,) = workspace.jobs.list(names=("lint",))
        worker = workspace.worker(pool_size=1)
        worker.start()
        try:
            assert workspace.jobs.wait(lint.id, timeout=120).state == "succeeded"
        finally:
            worker.stop()
        assert workspace.datasets.catalogue()[0].findings.error > 0


def test_all_that_is_derived_is_dropped_and_comes_out_the_same(tmp_path: Path, bccd: Path) -> None:
    with Workspace.open(tmp_path / "home") as workspace:
        workspace.run(workspace.datasets.submit_import("bccd", bccd, actor="ada"))
        workspace.run(workspace.datasets.submit_lint("bccd", actor="ada"))
        before = workspace.datasets.items.facets("bccd")
        picture = workspace.pictures / "ab" / "abc.webp"
        picture.parent.mkdir(parents=True)
        picture.write_bytes(b"made from a blob")
        made = {one.name: (one.dropped, one.made) for one in workspace.rebuild()}
        assert made == {"cache": (1, 1), "facts of media": (364, 0), "pictures": (1, 0), "waves": (0, 0)}
        assert not picture.exists()
        assert workspace.datasets.items.facets("bccd") == before
        lint = workspace.run(workspace.datasets.submit_lint("bccd", actor="bob"))
        assert lint.result["new"] == lint.result["gone"] == 0
