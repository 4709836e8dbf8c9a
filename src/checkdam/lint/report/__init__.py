"""Findings as people and programs read them: lines of text, JSON, SARIF, a page, statistics."""

from collections.abc import Callable

from checkdam.lint.report.base import Report, summary
from checkdam.lint.report.data import json_report
from checkdam.lint.report.page import html_report
from checkdam.lint.report.sarif import sarif_report
from checkdam.lint.report.text import statistics_report, text_report

REPORTS: dict[str, Callable[[Report], str]] = {
    "text": text_report,
    "json": json_report,
    "sarif": sarif_report,
    "html": html_report,
    "statistics": statistics_report,
}
"""Each form of report by its name: the whole text of it, ending in a line break."""

__all__ = [
    "REPORTS",
    "Report",
    "html_report",
    "json_report",
    "sarif_report",
    "statistics_report",
    "summary",
    "text_report",
]
