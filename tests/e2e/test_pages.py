"""Each page, light and dark: ready, without a flaw that axe knows, and looked at."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.site import OpenSite, Server, Site, violations

pytestmark = pytest.mark.slow

PAGES = {
    "datasets": "/",
    "explorer": "/datasets/bccd",
    "item": "item",
    "findings": "/datasets/bccd/findings",
    "review": "/datasets/bccd/review",
    "versions": "/datasets/bccd/versions",
    "lineage": "/datasets/bccd/lineage",
    "jobs": "/jobs",
    "rules": "/rules",
    "rule": "/rules/duplicate-box",
    "account": "/account",
    "missing": "/nowhere",
}


def visit(site: Site, name: str) -> Page:
    if PAGES[name] != "item":
        return site.go(PAGES[name], name)
    page = site.go("/datasets/bccd", "explorer")
    page.get_by_role("listitem").get_by_role("link").first.click()
    return site.wait("item")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(
    server: Server, open_site: OpenSite, axe: str, screenshot: Callable[[Page, str], None], scheme: str
) -> None:
    site = open_site(server, scheme)
    found = {}
    for name in PAGES:
        page = visit(site, name)
        screenshot(page, f"{name}-{scheme}")
        found[name] = violations(page, axe)
    assert {name: flaws for name, flaws in found.items() if flaws} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_page_is_accessible(
    server: Server, open_site: OpenSite, axe: str, screenshot: Callable[[Page, str], None], scheme: str
) -> None:
    site = open_site(server, scheme, login=False)
    site.watch.allowed.append("401")
    page = site.go("/login", "login")
    screenshot(page, f"login-{scheme}")
    assert violations(page, axe) == []


def test_the_keys_are_shown_and_searched(server: Server, open_site: OpenSite, axe: str) -> None:
    site = open_site(server)
    site.page.keyboard.press("?")
    sheet = site.page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    assert violations(site.page, axe) == []
    sheet.get_by_label("Search the keys").fill("undo")
    expect(sheet.get_by_role("term")).to_have_text(["Undo the last action"])
    site.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


@pytest.mark.parametrize(
    ("keys", "ready"), [("gf", "findings"), ("gv", "versions"), ("gj", "jobs"), ("gr", "rules"), ("gd", "datasets")]
)
def test_every_page_is_reached_by_keys(server: Server, open_site: OpenSite, keys: str, ready: str) -> None:
    site = open_site(server)
    site.go("/datasets/bccd", "explorer")
    for key in keys:
        site.page.keyboard.press(key)
    site.wait(ready)


def test_the_explorer_counts_as_the_data_do(server: Server, open_site: OpenSite) -> None:
    page = open_site(server).go("/datasets/bccd", "explorer")
    expect(page.get_by_role("listitem").and_(page.locator("[aria-setsize]")).first).to_have_attribute(
        "aria-setsize", "364"
    )
    page.keyboard.press("/")
    page.keyboard.type("BloodImage_00338")
    expect(page.locator('[role="listitem"][aria-setsize="1"]')).to_have_count(1)


def test_an_item_is_walked_by_keys(server: Server, open_site: OpenSite) -> None:
    site = open_site(server)
    page = visit(site, "item")
    first = page.url
    page.keyboard.press("f")
    page.wait_for_function("before => location.href !== before", arg=first)
    site.wait("item")
    page.keyboard.press("d")
    page.wait_for_function("before => location.href === before", arg=first)
