"""The digests of an import's source: what changes them, and that no odd file stands in their way."""

import os
from pathlib import Path

import pytest

from checkdam.datasets import source
from checkdam.datasets.source import Identity, add_documents, stamp
from checkdam.schema import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "set"
    (root / "below").mkdir(parents=True)
    (root / "labels.txt").write_text("a")
    (root / "below" / "more.txt").write_text("b")
    (root / "picture.jpg").write_text("c")
    return root


def identity(root: Path) -> str:
    made = Identity()
    add_documents(root, made)
    return made.state


def test_links_in_a_circle_hold_no_file(folder: Path) -> None:
    before = stamp(folder), identity(folder)
    (folder / "loop").symlink_to("loop")
    (folder / "below" / "round").symlink_to("../below")
    assert (stamp(folder), identity(folder)) == before


def test_a_folder_that_cannot_be_listed_holds_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("below"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    whole = stamp(folder), identity(folder)
    monkeypatch.setattr(source.os, "scandir", refusing)
    part = stamp(folder), identity(folder)
    monkeypatch.undo()
    (folder / "below" / "more.txt").unlink()
    assert part == (stamp(folder), identity(folder))
    assert part != whole


def test_a_document_that_cannot_be_read_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(path: Path) -> object:
        raise InputError(f"{path} cannot be read")

    monkeypatch.setattr(source, "open_regular", refusing)
    assert identity(folder) == Identity().state


def test_a_root_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for root in (tmp_path / "nowhere", tmp_path / "loop"):
        with pytest.raises(InputError, match=root.name):
            stamp(root)
