"""The web application's page and files, and nothing else from the disk."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from server.serving import Site

TRAVERSALS = [
    "/../pyproject.toml",
    "/..%2fhome/checkdam.db",
    "/%2e%2e/home/checkdam.db",
    "/%2e%2e%2fhome%2fcheckdam.db",
    "/..%5chome%5ccheckdam.db",
    "/assets/..%2f..%2fhome/checkdam.db",
    "/assets/%2e%2e/%2e%2e/home/checkdam.db",
    "/assets/....//....//home/checkdam.db",
    "//etc/passwd",
    "/%2fetc%2fpasswd",
    "/C:%5cWindows%5cwin.ini",
    "/assets/%252e%252e/%252e%252e/home/checkdam.db",
    "/.source-sha256",
    "/./.source-sha256",
    "/index.html/../.source-sha256",
    "/" + "a" * 5000,
    "/" + "a/" * 5000,
]


def nonce_of(policy: str) -> str:
    found = re.search(r"style-src 'self' 'nonce-([\w-]{20,})'", policy)
    assert found is not None, policy
    return found.group(1)


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/login", "/datasets/cells/items/x.jpg", "/jobs?state=open", "/apis"]
)
def test_every_other_address_is_the_applications_page(shared_site: Site, path: str) -> None:
    answer = shared_site.client().get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert '<div id="root">' in answer.text


def test_the_pages_policy_allows_only_its_own_files_and_this_answers_styles(shared_site: Site) -> None:
    answers = [shared_site.client().get("/") for _ in range(3)]
    nonces = set()
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == "'self'"
        assert directives["connect-src"] == "'self'"
        assert directives["base-uri"] == directives["frame-ancestors"] == directives["object-src"] == "'none'"
        assert "unsafe" not in policy
        assert not re.search(r"https?:|\*", policy), "no other host"
        nonce = nonce_of(policy)
        assert f'nonce="{nonce}"' in answer.text
        nonces.add(nonce)
    assert len(nonces) == 3


def test_built_files_are_kept_for_good_and_others_are_asked_for_again(shared_site: Site) -> None:
    asset = shared_site.client().get("/assets/index-abc123.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
    icon = shared_site.client().get("/favicon.svg")
    assert icon.headers["cache-control"] == "no-cache"
    assert icon.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in icon.headers["content-security-policy"]
    again = shared_site.client().get("/favicon.svg", headers={"If-None-Match": icon.headers["etag"]})
    assert again.status_code in {200, 304}


def test_a_file_that_was_not_built_is_not_the_page(shared_site: Site) -> None:
    answer = shared_site.client().get("/assets/old-123.js")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("path", TRAVERSALS)
def test_nothing_outside_of_the_application_is_served(shared_site: Site, path: str) -> None:
    answer = shared_site.client().get(path)
    assert b"SQLite format" not in answer.content
    assert b"root:" not in answer.content
    assert b"0" * 64 not in answer.content
    assert answer.status_code in {200, 400, 404}
    if answer.status_code == 200:
        assert '<div id="root">' in answer.text


def test_a_link_in_the_folder_is_not_followed_out_of_it(site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", "utf-8")
    (site.settings.web / "assets" / "link.txt").symlink_to(secret)
    assert site.client().get("/assets/link.txt").status_code == 404


def test_without_a_built_application_the_page_says_what_to_do(make_site: Callable[..., Site], tmp_path: Path) -> None:
    site = make_site(web=tmp_path / "nothing")
    answer = site.client().get("/")
    assert answer.status_code == 503
    assert "not built" in answer.text
    assert "make install" in answer.text
    assert site.client().get("/api/health").status_code == 200


def test_there_is_no_page_that_loads_scripts_from_elsewhere(shared_site: Site) -> None:
    for path in ("/docs", "/redoc", "/api/docs"):
        assert "cdn" not in shared_site.client().get(path).text
