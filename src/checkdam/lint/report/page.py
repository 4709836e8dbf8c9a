"""Findings as one HTML page that needs nothing else: pictures of the evidence are in it, no other host is asked."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import islice

from jinja2 import Environment, StrictUndefined, Template
from msgspec import Struct

from checkdam.lint.manual import rule_info, sections
from checkdam.lint.registry import rules
from checkdam.lint.report.base import Line, Report, printable, statistics, summary
from checkdam.lint.report.pictures import Picture, Pictures
from checkdam.schema import Finding, RuleInfo
from checkdam.version import __version__

PICTURED = 48
"""How many findings of a rule are shown with pictures."""

LISTED = 500
"""How many more are listed by a line."""


class Card(Struct, frozen=True):
    """One finding as it is shown."""

    finding: Finding
    place: str
    items: tuple[str, ...]
    text: str | None
    pictures: tuple[Picture, ...] = ()


class Section(Struct, frozen=True):
    """The findings of one rule: the first as cards, some more as lines, the rest as a number."""

    info: RuleInfo | None
    name: str
    why: str
    lines: tuple[Line, ...]
    cards: tuple[Card, ...]
    listed: tuple[Card, ...]
    more: int


def html_report(report: Report) -> str:
    """The whole page. It carries a content security policy that allows nothing but what is in it."""
    lines = statistics(report.findings)
    style, script = _asset("page.css"), _asset("page.js")
    html = _template().render(
        report=report,
        summary=summary(report.findings).replace(" with --fix.", "."),
        lines=lines,
        most=max((line.count for line in lines), default=1),
        sections=_sections(report, lines),
        version=__version__,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        images=sum(item.kind == "image" for item in report.frame.items),
    )
    return html.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def _sections(report: Report, lines: list[Line]) -> list[Section]:
    pictures, known = Pictures(report), rules()
    result = []
    for name in dict.fromkeys(line.rule for line in lines):
        found = iter([finding for finding in report.findings if finding.rule == name])
        cards = tuple(_card(report, finding, pictures) for finding in islice(found, PICTURED))
        listed = tuple(_card(report, finding, None) for finding in islice(found, LISTED))
        info = rule_info(known[name]) if name in known else None
        why = "" if info is None else sections(info.manual).get("Why it matters", "").split("\n\n")[0]
        own = tuple(line for line in lines if line.rule == name)
        result.append(Section(info, name, why, own, cards, listed, sum(1 for _ in found)))
    return result


def _card(report: Report, finding: Finding, pictures: Pictures | None) -> Card:
    items = report.items(finding)
    return Card(
        finding,
        printable(report.place(finding)),
        tuple(printable(item.name) for item in items),
        next((item.text[:400] for item in items if item.text is not None), None),
        () if pictures is None else tuple(pictures.of(finding)),
    )


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_asset("page.html.j2"))


@cache
def _asset(name: str) -> str:
    return files("checkdam.lint.report").joinpath(name).read_text("utf-8").strip()


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode("ascii")
