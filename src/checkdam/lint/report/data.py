"""Findings as JSON."""

from typing import Any

import msgspec

from checkdam.lint.report.base import Report, statistics
from checkdam.lint.rule import plain
from checkdam.schema import Finding


def json_report(report: Report) -> str:
    """An object with `dataset`, `findings` and `statistics`; indented, and the same for the same findings."""
    document = {
        "dataset": report.title,
        "findings": [_finding(report, finding) for finding in report.findings],
        "statistics": [
            {
                "rule": line.rule,
                "severity": line.severity,
                "count": line.count,
                "fixable": line.fixable,
                "safely_fixable": line.safe,
            }
            for line in statistics(report.findings)
        ],
    }
    return msgspec.json.format(msgspec.json.encode(plain(document)), indent=2).decode() + "\n"


def _finding(report: Report, finding: Finding) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(finding)
    items = [item.name for item in report.items(finding)]
    return {"id": finding.id, **data, "path": report.place(finding), "items": items}
