"""Signing in, cookies, CSRF, throttling, and things that belong to others."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from checkdam.server.auth import COOKIE
from server.serving import BASE_URL, PASSWORD, Site


@pytest.fixture
def reviewer(site: Site) -> TestClient:
    """Signed in, with a password."""
    client = site.signed_in("reviewer")
    answer = client.put("/api/me/password", json={"new": PASSWORD})
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


def sign_in(client: TestClient, password: str = PASSWORD, name: str = "reviewer") -> Any:
    return client.post("/api/session", json={"name": name, "password": password})


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site, reviewer: TestClient) -> None:
    cookie = sign_in(site.client()).headers["set-cookie"]
    parts = {part.strip().split("=")[0].lower(): part.strip() for part in cookie.split(";")}
    assert {"httponly", "samesite", "path", "max-age"} <= set(parts)
    assert parts["samesite"].lower() == "samesite=strict"
    assert "domain" not in parts
    assert "secure" not in parts


def test_the_cookie_is_secure_where_people_come_by_https(make_site: Callable[..., Site]) -> None:
    site = make_site(public_url="https://data.example.org")
    once = site.workspace.accounts.one_time("admin", actor="test")
    answer = site.client().post("/api/session/one-time", json={"token": once.token})
    assert "secure" in answer.headers["set-cookie"].lower()
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_signing_in_and_out(site: Site, reviewer: TestClient) -> None:
    client = site.client()
    assert client.get("/api/me").status_code == 401
    answer = sign_in(client)
    assert answer.status_code == 200
    me = client.get("/api/me").json()
    assert me == answer.json()
    assert (me["name"], me["role"], me["has_password"]) == ("reviewer", "reviewer", True)
    token = client.cookies[COOKIE]
    assert client.delete("/api/session", headers={"X-CSRF-Token": me["csrf"]}).status_code == 204
    assert client.get("/api/me").status_code == 401
    thief = site.client()
    thief.cookies.set(COOKIE, token)
    assert thief.get("/api/me").status_code == 401


def test_a_one_time_link_works_once(site: Site) -> None:
    once = site.workspace.accounts.one_time("manager", actor="test")
    assert site.client().post("/api/session/one-time", json={"token": once.token}).json()["name"] == "manager"
    again = site.client().post("/api/session/one-time", json={"token": once.token})
    assert (again.status_code, again.json()["error"]) == (401, "unauthenticated")
    assert COOKIE not in again.cookies


def test_a_link_made_by_an_admin_keeps_its_token_from_servers_and_logs(site: Site) -> None:
    admin = site.client("admin")
    user = admin.post("/api/users", json={"name": "eve", "role": "tasker"}).json()
    link = admin.post(f"/api/users/{user['id']}/one-time").json()["url"]
    address, _, token = link.partition("#token=")
    assert address == f"{BASE_URL}/login"
    assert site.client().post("/api/session/one-time", json={"token": token}).json()["name"] == "eve"


def test_a_session_id_that_was_planted_is_not_adopted(site: Site, reviewer: TestClient) -> None:
    victim = site.client()
    victim.cookies.set(COOKIE, "planted-by-somebody-else")
    sign_in(victim)
    assert victim.cookies.get(COOKIE, domain="127.0.0.1") not in (None, "planted-by-somebody-else")
    attacker = site.client()
    attacker.cookies.set(COOKIE, "planted-by-somebody-else")
    assert attacker.get("/api/me").status_code == 401


def test_signing_in_ends_the_session_the_browser_had(site: Site, reviewer: TestClient) -> None:
    client = site.client()
    sign_in(client)
    first = client.cookies[COOKIE]
    sign_in(client)
    assert client.cookies[COOKIE] != first
    old = site.client()
    old.cookies.set(COOKIE, first)
    assert old.get("/api/me").status_code == 401


def test_a_new_password_ends_other_sessions(site: Site, reviewer: TestClient) -> None:
    elsewhere = site.client()
    sign_in(elsewhere)
    wrong = reviewer.put("/api/me/password", json={"current": "not it", "new": "another four words"})
    assert (wrong.status_code, wrong.json()["error"]) == (422, "invalid_input")
    answer = reviewer.put("/api/me/password", json={"current": PASSWORD, "new": "another four words"})
    assert answer.status_code == 200
    assert elsewhere.get("/api/me").status_code == 401
    assert reviewer.get("/api/me").status_code == 200


def test_guessing_passwords_is_throttled_and_says_until_when(site: Site, reviewer: TestClient) -> None:
    client = site.client()
    codes = [sign_in(client, f"wrong {number}").status_code for number in range(6)]
    assert codes == [401] * 5 + [429]
    answer = sign_in(client)
    assert (answer.status_code, answer.json()["error"]) == (429, "too_many_attempts")
    assert 0 < int(answer.headers["retry-after"]) <= 300


def test_a_proxy_header_does_not_get_around_the_throttle(site: Site, reviewer: TestClient) -> None:
    client = site.client()
    headers = ({"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": f"10.0.0.{number}"} for number in range(6))
    body = {"name": "reviewer", "password": "wrong"}
    codes = [client.post("/api/session", json=body, headers=each).status_code for each in headers]
    assert codes[-1] == 429


# Cross-site requests

UNSAFE = [
    ("POST", "/api/api-keys", {"name": "x"}),
    ("PUT", "/api/me/password", {"new": "another four words"}),
    ("DELETE", "/api/session", None),
    ("POST", "/api/datasets/cells/findings/actions", {"kind": "accept", "filter": {}}),
    ("POST", "/api/datasets/cells/lint", {}),
    ("POST", "/api/imports", {"name": "x", "path": "y"}),
    ("DELETE", "/api/datasets/cells", None),
    ("POST", "/api/users", {"name": "eve", "role": "admin"}),
]


@pytest.mark.parametrize(("method", "path", "body"), UNSAFE)
@pytest.mark.parametrize("token", [None, "", "wrong", "undefined"])
def test_an_unsafe_request_needs_the_csrf_token(
    shared_site: Site, method: str, path: str, body: Any, token: str | None
) -> None:
    client = shared_site.signed_in("admin")
    del client.headers["X-CSRF-Token"]
    headers = {} if token is None else {"X-CSRF-Token": token}
    answer = client.request(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "csrf")


def test_the_csrf_token_of_another_session_is_no_good(shared_site: Site) -> None:
    mine, other = shared_site.signed_in("admin"), shared_site.signed_in("admin")
    headers = {"X-CSRF-Token": other.headers["X-CSRF-Token"]}
    assert mine.post("/api/api-keys", json={"name": "x"}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_an_unsafe_request_from_another_site_is_refused_even_with_the_token(
    shared_site: Site, headers: dict[str, str]
) -> None:
    answer = shared_site.client("admin").post("/api/api-keys", json={"name": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "csrf")
    for path, body in (("/api/session", {"name": "a", "password": "b"}), ("/api/session/one-time", {"token": "t"})):
        answer = shared_site.client().post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "csrf"), "signing someone in is unsafe as well"


@pytest.mark.parametrize("headers", [{"Origin": BASE_URL}, {"Sec-Fetch-Site": "same-origin"}, {}])
def test_the_applications_own_pages_may(shared_site: Site, headers: dict[str, str]) -> None:
    answer = shared_site.client("reviewer").post("/api/api-keys", json={"name": "x"}, headers=headers)
    assert answer.status_code == 201


def test_the_public_address_may_and_its_links_lead_there(make_site: Callable[..., Site]) -> None:
    site = make_site(public_url="https://data.example.org/")
    admin = TestClient(site.app, base_url="https://data.example.org", headers={"Origin": "https://data.example.org"})
    once = site.workspace.accounts.one_time("admin", actor="test")
    admin.headers["X-CSRF-Token"] = admin.post("/api/session/one-time", json={"token": once.token}).json()["csrf"]
    user = admin.post("/api/users", json={"name": "eve", "role": "tasker"}).json()
    link = admin.post(f"/api/users/{user['id']}/one-time").json()["url"]
    assert link.startswith("https://data.example.org/login#token=")


def test_a_development_server_may_be_named(make_site: Callable[..., Site]) -> None:
    site = make_site(origins=("http://localhost:5173",))
    answer = site.client("admin").post(
        "/api/api-keys", json={"name": "x"}, headers={"Origin": "http://localhost:5173", "Sec-Fetch-Site": "same-site"}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_can_send_is_not_taken_for_json(shared_site: Site, kind: str) -> None:
    answer = shared_site.client().post(
        "/api/session", content=b'{"name": "a", "password": "b"}', headers={"Content-Type": kind}
    )
    assert answer.status_code in {415, 422}


def test_an_api_key_needs_no_csrf_token_and_its_cookie_is_ignored(shared_site: Site) -> None:
    client = shared_site.with_key("reviewer", "write")
    admin = shared_site.signed_in("admin")
    client.cookies.set(COOKIE, admin.cookies[COOKIE])
    assert client.get("/api/me").json()["name"] == "reviewer"
    assert client.get("/api/me").json()["csrf"] == ""
    body = {"kind": "accept", "filter": {"rule": ["none"]}}
    assert client.post("/api/datasets/cells/findings/actions", json=body).status_code == 200


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer x", "Basic YTpi", "cdk_x", "Bearer cdk_x", "\u00e9"])
def test_a_bad_authorization_header_does_not_fall_back_to_the_cookie(shared_site: Site, value: str) -> None:
    client = shared_site.signed_in("admin")
    answer = client.get("/api/me", headers={"Authorization": value.encode("latin-1")})
    assert answer.status_code == 401


# What belongs to others


def test_an_api_key_of_another_user_cannot_be_seen_or_revoked(site: Site) -> None:
    manager, reviewer, admin = (site.client(role) for role in ("manager", "reviewer", "admin"))
    key = manager.post("/api/api-keys", json={"name": "mine", "scope": "write"}).json()
    assert reviewer.get("/api/api-keys").json() == []
    answer = reviewer.delete(f"/api/api-keys/{key['id']}")
    missing = reviewer.delete("/api/api-keys/none")
    assert answer.status_code == missing.status_code == 404
    assert answer.json() == missing.json(), "whether it exists must not be told"
    bearer = {"Authorization": f"Bearer {key['key']}"}
    assert site.client().get("/api/me", headers=bearer).status_code == 200
    assert admin.delete(f"/api/api-keys/{key['id']}").status_code == 204
    assert site.client().get("/api/me", headers=bearer).status_code == 401


def test_the_secret_of_a_key_is_shown_once(site: Site) -> None:
    client = site.client("manager")
    made = client.post("/api/api-keys", json={"name": "script"}).json()
    assert made["key"].startswith("cdk_")
    assert made["scope"] == "read"
    [listed] = client.get("/api/api-keys").json()
    assert "key" not in listed
    assert made["key"] not in client.get("/api/api-keys").text + site.client("admin").get("/api/audit").text


def test_things_of_another_dataset_are_not_there(site: Site) -> None:
    client = site.client("manager")
    cells = client.get("/api/datasets/cells/findings").json()["findings"][0]["id"]
    item = client.get("/api/datasets/cells/items").json()["items"][0]["id"]
    acted = client.post("/api/datasets/cells/findings/actions", json={"kind": "accept", "ids": [cells]}).json()
    assert acted["changed"] == 1
    assert client.get(f"/api/datasets/notes/findings/{cells}").status_code == 404
    assert client.get(f"/api/datasets/notes/items/{item}").status_code == 404
    assert client.post(f"/api/datasets/notes/findings/actions/{acted['action_id']}/undo").status_code == 404
    other = client.post("/api/datasets/notes/findings/actions", json={"kind": "dismiss", "ids": [cells]}).json()
    assert other["changed"] == 0
    assert client.get(f"/api/datasets/cells/findings/{cells}").json()["state"] == "accepted"
    assert client.get("/api/datasets/notes/versions/9/diff").status_code == 404


def test_disabling_a_user_ends_what_they_have(site: Site) -> None:
    admin, victim = site.client("admin"), site.signed_in("reviewer")
    user = next(each for each in admin.get("/api/users").json() if each["name"] == "reviewer")
    assert admin.patch(f"/api/users/{user['id']}", json={"disabled": True}).json()["disabled"]
    assert victim.get("/api/me").status_code == 401
    assert admin.post(f"/api/users/{user['id']}/one-time").status_code == 409


def test_the_last_admin_cannot_lock_everybody_out(site: Site) -> None:
    admin = site.client("admin")
    me = admin.get("/api/me").json()["id"]
    for change in ({"disabled": True}, {"role": "tasker"}):
        assert admin.patch(f"/api/users/{me}", json=change).status_code == 409
    assert admin.get("/api/users").status_code == 200
