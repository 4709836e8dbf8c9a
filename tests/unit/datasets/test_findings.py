"""The life of findings: what a lint run changes, what people decide, and that it can be undone."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.datasets import ActionKind, FindingFilter, FindingState
from checkdam.schema import (
    ConflictError,
    DeleteAnnotation,
    Finding,
    Fix,
    InputError,
    NotFoundError,
    Severity,
    Subject,
)
from checkdam.storage.sql import transaction
from checkdam.workspace import Workspace
from unit.datasets.making import MakeVersion, box, image

DATABASES = ("sqlite", "postgresql")

ITEM = image("a.png")
BOXES = [box(ITEM, str(n), (n, n, 5.0, 5.0)) for n in range(6)]


def found(n: int, rule: str = "rule-a", severity: Severity = "error", *, safe: bool | None = None) -> Finding:
    fix = None if safe is None else Fix("remove it", (DeleteAnnotation(BOXES[n].id),), safe=safe)
    return Finding(
        rule=rule,
        subject=Subject("annotation", (BOXES[n].id,), (ITEM.id,)),
        severity=severity,
        message=f"box {n} is wrong",
        label="cell",
        evidence={"n": n},
        fix=fix,
        location=f"labels.json#annotations[{n}]",
    )


@pytest.fixture
def record(workspace: Workspace, make_version: MakeVersion) -> Any:
    """Takes up findings on a new version of the dataset `cells`, as a lint run of these rules."""

    def run(findings: Sequence[Finding], rules: Sequence[str] = ("rule-a", "rule-b"), number: int = 1) -> Any:
        dataset = workspace.datasets.catalogue_store.ensure("cells")
        if workspace.datasets.catalogue_store.version(dataset.id, number) is None:
            make_version("cells", [ITEM], BOXES)
        with transaction(workspace.engine) as connection:
            return workspace.datasets.findings.store.record(
                connection, dataset.id, number, findings, rules=rules, actor="lint"
            )

    return run


def states(workspace: Workspace) -> dict[int, FindingState]:
    page = workspace.datasets.findings.page("cells", limit=200)
    return {one.evidence["n"]: one.state for one in page.findings if one.rule == "rule-a"}


def test_a_finding_is_shown_with_its_subject(workspace: Workspace, record: Any) -> None:
    record([found(2, safe=True)])
    page = workspace.datasets.findings.page("cells")
    assert page.total == 1
    view = page.findings[0]
    assert (view.state, view.severity, view.message, view.label) == ("open", "error", "box 2 is wrong", "cell")
    assert view.id == found(2).id
    assert view.subject.ids == (BOXES[2].id,)
    assert view.fix is not None
    assert view.fix.safe
    assert view.item is not None
    assert (view.item.name, view.item.width, view.item.height) == ("a.png", 100, 80)
    assert [one.id for one in view.annotations] == [BOXES[2].id]
    assert view.annotations[0].box == (2.0, 2.0, 5.0, 5.0)
    assert view == workspace.datasets.findings.get("cells", view.id)


def test_decisions_survive_the_next_lint_run(workspace: Workspace, record: Any) -> None:
    record([found(0), found(1), found(2)])
    workspace.datasets.findings.act("cells", "accept", (found(0).id,), actor="ada")
    workspace.datasets.findings.act("cells", "dismiss", (found(1).id,), reason="meant", actor="ada")
    told = record([found(0), found(1), found(2), found(3)], number=2)
    assert (told.new, told.gone) == (1, 0)
    assert states(workspace) == {0: "accepted", 1: "dismissed", 2: "open", 3: "open"}
    view = workspace.datasets.findings.get("cells", found(1).id)
    assert (view.reason, view.first_version, view.last_version) == ("meant", 1, 2)


def test_what_is_not_found_any_more_is_gone_and_comes_back_as_it_was(workspace: Workspace, record: Any) -> None:
    record([found(0), found(1), found(2)])
    workspace.datasets.findings.act("cells", "dismiss", (found(1).id,), actor="ada")
    workspace.datasets.findings.act("cells", "accept", (found(2).id,), actor="ada")
    assert record([], number=2).gone == 3
    assert states(workspace) == {0: "gone", 1: "gone", 2: "gone"}
    told = record([found(0), found(1), found(2)], number=3)
    assert (told.new, told.gone) == (3, 0)
    assert states(workspace) == {0: "open", 1: "dismissed", 2: "open"}


def test_rules_that_did_not_run_leave_their_findings_alone(workspace: Workspace, record: Any) -> None:
    record([found(0), found(1, "rule-b")])
    record([], rules=("rule-b",), number=2)
    summary = workspace.datasets.findings.summary("cells")
    assert summary.by_state == {"open": 1, "gone": 1}


def test_the_same_lint_run_twice_changes_nothing(workspace: Workspace, record: Any) -> None:
    record([found(0), found(1)])
    before = workspace.datasets.findings.page("cells")
    told = record([found(0), found(1)])
    assert (told.new, told.gone) == (0, 0)
    assert workspace.datasets.findings.page("cells") == before


def test_filters_keep_what_they_say_and_nothing_else(workspace: Workspace, record: Any) -> None:
    record([found(0, safe=True), found(1, safe=False), found(2, severity="warning"), found(3, "rule-b")])
    findings = workspace.datasets.findings

    def kept(**wanted: Any) -> set[tuple[str, int]]:
        page = findings.page("cells", FindingFilter(**wanted), limit=200)
        assert page.total == len(page.findings)
        return {(one.rule, one.evidence["n"]) for one in page.findings}

    assert kept() == {("rule-a", 0), ("rule-a", 1), ("rule-a", 2), ("rule-b", 3)}
    assert kept(rule=("rule-b",)) == {("rule-b", 3)}
    assert kept(rule=("rule-b", "rule-a")) == kept()
    assert kept(severity=("warning",)) == {("rule-a", 2)}
    assert kept(severity=("info",)) == set()
    assert kept(label=("cell",)) == kept()
    assert kept(label=("other",)) == set()
    assert kept(item=ITEM.id) == kept()
    assert kept(item="elsewhere") == set()
    assert kept(q="BOX 1") == {("rule-a", 1)}
    assert kept(q="annotations[3]") == {("rule-b", 3)}
    assert kept(q="%") == set()
    assert kept(fixable=True) == {("rule-a", 0), ("rule-a", 1)}
    assert kept(fixable=False) == {("rule-a", 2), ("rule-b", 3)}
    assert kept(safe=True) == {("rule-a", 0)}
    assert kept(safe=False) == kept() - {("rule-a", 0)}
    assert kept(state=("accepted",)) == set()
    assert kept(rule=("rule-a",), severity=("warning",)) == {("rule-a", 2)}


def test_pages_are_sorted_and_cut(workspace: Workspace, record: Any) -> None:
    record([found(3), found(1, severity="info"), found(0, "rule-b"), found(2, severity="warning")])
    findings = workspace.datasets.findings

    def order(sort: str) -> list[int]:
        return [one.evidence["n"] for one in findings.page("cells", sort=sort).findings]

    assert order("severity") == [3, 0, 2, 1]
    assert order("rule") == [3, 2, 1, 0]
    assert order("item") == [0, 1, 2, 3]
    second = findings.page("cells", sort="item", offset=2, limit=1)
    assert ([one.evidence["n"] for one in second.findings], second.total, second.offset) == ([2], 4, 2)
    for bad in ({"sort": "message"}, {"limit": 0}, {"limit": 201}, {"offset": -1}):
        with pytest.raises(InputError):
            findings.page("cells", **bad)


def test_the_summary_counts(workspace: Workspace, record: Any) -> None:
    record([found(0, safe=True), found(1, safe=False), found(2, severity="warning"), found(3, "rule-b")])
    workspace.datasets.findings.act("cells", "accept", (found(0).id,), actor="ada")
    summary = workspace.datasets.findings.summary("cells")
    assert summary.total == 4
    assert summary.by_state == {"open": 3, "accepted": 1}
    rule = summary.rules[0]
    assert (rule.rule, rule.severity, rule.open, rule.accepted, rule.fixable, rule.safe) == (
        "rule-a",
        "error",
        2,
        1,
        1,
        0,
    )
    assert [(one.label, one.open) for one in summary.labels] == [("cell", 3)]
    assert (summary.severities.error, summary.severities.warning) == (2, 1)
    assert workspace.datasets.catalogue()[0].findings == summary.severities


def test_items_know_their_open_findings(workspace: Workspace, record: Any) -> None:
    record([found(0), found(1, severity="warning"), found(2, "rule-b")])
    items, findings = workspace.datasets.items, workspace.datasets.findings

    def counted() -> tuple[int, int, int]:
        (view,) = items.page("cells").items
        facet = {one.value: one.items for one in items.facets("cells").rules}
        return view.finding_counts.error, view.finding_counts.warning, facet.get("rule-b", 0)

    assert counted() == (2, 1, 1)
    findings.act("cells", "dismiss", (found(2, "rule-b").id,), actor="ada")
    assert counted() == (1, 1, 0)
    findings.act("cells", "accept", (found(1).id,), actor="ada")
    assert counted() == (1, 0, 0)
    record([found(0, severity="info")], number=2)
    assert counted() == (0, 0, 0)
    assert [one.state for one in items.detail("cells", ITEM.id).findings] == ["open"]


def test_a_decision_is_made_once(workspace: Workspace, record: Any) -> None:
    record([found(0), found(1)])
    findings = workspace.datasets.findings
    first = findings.act("cells", "accept", FindingFilter(rule=("rule-a",)), actor="ada")
    assert first.changed == 2
    assert findings.act("cells", "accept", FindingFilter(rule=("rule-a",)), actor="ada") == type(first)(
        action_id=None, changed=0
    )
    assert [(one.kind, one.count, one.actor, one.rules) for one in findings.actions("cells")] == [
        ("accept", 2, "ada", ("rule-a",))
    ]


def test_undo_gives_back_exactly_what_was(workspace: Workspace, record: Any) -> None:
    record([found(0), found(1), found(2)])
    findings = workspace.datasets.findings
    findings.act("cells", "dismiss", (found(0).id,), reason="meant", actor="ada")
    findings.act("cells", "accept", (found(1).id,), actor="ada")
    before = states(workspace)
    bulk = findings.act("cells", "dismiss", FindingFilter(), reason="all fine", actor="bob")
    assert bulk.changed == 3
    assert bulk.action_id is not None
    assert states(workspace) == dict.fromkeys(before, "dismissed")
    assert findings.undo("cells", bulk.action_id, actor="bob").changed == 3
    assert states(workspace) == before
    assert findings.get("cells", found(0).id).reason == "meant"
    assert findings.get("cells", found(2).id).reason is None
    assert findings.undo("cells", bulk.action_id, actor="bob").changed == 0
    assert [one.undone_at is not None for one in findings.actions("cells")] == [True, False, False]


def test_undo_leaves_what_has_moved_on(workspace: Workspace, record: Any) -> None:
    record([found(0), found(1)])
    findings = workspace.datasets.findings
    action = findings.act("cells", "accept", FindingFilter(), actor="ada").action_id
    assert action is not None
    findings.act("cells", "dismiss", (found(0).id,), actor="bob")
    assert findings.undo("cells", action, actor="ada").changed == 1
    assert states(workspace) == {0: "dismissed", 1: "open"}


def test_undo_says_when_all_has_moved_on(workspace: Workspace, record: Any) -> None:
    record([found(0)])
    findings = workspace.datasets.findings
    action = findings.act("cells", "accept", FindingFilter(), actor="ada").action_id
    assert action is not None
    record([], number=2)
    with pytest.raises(ConflictError):
        findings.undo("cells", action, actor="ada")
    with pytest.raises(NotFoundError):
        findings.undo("cells", "xunknown", actor="ada")


def test_what_is_gone_cannot_be_decided(workspace: Workspace, record: Any) -> None:
    record([found(0)])
    record([], number=2)
    assert workspace.datasets.findings.act("cells", "accept", (found(0).id,), actor="ada").changed == 0
    assert states(workspace) == {0: "gone"}


def test_a_reason_belongs_to_dismissing(workspace: Workspace, record: Any) -> None:
    record([found(0)])
    findings = workspace.datasets.findings
    for kind, reason in (("accept", "why"), ("dismiss", "x" * 2001)):
        with pytest.raises(InputError):
            findings.act("cells", kind, (found(0).id,), reason=reason, actor="ada")  # type: ignore[arg-type]
    with pytest.raises(InputError):
        findings.act("cells", "delete", (found(0).id,), actor="ada")  # type: ignore[arg-type]


def test_unknown_things_are_not_found(workspace: Workspace, record: Any) -> None:
    record([found(0)])
    with pytest.raises(NotFoundError):
        workspace.datasets.findings.get("cells", "fnothing")
    with pytest.raises(NotFoundError):
        workspace.datasets.findings.page("no such dataset")


KINDS: tuple[ActionKind, ...] = ("accept", "dismiss", "reopen")
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sets(st.integers(0, 5), min_size=1), st.sampled_from([None, "why"])),
    min_size=1,
    max_size=8,
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_undoing_all_actions_backwards_restores_each_state(workspace: Workspace, record: Any, steps: Any) -> None:
    record([found(n) for n in range(6)])
    findings = workspace.datasets.findings
    findings.act("cells", "reopen", FindingFilter(), actor="ada")

    def now() -> dict[str, tuple[str, str | None]]:
        return {one.id: (one.state, one.reason) for one in findings.page("cells").findings}

    taken = []
    for kind, which, reason in steps:
        before = now()
        ids = tuple(found(n).id for n in which)
        done = findings.act("cells", kind, ids, reason=reason if kind == "dismiss" else None, actor="ada")
        if done.action_id is not None:
            taken.append((done.action_id, before))
    for action, before in reversed(taken):
        findings.undo("cells", action, actor="ada")
        assert now() == before
