"""Findings as SARIF 2.1.0 (OASIS, 2020), which code hosts and editors show beside the files."""

from typing import Any
from urllib.parse import quote

import msgspec

from checkdam.lint.manual import rule_info
from checkdam.lint.registry import rules
from checkdam.lint.report.base import Report
from checkdam.lint.rule import plain
from checkdam.schema import Finding, Origin, RuleInfo, Severity
from checkdam.version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def sarif_report(report: Report) -> str:
    """One run. A finding's path is relative to where the report is made, its line is given where the source has lines,
    and its id is a fingerprint that stays the same from run to run."""
    names = sorted({finding.rule for finding in report.findings})
    known = rules()
    driver = {
        "name": "checkdam",
        "semanticVersion": __version__,
        "rules": [_rule(rule_info(known[name])) if name in known else {"id": name} for name in names],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(report, finding, names.index(finding.rule)) for finding in report.findings],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(plain(document)), indent=2).decode() + "\n"


def _rule(info: RuleInfo) -> dict[str, Any]:
    return {
        "id": info.name,
        "shortDescription": {"text": info.summary},
        "help": {"text": info.manual, "markdown": info.manual},
        "defaultConfiguration": {"level": LEVELS[info.severity]},
    }


def _result(report: Report, finding: Finding, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "partialFingerprints": {"checkdamFinding/v1": finding.id},
        "properties": {
            "items": [item.name for item in report.items(finding)],
            "label": finding.label,
            "evidence": finding.evidence,
            "fix": None if finding.fix is None else {"description": finding.fix.description, "safe": finding.fix.safe},
        },
    }
    result["locations"] = [_location(report, report.origin(finding))]
    return result


def _location(report: Report, origin: Origin | None) -> dict[str, Any]:
    if origin is None:
        # Code hosts refuse a result without a place: what is about the whole is at the dataset's folder.
        return {"physicalLocation": {"artifactLocation": {"uri": _uri(report.prefix.rstrip("/") or ".")}}}
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(report.prefix + origin.file)}}
    if origin.at is not None and origin.array is None and origin.at >= 1:
        place["region"] = {"startLine": origin.at}
    location: dict[str, Any] = {"physicalLocation": place}
    if origin.array is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": f"{origin.array}[{origin.at}]"}]
    return location


def _uri(path: str) -> str:
    return quote(path.encode("utf-8", "backslashreplace").decode().replace("\\", "/"))
