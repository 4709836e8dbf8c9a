"""How often each rule is wrong, by what people decided on its findings.

A finding that was accepted was true, one that was dismissed was a false alarm. Only the last decision of a person on
each finding counts, and none that was undone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from checkdam.datasets.model import DatasetRate, LabelRate, RuleRate
from checkdam.datasets.store import Catalogue, DecisionStore, Tally
from checkdam.lint import rule_info, rules
from checkdam.measure.shares import wilson

NOISY = 0.5
"""A rule is noisy where the whole interval of its share of false alarms is above this: it is wrong more often than
right, and that is no chance."""

ENOUGH = 5
"""On a label with fewer decisions no rate is told."""


@dataclass
class Rates:
    """The rates of all rules over all datasets."""

    catalogue: Catalogue
    decisions: DecisionStore

    def all(self) -> list[RuleRate]:
        """Every rule on whose findings somebody decided, by name."""
        tallies = {
            dataset.name: tally for dataset in self.catalogue.all() if (tally := self.decisions.tally(dataset.id))
        }
        names = sorted({one.rule for tally in tallies.values() for one in tally})
        return [self._rate(name, tallies) for name in names]

    def of(self, rule: str) -> RuleRate:
        """The rates of one rule; nothing counted where nobody decided."""
        found = next((one for one in self.all() if one.rule == rule), None)
        return found or self._rate(rule, {})

    def _rate(self, rule: str, tallies: dict[str, tuple[Tally, ...]]) -> RuleRate:
        own = {name: [one for one in tally if one.rule == rule] for name, tally in tallies.items()}
        accepted, dismissed = _sums(one for tally in own.values() for one in tally)
        low, high = wilson(dismissed, accepted + dismissed)
        noisy = low > NOISY
        return RuleRate(
            rule=rule,
            accepted=accepted,
            dismissed=dismissed,
            share=_share(accepted, dismissed),
            low=low,
            high=high,
            noisy=noisy,
            hint=_hint(rule) if noisy else None,
            datasets=tuple(_of_dataset(name, tally) for name, tally in sorted(own.items()) if tally),
        )


def _of_dataset(name: str, tally: list[Tally]) -> DatasetRate:
    labels: defaultdict[str, list[Tally]] = defaultdict(list)
    for one in tally:
        if one.label is not None:
            labels[one.label].append(one)
    accepted, dismissed = _sums(tally)
    low, high = wilson(dismissed, accepted + dismissed)
    told = []
    for label, own in sorted(labels.items()):
        yes, no = _sums(own)
        if yes + no >= ENOUGH:
            bottom, top = wilson(no, yes + no)
            told.append(LabelRate(label=label, accepted=yes, dismissed=no, share=_share(yes, no), low=bottom, high=top))
    return DatasetRate(
        dataset=name,
        accepted=accepted,
        dismissed=dismissed,
        share=_share(accepted, dismissed),
        low=low,
        high=high,
        labels=tuple(told),
    )


def _sums(tally: Iterable[Tally]) -> tuple[int, int]:
    counts: Counter[str] = Counter()
    for one in tally:
        counts[one.decision] += one.findings
    return counts["accepted"], counts["dismissed"]


def _share(accepted: int, dismissed: int) -> float | None:
    return dismissed / (accepted + dismissed) if accepted + dismissed else None


def _hint(rule: str) -> str:
    known = rules().get(rule)
    options = rule_info(known).options if known is not None else {}
    tune = f"set {' or '.join(options)} below [lint.rules.{rule}] in checkdam.toml, or " if options else ""
    return f'more findings are false alarms than not: {tune}leave the rule out with ignore = ["{rule}"]'
