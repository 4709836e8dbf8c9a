"""`checkdam rule --rates`: how often each rule is wrong, by what people decided on its findings."""

from pathlib import Path

from checkdam.cli import console
from checkdam.cli.options import open_workspace
from checkdam.cli.work import as_json as rendered
from checkdam.datasets import DatasetRate, LabelRate, RuleRate
from checkdam.lint import rule as rule_named

HEADINGS = ("rule", "false alarms", "share", "interval", "")


def show_rates(name: str | None, home: Path | None, database: str | None, *, as_json: bool) -> None:
    """The rates of all rules, or those of one by dataset and label. NotFoundError where no rule has that name."""
    if name is not None:
        rule_named(name)
    with open_workspace(home, database) as workspace:
        rates = workspace.datasets.rates.all() if name is None else [workspace.datasets.rates.of(name)]
    if as_json:
        console.out(rendered(rates if name is None else rates[0]))
        return
    if not any(rate.accepted + rate.dismissed for rate in rates):
        console.note("nobody has accepted or dismissed a finding yet" + ("" if name is None else f" of {name}"))
        return
    rows = [(rate.rule, *_figures(rate), "noisy" if rate.noisy else "") for rate in rates]
    if name is not None:
        for dataset in rates[0].datasets:
            rows.append((f"  in {dataset.dataset}", *_figures(dataset), ""))
            rows += [(f"    {label.label}", *_figures(label), "") for label in dataset.labels]
    console.table(HEADINGS, rows, right=HEADINGS[1:3])
    for rate in rates:
        if rate.hint:
            console.note(f"{rate.rule}: {rate.hint}")


def _figures(rate: RuleRate | DatasetRate | LabelRate) -> tuple[str, str, str]:
    decided = rate.accepted + rate.dismissed
    share = "" if rate.share is None else f"{rate.share:.0%}"
    return f"{rate.dismissed} of {decided}", share, f"{rate.low:.0%} to {rate.high:.0%}"
