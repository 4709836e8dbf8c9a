"""Archives where a folder is taken: the same findings and items, told by their places in the archive."""

import os
import shutil
import tarfile
from pathlib import Path

import pytest

from unit.cli.command import Run


def pack(voc: Path, kind: str) -> Path:
    """The folder's files (`zip`), or the folder itself (`gztar`)."""
    inside = {} if kind == "zip" else {"base_dir": voc.name}
    root = voc if kind == "zip" else voc.parent
    return Path(shutil.make_archive(str(voc.parent / "packed"), kind, root, **inside))


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_lint_tells_the_same(checkdam: Run, voc: Path, tmp_path: Path, kind: str) -> None:
    archive = pack(voc, kind).name
    folder = checkdam("lint", "cells")
    packed = checkdam("lint", archive)
    inside = archive if kind == "zip" else f"{archive}/cells"
    assert packed.out == folder.out.replace("cells/", f"{inside}/")
    assert packed.status == folder.status == 1


def test_lint_writes_a_fixed_copy(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    pack(voc, "zip")
    assert checkdam("lint", "packed.zip", "--fix", "--exit-zero").status == 0
    checkdam("lint", "cells", "--fix", "--exit-zero")
    for path in (tmp_path / "cells-fixed" / "Annotations").iterdir():
        assert (tmp_path / "packed-fixed" / "Annotations" / path.name).read_bytes() == path.read_bytes()


def test_settings_in_and_beside_the_archive(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    quiet = '[lint]\nignore = ["duplicate-box"]\n'
    (tmp_path / "checkdam.toml").write_text(quiet)
    pack(voc, "zip")
    assert "duplicate-box" not in checkdam("lint", "packed.zip").out
    (voc / "checkdam.toml").write_text('[lint]\nignore = ["zero-area"]\n')
    pack(voc, "zip")
    out = checkdam("lint", "packed.zip").out
    assert "duplicate-box" in out
    assert "zero-area" not in out


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_import_gives_the_same_items(checkdam: Run, voc: Path, tmp_path: Path, kind: str) -> None:
    archive = pack(voc, kind).name
    assert "imported packed@1 from voc: 3 items" in checkdam("import", archive).out
    assert "packed@1 holds the same already" in checkdam("import", "cells", "packed").out
    assert list((tmp_path / "home" / "cache" / "unpacked").iterdir()) == []


def test_an_archive_that_is_not_taken(checkdam: Run, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        for name in ("../one", "/two"):
            archive.addfile(tarfile.TarInfo(name))
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "pipe.rar").write_bytes(b"Rar!")
    for command in (("import",), ("lint",)):
        bad = checkdam(*command, "bad.tar")
        assert bad.status == 2
        assert "'../one'" in bad.err
        assert "'/two'" in bad.err
        for name in ("cut.zip", "pipe.rar"):
            done = checkdam(*command, name)
            assert (done.status, "remedy" in done.err) == (2, True), done
    assert {path.name for path in tmp_path.iterdir()} == {"bad.tar", "cut.zip", "pipe.rar", "home"}


def test_an_archive_without_a_dataset(checkdam: Run, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "read.me").write_text("nothing")
    shutil.make_archive(str(tmp_path / "empty"), "zip", tmp_path / "x")
    for command in ("import", "lint"):
        done = checkdam(command, "empty.zip")
        assert done.status == 2
        assert f"empty.zip{os.sep}" in done.err or "empty.zip holds no dataset" in done.err
        assert "unpacked" not in done.err


def test_backup_and_restore(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    assert checkdam("backup", "b.tar").status == 2
    assert not (tmp_path / "home").exists()
    checkdam("import", "cells")
    assert "backed up" in checkdam("backup", "b.tar").out
    assert checkdam("backup", "b.tar").status == 2
    assert checkdam("restore", "b.tar").status == 2
    assert "1 version" in checkdam("restore", "b.tar", "--home", "again").out
    assert "whole" in checkdam("storage", "check", "--home", "again").out
    done = checkdam("restore", "cells/Annotations/clean.xml", "--home", "other")
    assert (done.status, "remedy" in done.err) == (2, True)
    assert not (tmp_path / "other").exists()
