"""What a rule is. One rule is one module of `checkdam.lint.rules` (or of a plugin) with one class of this shape.

The module's docstring is the rule's manual page in Markdown: a summary line, then the sections of `MANUAL_SECTIONS`.
"""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
from msgspec import Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.schema import Finding, Fix, RuleGroup, Severity, Subject, SubjectKind

Need = Literal["media", "thumbnail", "sound", "size", "text"]
"""What a rule reads beside the frame: decoded pixels, what a small picture of them shows (`Thumbnail`, which takes less
time), decoded sounds, the pixel size in the file's header, the items' text. A rule that needs `media`, `thumbnail` or
`sound` is left out where there are no files to look at; one that needs `size` takes the declared size there."""

MANUAL_SECTIONS = ("What it catches", "Why it matters", "Example", "Options", "False alarms")


class NoOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """The options of a rule that has none."""


@runtime_checkable
class Rule(Protocol):
    """One check. It has no state; `check` may be called again with other options.

    `severity` is the default. `error` is for a rule whose findings are true in at least 95 of 100 cases (which the
    judged list in `docs/judged` holds); a rule may yield single findings with another severity and says in its manual
    when. `Options` is a frozen msgspec struct that forbids unknown fields and has a default for every option.

    A rule that has `default: ClassVar[bool] = False` beside these runs only where it is asked for: see `is_default`.
    One that has `group: ClassVar[RuleGroup]` says where a list shows it: see `group_of`.
    """

    name: ClassVar[str]
    severity: ClassVar[Severity]
    subject: ClassVar[SubjectKind]
    needs: ClassVar[frozenset[Need]]
    fixable: ClassVar[bool]

    @property
    def Options(self) -> type[Struct]:  # noqa: N802  a nested class, which type checkers accept for a property only
        ...

    def check(self, frame: Frame, facts: Facts, options: Any) -> Iterator[Finding]:
        """Yields each finding once, in any order. `options` is an instance of `Options`."""
        ...


def is_default(rule: Rule) -> bool:
    """Whether the rule runs where nobody names it. Rules that point at what is no flaw in most datasets do not."""
    return bool(getattr(rule, "default", True))


def group_of(rule: Rule) -> RuleGroup:
    """Where a list of rules shows it: the rule's own `group: ClassVar[RuleGroup]` if it has one, else by what it needs
    and what its findings are about."""
    declared: RuleGroup | None = getattr(rule, "group", None)
    if declared is not None:
        return declared
    if "sound" in rule.needs:
        return "audio"
    if "text" in rule.needs:
        return "text"
    by_subject: dict[SubjectKind, RuleGroup] = {"annotation": "geometry", "item": "items", "dataset": "set"}
    return by_subject[rule.subject]


def annotation_finding(
    rule: Rule,
    frame: Frame,
    rows: Sequence[int],
    message: str,
    *,
    severity: Severity | None = None,
    evidence: dict[str, Any] | None = None,
    fix: Fix | None = None,
) -> Finding:
    """A finding about the annotations in the rows; the first is the one to look at, or to remove."""
    first = frame.annotation(rows[0])
    return Finding(
        rule=rule.name,
        subject=Subject(
            "annotation",
            tuple(frame.annotation_id(row) for row in rows),
            tuple(dict.fromkeys(frame.item_of(row).id for row in rows)),
        ),
        severity=severity or rule.severity,
        message=plain(message),
        label=frame.label_of(rows[0]),
        evidence=plain(evidence or {}),
        fix=fix,
        location=str(first.origin or frame.item_of(rows[0]).name),
    )


def item_finding(
    rule: Rule,
    frame: Frame,
    rows: Sequence[int],
    message: str,
    *,
    severity: Severity | None = None,
    evidence: dict[str, Any] | None = None,
    fix: Fix | None = None,
) -> Finding:
    """A finding about the items in the rows (none: about the dataset); the first is the one to look at."""
    ids = tuple(frame.items[row].id for row in rows)
    return Finding(
        rule=rule.name,
        subject=Subject("item" if ids else "dataset", ids, ids),
        severity=severity or rule.severity,
        message=plain(message),
        evidence=plain(evidence or {}),
        fix=fix,
        location=str(frame.items[rows[0]].origin or frame.items[rows[0]].name) if ids else "",
    )


def plain(value: Any) -> Any:
    """The value as JSON holds it: numpy's numbers as Python's, None for a number that is not finite, and lone
    surrogates in text, which UTF-8 cannot hold, written as escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {plain(str(key)): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not isfinite(value) else value


def number(value: float) -> str:
    """A number for a message: at most four decimals, as few as say the same; six digits where it is huge."""
    if not isfinite(value) or abs(value) >= 1e9:
        return f"{value:.6g}"
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def cut(text: str, length: int = 60) -> str:
    """Text from outside, quoted on one line for a message, cut after `length` characters."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")


def listed(names: Sequence[str], shown: int = 12, length: int = 60) -> str:
    """Names for a message: the first ones, each cut after `length` characters, and how many there are besides."""
    short = [name if len(name) <= length else name[: length - 1] + "…" for name in names[:shown]]
    more = len(names) - len(short)
    return ", ".join(" ".join(name.split()) for name in short) + (f" and {more} more" if more > 0 else "")
