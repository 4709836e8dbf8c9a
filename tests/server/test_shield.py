"""Hosts, headers, sizes and errors: what every request meets before and after its route."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from checkdam.schema import StorageError
from checkdam.server.routing import routed_app
from checkdam.server.shield import host_name
from server.serving import BASE_URL, Site

ERROR_KEYS = {"error", "detail", "remedy", "problems", "incident"}


def assert_typed(answer: Any, status: int, code: str | None = None) -> None:
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert {"error", "detail", "remedy"} <= set(body) <= ERROR_KEYS
    assert body["detail"]
    assert body["remedy"]
    if code is not None:
        assert body["error"] == code
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "0.0.0.0",  # noqa: S104
        "",
        "a b",
        "x@127.0.0.1",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/health", "/api/me", "/assets/index-abc123.js"])
def test_another_host_name_is_refused(shared_site: Site, host: str, path: str) -> None:
    assert_typed(shared_site.client().get(path, headers={"Host": host}), 400, "bad_host")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9", "localhost:8000", "LOCALHOST", "[::1]:8000", "localhost."]
)
def test_this_machines_names_are_served(shared_site: Site, host: str) -> None:
    assert shared_site.client().get("/api/health", headers={"Host": host}).status_code == 200


def test_two_host_headers_are_refused(shared_site: Site) -> None:
    headers = [("Host", "127.0.0.1"), ("Host", "evil.example")]
    assert_typed(TestClient(shared_site.app).get(f"{BASE_URL}/api/health", headers=headers), 400, "bad_host")


def test_the_public_address_is_served(make_site: Callable[..., Site]) -> None:
    site = make_site(public_url="https://data.example.org")
    assert site.client().get("/api/health", headers={"Host": "data.example.org"}).status_code == 200
    assert site.client().get("/api/health", headers={"Host": "example.org"}).status_code == 400


def test_host_names() -> None:
    assert host_name("Data.Example.org:443") == "data.example.org"
    assert host_name("[::1]:80") == "::1"
    for bad in ("a:b", "a:99999999", "[::1", "a/b", "a?b", "a#b", "u@a"):
        assert host_name(bad) == ""


@pytest.mark.parametrize("path", ["/", "/datasets/x", "/api/health", "/api/me", "/api/none", "/assets/none.js"])
def test_every_answer_has_the_security_headers(shared_site: Site, path: str) -> None:
    headers = shared_site.client().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_answers_of_the_api_are_not_kept_by_browsers(shared_site: Site) -> None:
    for path in ("/api/me", "/api/datasets", "/api/datasets/cells/items"):
        assert shared_site.client("admin").get(path).headers["cache-control"] == "no-store"


def test_other_sites_get_no_cors(shared_site: Site) -> None:
    answer = shared_site.client().options(
        "/api/datasets", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    )
    assert not [name for name in answer.headers if name.startswith("access-control")]


# Sizes


def test_a_body_that_says_it_is_too_large_is_refused_unread(shared_site: Site) -> None:
    answer = shared_site.client("admin").post("/api/imports", content=b"{" + b" " * 1_000_001)
    assert_typed(answer, 413, "too_large")


def test_a_body_that_does_not_say_how_large_it_is_is_cut_off(shared_site: Site) -> None:
    sent = 0

    def endless() -> Any:
        nonlocal sent
        for _ in range(100):
            sent += 100_000
            yield b" " * 100_000

    answer = shared_site.client("admin").post(
        "/api/imports", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert_typed(answer, 413, "too_large")


@pytest.mark.parametrize("length", ["-1", "x", "1_0", "1e3", "\u0661"])
def test_a_content_length_that_is_no_number_is_refused(shared_site: Site, length: str) -> None:
    answer = shared_site.client().post(
        "/api/session", content=b"{}", headers={"Content-Length": length.encode("utf-8")}
    )
    assert_typed(answer, 400)


def test_a_deeply_nested_body_does_not_break_the_server(shared_site: Site) -> None:
    for content in (b"[" * 400_000, b'{"name":' * 100_000, b"[" * 5000 + b"]" * 5000):
        answer = shared_site.client().post(
            "/api/session", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in {400, 422}, answer.text
        assert_typed(answer, answer.status_code)


# Errors


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/none", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/", 404, "not_found"),
        ("POST", "/api/none", 404, "not_found"),
        ("DELETE", "/api/health", 405, "method_not_allowed"),
        ("POST", "/", 405, "method_not_allowed"),
        ("PUT", "/datasets/cells", 405, "method_not_allowed"),
        ("GET", "/api/datasets/none", 404, "not_found"),
        ("GET", "/api/datasets/cells/versions/0/diff", 422, "invalid_input"),
        ("GET", "/api/datasets/cells/versions/99/diff", 404, "not_found"),
        ("GET", "/api/datasets/cells/items?limit=201", 422, "invalid_input"),
        ("GET", "/api/datasets/cells/items?lable=red", 422, "invalid_input"),
        ("GET", "/api/datasets/cells/findings?stat=open", 422, "invalid_input"),
        ("GET", "/api/datasets/cells/items?sort=password_hash", 422, "invalid_input"),
        ("GET", "/api/datasets/cells/items?sort=meta.nothing", 422, "invalid_input"),
        ("GET", "/api/datasets/cells/items/none", 404, "not_found"),
        ("GET", "/api/rules/none", 404, "not_found"),
        ("GET", "/api/jobs/none", 404, "not_found"),
        ("GET", "/api/lineage/none", 404, "not_found"),
        ("GET", f"/api/media/{'0' * 64}", 404, "not_found"),
        ("GET", "/api/media/..%2f..%2fcheckdam.db", 404, "not_found"),
        ("GET", "/api/media/xyz", 422, "invalid_input"),
        ("GET", "/api/datasets/a%00b", 400, "bad_request"),
        ("GET", "/api/datasets?x=%00", 400, "bad_request"),
    ],
)
def test_errors_are_typed(shared_site: Site, method: str, path: str, status: int, code: str) -> None:
    assert_typed(shared_site.client("admin").request(method, path), status, code)


def test_a_bad_body_is_told_place_by_place_and_not_repeated(shared_site: Site) -> None:
    typed = "hunter2 hunter2"
    answer = shared_site.client().post("/api/session", json={"name": 7, "passwort": typed, "password": ["x"]})
    assert_typed(answer, 422, "invalid_input")
    assert {problem["where"] for problem in answer.json()["problems"]} == {
        "body.name",
        "body.password",
        "body.passwort",
    }
    assert typed not in answer.text


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"name": "\\ud800", "password": "x"}', b'{"\\ud800": 1}'],
)
def test_a_body_that_is_no_object_of_unicode_is_refused(shared_site: Site, content: bytes) -> None:
    answer = shared_site.client().post("/api/session", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert_typed(answer, answer.status_code)


def test_a_fault_shows_an_incident_and_nothing_else(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the secret is in /home/ada/secrets")

    monkeypatch.setattr(site.workspace.datasets, "catalogue", broken)
    with caplog.at_level(logging.ERROR):
        answer = site.client("admin").get("/api/datasets")
    assert_typed(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    incident = answer.json()["incident"]
    logged = next(record for record in caplog.records if incident in record.getMessage())
    assert logged.exc_info is not None
    assert "the secret is in" in str(logged.exc_info[1])


def test_a_store_that_is_away_is_told_without_its_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise StorageError("the database postgresql://ada@db.internal/x says: no", "…")

    monkeypatch.setattr(site.workspace.datasets, "catalogue", away)
    answer = site.client("admin").get("/api/datasets")
    assert_typed(answer, 503, "storage")
    assert "db.internal" not in answer.text


def test_every_error_in_the_openapi_is_typed() -> None:
    for path, operations in routed_app().openapi()["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if status.startswith(("4", "5")):
                    schema = response["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorOut"}, (method, path, status)
            assert {"400", "422", "500", "503"} <= set(operation["responses"])


@pytest.mark.parametrize("path", ["/api/health", "/api/datasets", "/api/datasets/cells/items", "/api/datasets/nope"])
def test_head_is_get_without_the_body(shared_site: Site, path: str) -> None:
    client = shared_site.client("admin")
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert head.headers["content-length"] == str(len(got.content))
    assert head.headers["content-type"] == got.headers["content-type"]
