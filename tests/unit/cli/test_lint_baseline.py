"""`--baseline`, `--fail-on` and the reports for code hosts, as the command line gives them."""

import json
from pathlib import Path

import pytest

from unit.cli.command import Run, voc_xml

RULES = ("--select", "zero-area,duplicate-box")


def test_old_findings_stay_quiet_and_new_ones_fail(checkdam: Run, voc: Path) -> None:
    written = checkdam("lint", "cells", *RULES, "--baseline", "base.json", "--update-baseline")
    assert (written.status, written.out) == (0, "")
    assert "it holds 2 findings" in written.err
    quiet = checkdam("lint", "cells", *RULES, "--baseline", "base.json")
    assert (quiet.status, quiet.out) == (0, "No findings.\n")
    assert "2 old findings silenced by base.json" in quiet.err
    # Another box above the flat one: every line moves, and one finding is new.
    moved = voc_xml("flat.jpg", [(1, 1, 1, 9), (4, 4, 20, 20), (30, 10, 30, 28)])
    (voc / "Annotations" / "flat.xml").write_text(moved, "utf-8")
    again = checkdam("lint", "cells", *RULES, "--baseline", "base.json")
    assert again.status == 1
    assert len(again.out.splitlines()) == 2
    assert "Found 1 error." in again.out


def test_what_is_gone_is_told_and_taken_out(checkdam: Run, voc: Path) -> None:
    checkdam("lint", "cells", *RULES, "--baseline", "base.json", "--update-baseline")
    (voc / "Annotations" / "flat.xml").write_text(voc_xml("flat.jpg", [(4, 4, 20, 20)]), "utf-8")
    done = checkdam("lint", "cells", *RULES, "--baseline", "base.json")
    assert done.status == 0
    assert "gone: JPEGImages/flat.jpg: zero-area:" in done.err
    only = checkdam("lint", "cells", "--select", "duplicate-box", "--baseline", "base.json")
    assert "gone:" not in only.err  # zero-area did not run
    updated = checkdam("lint", "cells", *RULES, "--baseline", "base.json", "--update-baseline")
    assert "1 old entries are gone" in updated.err
    document = json.loads((voc.parent / "base.json").read_text("utf-8"))
    assert [entry["rule"] for entry in document["findings"]] == ["duplicate-box"]


def test_fix_mends_new_findings_only(checkdam: Run, voc: Path) -> None:
    checkdam("lint", "cells", "--select", "zero-area", "--baseline", "base.json", "--update-baseline")
    done = checkdam("lint", "cells", *RULES, "--baseline", "base.json", "--fix")
    assert done.status == 0
    assert "fixed 1 finding in 1 file" in done.err
    assert (voc.parent / "cells-fixed" / "Annotations" / "flat.xml").read_bytes() == (
        voc / "Annotations" / "flat.xml"
    ).read_bytes()


def test_what_cannot_be_read_leaves_the_baseline_as_it_is(checkdam: Run, voc: Path) -> None:
    checkdam("lint", "cells", *RULES, "--baseline", "base.json", "--update-baseline")
    before = (voc.parent / "base.json").read_bytes()
    (voc / "Annotations" / "flat.xml").write_text("<annotation>", "utf-8")
    done = checkdam("lint", "cells", *RULES, "--baseline", "base.json", "--update-baseline")
    assert done.status == 2
    assert (voc.parent / "base.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--baseline", "missing.json"], "--update-baseline"),
        (["--baseline", "bad.json"], "bad.json is no baseline"),
        (["--update-baseline"], "--baseline"),
        (["--baseline", "b.json", "--update-baseline", "--fix"], "fix first"),
    ],
)
def test_mistakes_are_told(checkdam: Run, voc: Path, arguments: list[str], told: str) -> None:
    (voc.parent / "bad.json").write_text('{"findings": [{}]}', "utf-8")
    done = checkdam("lint", "cells", *arguments)
    assert done.status == 2
    assert told in done.err


@pytest.mark.parametrize(
    ("severity", "fail_on", "status"),
    [
        ("info", None, 0),
        ("info", "info", 1),
        ("warning", None, 1),
        ("warning", "error", 0),
        ("error", "error", 1),
    ],
)
def test_only_what_is_grave_enough_fails(
    checkdam: Run, voc: Path, severity: str, fail_on: str | None, status: int
) -> None:
    (voc / "checkdam.toml").write_text(f'[lint.rules.zero-area]\nseverity = "{severity}"\n', "utf-8")
    option = ("--fail-on", fail_on) if fail_on else ()
    done = checkdam("lint", "cells", "--select", "zero-area", *option)
    assert (done.status, len(done.out.splitlines())) == (status, 2)


def test_github_and_gitlab(checkdam: Run, voc: Path) -> None:
    github = checkdam("lint", "cells", "--select", "zero-area", "--format", "github")
    assert github.status == 1
    assert github.out.startswith("::error file=cells/Annotations/flat.xml,line=17,title=checkdam zero-area::")
    (entry,) = json.loads(checkdam("lint", "cells", "--select", "zero-area", "--format", "gitlab").out)
    assert entry["location"]["path"] == "cells/Annotations/flat.xml"
