"""Reports of one small dataset with a flaw of every sort."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from checkdam.lint import FrameBuilder, LintConfig, lint, rules
from checkdam.lint.report import REPORTS, Report, html_report, json_report, sarif_report, statistics_report, text_report
from checkdam.schema import Annotation, Box, Finding, Item, Label, Origin, Subject, Taxonomy

CONFIG = LintConfig(
    select=("duplicate-*", "near-duplicate-image", "out-of-frame", "unknown-label", "unreadable-image", "zero-area")
)
EVIL = '<script>alert(1)</script>"\x1b[31m\n'


@pytest.fixture
def report(tmp_path: Path) -> Report:
    builder = FrameBuilder()
    builder.add(Taxonomy(labels=(Label(name="RBC"),)))
    for number, name in enumerate(("a.png", "b.png", EVIL)):
        split = ("train", "test", None)[number]
        builder.add(Item(id=name, kind="image", name=name, width=64, height=48, split=split))
    builder.add(Item(id="t1", kind="text", name="t1", text=EVIL, origin=Origin("x.jsonl", 1)))
    builder.add(Item(id="t2", kind="text", name="t2", text=EVIL, origin=Origin("x.jsonl", 2)))
    for number, (label, *box) in enumerate(
        [("RBC", 5, 5, 30, 30), ("RBC", 5, 5, 30, 30), ("RBC", 20, 20, 0, 0), (EVIL, 30, 30, 60, 5)]
    ):
        origin = Origin("labels/a b.xml", number + 10) if number < 3 else Origin("c.json", 7, "annotations")
        builder.add(Annotation(id=f"x{number}", item_id="a.png", label=label, geometry=Box(*box), origin=origin))
    image = Image.linear_gradient("L").resize((64, 48)).convert("RGB")
    image.save(tmp_path / "a.png")
    image.save(tmp_path / "b.png")
    frame = builder.build()

    def media(item: Item) -> Path | None:
        return tmp_path / item.name if item.name.endswith(".png") else None

    return Report(lint(frame, media, CONFIG), frame, f"small {EVIL}", "data/", media)


def test_text_is_one_line_for_each_finding_and_steers_no_terminal(report: Report) -> None:
    lines = text_report(report).splitlines()
    assert len(lines) == len(report.findings) + 1
    assert lines[0] == (
        "data/labels/a b.xml:11: a.png: duplicate-box error [*]: "
        "RBC box covers the same place as another RBC box (line 10, IoU 1.000)"
    )
    assert lines[-1] == "Found 6 errors, 1 warning. 2 can be fixed safely with --fix."
    assert "data/b.png: duplicate-image error [+]: same pixels as a.png" in "\n".join(lines)
    assert all(line.isprintable() for line in lines)


def test_statistics_count_each_rule(report: Report) -> None:
    lines = statistics_report(report).splitlines()
    assert len(lines) == 8
    assert re.fullmatch(r"1 +duplicate-box +error +1 fixable, 1 safely", lines[0])
    assert re.fullmatch(r"1 +duplicate-text +warning +1 fixable, 0 safely", lines[-2])


def test_json_holds_everything(report: Report) -> None:
    document = json.loads(json_report(report))
    assert len(document["findings"]) == len(report.findings)
    first = document["findings"][0]
    assert first["id"] == report.findings[0].id
    assert first["path"] == "data/labels/a b.xml:11"
    assert first["items"] == ["a.png"]
    assert first["fix"] == {
        "description": "delete the later box",
        "safe": True,
        "edits": [{"type": "delete_annotation", "id": "x1"}],
    }
    assert sum(line["count"] for line in document["statistics"]) == len(report.findings)


def test_sarif_has_what_the_standard_asks_for(report: Report) -> None:
    document = json.loads(sarif_report(report))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "checkdam"
    assert {rule["id"] for rule in driver["rules"]} == {finding.rule for finding in report.findings}
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    assert len(run["results"]) == len(report.findings)
    for result, finding in zip(run["results"], report.findings, strict=True):
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        for location in result["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9%/._~-]+", uri)
            assert location["physicalLocation"].get("region", {}).get("startLine", 1) >= 1
    assert run["results"][0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "data/labels/a%20b.xml"},
                "region": {"startLine": 11},
            }
        }
    ]
    in_array = [one for one in run["results"] if "logicalLocations" in one["locations"][0]]
    assert {one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for one in in_array} == {"annotations[7]"}


def test_sarif_of_every_rule_has_a_place_for_each_result(report: Report) -> None:
    """A code host refuses a file with a result that has none; findings about the whole dataset are at its folder."""
    whole = [
        Finding(rule=name, subject=Subject("dataset"), severity="warning", message=f"{name} is wrong somewhere")
        for name in rules()
    ]
    (run,) = json.loads(sarif_report(replace(report, findings=whole)))["runs"]
    assert [result["ruleId"] for result in run["results"]] == list(rules())
    for result in run["results"]:
        (location,) = result["locations"]
        assert location["physicalLocation"] == {"artifactLocation": {"uri": "data"}}
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert all(rule["help"]["text"] for rule in run["tool"]["driver"]["rules"])


class Page(HTMLParser):
    """The elements of a page, and what they would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, *names: str) -> Iterator[dict[str, str | None]]:
        return (attributes for tag, attributes in self.tags if tag in names)


def test_the_page_is_complete_in_itself_and_escapes_what_comes_from_outside(report: Report) -> None:
    html = html_report(report)
    page = Page()
    page.feed(html)
    assert len(list(page.of("script"))) == 1
    assert "<script>alert" not in html
    assert not list(page.of("link", "iframe", "object", "base"))
    for _, attributes in page.tags:
        for name in ("src", "href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/jpeg;base64,", "#"))
    assert "url(" not in html
    policy = next(page.of("meta"))
    assert policy == {"charset": "utf-8"}
    assert "default-src 'none'" in html


def test_the_page_shows_a_picture_for_every_finding_of_an_image(report: Report) -> None:
    page = Page()
    page.feed(html_report(report))
    pictured = [
        finding for finding in report.findings if any(one.name.endswith("png") for one in report.items(finding))
    ]
    pictures = [str(attributes["href"]) for attributes in page.of("image")]
    assert len(pictures) == len(pictured) + 1  # a pair of images has two
    for uri in pictures:
        Image.open(BytesIO(b64decode(uri.partition(",")[2]))).load()
    assert len(list(page.of("article"))) == len(report.findings)
    assert len(list(page.of("circle"))) == 1  # around the box that is too small to be seen


def test_reports_are_the_same_every_time(report: Report) -> None:
    for make in REPORTS.values():
        assert make(report) == make(report)
        assert make(report).endswith("\n")


def test_nothing_found(report: Report) -> None:
    empty = Report([], report.frame, "clean")
    assert text_report(empty) == "No findings.\n"
    assert statistics_report(empty) == "No findings.\n"
    assert json.loads(json_report(empty))["findings"] == []
    assert "Every rule that was asked for is satisfied." in html_report(empty)


def test_lone_surrogates_reach_no_report(report: Report, tmp_path: Path) -> None:
    builder = FrameBuilder()
    builder.add(Item(id="s", kind="image", name="a\ud800.jpg", width=10, height=10))
    builder.add(Annotation(id="x", item_id="s", label="\udfff", geometry=Box(1, 1, 0, 0)))
    frame = builder.build()
    for name, make in REPORTS.items():
        text: Any = make(Report(lint(frame), frame, "surrogates"))
        (tmp_path / name).write_text(text, "utf-8")
