"""The findings that were judged, against what the rules say now: docs/judged."""

import csv
from collections import Counter
from math import sqrt
from pathlib import Path

import pytest
from msgspec import Struct, convert

from checkdam.formats import Entry, read
from checkdam.lint import Frame, FrameBuilder, LintConfig, MediaLookup, RuleConfig, lint, rule_info, rules
from checkdam.lint.rule import is_default
from checkdam.schema import Finding, Problems
from unit.test_flaws import recordings, sentences

JUDGED = Path(__file__).resolve().parents[3] / "docs" / "judged"
DATASETS = ("bccd", "vehicles_openimages")
SOUNDS_AND_TEXTS = ("fsdd_subset", "text_sentiment_sentences")
"""Of these the rules on sounds and texts were judged."""
Z_RULES = ("box-too-large", "box-too-small", "odd-aspect-ratio")
LOWEST_Z = 3.0
OFF_AS_JUDGED = "nested-same-class"
NOT_REPORTED = "not reported"
ENOUGH = 0.95


class Verdict(Struct, frozen=True, forbid_unknown_fields=True):
    dataset: str
    rule: str
    item: str
    location: str
    severity: str
    score: str
    verdict: str
    remark: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.rule, self.item, self.location


def verdicts(dataset: str) -> list[Verdict]:
    with (JUDGED / f"{dataset}.csv").open(encoding="utf-8", newline="") as file:
        return convert(list(csv.DictReader(file)), list[Verdict])


ALL = [verdict for dataset in DATASETS + SOUNDS_AND_TEXTS for verdict in verdicts(dataset)]
REPORTED = [verdict for verdict in ALL if verdict.severity != NOT_REPORTED]


def wilson(true: int, count: int) -> tuple[float, float]:
    """The 95 % interval of Wilson (1927) for a share."""
    z, p = 1.959963984540054, true / count
    middle, half = p + z * z / (2 * count), z * sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)


def precision_row(name: str, judged: list[Verdict]) -> str:
    """A line of the table in docs/judged/README.md. What is unclear counts as not true."""
    counts = Counter(one.verdict for one in judged)
    share = counts["true"] / len(judged)
    low, high = wilson(counts["true"], len(judged))
    return (
        f"| {name} | {len(judged)} | {counts['true']} | {counts['false']} | {counts['unclear']} "
        f"| {share:.2f} | {low:.2f}–{high:.2f} |"
    )


def imported(root: Path) -> tuple[Frame, MediaLookup]:
    builder, media = FrameBuilder(), {}
    for event in read(root, problems=Problems()):
        if isinstance(event, Entry):
            builder.add(event.item)
            media[event.item.id] = event.media
        else:
            builder.add(event)
    return builder.build(), lambda item: media[item.id]


def key(frame: Frame, finding: Finding) -> tuple[str, str, str]:
    return finding.rule, frame.items[frame.item_rows[finding.subject.item_ids[0]]].name, finding.location


@pytest.mark.parametrize("dataset", DATASETS)
def test_everything_that_is_reported_was_judged(dataset: str, shared_data: Path) -> None:
    frame, media = imported(shared_data / dataset)
    found = {key(frame, finding): finding.severity for finding in lint(frame, media)}
    assert found == {one.key: one.severity for one in REPORTED if one.dataset == dataset}


@pytest.mark.parametrize("dataset", SOUNDS_AND_TEXTS)
def test_what_is_reported_on_sounds_and_texts_was_judged(dataset: str, shared_data: Path) -> None:
    data = recordings(shared_data / dataset / "recordings") if dataset == "fsdd_subset" else None
    frame = data.frame if data else sentences(shared_data / dataset, "all_three")
    select = tuple(name for name, rule in rules().items() if {"sound", "text"} & rule.needs and is_default(rule))
    findings = lint(frame, data.media if data else None, LintConfig(select=select))
    found = {key(frame, finding): finding.severity for finding in findings}
    assert found == {one.key: one.severity for one in REPORTED if one.dataset == dataset}


@pytest.mark.parametrize("dataset", DATASETS)
def test_what_lies_below_the_thresholds_was_judged_too(dataset: str, shared_data: Path) -> None:
    frame, media = imported(shared_data / dataset)
    lower = LintConfig(select=Z_RULES, rules={name: RuleConfig(options={"z": LOWEST_Z}) for name in Z_RULES})
    found = {key(frame, finding): f"{finding.evidence['z']:.2f}" for finding in lint(frame, media, lower)}
    assert found == {one.key: one.score for one in ALL if one.dataset == dataset and one.rule in Z_RULES}


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_rule_is_off_because_of_what_was_judged(dataset: str, shared_data: Path) -> None:
    frame, media = imported(shared_data / dataset)
    nested = lint(frame, media, LintConfig(select=(OFF_AS_JUDGED,)))
    found = {key(frame, finding): f"{finding.evidence['area_ratio']:.2f}" for finding in nested}
    assert found == {one.key: one.score for one in ALL if one.dataset == dataset and one.rule == OFF_AS_JUDGED}
    page = (JUDGED / "README.md").read_text("utf-8").splitlines()
    assert precision_row(OFF_AS_JUDGED, [one for one in ALL if one.rule == OFF_AS_JUDGED]) in page


def test_every_verdict_is_one_of_three_and_has_a_reason() -> None:
    assert {one.verdict for one in ALL} <= {"true", "false", "unclear"}
    assert all(one.remark for one in ALL)
    assert len({(one.dataset, *one.key) for one in ALL}) == len(ALL)


@pytest.mark.parametrize("name", [name for name, rule in rules().items() if rule.severity == "error"])
def test_a_rule_that_is_an_error_by_default_is_right(name: str) -> None:
    judged = [one for one in REPORTED if one.rule == name]
    if judged:  # the page says which rules found nothing in these sets
        assert sum(one.verdict == "true" for one in judged) >= ENOUGH * len(judged)


def test_single_findings_that_are_errors_are_right() -> None:
    errors = [one for one in REPORTED if one.severity == "error"]
    assert sum(one.verdict == "true" for one in errors) >= ENOUGH * len(errors)


def test_the_page_holds_the_numbers() -> None:
    page = (JUDGED / "README.md").read_text("utf-8").splitlines()
    for name in sorted({one.rule for one in REPORTED}):
        assert (
            precision_row(f"{name} ({rule_info(rules()[name]).severity})", [o for o in REPORTED if o.rule == name])
            in page
        )
    for name in Z_RULES:
        for threshold in (3.0, 3.5, 4.0, 5.0):
            own = [one for one in ALL if one.rule == name and abs(float(one.score)) > threshold]
            assert precision_row(f"{name}, z {threshold}", own) in page
    silent = sorted({name for name, rule in rules().items() if is_default(rule)} - {one.rule for one in REPORTED})
    assert ", ".join(silent) in " ".join(page)
