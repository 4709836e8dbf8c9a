"""From findings to fixes on the real set: counts that were counted by hand, undo, revert, and lineage to the source."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from checkdam.datasets import FindingFilter, FixResult, ImportResult, LintResult, RevertResult
from checkdam.schema import (
    Annotation,
    DeleteAnnotation,
    Finding,
    Fix,
    InputError,
    Item,
    Job,
    Label,
    NotFoundError,
    ReplaceAnnotation,
    Subject,
    Taxonomy,
)
from checkdam.storage.sql import transaction
from checkdam.workspace import Workspace
from unit.datasets.making import MakeVersion, box, image

DATABASES = ("sqlite", "postgresql")


def done(workspace: Workspace, job: Job, kind: Any) -> Any:
    ended = workspace.run(job)
    assert ended.state == "succeeded", (ended.error, ended.log)
    return msgspec.convert(ended.result, kind)


@pytest.mark.slow
def test_the_counted_flaws_are_found_fixed_and_brought_back(
    workspace: Workspace, bccd: Path, flaws: dict[str, Any]
) -> None:
    datasets = workspace.datasets
    imported = done(workspace, datasets.submit_import("bccd", bccd, actor="ada"), ImportResult)
    linted = done(workspace, datasets.submit_lint("bccd", actor="ada"), LintResult)
    counted = flaws["bccd"]["box_flaws"]
    assert linted.counts["zero-area"] == counted["zero_or_negative_area"] == 2
    assert linted.counts["duplicate-box"] == counted["pairs_iou_gt_0.9_same_class"] == 7
    assert linted.counts["near-duplicate-image"] == 17  # each was looked at: docs/judged
    summary = datasets.findings.summary("bccd")
    assert summary.by_state == {"open": linted.found}

    wanted = FindingFilter(rule=("zero-area", "duplicate-box"), fixable=True)
    subjects = {one.subject.ids[0] for one in datasets.findings.page("bccd", wanted).findings}
    action = datasets.findings.act("bccd", "accept", wanted, actor="ada")
    assert action.changed == 9
    fixed = done(workspace, datasets.submit_fix("bccd", actor="ada"), FixResult)
    assert (fixed.version, fixed.edits, fixed.fixed, fixed.gone, fixed.left) == (2, 9, 9, 0, 0)
    version = datasets.versions.get("bccd")
    assert (version.item_count, version.annotation_count) == (364, 4879)

    diff = datasets.versions.diff("bccd", 2)
    assert (diff.annotations.removed, diff.annotations.added, diff.annotations.changed) == (9, 0, 0)
    assert len({one.id for change in diff.changes for one in change.before}) == 9
    assert all(change.after == () and change.kind == "annotations" for change in diff.changes)
    assert {Path(change.item_name).stem for change in diff.changes} == {
        *(name.removesuffix(".xml") for name, *_ in counted["examples"]["pairs_iou_gt_0.9_same_class"]),
        *(name.removesuffix(".xml") for name, *_ in counted["examples"]["zero_or_negative_area"]),
    }
    assert len(subjects) == 9

    again = done(workspace, datasets.submit_lint("bccd", actor="ada"), LintResult)
    assert "zero-area" not in again.counts
    assert "duplicate-box" not in again.counts
    assert datasets.findings.summary("bccd").by_state["fixed"] == 9
    assert_lineage(workspace, imported, version.urn)

    reverted = done(workspace, datasets.submit_revert("bccd", 1, actor="ada"), RevertResult)
    assert reverted.content_hash == imported.content_hash == datasets.versions.get("bccd").content_hash
    done(workspace, datasets.submit_lint("bccd", actor="ada"), LintResult)
    assert datasets.findings.summary("bccd").by_state == {"open": linted.found}


def assert_lineage(workspace: Workspace, imported: ImportResult, urn: str) -> None:
    """Every way up from the version: over the fixes and the lint run, and straight, to the source."""
    edges = workspace.lineage.walk(urn, "up")
    relations = {edge.relation for edge in edges}
    assert relations == {"edited", "applied", "suggested", "found", "linted", "imported", "read", "labels"}
    assert imported.source in {edge.parent for edge in edges}
    assert sum(edge.relation == "suggested" for edge in edges) == 9
    down = workspace.lineage.walk(imported.source, "down")
    assert urn in {edge.child for edge in down}


@pytest.mark.slow
def test_accepting_is_undone_before_anything_is_fixed(workspace: Workspace, bccd: Path) -> None:
    datasets = workspace.datasets
    imported = done(workspace, datasets.submit_import("bccd", bccd, actor="ada"), ImportResult)
    done(workspace, datasets.submit_lint("bccd", actor="ada"), LintResult)
    action = datasets.findings.act("bccd", "accept", FindingFilter(safe=True), actor="ada")
    assert action.action_id is not None
    assert datasets.findings.undo("bccd", action.action_id, actor="ada").changed == action.changed
    fixed = done(workspace, datasets.submit_fix("bccd", actor="ada"), FixResult)
    assert (fixed.unchanged, fixed.version, fixed.edits) == (True, 1, 0)
    assert datasets.versions.get("bccd").content_hash == imported.content_hash


@pytest.mark.slow
def test_pictures_are_looked_at_once(workspace: Workspace, bccd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from checkdam.lint import media

    datasets, opened = workspace.datasets, []
    inner = media.image_facts

    def counting(data: bytes) -> Any:
        opened.append(1)
        return inner(data)

    monkeypatch.setattr(media, "image_facts", counting)
    done(workspace, datasets.submit_import("bccd", bccd, actor="ada"), ImportResult)
    first = done(workspace, datasets.submit_lint("bccd", actor="ada"), LintResult)
    assert len(opened) == 364
    second = done(workspace, datasets.submit_lint("bccd", actor="ada"), LintResult)
    assert len(opened) == 364
    assert (second.counts, second.new, second.gone) == (first.counts, 0, 0)


PICTURE = image("a.png", width=100, height=100)


def marks() -> list[Annotation]:
    """Two boxes on one place, one without area, one that sticks out, one of an unknown label."""
    return [
        box(PICTURE, "0", (10, 10, 20, 20)),
        box(PICTURE, "1", (10, 10, 20, 20)),
        box(PICTURE, "2", (50, 50, 0, 5)),
        box(PICTURE, "3", (60, 60, 20, 20)),
    ]


@pytest.fixture
def cells(workspace: Workspace, make_version: MakeVersion) -> Workspace:
    make_version("cells", [PICTURE], marks(), Taxonomy(labels=(Label(name="cell"), Label(name="other"))))
    done(workspace, workspace.datasets.submit_lint("cells", actor="ada"), LintResult)
    return workspace


def states(workspace: Workspace) -> dict[str, str]:
    page = workspace.datasets.findings.page("cells", limit=200)
    return {one.rule: one.state for one in page.findings if one.rule in {"zero-area", "duplicate-box"}}


def test_fixes_of_an_older_version_are_computed_again(cells: Workspace) -> None:
    """What is accepted on version 1 is repaired on version 2 as it is there, and what is gone there is gone."""
    datasets = cells.datasets
    datasets.findings.act("cells", "accept", FindingFilter(rule=("zero-area", "duplicate-box")), actor="ada")
    assert states(cells) == {"zero-area": "accepted", "duplicate-box": "accepted"}
    moved = msgspec.structs.replace(marks()[0], geometry=box(PICTURE, "0", (80, 5, 9, 9)).geometry)
    datasets.versions.commit("cells", [ReplaceAnnotation(moved)], "moved by hand", 1, actor="bob")
    fixed = done(cells, datasets.submit_fix("cells", actor="ada"), FixResult)
    assert (fixed.version, fixed.fixed, fixed.edits) == (3, 1, 1)
    left = {mark.id for _, found in datasets.versions.records("cells") for mark in found}
    assert left == {marks()[row].id for row in (0, 1, 3)}, "the two boxes are no duplicates any more, so both stay"
    assert states(cells) == {"zero-area": "fixed", "duplicate-box": "gone"}


def test_a_finding_whose_annotation_was_deleted_is_gone(cells: Workspace) -> None:
    datasets = cells.datasets
    datasets.findings.act("cells", "accept", FindingFilter(rule=("zero-area",)), actor="ada")
    datasets.versions.commit("cells", [DeleteAnnotation(marks()[2].id)], "by hand", 1, actor="bob")
    fixed = done(cells, datasets.submit_fix("cells", actor="ada"), FixResult)
    assert (fixed.unchanged, fixed.version, fixed.fixed) == (True, 2, 0)
    assert states(cells)["zero-area"] == "gone"


def test_fixes_that_contradict_one_another_are_told(workspace: Workspace, make_version: MakeVersion) -> None:
    version = make_version("cells", [PICTURE], marks())
    found = [
        Finding(
            rule=f"renames-to-{label}",
            subject=Subject("annotation", (marks()[3].id,), (PICTURE.id,)),
            severity="error",
            message="it is another label",
            fix=Fix("rename it", (ReplaceAnnotation(msgspec.structs.replace(marks()[3], label=label)),)),
        )
        for label in ("x", "y")
    ]
    with transaction(workspace.engine) as connection:
        store = workspace.datasets.findings.store
        store.record(connection, version.dataset_id, 1, found, rules=[one.rule for one in found], actor="lint")
    workspace.datasets.findings.act("cells", "accept", FindingFilter(), actor="ada")
    fixed = done(workspace, workspace.datasets.submit_fix("cells", actor="ada"), FixResult)
    assert (fixed.unchanged, fixed.fixed, fixed.left) == (True, 0, 2)
    (conflict,) = fixed.conflicts
    assert set(conflict.findings) == {one.id for one in found}
    assert workspace.datasets.findings.summary("cells").by_state == {"accepted": 2}


def test_committing_fixes_twice_makes_one_version(cells: Workspace) -> None:
    datasets = cells.datasets
    datasets.findings.act("cells", "accept", FindingFilter(safe=True), actor="ada")
    first = done(cells, datasets.submit_fix("cells", actor="ada"), FixResult)
    second = done(cells, datasets.submit_fix("cells", actor="ada"), FixResult)
    assert (first.unchanged, second.unchanged) == (False, True)
    assert second.version == first.version == 2


def test_selected_rules_only(cells: Workspace) -> None:
    datasets = cells.datasets
    before = states(cells)
    result = done(cells, datasets.submit_lint("cells", select=("zero-*",), actor="ada"), LintResult)
    assert result.rules == ("zero-area",)
    assert states(cells) == before, "the findings of rules that did not run stay as they are"
    with pytest.raises(InputError):
        datasets.submit_lint("cells", select=("no-such-rule",), actor="ada")
    with pytest.raises(NotFoundError):
        datasets.submit_lint("nothing", actor="ada")


def test_text_is_linted_without_media(workspace: Workspace, make_version: MakeVersion) -> None:
    items = [Item(id=f"i{n}", kind="text", name=f"t{n}", text="the same") for n in range(2)]
    make_version("texts", items)
    result = done(workspace, workspace.datasets.submit_lint("texts", actor="ada"), LintResult)
    assert result.counts == {"duplicate-text": 1}
    assert "unreadable-image" not in result.rules
