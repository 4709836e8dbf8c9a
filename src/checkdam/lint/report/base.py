"""What every form of report is made of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from checkdam.lint.frame import Frame
from checkdam.lint.media import MediaLookup
from checkdam.schema import Finding, Item, Origin, Severity
from checkdam.schema.finding import SEVERITIES


@dataclass(frozen=True)
class Report:
    """Findings with the frame they were found in. `prefix` is put before each path (the dataset's folder and a slash,
    as the user named it); `media` finds the pictures for a page."""

    findings: Sequence[Finding]
    frame: Frame
    title: str = "dataset"
    prefix: str = ""
    media: MediaLookup | None = None

    def items(self, finding: Finding) -> list[Item]:
        rows = self.frame.item_rows
        return [self.frame.items[rows[key]] for key in finding.subject.item_ids if key in rows]

    def origin(self, finding: Finding) -> Origin | None:
        """Where in the source the finding's first subject is."""
        if finding.subject.kind == "annotation" and finding.subject.ids:
            row = self.frame.annotation_row(finding.subject.ids[0])
            if row is not None and (origin := self.frame.annotation(row).origin) is not None:
                return origin
        items = self.items(finding)
        if not items:
            return None
        return items[0].origin or Origin(items[0].name)

    def place(self, finding: Finding) -> str:
        """The path of a finding as it is printed; the dataset's title where it is about the whole."""
        return self.prefix + finding.location if finding.location else self.title


@dataclass(frozen=True)
class Line:
    """How often a rule found something with a severity; how many of these have a fix, and how many a safe one."""

    rule: str
    severity: Severity
    count: int
    fixable: int
    safe: int


def statistics(findings: Sequence[Finding]) -> list[Line]:
    """The counts by rule and severity: the gravest first, then the most frequent."""
    counts = Counter((finding.rule, finding.severity) for finding in findings)
    fixable = Counter((finding.rule, finding.severity) for finding in findings if finding.fix)
    safe = Counter((finding.rule, finding.severity) for finding in findings if finding.fix and finding.fix.safe)
    lines = [Line(*key, count, fixable[key], safe[key]) for key, count in counts.items()]
    return sorted(lines, key=lambda line: (SEVERITIES.index(line.severity), -line.count, line.rule))


def summary(findings: Sequence[Finding]) -> str:
    """One sentence on all findings."""
    if not findings:
        return "No findings."
    by = Counter(finding.severity for finding in findings)
    parts = [_count(by[severity], severity) for severity in SEVERITIES if by[severity]]
    safe = sum(bool(finding.fix and finding.fix.safe) for finding in findings)
    fixes = "" if not safe else f" {safe} can be fixed safely with --fix."
    return f"Found {', '.join(parts)}.{fixes}"


def printable(text: str) -> str:
    """Text from outside on one line: control characters, line breaks and lone surrogates are written as escapes, so
    that no file name or label can steer a terminal."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def _count(count: int, severity: Severity) -> str:
    return f"{count} {severity}" + ("" if count == 1 else "s")
