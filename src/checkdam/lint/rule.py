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
from checkdam.schema import Finding, Fix, Severity, Subject, SubjectKind

Need = Literal["media", "size", "text"]
"""What a rule reads beside the frame: decoded pixels, the pixel size in the file's header, the items' text. A rule
that needs `media` is left out where there are no files to look at; one that needs `size` takes the declared size
there."""

MANUAL_SECTIONS = ("What it catches", "Why it matters", "Example", "Options", "False alarms")


class NoOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """The options of a rule that has none."""


@runtime_checkable
class Rule(Protocol):
    """One check. It has no state; `check` may be called again with other options.

    `severity` is the default. `error` is for a rule whose findings are true in at least 95 of 100 cases (which the
    judged list in `docs/judged` holds); a rule may yield single findings with another severity and says in its manual
    when. `Options` is a frozen msgspec struct that forbids unknown fields and has a default for every option.
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
            tuple(frame.annotation_ids[row] for row in rows),
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
