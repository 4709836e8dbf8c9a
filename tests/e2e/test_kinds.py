"""Every kind of dataset in the browser: what is drawn, what is said of it, and how it is reached by keys."""

import shutil
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.kinds import SEGMENTS, SHAPES, TEXTS, write_kinds
from e2e.site import OpenSite, Server, Site, checkdam, violations

pytestmark = pytest.mark.slow

KINDS = ("shapes", "texts", "sounds", "mixed")


@pytest.fixture(scope="module")
def kinds(serve: Callable[..., Iterator[Server]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that has all kinds of datasets and may import more from the folder `sources` beside its own."""
    folder = tmp_path_factory.mktemp("kinds")
    write_kinds(folder / "sources")
    for server in serve(folder, "--import-root", str(folder / "sources")):
        for name in KINDS:
            checkdam("import", str(folder / "sources" / name), home=server.home)
        yield server


def item(site: Site, dataset: str, name: str, **search: str) -> Page:
    found = site.page.request.get(f"{site.url}/api/datasets/{dataset}/items?limit=100").json()["items"]
    [id] = [one["id"] for one in found if one["name"] == name]
    query = "&".join(f"{key}={value}" for key, value in search.items())
    return site.go(f"/datasets/{dataset}/items/{id}?{query}", "item")


def finding(site: Site, dataset: str, rule: str) -> dict[str, Any]:
    found = site.page.request.get(f"{site.url}/api/datasets/{dataset}/findings?rule={rule}").json()["findings"]
    one: dict[str, Any] = found[0]
    return one


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_kind_is_accessible(
    kinds: Server, open_site: OpenSite, axe: str, screenshot: Callable[[Page, str], None], scheme: str
) -> None:
    site = open_site(kinds, scheme)
    found = {}

    def look(name: str, page: Page) -> None:
        page.wait_for_load_state("networkidle")
        screenshot(page, f"{name}-{scheme}")
        found[name] = violations(page, axe)

    for dataset in KINDS:
        look(f"{dataset}-explorer", site.go(f"/datasets/{dataset}", "explorer"))
        look(f"{dataset}-findings", site.go(f"/datasets/{dataset}/findings", "findings"))
    look("shapes-item", item(site, "shapes", "scene0.png"))
    for name in TEXTS:
        look(f"texts-item-{name}", item(site, "texts", name))
    control = finding(site, "texts", "control-characters")
    look("texts-item-finding", item(site, "texts", "control", finding=control["id"]))
    look("sounds-item", item(site, "sounds", "talk.wav"))
    silence = finding(site, "sounds", "silence-at-ends")
    look("sounds-item-finding", item(site, "sounds", "silence.flac", finding=silence["id"]))
    look("datasets-kinds", site.go("/", "datasets"))
    assert {name: flaws for name, flaws in found.items() if flaws} == {}


def test_every_shape_has_a_name_and_is_reached_by_tab(kinds: Server, open_site: OpenSite) -> None:
    page = item(open_site(kinds), "shapes", "scene0.png")
    shapes = page.get_by_role("group", name="scene0.png with its annotations").get_by_role("button")
    names = [name.split(",")[0] for name in shapes.evaluate_all("all => all.map(one => one.ariaLabel)")]
    assert names == ["car", "ship", "lake", "blob", "road", "person"]
    shapes.first.focus()
    for name in names[1:]:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.ariaLabel").startswith(name)
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="About this item")
    expect(panel.locator("[aria-pressed=true][class*=annotation]")).to_contain_text("3 of 4 joints, 1 hidden")
    panel.get_by_role("button", name="ship: turned by 30").hover()
    expect(page.locator("g[data-hovered]").first).to_have_attribute("data-kind", "rotated_box")
    page.get_by_role("button", name="Hide lake").click()
    expect(shapes).to_have_count(len(names) - 1)
    whole = page.get_by_role("list", name="Labels of the whole item")
    expect(whole.get_by_role("listitem")).to_have_count(len(SHAPES) - len(names))
    expect(whole).to_contain_text("van a box in space, which cannot be drawn here")
    expect(whole).to_contain_text("tags sunny, busy")


def test_spans_cover_the_words_that_they_mean(kinds: Server, open_site: OpenSite) -> None:
    """Offsets count code points; a browser counts UTF-16 units."""
    site = open_site(kinds)
    for name, (text, spans) in TEXTS.items():
        page = item(site, "texts", name)
        shown = page.locator("mark[data-annotation]")
        parts: dict[str, str] = {}
        for id, part in shown.evaluate_all("all => all.map(one => [one.dataset.annotation, one.textContent])"):
            parts[id] = parts.get(id, "") + part
        if name != "overlapping":
            assert sorted(parts.values()) == sorted(words for _, words in spans), text
        tags = page.locator("p button[aria-pressed]").filter(has_text="LOC")
        for tag in tags.all():
            tag.click()
            expect(tag).to_have_attribute("aria-pressed", "true")


def test_overlapping_spans_are_told_apart(kinds: Server, open_site: OpenSite) -> None:
    page = item(open_site(kinds), "texts", "overlapping")
    marks = page.locator("mark[data-annotation]")
    assert marks.evaluate_all("all => all.map(one => [one.textContent, one.title])") == [
        ["New ", "ORG"], ["York Times", "ORG, LOC"], [" Buil", "LOC"]]  # fmt: skip
    shadows = marks.evaluate_all("all => all.map(one => getComputedStyle(one).boxShadow.split('rgb').length - 1)")
    assert shadows[1] > shadows[0], "a line for each of the two"


def test_what_cannot_be_seen_is_shown_where_a_finding_is_about_it(kinds: Server, open_site: OpenSite) -> None:
    site = open_site(kinds)
    about = finding(site, "texts", "control-characters")
    page = item(site, "texts", "control", finding=about["id"])
    expect(page.locator("mark")).to_have_text(["U+0007"])


def test_a_sound_is_drawn_and_played_by_keys(kinds: Server, open_site: OpenSite) -> None:
    site = open_site(kinds)
    page = item(site, "sounds", "talk.wav")
    sound = page.locator("audio")
    segments = page.get_by_role("group", name="Segments").get_by_role("button")
    expect(segments).to_have_count(sum(1 for one in SEGMENTS.values() if getattr(one, "start", None) is not None))
    segments.filter(has_text="noise").click()
    page.wait_for_function("() => document.querySelector('audio').currentTime === 1")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 1.2")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('audio').paused")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_role("slider", name="Position").focus()
    before = sound.evaluate("one => one.currentTime")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert sound.evaluate("one => one.currentTime") > before
    for name in ("silence.flac", "clipped.ogg"):
        page = item(site, "sounds", name)
        page.keyboard.press("Space")
        page.wait_for_function("() => document.querySelector('audio').currentTime > 0.1")


def test_the_rules_are_grouped_and_searched(kinds: Server, open_site: OpenSite) -> None:
    page = open_site(kinds).go("/rules", "rules")
    expect(page.get_by_role("list", name="Sounds").get_by_role("link", name="clipping")).to_be_visible()
    off = page.get_by_role("link", name="touching-frame")
    expect(off).to_contain_text("off by default")
    page.get_by_label("Search the rules").fill("span word")
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(1)


def test_an_archive_is_imported_in_the_browser(kinds: Server, open_site: OpenSite, axe: str) -> None:
    sources = kinds.home.parent / "sources"
    shutil.copytree(sources / "texts", sources / "broken")
    (sources / "broken" / "data.jsonl").write_text('{"id": "a", "text": 7}\nno json\n{"id": "b", "text": "b"}\n')
    with zipfile.ZipFile(sources / "packed.zip", "w") as archive:
        for path in (sources / "texts").iterdir():
            archive.write(path, path.name)
    site = open_site(kinds)
    page = site.page
    page.get_by_role("button", name="Import").click()
    dialog = page.get_by_role("dialog", name="Import from the server")
    dialog.get_by_role("list").get_by_role("button", name=str(sources)).click()
    dialog.get_by_role("button", name="broken").click()
    dialog.get_by_role("button", name="Import", exact=True).click()
    problems = dialog.get_by_role("region", name="Problems")
    expect(problems.get_by_role("listitem")).to_have_count(2)
    expect(problems).to_contain_text("data.jsonl:2")
    assert violations(page, axe) == []
    dialog.get_by_role("button", name="Back").click()
    dialog.get_by_role("button", name="packed.zip").click()
    dialog.get_by_role("button", name="Import", exact=True).click()
    site.wait("explorer")
    expect(page).to_have_url(f"{site.url}/datasets/packed")
    expect(page.locator(f'[role="listitem"][aria-setsize="{len(TEXTS)}"]').first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_dataset_is_exported_and_deleted(
    kinds: Server, open_site: OpenSite, axe: str, screenshot: Callable[[Page, str], None], scheme: str
) -> None:
    name = f"passing-{scheme}"
    checkdam("import", str(kinds.home.parent / "sources" / "shapes"), name, home=kinds.home)
    site = open_site(kinds, scheme)
    page = site.go(f"/datasets/{name}", "explorer")
    page.get_by_role("button", name=f"More for {name}").click()
    page.get_by_role("menuitem", name="Export").click()
    page.get_by_label("Format").select_option("coco")
    page.get_by_role("button", name="Export", exact=True).click()
    link = page.get_by_role("link", name="Download the archive")
    expect(page.get_by_role("region", name="What the format cannot hold")).to_contain_text("annotations of kind cuboid")
    screenshot(page, f"export-{scheme}")
    assert violations(page, axe) == []
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == f"{name}-v1-coco.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert sum(each.endswith(".png") for each in archive.namelist()) == 3
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name=f"More for {name}").click()
    page.get_by_role("menuitem", name="Delete the dataset").click()
    remove = page.get_by_role("button", name="Delete the dataset")
    expect(remove).to_be_disabled()
    page.get_by_label(f"Type {name} to confirm").fill(name)
    screenshot(page, f"delete-{scheme}")
    assert violations(page, axe) == []
    remove.click()
    site.wait("datasets")
    expect(page.get_by_role("list", name="Datasets").get_by_role("link", name=name, exact=True)).to_have_count(0)
