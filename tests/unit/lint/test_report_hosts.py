"""Reports for code hosts: nothing from a dataset can make a command or leave its line."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkdam.lint import FrameBuilder
from checkdam.lint.report import Report, github_report, gitlab_report
from checkdam.schema import Finding, Item, Origin, Subject
from checkdam.schema.finding import Severity

COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:\r\n]*)(?:,\w+=[^,:\r\n]*)*)::([^\r\n]*)")
EVIL = "a\n::error file=x::b\r::set-output name=y::z%0A::warning::,q=1:\u2028\x1b[31m"


def report(name: str, message: str, severity: Severity = "error", at: int | None = 7, prefix: str = "data/") -> Report:
    builder = FrameBuilder()
    builder.add(Item(id="i", kind="image", name=name, origin=Origin(name, at)))
    subject = Subject("item", ("i",), ("i",))
    finding = Finding(rule="zero-area", subject=subject, severity=severity, message=message, location=name)
    return Report([finding], builder.build(), "data", prefix)


def unescaped(text: str) -> str:
    """What the runner makes of a value: actions/runner, ActionCommand.cs."""
    for code, one in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, one)
    return text


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    lines = text.split("\n")
    found = [match for line in lines[:-2] if (match := COMMAND.fullmatch(line))]
    assert len(found) == len(lines) - 2, text
    return [
        (match[1], dict(part.split("=", 1) for part in match[2].split(",")), unescaped(match[3])) for match in found
    ]


@pytest.mark.parametrize(("severity", "command"), [("error", "error"), ("warning", "warning"), ("info", "notice")])
def test_github_has_a_command_for_each_finding(severity: Severity, command: str) -> None:
    text = github_report(report("a.xml", "no area: 5 % of it", severity))
    assert text.startswith(f"::{command} file=data/a.xml,line=7,title=checkdam zero-area::no area: 5 %25 of it\n")
    assert text.splitlines()[-1].startswith("Found 1 ")


def test_a_finding_without_a_line_has_none() -> None:
    assert "line=" not in github_report(report("a.xml", "m", at=None))


@given(st.text(), st.text(min_size=1))
def test_nothing_from_outside_makes_a_command(name: str, message: str) -> None:
    ((_, properties, told),) = commands(github_report(report(name + EVIL, EVIL + message)))
    assert set(properties) == {"file", "line", "title"}
    assert properties["line"] == "7"
    assert "\n" not in told
    assert told.isprintable()


@given(st.text(alphabet=st.characters(categories=("L", "P", "S", "N")), min_size=1))
def test_printable_messages_arrive_as_they_are(message: str) -> None:
    ((_, _, told),) = commands(github_report(report("a.xml", message)))
    assert told == message


def test_gitlab_reads_what_it_asks_for() -> None:
    (entry,) = json.loads(gitlab_report(report("a.xml", EVIL)))
    assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
    assert entry["location"] == {"path": "data/a.xml", "lines": {"begin": 7}}
    assert entry["severity"] == "critical"
    assert entry["description"].isprintable()
    (entry,) = json.loads(gitlab_report(report("a.xml", "m", at=None)))
    assert entry["location"]["lines"] == {"begin": 1}
