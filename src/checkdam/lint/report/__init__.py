"""Findings as people and programs read them: text, JSON, SARIF, the forms of code hosts, a page, statistics."""

from collections.abc import Callable

from checkdam.lint.report.base import Report, summary
from checkdam.lint.report.data import json_report
from checkdam.lint.report.github import github_report
from checkdam.lint.report.gitlab import gitlab_report
from checkdam.lint.report.page import html_report
from checkdam.lint.report.sarif import sarif_report
from checkdam.lint.report.text import statistics_report, text_report

REPORTS: dict[str, Callable[[Report], str]] = {
    "text": text_report,
    "json": json_report,
    "sarif": sarif_report,
    "github": github_report,
    "gitlab": gitlab_report,
    "html": html_report,
    "statistics": statistics_report,
}
"""Each form of report by its name: the whole text of it, ending in a line break."""

__all__ = [
    "REPORTS",
    "Report",
    "github_report",
    "gitlab_report",
    "html_report",
    "json_report",
    "sarif_report",
    "statistics_report",
    "summary",
    "text_report",
]
