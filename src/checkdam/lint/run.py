"""Runs the rules over a frame."""

from collections.abc import Callable
from functools import partial

import msgspec

from checkdam.compute import Executor
from checkdam.lint.config import LintConfig, Selected, selected
from checkdam.lint.frame import Frame
from checkdam.lint.media import Closeness, Facts, FactStore, MediaLookup, Progress, gather
from checkdam.lint.rule import Need, Rule
from checkdam.schema import CheckdamError, Finding, InputError, Label, LimitError, Taxonomy

_FILES: frozenset[Need] = frozenset({"media", "thumbnail", "sound"})
_CLOSENESS: tuple[Closeness, ...] = ("media", "thumbnail", "size")


def lint(
    frame: Frame,
    media: MediaLookup | None = None,
    config: LintConfig | None = None,
    progress: Progress | None = None,
    facts: FactStore | None = None,
    *,
    executor: Executor | None = None,
) -> list[Finding]:
    """Every finding of the selected rules, in the order of the dataset: by item, annotation, then rule.

    Without `media` the rules that look at pixels are left out. `facts` keeps what is read of media between runs, which
    `executor` does.
    Raises InputError for a mistake in the configuration, and CheckdamError naming the rule where a rule fails.
    """
    config = config or LintConfig()
    chosen = selected(config)
    chosen = [one for one in chosen if runs(one.rule, media)]
    if config.labels is not None:
        frame = frame.with_taxonomy(Taxonomy(labels=tuple(Label(name=name) for name in config.labels)))
    known = _facts(frame, media, chosen, partial(gather, store=facts, progress=progress, executor=executor))
    found: list[Finding] = []
    for done, one in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen), one.rule.name)
        found.extend(finding for finding in _run(one, frame, known) if config.at_least(finding.severity))
    if progress is not None:
        progress(len(chosen), len(chosen), "")
    return in_order(frame, found)


def runs(rule: Rule, media: MediaLookup | None) -> bool:
    """Whether a rule can look at what is given: one that reads files is left out without `media`."""
    return media is not None or not rule.needs & _FILES


def in_order(frame: Frame, findings: list[Finding]) -> list[Finding]:
    """Sorts findings as the dataset is: those about the whole first, then by item, annotation and rule."""

    def key(finding: Finding) -> tuple[int, int, str, tuple[str, ...]]:
        subject = finding.subject
        item = frame.item_rows.get(subject.item_ids[0], -1) if subject.item_ids else -1
        row = frame.annotation_row(subject.ids[0]) if subject.kind == "annotation" and subject.ids else None
        return item, -1 if row is None else row, finding.rule, subject.ids

    return sorted(findings, key=key)


def _facts(frame: Frame, media: MediaLookup | None, chosen: list[Selected], gathered: Callable[..., Facts]) -> Facts:
    needs = {need for one in chosen for need in one.rule.needs}
    kinds = {item.kind for item in frame.items}
    images: Closeness | None = next((one for one in _CLOSENESS if one in needs), None) if "image" in kinds else None
    sounds = "sound" in needs and "audio" in kinds
    if media is None or not (images or sounds):
        return Facts.none(len(frame.items))
    return gathered(frame.items, media, images=images or "size", sounds=sounds)


def _run(one: Selected, frame: Frame, facts: Facts) -> list[Finding]:
    name = one.rule.name
    try:
        findings = list(one.rule.check(frame, facts, one.options))
    except LimitError as error:
        remedy = error.remedy or f"leave it out with --ignore {name}"
        raise LimitError(f"rule {name}: {error.detail}", remedy) from error
    except InputError as error:
        raise InputError(f"rule {name}: {error.detail}", error.remedy, error.problems) from error
    except Exception as error:  # a rule may come from a plugin and raise anything; the user must learn which one did
        raise CheckdamError(
            f"rule {name} failed: {type(error).__name__}: {error}",
            f"leave it out with --ignore {name}, and report it to who wrote {type(one.rule).__module__}",
        ) from error
    if one.severity is None:
        return findings
    return [msgspec.structs.replace(finding, severity=one.severity) for finding in findings]
