"""Findings as workflow commands of GitHub Actions, which shows them beside the files of a pull request."""

from checkdam.lint.report.base import Report, printable, summary
from checkdam.schema import Finding, Severity

COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
# The runner's own escapes (actions/toolkit, packages/core/src/command.ts).


def github_report(report: Report) -> str:
    """`::error file=…,line=…,title=…::message` for each finding, then a summary. Every command stands on a line of its
    own, and nothing from a dataset can begin a line."""
    return "".join(f"{_command(report, finding)}\n" for finding in report.findings) + summary(report.findings) + "\n"


def _command(report: Report, finding: Finding) -> str:
    properties = {}
    origin, items = report.origin(finding), report.items(finding)
    if origin is not None:
        properties["file"] = report.prefix + origin.file.replace("\\", "/")
        if origin.at is not None and origin.array is None and origin.at >= 1:
            properties["line"] = str(origin.at)
    properties["title"] = f"checkdam {finding.rule}"
    named = "" if not items or (origin is not None and origin.file == items[0].name) else f"{items[0].name}: "
    told = ",".join(f"{name}={printable(value).translate(_PROPERTY)}" for name, value in properties.items())
    return f"::{COMMANDS[finding.severity]} {told}::{printable(named + finding.message).translate(_DATA)}"
