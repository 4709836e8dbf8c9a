"""Versions: commits, conflicts, diff, time travel and revert, against a plain dictionary that is edited alongside."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.datasets import Check, CheckSubject, RevertResult, VersionDiff
from checkdam.schema import (
    AddAnnotation,
    AddItem,
    Annotation,
    Box,
    ConflictError,
    DeleteAnnotation,
    DeleteItem,
    Edit,
    ForbiddenError,
    InputError,
    Item,
    Label,
    NotFoundError,
    ReplaceAnnotation,
    ReplaceItem,
    Taxonomy,
)
from checkdam.workspace import Workspace
from unit.datasets.making import MakeVersion, box, image

DATABASES = ("sqlite", "postgresql")

ITEMS = [image(f"{name}.png") for name in "abcd"]
MARKS = [box(item, str(key), (key, 0, 5, 5)) for item in ITEMS[:3] for key in range(2)]


@pytest.fixture
def cells(workspace: Workspace, make_version: MakeVersion) -> Workspace:
    make_version("cells", ITEMS, MARKS)
    return workspace


def commit(workspace: Workspace, edits: Sequence[Edit], parent: int | None = None, **more: Any) -> Any:
    newest = workspace.datasets.versions.get("cells").number
    return workspace.datasets.versions.commit("cells", edits, "edited", parent or newest, actor="ada", **more)


def state(workspace: Workspace, number: int | None = None) -> tuple[dict[str, Item], dict[str, Annotation]]:
    records = list(workspace.datasets.versions.records("cells", number))
    return {item.id: item for item, _ in records}, {mark.id: mark for _, marks in records for mark in marks}


def whole(workspace: Workspace, number: int, against: int | None = None) -> VersionDiff:
    """The diff with all its pages."""
    versions = workspace.datasets.versions
    found = versions.diff("cells", number, against, limit=2)
    changes = list(found.changes)
    following = found.next
    while following is not None:
        page = versions.diff("cells", number, against, offset=following, limit=2)
        changes += page.changes
        following = page.next
    return msgspec.structs.replace(found, changes=tuple(changes), next=None)


def test_a_commit_makes_the_next_version(cells: Workspace) -> None:
    moved = msgspec.structs.replace(MARKS[0], geometry=Box(9.0, 9.0, 1.0, 1.0))
    version = commit(cells, [ReplaceAnnotation(moved), DeleteAnnotation(MARKS[1].id)])
    assert (version.number, version.parent, version.created_by, version.message) == (2, 1, "ada", "edited")
    assert (version.item_count, version.annotation_count) == (4, 5)
    assert state(cells)[1][MARKS[0].id] == moved
    assert state(cells, 1)[1] == {mark.id: mark for mark in MARKS}
    assert [one.number for one in cells.datasets.versions.all("cells")] == [2, 1]
    edges = cells.lineage.parents(version.urn)
    assert Counter(edge.relation for edge in edges) == {"edited": 1, "applied": 1, "labels": 1}


def test_a_commit_on_an_older_version_is_refused(cells: Workspace) -> None:
    commit(cells, [DeleteAnnotation(MARKS[0].id)])
    with pytest.raises(ConflictError, match="no longer the newest"):
        commit(cells, [DeleteAnnotation(MARKS[1].id)], parent=1)
    assert len(cells.datasets.versions.all("cells")) == 2


def test_of_two_commits_at_once_one_is_refused(cells: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    committer = cells.datasets.versions.committer
    add, meanwhile = committer.add, [True]

    def slow(*given: Any, **named: Any) -> Any:
        if meanwhile.pop() if meanwhile else False:
            commit(cells, [DeleteAnnotation(MARKS[1].id)])
        return add(*given, **named)

    monkeypatch.setattr(committer, "add", slow)
    with pytest.raises(ConflictError):
        commit(cells, [DeleteAnnotation(MARKS[0].id)])
    assert set(state(cells)[1]) == {mark.id for mark in MARKS} - {MARKS[1].id}


def test_every_edit_that_does_not_fit_is_told(cells: Workspace) -> None:
    edits: list[Edit] = [
        DeleteAnnotation("nothing"),
        ReplaceAnnotation(box(ITEMS[0], "unknown", (0, 0, 1, 1))),
        AddAnnotation(MARKS[0]),
        AddItem(ITEMS[0]),
        ReplaceItem(image("unknown.png")),
        DeleteItem("nothing"),
        AddAnnotation(box(image("unknown.png"), "0", (0, 0, 1, 1))),
        DeleteAnnotation(MARKS[1].id),
        DeleteAnnotation(MARKS[1].id),
        DeleteItem(ITEMS[1].id),
        DeleteAnnotation(MARKS[2].id),
    ]
    with pytest.raises(InputError) as error:
        commit(cells, edits)
    assert [problem.where for problem in error.value.problems] == [
        f"edit {number}" for number in (0, 1, 2, 3, 4, 5, 6, 8, 10)
    ]
    assert len(cells.datasets.versions.all("cells")) == 1


def test_a_commit_that_changes_nothing_is_refused(cells: Workspace) -> None:
    for edits in ([], [ReplaceAnnotation(MARKS[0])]):
        with pytest.raises(InputError, match="change nothing"):
            commit(cells, edits)


def test_the_taxonomy_is_a_part_of_the_version(cells: Workspace) -> None:
    labels = Taxonomy(labels=(Label(name="cell", color="#ff0000"),), version=2)
    version = commit(cells, [], taxonomy=labels)
    assert version.number == 2
    assert cells.datasets.versions.taxonomy("cells") == labels
    assert [label.name for label in cells.datasets.versions.taxonomy("cells", 1).labels] == ["cell", "other"]


def test_checks_see_commits(cells: Workspace) -> None:
    seen: list[CheckSubject] = []

    def refuse(subject: CheckSubject) -> None:
        if subject.actor == "bob":
            raise ForbiddenError("not bob")

    cells.datasets.checks.add(Check("bob", "commit", "before", refuse))
    cells.datasets.checks.add(Check("log", "commit", "after", seen.append))
    with pytest.raises(ForbiddenError):
        cells.datasets.versions.commit("cells", [DeleteAnnotation(MARKS[0].id)], "m", 1, actor="bob")
    commit(cells, [DeleteAnnotation(MARKS[0].id)])
    assert [subject.version and subject.version.number for subject in seen] == [2]
    with pytest.raises(InputError):
        cells.datasets.checks.add(Check("log", "commit", "after", seen.append))
    assert cells.datasets.checks.names("commit") == ("lint", "cache", "bob", "log")


def test_revert_makes_a_version_equal_to_the_old_one(cells: Workspace) -> None:
    commit(cells, [DeleteItem(ITEMS[0].id)])
    commit(cells, [DeleteAnnotation(MARKS[3].id)])
    job = cells.run(cells.datasets.submit_revert("cells", 1, actor="ada"))
    result = msgspec.convert(job.result, RevertResult)
    versions = {one.number: one for one in cells.datasets.versions.all("cells")}
    assert (result.version, result.unchanged) == (4, False)
    assert versions[4].content_hash == versions[1].content_hash == result.content_hash
    assert state(cells) == state(cells, 1)
    assert [edge.parent for edge in cells.lineage.parents(versions[4].urn) if edge.relation == "reverted"] == [
        versions[1].urn
    ]
    again = msgspec.convert(cells.run(cells.datasets.submit_revert("cells", 1, actor="ada")).result, RevertResult)
    assert (again.version, again.unchanged) == (4, True)
    assert commit(cells, [DeleteAnnotation(MARKS[0].id)]).number == 5, "one can go on from there"
    assert set(state(cells)[1]) == {mark.id for mark in MARKS[1:]}


def test_the_first_version_is_compared_with_nothing(cells: Workspace) -> None:
    diff = whole(cells, 1)
    assert (diff.against, diff.items.added, diff.annotations.added) == (0, 4, 6)
    assert [(one.label, one.added) for one in diff.by_label] == [("cell", 6)]
    assert [(one.item_name, one.kind, len(one.after)) for one in diff.changes] == [
        ("a.png", "added", 2),
        ("b.png", "added", 2),
        ("c.png", "added", 2),
        ("d.png", "added", 0),
    ]


def test_a_diff_shows_before_and_after(cells: Workspace) -> None:
    named = msgspec.structs.replace(MARKS[0], label="other")
    wide = msgspec.structs.replace(ITEMS[3], width=200)
    commit(cells, [ReplaceAnnotation(named), DeleteItem(ITEMS[1].id), ReplaceItem(wide), AddItem(image("e.png"))])
    diff = whole(cells, 2)
    assert (diff.items.added, diff.items.removed, diff.items.changed) == (1, 1, 1)
    assert (diff.annotations.added, diff.annotations.removed, diff.annotations.changed) == (0, 2, 1)
    assert [(one.label, one.added, one.removed, one.changed) for one in diff.by_label] == [
        ("cell", 0, 2, 1),
        ("other", 0, 0, 1),
    ]
    assert [(one.item_name, one.kind) for one in diff.changes] == [
        ("a.png", "annotations"),
        ("b.png", "removed"),
        ("d.png", "changed"),
        ("e.png", "added"),
    ]
    first = diff.changes[0]
    assert [(one.id, one.label) for one in first.before] == [(MARKS[0].id, "cell")]
    assert [(one.id, one.label) for one in first.after] == [(MARKS[0].id, "other")]
    back = whole(cells, 1, against=2)
    assert (back.items.added, back.items.removed, back.annotations.added) == (1, 1, 2)


def test_a_diff_shows_what_became_of_the_labels(cells: Workspace, make_version: MakeVersion) -> None:
    first = whole(cells, 1).taxonomy
    assert (first.added, first.removed, first.changed, first.rest) == (("cell", "other"), (), (), False)
    assert not whole(cells, 1, against=1).taxonomy
    cell, other, third = (Label(name=name) for name in ("cell", "other", "third"))
    for labels, expected in (
        ((cell, third), (("third",), ("other",), (), False)),
        ((msgspec.structs.replace(cell, color="#ff0000"), third), ((), (), ("cell",), False)),
        ((third, msgspec.structs.replace(cell, color="#ff0000")), ((), (), (), True)),
        ((third, other), (("other",), ("cell",), (), False)),
    ):
        number = make_version("cells", ITEMS, MARKS, Taxonomy(labels=labels)).number
        found = whole(cells, number, number - 1)
        assert (found.items.changed, found.annotations.changed, found.changes) == (0, 0, ())
        labels_found = found.taxonomy
        assert (labels_found.added, labels_found.removed, labels_found.changed, labels_found.rest) == expected
    make_version("cells", ITEMS, MARKS, Taxonomy(labels=(third, other), instructions="new"))
    assert whole(cells, 6, 5).taxonomy.rest


def test_unknown_versions_are_not_found(cells: Workspace) -> None:
    versions = cells.datasets.versions
    for call in (
        lambda: versions.get("cells", 2),
        lambda: versions.get("cells", 0),
        lambda: versions.diff("cells", 1, 9),
        lambda: versions.taxonomy("cells", 3),
        lambda: cells.datasets.submit_revert("cells", 5, actor="ada"),
    ):
        with pytest.raises(NotFoundError):
            call()
    for offset, limit in ((-1, 5), (0, 0), (0, 201)):
        with pytest.raises(InputError):
            versions.diff("cells", 1, offset=offset, limit=limit)


def test_names_and_ids_both_do(cells: Workspace) -> None:
    dataset = cells.datasets.resolve("cells")
    assert cells.datasets.resolve(dataset.id) == dataset
    renamed = cells.datasets.rename("cells", "blood", actor="ada")
    assert (renamed.id, renamed.name) == (dataset.id, "blood")
    with pytest.raises(NotFoundError):
        cells.datasets.resolve("cells")
    cells.datasets.catalogue_store.ensure("cells")
    with pytest.raises(ConflictError):
        cells.datasets.rename("blood", "cells", actor="ada")


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["add", "replace", "delete", "delete item", "replace item"]),
        st.integers(0, 3),
        st.integers(0, 3),
        st.sampled_from(["cell", "other"]),
    ),
    min_size=1,
    max_size=6,
)


def fitting(steps: Any, items: dict[str, Item], marks: dict[str, Annotation]) -> list[Edit]:
    """Edits that fit, made on the two dictionaries as well."""
    edits: list[Edit] = []
    for kind, row, key, label in steps:
        item, mark = ITEMS[row], box(ITEMS[row], str(key), (key, 1, 2, 3), label)
        if item.id not in items:
            continue
        if kind == "delete item":
            edits.append(DeleteItem(item.id))
            del items[item.id]
            for gone in [one for one in marks.values() if one.item_id == item.id]:
                del marks[gone.id]
        elif kind == "replace item":
            items[item.id] = msgspec.structs.replace(items[item.id], split=label)
            edits.append(ReplaceItem(items[item.id]))
        elif kind == "delete" and mark.id in marks:
            edits.append(DeleteAnnotation(mark.id))
            del marks[mark.id]
        elif kind in {"add", "replace"} and (kind == "add") == (mark.id not in marks):
            edits.append(AddAnnotation(mark) if kind == "add" else ReplaceAnnotation(mark))
            marks[mark.id] = mark
    return edits


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EDITS, min_size=1, max_size=3))
def test_versions_are_what_the_edits_made_and_diffs_say_so(cells: Workspace, rounds: Any) -> None:
    items, marks = state(cells)
    for steps in rounds:
        before = dict(items), dict(marks)
        edits = fitting(steps, items, marks)
        if (items, marks) == before:
            continue
        version = commit(cells, edits)
        assert state(cells) == (items, marks)
        assert state(cells, version.number - 1) == before
        diff = whole(cells, version.number)
        for counts, old, new in ((diff.items, before[0], items), (diff.annotations, before[1], marks)):
            assert counts.added == len(new.keys() - old.keys())
            assert counts.removed == len(old.keys() - new.keys())
            assert counts.changed == sum(old[key] != new[key] for key in old.keys() & new.keys())
        assert sum(len(one.after) for one in diff.changes) == diff.annotations.added + diff.annotations.changed
        assert sum(len(one.before) for one in diff.changes) == diff.annotations.removed + diff.annotations.changed
