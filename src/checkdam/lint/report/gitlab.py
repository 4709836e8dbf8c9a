"""Findings as a Code Quality report of GitLab, which shows them in a merge request."""

import msgspec

from checkdam.lint.report.base import Report, printable
from checkdam.lint.rule import plain
from checkdam.schema import Finding, Severity

SEVERITIES: dict[Severity, str] = {"error": "critical", "warning": "minor", "info": "info"}


def gitlab_report(report: Report) -> str:
    """A JSON array (the subset of the Code Climate format that GitLab reads). A finding without a line is at line 1 of
    its file, one without a file at the dataset."""
    entries = [_entry(report, finding) for finding in report.findings]
    return msgspec.json.format(msgspec.json.encode(plain(entries)), indent=2).decode() + "\n"


def _entry(report: Report, finding: Finding) -> dict[str, object]:
    origin, items = report.origin(finding), report.items(finding)
    named = "" if not items else f"{items[0].name}: "
    line = origin.at if origin is not None and origin.array is None and origin.at is not None else 1
    return {
        "description": printable(named + finding.message),
        "check_name": finding.rule,
        "fingerprint": finding.id,
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": report.title if origin is None else report.prefix + origin.file.replace("\\", "/"),
            "lines": {"begin": max(line, 1)},
        },
    }
