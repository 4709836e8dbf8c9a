"""Exports that a browser fetches: the files that the command line writes, for a day, and of no other dataset."""

import io
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from checkdam.datasets import archiving
from checkdam.formats import format_named, read
from checkdam.schema import Item
from server.serving import Site


@pytest.fixture
def exported(site: Site) -> Any:
    """Exports a dataset as a manager and gives (job, answer of the file)."""

    def export(dataset: str, format: str) -> tuple[Any, Any]:
        client = site.client("manager")
        job = site.run(client.post(f"/api/datasets/{dataset}/exports", json={"format": format}))
        return job, client.get(f"/api/datasets/{dataset}/exports/{job.id}")

    return export


def test_the_archive_holds_what_an_export_writes(site: Site, exported: Any, tmp_path: Path) -> None:
    job, answer = exported("cells", "coco")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="cells-v1-coco.zip"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    site.workspace.datasets.export("cells", "coco", tmp_path / "plain", actor="test")
    got, wanted = ({p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
                   for root in (tmp_path / "out" / "cells-v1-coco", tmp_path / "plain"))  # fmt: skip
    assert got == wanted
    assert job.result["item_count"] == 15


def test_what_a_format_cannot_hold_is_told(site: Site, exported: Any) -> None:
    job, _ = exported("cells", "jsonl")
    assert job.result["losses"][0]["what"] == "items that are no texts"
    told = site.client("reviewer").get(f"/api/jobs/{job.id}").json()
    assert told["title"] == "Export: cells"
    assert str(site.workspace.home) not in str(told), "the server's folders are nobody's business"


def test_a_part_of_the_archive_can_be_asked_for(site: Site, exported: Any) -> None:
    job, whole = exported("notes", "jsonl")
    part = site.client("manager").get(f"/api/datasets/notes/exports/{job.id}", headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, whole.content[2:6])


def test_another_datasets_archive_is_not_there(site: Site, exported: Any) -> None:
    job, _ = exported("notes", "jsonl")
    client = site.client("admin")
    for dataset, id in (("cells", job.id), ("notes", "none"), ("notes", client.get("/api/jobs").json()[-1]["id"])):
        answer = client.get(f"/api/datasets/{dataset}/exports/{id}")
        assert answer.status_code == 404, answer.text
    client.delete("/api/datasets/notes").raise_for_status()
    assert client.get(f"/api/datasets/notes/exports/{job.id}").status_code == 404


def test_archives_go_after_a_day(site: Site, exported: Any) -> None:
    job, _ = exported("notes", "jsonl")
    folder = site.workspace.home / "cache" / "exports"
    (folder / "killed.files").mkdir()
    (folder / "killed.part").write_bytes(b"half")
    old = time.time() - archiving.KEPT_SECONDS - 1
    for path in folder.iterdir():
        os.utime(path, (old, old))
    again, answer = exported("notes", "jsonl")
    assert answer.status_code == 200
    assert [path.name for path in folder.iterdir()] == [f"{again.id}.zip"]
    gone = site.client("manager").get(f"/api/datasets/notes/exports/{job.id}")
    assert gone.status_code == 404
    assert "kept for a day" in gone.json()["detail"]


def test_an_unknown_format_or_version_makes_no_job(site: Site) -> None:
    client = site.client("manager")
    before = len(client.get("/api/jobs").json())
    for body, status in (({"format": "none"}, 404), ({"format": "coco", "version": 9}, 404), ({}, 422)):
        assert client.post("/api/datasets/cells/exports", json=body).status_code == status
    assert len(client.get("/api/jobs").json()) == before


def test_a_name_that_is_no_file_name_is_made_one() -> None:
    assert archiving._plain("../../etc/passwd") == "etc_passwd"
    assert archiving._plain('a"b\r\nc\u202e.é') == "a_b__c"
    assert archiving._plain("..") == "dataset"


def test_every_format_is_listed_with_what_it_holds(site: Site) -> None:
    told = {one["name"]: one["kinds"] for one in site.client("reviewer").get("/api/formats").json()}
    assert told["coco"] == ["image"]
    assert told["jsonl"] == ["text"]
    assert set(told["parquet"]) == {"image", "text", "audio"}
    assert {name for name in told if list(format_named(name).kinds) != told[name]} == set()


def test_sources_below_the_roots_are_listed(site: Site) -> None:
    [root] = site.settings.import_roots
    (root / "packed.ZIP").write_bytes(b"PK")
    (root / ".hidden").mkdir()
    (root / "plain.txt").write_text("no dataset")
    (root / "outside").symlink_to("/etc")
    client = site.client("manager")
    told = client.get("/api/imports/entries", params={"path": str(root)}).json()
    assert [(one["name"], one["kind"]) for one in told["entries"]] == [
        ("cells", "folder"), ("notes", "folder"), ("packed.ZIP", "archive")]  # fmt: skip
    said = {
        client.get("/api/imports/entries", params={"path": path}).json()["detail"]
        for path in ("/etc", str(root.parent), f"{root}/../..", f"{root}/outside", "no", "/nowhere")
    }
    assert len(said) == 1, "what lies outside is not told from what is not there"


def test_an_archive_is_imported(site: Site) -> None:
    [root] = site.settings.import_roots
    with zipfile.ZipFile(root / "texts.zip", "w") as archive:
        archive.write(root / "notes" / "notes.jsonl", "texts/notes.jsonl")
    client = site.client("manager")
    job = site.run(client.post("/api/imports", json={"name": "packed", "path": "texts.zip"}))
    assert job.state == "succeeded", job.error
    items = [one for one in read(root / "notes") if hasattr(one, "item")]
    assert client.get("/api/datasets/packed").json()["version"]["item_count"] == len(items)
    assert isinstance(items[0].item, Item)
