"""Runs the rules over a frame."""

import msgspec

from checkdam.lint.config import LintConfig, Selected, selected
from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts, FactStore, MediaLookup, Progress, gather
from checkdam.schema import CheckdamError, Finding, InputError, Label, LimitError, Taxonomy


def lint(
    frame: Frame,
    media: MediaLookup | None = None,
    config: LintConfig | None = None,
    progress: Progress | None = None,
    facts: FactStore | None = None,
) -> list[Finding]:
    """Every finding of the selected rules, in the order of the dataset: by item, annotation, then rule.

    Without `media` the rules that look at pixels are left out. `facts` keeps what is read of media between runs.
    Raises InputError for a mistake in the configuration, and CheckdamError naming the rule where a rule fails.
    """
    config = config or LintConfig()
    chosen = selected(config)
    if media is None:
        chosen = [one for one in chosen if "media" not in one.rule.needs]
    if config.labels is not None:
        frame = frame.with_taxonomy(Taxonomy(labels=tuple(Label(name=name) for name in config.labels)))
    known = _facts(frame, media, chosen, progress, facts)
    found: list[Finding] = []
    for done, one in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen), one.rule.name)
        found.extend(finding for finding in _run(one, frame, known) if config.at_least(finding.severity))
    if progress is not None:
        progress(len(chosen), len(chosen), "")
    return in_order(frame, found)


def in_order(frame: Frame, findings: list[Finding]) -> list[Finding]:
    """Sorts findings as the dataset is: those about the whole first, then by item, annotation and rule."""

    def key(finding: Finding) -> tuple[int, int, str, tuple[str, ...]]:
        subject = finding.subject
        item = frame.item_rows.get(subject.item_ids[0], -1) if subject.item_ids else -1
        rows = frame.annotation_rows if subject.kind == "annotation" else {}
        return item, rows.get(subject.ids[0], -1) if subject.ids else -1, finding.rule, subject.ids

    return sorted(findings, key=key)


def _facts(
    frame: Frame,
    media: MediaLookup | None,
    chosen: list[Selected],
    progress: Progress | None,
    store: FactStore | None,
) -> Facts:
    needs = {need for one in chosen for need in one.rule.needs}
    if media is None or not needs & {"media", "size"}:
        return Facts.none(len(frame.items))
    return gather(frame.items, media, pixels="media" in needs, store=store, progress=progress)


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
