"""One line for each finding, and the counts by rule."""

from collections.abc import Iterator

from checkdam.lint.report.base import Report, printable, statistics, summary
from checkdam.schema import Finding


def text_report(report: Report) -> str:
    """`path: item: rule severity: message` for each finding, then a summary. `[*]` marks a safe fix, `[+]` one that a
    person must accept. The item is left out where the path is the item's own."""
    return "".join(f"{line}\n" for line in _lines(report))


def statistics_report(report: Report) -> str:
    """`count  rule  severity  fixes` for each rule, the gravest and most frequent first."""
    lines = statistics(report.findings)
    digits = max((len(str(line.count)) for line in lines), default=0)
    width = max((len(line.rule) for line in lines), default=0)
    text = "".join(
        f"{line.count:>{digits}}  {line.rule:<{width}}  {line.severity:<7}"
        f"{f'  {line.fixable} fixable, {line.safe} safely' if line.fixable else ''}".rstrip()
        + "\n"
        for line in lines
    )
    return text + summary(report.findings) + "\n"


def text_line(report: Report, finding: Finding) -> str:
    """The line of one finding."""
    place, items = report.place(finding), report.items(finding)
    item = "" if not items or finding.location.startswith(items[0].name) else f"{printable(items[0].name)}: "
    mark = "" if finding.fix is None else " [*]" if finding.fix.safe else " [+]"
    return f"{printable(place)}: {item}{finding.rule} {finding.severity}{mark}: {printable(finding.message)}"


def _lines(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield text_line(report, finding)
    yield summary(report.findings)
