"""Role × object × verb, generated from the OpenAPI: what is another's, deleted or not there is one and the same answer,
and who may not learns nothing from it.

`test_authorisation.py` holds by hand who may call which route; here every route that names an object is called with
every kind of object that its parameters could name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import pytest
from starlette.testclient import TestClient

from checkdam.accounts import ROLES
from checkdam.server.routing import routed_app
from server.serving import Site, Unthrottled, a_sound, item_named
from server.test_authorisation import ROUTES

Kind = Literal["own", "foreign", "deleted", "none", "hostile"]
KINDS: tuple[Kind, ...] = ("own", "foreign", "deleted", "none", "hostile")
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
HOSTILE = "..%5C..%5Cetc%27--%3Cb%3E"
NOBODY = "nobody"


@dataclass(frozen=True)
class Operation:
    name: str
    verb: str
    path: str
    parameters: tuple[str, ...]


def documented() -> list[Operation]:
    found = []
    for path, methods in routed_app().openapi()["paths"].items():
        for verb, operation in methods.items():
            named = tuple(one["name"] for one in operation.get("parameters", ()) if one["in"] == "path")
            found.append(Operation(operation["operationId"], verb.upper(), path, named))
    return found


OPERATIONS = documented()
NAMED = [operation for operation in OPERATIONS if operation.parameters]


@pytest.fixture(scope="module")
def world(make_module_site: Any) -> Site:
    """Two datasets, one that was deleted, and a second user with a key."""
    site: Site = make_module_site()
    site.workspace.accounts._throttle = Unthrottled()
    source = site.settings.import_roots[0] / "notes"
    site.workspace.run(site.workspace.datasets.submit_import("gone", source, actor="test"))
    site.workspace.run(site.workspace.datasets.submit_lint("gone", actor="test"))
    site.workspace.accounts.create_user("stranger", "manager", actor="test")
    return site


@pytest.fixture(scope="module")
def objects(world: Site) -> dict[str, dict[Kind, str]]:
    """What each parameter of each address may name, by kind. `PATH PARAMETER` where a name means different things."""
    client = world.client("admin")
    gone = client.get("/api/datasets/gone").json()["id"]

    def first(dataset: str, what: str) -> str:
        return str(client.get(f"/api/datasets/{dataset}/{what}").json()[what][0]["id"])

    items = {name: first(name, "items") for name in ("cells", "notes", "gone")}
    findings = {name: first(name, "findings") for name in ("cells", "notes", "gone")}
    picture = item_named(client, "cells", "cell00.png")["blob"]
    key = world.workspace.accounts.create_key(world.workspace.accounts.user("stranger").id, "theirs", "read")
    exports = {name: _exported(world, name) for name in ("cells", "notes", "gone")}
    sound = world.workspace.blobs.put(a_sound())
    client.delete("/api/datasets/gone").raise_for_status()
    return {
        "dataset": _kinds("cells", "notes", "gone"),
        "/items/{id} id": _kinds(items["cells"], items["notes"], items["gone"]),
        "/findings/{id} id": _kinds(findings["cells"], findings["notes"], findings["gone"]),
        "/actions/{id} id": _kinds("none", "none", "none"),
        "/exports/{id} id": _kinds(exports["cells"], exports["notes"], exports["gone"]),
        "/users/{id} id": _kinds("none", "none", "none"),
        "/api-keys/{id} id": _kinds("none", key.key.id, "none"),
        "/jobs/{id} id": _kinds("none", "none", "none"),
        "number": {**_kinds("1", "9", "8"), "none": "7", "hostile": "-1"},
        "name": _kinds("zero-area", "none", "none"),
        "/wave sha": {**_kinds(sound, "0" * 64, picture), "none": "f" * 64},
        "sha": {**_kinds(picture, "0" * 64, "1" * 64), "none": "f" * 64},
        "urn": _kinds(f"version:{client.get('/api/datasets/cells').json()['id']}@1", "version:none@1", f"lint:{gone}"),
    }


def _exported(site: Site, dataset: str) -> str:
    job = site.workspace.datasets.submit_archive(dataset, "jsonl", actor="test")
    assert site.workspace.run(job).state == "succeeded"
    return job.id


def _kinds(own: str, foreign: str, deleted: str) -> dict[Kind, str]:
    return {"own": own, "foreign": foreign, "deleted": deleted, "none": "none", "hostile": HOSTILE}


def choices(operation: Operation, objects: dict[str, dict[Kind, str]]) -> Iterator[tuple[tuple[Kind, ...], str]]:
    """(kind of each parameter, address): every combination, own objects in all places left out for what changes
    things."""
    sources = [
        next(
            objects[key]
            for key in objects
            if key == name or (key.endswith(f" {name}") and key.split()[0] in operation.path)
        )
        for name in operation.parameters
    ]
    for kinds in product(KINDS, repeat=len(sources)):
        if operation.verb != "GET" and set(kinds) == {"own"}:
            continue
        values = {name: source[kind] for name, source, kind in zip(operation.parameters, sources, kinds, strict=True)}
        yield kinds, operation.path.format(**values)


def ask(client: TestClient, operation: Operation, address: str) -> Any:
    route = ROUTES[operation.name]
    return client.request(operation.verb, address, json=route.body, params=route.params)


@pytest.mark.parametrize("operation", NAMED, ids=lambda operation: operation.name)
def test_an_object_is_there_for_whom_it_is_and_for_nobody_else(
    world: Site, objects: dict[str, dict[Kind, str]], operation: Operation
) -> None:
    least = ROUTES[operation.name].least
    for role in (*ROLES, NOBODY):
        client = world.client() if role == NOBODY else world.client(role)  # type: ignore[arg-type]
        may = least == NOBODY or (role != NOBODY and ROLES.index(role) <= ROLES.index(least))  # type: ignore[arg-type]
        answers: dict[int, set[str]] = {}
        for kinds, address in choices(operation, objects):
            if role == "admin" and operation.name == "revoke_api_key" and kinds == ("foreign",):
                continue  # who manages users may take their keys away, and it is needed below
            answer = ask(client, operation, address)
            place = f"{role} {operation.verb} {address} {kinds}: {answer.status_code} {answer.text[:200]}"
            if not may:
                # Whether the object is there makes no difference to who may not see it.
                assert answer.status_code in ({401} if role == NOBODY else {403}), place
                answers.setdefault(answer.status_code, set()).add(answer.text)
            elif set(kinds) == {"own"} and "none" not in address:
                assert answer.status_code == 200, place
            elif kinds[0] == "foreign" and operation.parameters == ("dataset",):
                assert answer.status_code < 500, place  # another dataset is there as well
            elif operation.parameters[:1] == ("dataset",) and set(kinds) == {"foreign"}:
                assert answer.status_code < 500, place  # the other dataset's own object
            else:
                assert answer.status_code in {404, 409, 415, 422}, place
        if not may:
            assert all(len(said) == 1 for said in answers.values()), f"{role} is told more than that it may not"


@pytest.mark.parametrize("path", sorted({operation.path for operation in OPERATIONS}))
def test_no_verb_works_that_is_not_documented(world: Site, objects: dict[str, dict[Kind, str]], path: str) -> None:
    known = {operation.verb for operation in OPERATIONS if operation.path == path}
    sample = next(operation for operation in OPERATIONS if operation.path == path)
    address = next(iter(choices(sample, objects)), (None, path))[1] if sample.parameters else path
    for verb in VERBS:
        if verb in known:
            continue
        for client in (world.client(), world.client("tasker"), world.client("admin")):
            answer = client.request(verb, address, json={})
            assert answer.status_code in {401, 403, 404, 405}, f"{verb} {address}: {answer.status_code}"
    for client in (world.client("admin"), world.client()):
        for verb in ("TRACE", "CONNECT", "PROPFIND"):
            assert client.request(verb, address).status_code in {400, 401, 403, 404, 405, 501}


def test_what_is_not_there_and_what_is_anothers_are_told_in_the_same_words(
    world: Site, objects: dict[str, dict[Kind, str]]
) -> None:
    """The answer to an id of another dataset, or another user's key, is that to an id that nobody has."""
    reviewer = world.client("reviewer")
    for address in ("/api/datasets/cells/items/{}", "/api/datasets/cells/findings/{}"):
        source = objects["/items/{id} id" if "items" in address else "/findings/{id} id"]
        said = {reviewer.get(address.format(source[kind])).text.replace(source[kind], "ID") for kind in KINDS[1:4]}
        assert len(said) == 1
    keys = objects["/api-keys/{id} id"]
    said = {
        reviewer.delete(f"/api/api-keys/{keys[kind]}").text.replace(keys[kind], "ID") for kind in ("foreign", "none")
    }
    assert len(said) == 1
