"""Commands on datasets of the workspace, from the import to the committed fix and its lineage."""

import json
from pathlib import Path

import pytest

from unit.cli.command import Run


@pytest.fixture
def imported(checkdam: Run, voc: Path) -> Run:
    """The command line of a workspace that holds the dataset `cells`."""
    done = checkdam("import", "cells")
    assert done.status == 0
    return checkdam


@pytest.mark.slow
def test_import_says_what_it_found(checkdam: Run, voc: Path) -> None:
    done = checkdam("import", "cells")
    lines = done.out.splitlines()
    assert lines[0].startswith("imported cells@1 from")
    assert lines[0].endswith(": 3 items, 7 annotations")
    assert "2 errors" in lines[1]
    assert done.err == ""
    again = checkdam("import", "cells")
    assert again.out.splitlines()[0] == "cells@1 holds the same already (3 items, 7 annotations)"


@pytest.mark.slow
def test_the_lists(imported: Run) -> None:
    heading, row = imported("datasets").out.splitlines()
    assert heading.split() == ["dataset", "kind", "version", "items", "annotations", "errors", "warnings", "infos"]
    assert row.split()[:5] == ["cells", "image", "1", "3", "7"]
    assert [one["name"] for one in json.loads(imported("datasets", "--json").out)] == ["cells"]
    assert [one["number"] for one in json.loads(imported("versions", "cells", "--json").out)] == [1]
    assert {one["name"] for one in json.loads(imported("jobs", "--json").out)} == {"import", "lint"}


@pytest.mark.slow
def test_lint_and_fix_make_a_version_with_lineage(imported: Run) -> None:
    rules = ("--select", "zero-area,duplicate-box")
    before = imported("lint", "dataset:cells", *rules)
    assert before.status == 1
    assert [line.split(": ")[0] for line in before.out.splitlines()[:-1]] == [
        "Annotations/flat.xml:17",
        "Annotations/twice.xml:17",
    ]
    fixed = imported("lint", "dataset:cells", "--fix", *rules)
    assert fixed.status == 0
    assert "annotations: +0 -2 ~0" in fixed.out
    assert "cells@2 is the new version" in fixed.err
    assert imported("lint", "dataset:cells", "--fix", *rules).err == "nothing to fix safely\n"
    diff = json.loads(imported("diff", "cells", "--json").out)
    assert diff["annotations"] == {"added": 0, "removed": 2, "changed": 0}
    lineage = imported("lineage", "cells@2").out
    assert "edit:" in lineage
    assert "@1 (" in lineage
    assert "import:" in lineage


@pytest.mark.slow
def test_export_and_import_again_give_the_same(imported: Run, tmp_path: Path) -> None:
    done = imported("export", "cells", "out", "--format", "voc")
    assert done.status == 0
    assert done.out.startswith("exported cells@1 to")
    assert imported("import", "out", "cells").out.startswith("cells@1 holds the same already")
    assert imported("export", "cells", "out", "--format", "voc").status == 2


@pytest.mark.slow
def test_bad_rows_are_refused_unless_told_to_keep_going(checkdam: Run, voc: Path) -> None:
    (voc / "Annotations" / "broken.xml").write_text("<annotation><object>")
    (voc / "Annotations" / "worse.xml").write_text("no xml at all")
    refused = checkdam("import", "cells")
    assert refused.status == 2
    assert "broken.xml" in refused.err
    assert "worse.xml" in refused.err
    assert checkdam("datasets").out == ""
    kept = checkdam("import", "cells", "--keep-going")
    assert kept.status == 0
    assert "broken.xml" in kept.err


@pytest.mark.slow
def test_storage_is_rebuilt_and_checked(imported: Run, tmp_path: Path) -> None:
    assert imported("storage", "rebuild").out.startswith("cache: removed ")
    assert imported("storage", "check").out == "all versions and media are whole\n"
    blob = next(path for path in (tmp_path / "home" / "blobs").rglob("*") if path.is_file())
    blob.chmod(0o644)
    blob.write_bytes(b"something else")
    damaged = imported("storage", "check")
    assert damaged.status == 2
    assert blob.name in damaged.err


@pytest.mark.slow
def test_users(checkdam: Run) -> None:
    link = checkdam("user", "add", "ada", "--role", "manager", "--url", "https://data.example.org/")
    assert link.out.startswith("https://data.example.org/login#token=")
    assert checkdam("user", "list").out.splitlines()[1].split()[:2] == ["ada", "manager"]
    assert checkdam("user", "add", "ada").status == 2
    assert checkdam("user", "login-link", "bob").status == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["import", "nowhere"], "nowhere"),
        (["versions", "nothing"], "nothing"),
        (["diff", "nothing"], "nothing"),
        (["lineage", "nothing@x"], "nothing"),
        (["export", "nothing", "out", "--format", "coco"], "nothing"),
        (["jobs", "show", "nope"], "nope"),
        (["jobs", "--state", "odd"], "queued"),
        (["lint", "cells", "--home", "file.txt/home"], "file.txt"),
        (["datasets", "--database", "mysql://x"], "mysql"),
        (["serve", "--port", "70000"], "65535"),
    ],
)
def test_bad_input_is_status_2_and_a_message(checkdam: Run, tmp_path: Path, arguments: list[str], told: str) -> None:
    (tmp_path / "file.txt").write_text("")
    done = checkdam(*arguments)
    assert done.status == 2
    assert told in done.err


@pytest.mark.slow
def test_demo_twice(checkdam: Run) -> None:
    first = checkdam("demo", "--exit")
    assert first.status == 0
    assert "364 images, 4,888 boxes" in first.out
    assert "zero-area             error        2            2" in first.out
    second = checkdam("demo", "--exit")
    assert second.out == first.out
    assert len(json.loads(checkdam("jobs", "--json").out)) == 2


@pytest.mark.slow
def test_nothing_is_seen_of_an_import_that_failed(checkdam: Run, voc: Path) -> None:
    assert checkdam("import", "nowhere", "typo").status == 2
    assert checkdam("datasets").out == ""
    for command in (("versions", "typo"), ("diff", "typo"), ("lineage", "typo"), ("lint", "dataset:typo")):
        done = checkdam(*command)
        assert (done.status, done.out) == (2, "")
        assert "there is no dataset 'typo'" in done.err
    job = checkdam("jobs").out.splitlines()[1].split()
    assert job[1:4] == ["Import", "typo", "failed"]


@pytest.mark.slow
def test_lineage_of_what_nobody_knows(checkdam: Run) -> None:
    done = checkdam("lineage", "version:xx@1")
    assert (done.status, done.out) == (2, "")
    assert "nothing is known of where version:xx@1 came from" in done.err


@pytest.mark.slow
def test_a_folder_and_its_dataset_have_the_same_findings_in_the_same_order(checkdam: Run, tmp_path: Path) -> None:
    """COCO with no picture at hand, and more flaws than one digit can number."""
    root = tmp_path / "plain"
    root.mkdir()
    document = {
        "images": [{"id": n, "file_name": f"{n}.jpg", "width": 64, "height": 48} for n in (1, 2)],
        "categories": [{"id": 1, "name": "RBC"}],
        "annotations": [
            {"id": n, "image_id": 1 + n % 2, "category_id": 1, "bbox": [5 * n, 4, 0, 6], "area": 0, "iscrowd": 0}
            for n in range(13)
        ],
    }
    (root / "instances.json").write_text(json.dumps(document), "utf-8")
    folder = checkdam("lint", "plain").out.replace("plain/", "")
    assert "none of the 2 images is there" in folder
    checkdam("import", "plain")
    assert checkdam("lint", "dataset:plain").out == folder


@pytest.mark.slow
def test_one_is_not_counted_as_many(checkdam: Run, tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text('{"id": 1, "text": "a text", "label": "a"}\nbroken\n')
    done = checkdam("import", "one.jsonl", "one", "--keep-going")
    assert done.out.splitlines()[0].endswith(": 1 item, 1 annotation")
    assert done.err.startswith("1 problem ")


@pytest.mark.slow
def test_the_folder_above_gives_its_name(checkdam: Run, voc: Path) -> None:
    assert checkdam("import", "..", cwd=voc / "Annotations").out.startswith("imported cells@1")
