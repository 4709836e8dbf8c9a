"""How often rules are wrong: only people's last decisions count, none that was undone, whatever came since."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.datasets import AUTOMATIC, FindingFilter, RuleRate
from checkdam.measure.shares import wilson
from checkdam.schema import Finding, Subject
from checkdam.storage.sql import transaction
from checkdam.workspace import Workspace
from unit.datasets.making import MakeVersion, box, image

DATABASES = ("sqlite", "postgresql")

ITEM = image("a.png")
BOXES = [box(ITEM, str(n), (n, n, 5.0, 5.0)) for n in range(20)]
RULES = ("duplicate-box", "near-duplicate-image")


def found(n: int, rule: str = RULES[0], label: str | None = "cell") -> Finding:
    return Finding(
        rule=rule,
        subject=Subject("annotation", (BOXES[n].id,), (ITEM.id,)),
        severity="error",
        message=f"box {n} is wrong",
        label=label,
        location=f"labels.json#annotations[{n}]",
    )


def record(workspace: Workspace, findings: Sequence[Finding], dataset: str = "cells", number: int = 1) -> None:
    key = workspace.datasets.catalogue_store.ensure(dataset).id
    with transaction(workspace.engine) as connection:
        workspace.datasets.findings.store.record(connection, key, number, findings, rules=RULES, actor="lint")


def rate(workspace: Workspace, rule: str = RULES[0]) -> RuleRate:
    return workspace.datasets.rates.of(rule)


def counts(workspace: Workspace, rule: str = RULES[0]) -> tuple[int, int]:
    of = rate(workspace, rule)
    return of.accepted, of.dismissed


@pytest.fixture
def cells(workspace: Workspace, make_version: MakeVersion) -> Workspace:
    make_version("cells", [ITEM], BOXES)
    record(workspace, [found(n) for n in range(20)])
    return workspace


def act(workspace: Workspace, kind: Any, numbers: Sequence[int], actor: str = "ada") -> str | None:
    keys = [found(n).id for n in numbers]
    return workspace.datasets.findings.act("cells", kind, keys, actor=actor).action_id


def test_nothing_is_known_before_anybody_decided(cells: Workspace) -> None:
    assert cells.datasets.rates.all() == []
    of = rate(cells)
    assert (of.accepted, of.dismissed, of.share, of.low, of.high, of.noisy) == (0, 0, None, 0.0, 1.0, False)


def test_accepted_is_true_and_dismissed_a_false_alarm(cells: Workspace) -> None:
    act(cells, "accept", [0, 1, 2])
    act(cells, "dismiss", [3, 4])
    (of,) = cells.datasets.rates.all()
    assert (of.rule, of.accepted, of.dismissed, of.share) == (RULES[0], 3, 2, 0.4)
    assert (of.low, of.high) == wilson(2, 5)
    assert (of.noisy, of.hint) == (False, None)
    (dataset,) = of.datasets
    assert (dataset.dataset, dataset.accepted, dataset.dismissed) == ("cells", 3, 2)
    assert [(label.label, label.dismissed) for label in dataset.labels] == [("cell", 2)]


def test_the_last_decision_counts_and_reopening_takes_it_back(cells: Workspace) -> None:
    act(cells, "dismiss", [0, 1, 2])
    act(cells, "accept", [0])
    act(cells, "reopen", [1])
    assert counts(cells) == (1, 1)


def test_what_was_undone_does_not_count(cells: Workspace) -> None:
    act(cells, "accept", [0, 1])
    second = act(cells, "dismiss", [1, 2])
    assert counts(cells) == (1, 2)
    cells.datasets.findings.undo("cells", second or "", actor="ada")
    assert counts(cells) == (2, 0)


def test_what_the_program_decided_does_not_count(cells: Workspace) -> None:
    act(cells, "accept", range(10), actor=AUTOMATIC + "ada")
    assert cells.datasets.rates.all() == []
    act(cells, "dismiss", [3])
    assert counts(cells) == (0, 1)


def test_what_is_gone_still_counts(cells: Workspace) -> None:
    """Else a rule whose true findings are mended elsewhere would seem to be wrong always."""
    act(cells, "accept", [0, 1])
    act(cells, "dismiss", [2])
    record(cells, [found(5)])
    assert counts(cells) == (2, 1)


def test_datasets_and_rules_are_told_apart(cells: Workspace, make_version: MakeVersion) -> None:
    make_version("more", [ITEM], BOXES)
    record(cells, [found(n, RULES[1], None) for n in range(4)], "more")
    ids = [found(n, RULES[1]).id for n in range(4)]
    cells.datasets.findings.act("more", "dismiss", ids, actor="ada")
    act(cells, "accept", [0])
    assert [(one.rule, one.accepted, one.dismissed) for one in cells.datasets.rates.all()] == [
        (RULES[0], 1, 0),
        (RULES[1], 0, 4),
    ]
    assert [one.dataset for one in rate(cells, RULES[1]).datasets] == ["more"]
    assert rate(cells, RULES[1]).datasets[0].labels == ()


def test_a_rule_is_noisy_where_the_whole_interval_is_above_a_half(cells: Workspace) -> None:
    act(cells, "dismiss", range(3))
    assert not rate(cells).noisy  # three of three: as low as 44 %
    act(cells, "dismiss", range(3, 10))
    of = rate(cells)
    assert of.noisy
    assert of.low > 0.5
    assert of.hint is not None
    assert "[lint.rules.duplicate-box]" in of.hint
    assert 'ignore = ["duplicate-box"]' in of.hint


def test_a_number_leads_to_the_findings_behind_it(cells: Workspace) -> None:
    act(cells, "accept", [0, 1, 2])
    act(cells, "dismiss", [3, 4])
    act(cells, "accept", [7], actor=AUTOMATIC + "ada")
    record(cells, [found(n) for n in range(2, 20)])  # 0 and 1 are gone
    for decided, numbers in (("accepted", {0, 1, 2}), ("dismissed", {3, 4})):
        wanted = FindingFilter(rule=(RULES[0],), decided=decided)  # type: ignore[arg-type]
        page = cells.datasets.findings.page("cells", wanted, limit=200)
        assert {one.id for one in page.findings} == {found(n).id for n in numbers}
        assert page.total == len(numbers)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["accept", "dismiss", "reopen", "undo"]), st.sets(st.integers(0, 5), min_size=1)),
        max_size=12,
    )
)
def test_without_machines_and_losses_the_counts_are_those_of_the_states(
    cells: Workspace, steps: list[tuple[str, set[int]]]
) -> None:
    """The record of actions says what the states say, as long as no finding goes."""
    act(cells, "reopen", range(6))
    done: list[str] = []
    for kind, numbers in steps:
        if kind == "undo":
            if done:
                cells.datasets.findings.undo("cells", done.pop(), actor="ada")
        elif (key := act(cells, kind, sorted(numbers))) is not None:
            done.append(key)
    by_state = cells.datasets.findings.summary("cells").by_state
    assert counts(cells) == (by_state.get("accepted", 0), by_state.get("dismissed", 0))
