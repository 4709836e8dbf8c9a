"""Every route, by every role, by nobody, and by API keys of both scopes.

The table below is written by hand. A route that is in the OpenAPI and not here fails, so no route is added without
somebody saying who may use it.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from checkdam.accounts import ROLES
from checkdam.server.routing import routed_app
from server.serving import Site, a_sound, item_named

Least = Literal["nobody", "tasker", "reviewer", "manager", "admin"]


@dataclass(frozen=True)
class Route:
    """How a route is called here, by whom it may be, and what it then answers. What would change things names something
    that is not there: that the caller may is told by 404 or 422 instead of 403. `key` says whether an API key may."""

    method: str
    path: str
    least: Least
    answers: int
    body: Any = None
    params: dict[str, Any] = field(default_factory=dict)
    key: Literal["read", "write", "never", "open"] = "read"


def read(path: str, **params: Any) -> Route:
    return Route("GET", path, "reviewer", 200, params=params)


NONE = {"filter": {"rule": ["no-such-rule"]}}

ROUTES: dict[str, Route] = {
    "get_health": Route("GET", "/api/health", "nobody", 200, key="open"),
    "sign_in": Route("POST", "/api/session", "nobody", 401, body={"name": "x", "password": "y"}, key="open"),
    "sign_in_once": Route("POST", "/api/session/one-time", "nobody", 401, body={"token": "x"}, key="open"),
    "sign_out": Route("DELETE", "/api/session", "tasker", 204, key="never"),
    "get_me": Route("GET", "/api/me", "tasker", 200),
    "set_password": Route("PUT", "/api/me/password", "tasker", 422, body={"new": "xxxxxxxxxxxx"}, key="never"),
    "list_users": Route("GET", "/api/users", "admin", 200, key="never"),
    "create_user": Route("POST", "/api/users", "admin", 409, body={"name": "admin", "role": "tasker"}, key="never"),
    "change_user": Route("PATCH", "/api/users/none", "admin", 404, body={}, key="never"),
    "create_one_time_link": Route("POST", "/api/users/none/one-time", "admin", 404, key="never"),
    "list_api_keys": Route("GET", "/api/api-keys", "reviewer", 200, key="never"),
    "create_api_key": Route("POST", "/api/api-keys", "reviewer", 422, body={"name": "\u200b"}, key="never"),
    "revoke_api_key": Route("DELETE", "/api/api-keys/none", "reviewer", 404, key="never"),
    "list_audit": Route("GET", "/api/audit", "admin", 200),
    "list_datasets": read("/api/datasets"),
    "get_dataset": read("/api/datasets/cells"),
    "list_import_sources": Route("GET", "/api/imports/sources", "manager", 200, key="write"),
    "import_dataset": Route(
        "POST", "/api/imports", "manager", 422, body={"name": "new", "path": "no/such/folder"}, key="write"
    ),
    "list_import_entries": Route(
        "GET", "/api/imports/entries", "manager", 422, params={"path": "no/such/folder"}, key="write"
    ),
    "list_formats": read("/api/formats"),
    "export_dataset": Route("POST", "/api/datasets/none/exports", "manager", 404, body={"format": "coco"}, key="write"),
    "get_export": Route("GET", "/api/datasets/cells/exports/none", "manager", 404, key="write"),
    "delete_dataset": Route("DELETE", "/api/datasets/none", "admin", 404, key="write"),
    "list_versions": read("/api/datasets/cells/versions"),
    "diff_versions": read("/api/datasets/cells/versions/1/diff", against=1),
    "commit_fixes": Route("POST", "/api/datasets/none/versions", "manager", 404, body={"message": "m"}, key="write"),
    "revert_version": Route("POST", "/api/datasets/none/versions/1/revert", "manager", 404, key="write"),
    "list_items": read("/api/datasets/cells/items"),
    "get_facets": read("/api/datasets/cells/facets"),
    "get_item": read("/api/datasets/cells/items/{item}"),
    "list_findings": read("/api/datasets/cells/findings"),
    "get_finding": read("/api/datasets/cells/findings/{finding}"),
    "summarise_findings": read("/api/datasets/cells/findings/summary"),
    "list_finding_actions": read("/api/datasets/cells/findings/actions"),
    "act_on_findings": Route(
        "POST", "/api/datasets/cells/findings/actions", "reviewer", 200, body={"kind": "accept", **NONE}, key="write"
    ),
    "undo_finding_action": Route(
        "POST", "/api/datasets/cells/findings/actions/none/undo", "reviewer", 404, key="write"
    ),
    "lint_dataset": Route("POST", "/api/datasets/none/lint", "manager", 404, body={}, key="write"),
    "list_rules": read("/api/rules"),
    "get_rule": read("/api/rules/duplicate-box"),
    "list_rule_rates": read("/api/rule-rates"),
    "list_jobs": read("/api/jobs"),
    "get_job": read("/api/jobs/{job}"),
    "cancel_job": Route("POST", "/api/jobs/none/cancel", "manager", 404, key="write"),
    "retry_job": Route("POST", "/api/jobs/none/retry", "manager", 404, key="write"),
    "get_lineage": read("/api/lineage/version:{dataset}@1"),
    "get_media": read("/api/media/{blob}"),
    "get_thumb": read("/api/media/{blob}/thumb", size=128),
    "get_wave": read("/api/media/{sound}/wave", parts=128),
    "get_crop": read("/api/media/{blob}/crop", x=0, y=0, w=10, h=10),
}


@pytest.fixture(scope="module")
def names(shared_site: Site) -> dict[str, str]:
    """What stands for the placeholders in the paths."""
    client = shared_site.client("admin")
    item = item_named(client, "cells", "cell00.png")
    finding = client.get("/api/datasets/cells/findings").json()["findings"][0]
    return {
        "item": item["id"],
        "blob": item["blob"],
        "sound": shared_site.workspace.blobs.put(a_sound()),
        "finding": finding["id"],
        "job": client.get("/api/jobs").json()[0]["id"],
        "dataset": client.get("/api/datasets/cells").json()["id"],
    }


def call(client: Any, route: Route, names: dict[str, str]) -> Any:
    return client.request(route.method, route.path.format(**names), json=route.body, params=route.params)


def test_every_route_is_in_the_table() -> None:
    documented = {
        operation["operationId"]: (method.upper(), path)
        for path, operations in routed_app().openapi()["paths"].items()
        for method, operation in operations.items()
    }
    assert set(documented) == set(ROUTES)
    for name, (method, path) in documented.items():
        assert ROUTES[name].method == method
        assert ROUTES[name].path.split("/")[:3] == path.split("/")[:3]


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("role", ROLES)
def test_roles(shared_site: Site, names: dict[str, str], name: str, role: Any) -> None:
    route = ROUTES[name]
    # Signing out and passwords end sessions: they get one of their own.
    client = shared_site.signed_in(role) if name in {"sign_out", "set_password"} else shared_site.client(role)
    answer = call(client, route, names)
    allowed = route.least == "nobody" or ROLES.index(role) <= ROLES.index(route.least)
    assert answer.status_code == (route.answers if allowed else 403), answer.text
    if not allowed:
        assert answer.json()["error"] == "forbidden"


@pytest.mark.parametrize("name", ROUTES)
def test_nobody(shared_site: Site, names: dict[str, str], name: str) -> None:
    route = ROUTES[name]
    answer = call(shared_site.client(), route, names)
    assert answer.status_code == (route.answers if route.least == "nobody" else 401), answer.text
    if route.least != "nobody":
        assert answer.json()["error"] == "unauthenticated"


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("scope", ["read", "write"])
def test_api_keys(shared_site: Site, names: dict[str, str], name: str, scope: str) -> None:
    route = ROUTES[name]
    answer = call(shared_site.with_key("admin", scope), route, names)
    allowed = route.key in {"read", "open"} or (route.key == "write" and scope == "write")
    assert answer.status_code == (route.answers if allowed else 403), answer.text


@pytest.mark.parametrize("name", ROUTES)
def test_a_key_may_no_more_than_its_user(shared_site: Site, names: dict[str, str], name: str) -> None:
    route = ROUTES[name]
    answer = call(shared_site.with_key("tasker", "write"), route, names)
    allowed = route.least in {"nobody", "tasker"} and route.key != "never"
    assert answer.status_code == (route.answers if allowed else 403), answer.text


def test_a_safe_method_changes_nothing(shared_site: Site) -> None:
    for operations in routed_app().openapi()["paths"].values():
        for method, operation in operations.items():
            assert (method == "get") == operation["operationId"].startswith(("get_", "list_", "diff_", "summarise_"))
