"""The journey that everything is for: the flaws that the command line counts are seen in the browser, their fixes are
accepted, committed as a version, and undone."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.site import OpenSite, Server, Site, violations

pytestmark = pytest.mark.slow


def command(*arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "checkdam", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode in {0, 1}, done.stderr
    return json.loads(done.stdout)


def options(page: Page) -> Locator:
    """The findings in the list."""
    return page.get_by_role("listbox", name="Findings").get_by_role("option")


def rows(page: Page) -> list[str]:
    """The ids of all findings in the list, walked through by keyboard."""
    listbox = page.get_by_role("listbox", name="Findings")
    total = int(options(page).first.get_attribute("aria-setsize") or 0)
    found = []
    for _ in range(total):
        found.append((listbox.get_attribute("aria-activedescendant") or "").removeprefix("finding-"))
        page.keyboard.press("j")
    return found


def filter_by(page: Page, group: str, name: str) -> None:
    page.get_by_role("button", name=name).and_(page.locator(f"section:has(h2:text-is('{group}')) button")).click()


def open_findings(site: Site) -> Page:
    return site.go("/datasets/bccd/findings", "findings")


def test_the_browser_shows_what_the_command_line_finds(server: Server, open_site: OpenSite, bccd: Path) -> None:
    linted = command("lint", str(bccd), "--format", "json")["findings"]
    page = open_findings(open_site(server))
    assert sorted(rows(page)) == sorted(finding["id"] for finding in linted)


def test_from_sign_in_to_a_committed_fix(
    own_server: Server, open_site: OpenSite, axe: str, screenshot: Callable[[Page, str], None]
) -> None:
    site = open_site(own_server)
    page = site.page
    page.get_by_role("list", name="Datasets").get_by_role("link", name="bccd").click()
    site.wait("explorer")
    page.keyboard.press("g")
    page.keyboard.press("f")
    site.wait("findings")

    filter_by(page, "Rules", "zero-area")
    expect(options(page)).to_have_count(2)
    page.keyboard.press("Control+a")
    expect(page.get_by_role("region", name="The selection")).to_contain_text("2 matching findings selected")
    page.keyboard.press("a")
    notices = page.get_by_role("region", name="Notices")
    expect(notices).to_contain_text("2 findings accepted")
    expect(options(page)).to_have_count(0)

    page.keyboard.press("Control+z")
    expect(notices).to_contain_text("Undone: 2 findings accepted")
    expect(options(page)).to_have_count(2)
    page.keyboard.press("Control+Shift+z")
    expect(options(page)).to_have_count(0)

    page.get_by_role("region", name="Accepted fixes").get_by_role("link", name="Review and commit").click()
    site.wait("review")
    expect(page.get_by_label("Message")).to_have_value("Fix 2 zero-area")
    screenshot(page, "review-accepted")
    assert violations(page, axe) == []
    page.get_by_role("button", name="Commit", exact=True).click()
    expect(page.get_by_role("paragraph").filter(has_text="Version 2 is made")).to_be_visible()
    versions = command("versions", "bccd", "--json", "--home", str(own_server.home))
    assert [(one["number"], one["annotation_count"]) for one in versions] == [(2, 4886), (1, 4888)]

    page.get_by_role("link", name="See what changed").click()
    site.wait("diff")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Version 1 → 2")
    expect(page.get_by_role("list", name="Changed items").get_by_role("listitem")).to_have_count(2)
    screenshot(page, "diff")
    assert violations(page, axe) == []


def test_a_commit_is_undone_by_a_version_that_equals_the_one_before(own_server: Server, open_site: OpenSite) -> None:
    site = open_site(own_server)
    page = open_findings(site)
    filter_by(page, "Rules", "duplicate-box")
    options(page).first.click()
    page.get_by_role("button", name="Accept fix").click()
    page.get_by_role("link", name="Review and commit").click()
    site.wait("review")
    page.get_by_role("button", name="Commit", exact=True).click()
    expect(page.get_by_role("paragraph").filter(has_text="Version 2 is made")).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    page.wait_for_function(
        "async () => (await (await fetch('/api/datasets/bccd/versions')).json()).length === 3", timeout=60_000
    )
    versions = command("versions", "bccd", "--json", "--home", str(own_server.home))
    assert versions[0]["content_hash"] == versions[2]["content_hash"] != versions[1]["content_hash"]


def test_a_finding_is_dismissed_with_a_reason_and_stays_so(own_server: Server, open_site: OpenSite) -> None:
    site = open_site(own_server)
    page = open_findings(site)
    filter_by(page, "Rules", "near-duplicate-image")
    expect(options(page)).to_have_count(17)
    page.keyboard.press("d")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("1")
    expect(options(page)).to_have_count(16)
    page.reload()
    site.wait("findings")
    filter_by(page, "State", "Dismissed")
    expect(options(page)).to_have_count(1)
    expect(page.get_by_role("region", name="The finding shown")).to_contain_text("Correct as it is")
    # The rule has learned of it, and the number leads back to the finding.
    page.get_by_role("region", name="The finding shown").get_by_role("link", name="near-duplicate-image").click()
    site.wait("rule")
    learned = page.get_by_role("region", name="False alarms")
    expect(learned).to_contain_text("100 % false alarms (21 to 100 %)")
    learned.get_by_role("link", name="1 dismissed").first.click()
    site.wait("findings")
    expect(options(page)).to_have_count(1)
    expect(page.get_by_role("button", name="Dismissed", pressed=True)).to_be_visible()


def test_a_login_link_is_good_once(own_server: Server, open_site: OpenSite) -> None:
    link = own_server.login()
    first = open_site(own_server, login=False)
    first.page.goto(link)
    first.wait("datasets")
    second = open_site(own_server, login=False)
    second.watch.allowed.append("401")
    second.page.goto(link)
    expect(second.page.get_by_role("alert")).to_contain_text("used already")


def test_without_a_login_nothing_is_shown(server: Server, open_site: OpenSite) -> None:
    site = open_site(server, login=False)
    site.watch.allowed.append("401")
    site.page.goto(server.url + "/datasets/bccd")
    site.wait("login")
    expect(site.page.get_by_text("BloodImage")).to_have_count(0)
