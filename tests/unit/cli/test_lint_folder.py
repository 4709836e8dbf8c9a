"""`checkdam lint FOLDER`: what it prints, how it ends, and that it never changes the folder."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from defusedxml import ElementTree

from unit.cli.command import Run, voc_xml


def fingerprint(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_one_line_a_finding_and_status_1(checkdam: Run, voc: Path) -> None:
    done = checkdam("lint", "cells", "--select", "zero-area,duplicate-box")
    lines = done.out.splitlines()
    assert done.status == 1
    assert [line.split(": ")[0] for line in lines[:-1]] == [
        "cells/Annotations/flat.xml:17",
        "cells/Annotations/twice.xml:17",
    ]
    assert "zero-area error" in lines[0]
    assert "duplicate-box error" in lines[1]
    assert lines[-1].startswith("Found 2 errors.")
    assert done.err == ""


def test_a_clean_folder_is_status_0(checkdam: Run, voc: Path) -> None:
    done = checkdam("lint", "cells", "--ignore", "zero-area,duplicate-box,near-duplicate-image")
    assert (done.status, done.out) == (0, "No findings.\n")


def test_exit_zero(checkdam: Run, voc: Path) -> None:
    assert checkdam("lint", "cells", "--exit-zero").status == 0


def test_severity_is_the_lowest_that_counts(checkdam: Run, voc: Path) -> None:
    assert checkdam("lint", "cells", "--select", "odd-aspect-ratio", "--severity", "error").status == 0


def test_the_folder_is_where_the_command_runs_by_default(checkdam: Run, voc: Path) -> None:
    done = checkdam("lint", cwd=voc)
    assert done.status == 1
    assert done.out.startswith("Annotations/")


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_reports_for_programs_are_nothing_but_json(checkdam: Run, voc: Path, form: str) -> None:
    document = json.loads(checkdam("lint", "cells", "--format", form, "--select", "zero-area").out)
    if form == "json":
        assert [finding["rule"] for finding in document["findings"]] == ["zero-area"]
    else:
        assert [result["ruleId"] for result in document["runs"][0]["results"]] == ["zero-area"]


def test_a_report_goes_into_a_file(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    done = checkdam("lint", "cells", "--format", "html", "-o", "out/report.html")
    assert done.status == 1
    assert done.out == ""
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "data:image/" in page
    assert "zero-area" in page


def test_statistics_count_by_rule(checkdam: Run, voc: Path) -> None:
    out = checkdam("lint", "cells", "--statistics", "--select", "zero-area,duplicate-box").out
    assert sorted(line.split()[:2] for line in out.splitlines()[:-1]) == [["1", "duplicate-box"], ["1", "zero-area"]]


def test_fix_writes_a_copy_and_keeps_every_other_byte(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    before = fingerprint(voc)
    done = checkdam("lint", "cells", "--fix")
    fixed = tmp_path / "cells-fixed"
    after = fingerprint(fixed)
    changed = {name for name in before if after.get(name) != before[name]}
    assert fingerprint(voc) == before
    assert changed == {"Annotations/flat.xml", "Annotations/twice.xml"}
    assert after.keys() - before.keys() == {"checkdam-lineage.json"}
    # What is left is what was there, less the two boxes.
    assert (fixed / "Annotations/twice.xml").read_text() == voc_xml("twice.jpg", [(4, 4, 20, 20), (30, 10, 47, 28)])
    assert len(ElementTree.parse(fixed / "Annotations/flat.xml").findall("object")) == 1
    assert "-\t\t\t<xmax>30</xmax>" in done.out
    assert checkdam("lint", "cells-fixed", "--select", "zero-area,duplicate-box").status == 0


def test_the_copy_says_where_it_comes_from(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    checkdam("lint", "cells", "--fix", "--output", "one")
    record = json.loads((tmp_path / "one" / "checkdam-lineage.json").read_text())
    total = hashlib.sha256()
    for name, digest in sorted(fingerprint(voc).items(), key=lambda pair: walk_order(pair[0])):
        total.update(f"{digest}  {name}\n".encode())
    assert record["source"] == {"name": "cells", "fingerprint": f"sha256:{total.hexdigest()}", "files": 6}
    assert sorted(record["rules"]) == ["duplicate-box", "zero-area"]
    assert sorted(edit["place"] for edit in record["edits"]) == ["Annotations/flat.xml:17", "Annotations/twice.xml:17"]
    assert record["earlier"] is None


def walk_order(name: str) -> tuple[str, str]:
    folder, _, base = name.rpartition("/")
    return folder, base


def test_a_copy_of_a_copy_keeps_the_earlier_record(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    checkdam("lint", "cells", "--fix", "--select", "zero-area", "--output", "one")
    checkdam("lint", "one", "--fix", "--output", "two")
    record = json.loads((tmp_path / "two" / "checkdam-lineage.json").read_text())
    assert sorted(record["rules"]) == ["duplicate-box"]
    assert sorted(record["earlier"]["rules"]) == ["zero-area"]


def test_an_existing_folder_is_never_written_over(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    (tmp_path / "cells-fixed").mkdir()
    done = checkdam("lint", "cells", "--fix")
    assert done.status == 2
    assert "exists already" in done.err
    assert list((tmp_path / "cells-fixed").iterdir()) == []


def test_the_copy_may_not_lie_in_the_source(checkdam: Run, voc: Path) -> None:
    before = fingerprint(voc)
    done = checkdam("lint", "cells", "--fix", "--output", "cells/fixed")
    assert done.status == 2
    assert "never changed" in done.err
    assert fingerprint(voc) == before


def test_links_that_lead_out_are_not_followed_into_the_copy(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (voc / "notes.txt").symlink_to(tmp_path / "secret.txt")
    done = checkdam("lint", "cells", "--fix")
    assert "notes.txt" in done.err
    assert not (tmp_path / "cells-fixed" / "notes.txt").exists()


def test_diff_writes_nothing(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    there = {path.name for path in tmp_path.iterdir()}
    done = checkdam("lint", "cells", "--diff")
    assert done.status == 1
    assert done.out.startswith("--- a/Annotations/flat.xml\n+++ b/Annotations/flat.xml\n")
    assert "would fix 2 findings in 2 files" in done.err
    assert {path.name for path in tmp_path.iterdir()} == there


def test_nothing_to_fix(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    done = checkdam("lint", "cells", "--fix", "--select", "size-mismatch")
    assert done.status == 0
    assert "nothing to fix" in done.err
    assert not (tmp_path / "cells-fixed").exists()


def test_coco_is_patched_in_place(checkdam: Run, coco: Path, tmp_path: Path) -> None:
    before = (coco / "instances.json").read_text()
    checkdam("lint", "coco", "--fix", "--select", "duplicate-box")
    after = (tmp_path / "coco-fixed" / "instances.json").read_text()
    kept = json.loads(before)
    del kept["annotations"][1]
    assert json.loads(after) == kept
    assert set(after.splitlines()) <= set(before.splitlines())
    assert checkdam("lint", "coco-fixed", "--select", "duplicate-box").status == 0


def test_unreadable_rows_are_all_told_and_the_rest_is_linted(checkdam: Run, voc: Path) -> None:
    (voc / "Annotations" / "broken.xml").write_text("<annotation><object>")
    (voc / "Annotations" / "worse.xml").write_text("no xml at all")
    done = checkdam("lint", "cells", "--select", "zero-area")
    assert done.status == 2
    assert "broken.xml" in done.err
    assert "worse.xml" in done.err
    assert "flat.xml" in done.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["lint", "no/such/folder"], "does not exist"),
        (["lint", "nosuchdataset"], "nosuchdataset"),
        (["lint", "cells", "--select", "dupliate-box"], "did you mean duplicate-box?"),
        (["lint", "cells", "--input-format", "docx"], "docx"),
        (["lint", "cells", "--config", "missing.toml"], "missing.toml"),
        (["lint", "cells", "--unsafe-fixes"], "--fix"),
        (["lint", "cells", "--output", "x"], "--fix"),
        (["lint", "cells", "--format", "xml"], "xml"),
        (["rule", "zero-aria"], "did you mean zero-area?"),
        (["nonsense"], "nonsense"),
    ],
)
def test_bad_input_is_status_2_and_a_message(checkdam: Run, voc: Path, arguments: list[str], told: str) -> None:
    done = checkdam(*arguments)
    assert done.status == 2
    assert told in done.err


def test_all_mistakes_of_a_configuration_are_told_at_once(checkdam: Run, voc: Path) -> None:
    (voc / "checkdam.toml").write_text(
        '[lint]\nselct = ["*"]\n[lint.rules.duplicate-box]\niou = 7\n[lint.rules.nope]\n'
    )
    done = checkdam("lint", "cells")
    assert done.status == 2
    assert all(told in done.err for told in ("selct", "iou", "nope"))


def test_settings_beside_the_data_are_found(checkdam: Run, voc: Path) -> None:
    (voc / "checkdam.toml").write_text('[lint]\nselect = ["zero-area"]\n')
    assert "duplicate-box" not in checkdam("lint", "cells").out


def test_names_from_outside_do_not_steer_the_terminal(checkdam: Run, voc: Path) -> None:
    xml = voc_xml("flat.jpg", [(30, 10, 30, 28)]).replace("RBC", "R&#x9b;31mBC")
    (voc / "Annotations" / "flat.xml").write_text(xml)
    done = checkdam("lint", "cells", "--select", "zero-area,unknown-label")
    assert "\x9b" not in done.out + done.err


@pytest.mark.skipif(os.name != "posix", reason="pipes close otherwise on Windows")
def test_a_reader_that_goes_away_is_no_error(checkdam: Run, voc: Path) -> None:
    command = f"{sys.executable} -m checkdam rule | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("rule")


def test_the_bundled_data_has_the_counted_flaws(checkdam: Run, bccd: Path) -> None:
    """The counts of the real data set: 2 boxes without area, 7 pairs of one class with IoU > 0.9."""
    out = checkdam("lint", bccd, "--statistics", "--select", "zero-area,duplicate-box,duplicate-image,out-of-frame").out
    counts = {line.split()[1]: int(line.split()[0]) for line in out.splitlines()[:-1]}
    assert counts == {"zero-area": 2, "duplicate-box": 7}
