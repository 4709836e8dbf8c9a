"""Every filter by what it leaves out as much as by what it keeps."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from server.serving import HOSTILE, Site


@pytest.fixture(scope="module")
def client(shared_site: Site) -> TestClient:
    return shared_site.client("reviewer")


def items(client: TestClient, dataset: str, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/datasets/{dataset}/items", params={"limit": 200, **params})
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["total"] == len(page["items"])
    found: list[dict[str, Any]] = page["items"]
    return found


def findings(client: TestClient, dataset: str = "cells", **params: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/datasets/{dataset}/findings", params={"limit": 200, **params})
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["total"] == len(page["findings"])
    found: list[dict[str, Any]] = page["findings"]
    return found


def ids(rows: list[dict[str, Any]]) -> set[str]:
    found = {row["id"] for row in rows}
    assert len(found) == len(rows)
    return found


# Items


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        ({"label": HOSTILE}, lambda row: any(each["label"] == HOSTILE for each in row["annotations"])),
        (
            {"label": [HOSTILE, "white"]},
            lambda row: any(each["label"] in {HOSTILE, "white"} for each in row["annotations"]),
        ),
        ({"label": "nothing"}, lambda row: False),
        ({"kind": "image"}, lambda row: True),
        ({"kind": "text"}, lambda row: False),
        ({"q": "CELL0"}, lambda row: "cell0" in row["name"]),
        ({"q": "%"}, lambda row: False),
        ({"q": "_"}, lambda row: False),
        ({"q": "cell0", "label": HOSTILE}, lambda row: row["name"].endswith(("cell00.png", "cell01.png"))),
        ({"rule": "zero-area"}, lambda row: row["name"].endswith(("cell00.png", "cell01.png"))),
        ({"rule": ["zero-area", "duplicate-box"]}, lambda row: row["name"][-10:-4] in {"cell00", "cell01", "cell02"}),
        ({"rule": "zero-area", "label": "nothing"}, lambda row: False),
    ],
)
def test_images_are_filtered(client: TestClient, params: dict[str, Any], kept: Any) -> None:
    everything = items(client, "cells")
    assert len(everything) == 15
    assert ids(items(client, "cells", **params)) == {row["id"] for row in everything if kept(row)}


def number(row: dict[str, Any]) -> int:
    return int(row["position"])


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        ({"split": "test"}, lambda n: n >= 15),
        ({"split": ["test", "train"]}, lambda n: True),
        ({"split": "val"}, lambda n: False),
        ({"label": "bad"}, lambda n: n % 4 == 0),
        ({"meta.city": "Rome"}, lambda n: n % 3 == 0),
        ({"meta.city": ["Rome", "Oslo"]}, lambda n: n % 3 != 2),
        ({"meta.city": HOSTILE}, lambda n: n % 3 == 2),
        ({"meta.city": "rome"}, lambda n: False),
        ({"meta.night": "true"}, lambda n: n % 2 == 0),
        ({"meta.night": "false"}, lambda n: n % 2 == 1),
        ({"meta.score": "0.5"}, lambda n: n == 1),
        ({"meta.city": "Rome", "meta.night": "true", "split": "train"}, lambda n: n % 6 == 0 and n < 15),
        ({"q": "sentence 1"}, lambda n: n == 1 or 10 <= n <= 19),
        ({"kind": "text"}, lambda n: True),
        ({"kind": "image"}, lambda n: False),
    ],
)
def test_texts_are_filtered(client: TestClient, params: dict[str, Any], kept: Any) -> None:
    everything = items(client, "notes")
    assert len(everything) == 20
    assert {number(row) for row in items(client, "notes", **params)} == {n for n in range(20) if kept(n)}


@pytest.mark.parametrize(
    "params",
    [
        {"lable": "red"},
        {"meta": "city"},
        {"meta.": "x"},
        {"city": "Rome"},
        {"meta.password_hash": "x"},
        {"kind": "video"},
        {"limit": 0},
        {"limit": 201},
        {"offset": -1},
        {"offset": "x"},
        {"sort": "annotation_count; drop table user"},
        {"sort": "blob"},
        {"order": "up"},
        {"version": 0},
        {"version": "latest"},
    ],
)
def test_what_is_no_filter_is_refused_and_not_ignored(client: TestClient, params: dict[str, Any]) -> None:
    for path in ("items", "facets"):
        if path == "facets" and {"limit", "offset", "sort", "order"} & set(params):
            continue
        answer = client.get(f"/api/datasets/notes/{path}", params=params)
        assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input"), answer.text


def test_pages_cover_everything_once(client: TestClient) -> None:
    whole = [row["id"] for row in items(client, "notes")]
    paged = []
    for offset in range(0, 24, 6):
        page = client.get("/api/datasets/notes/items", params={"offset": offset, "limit": 6}).json()
        assert (page["total"], page["offset"]) == (20, offset)
        paged += [row["id"] for row in page["items"]]
    assert paged == whole


@pytest.mark.parametrize("sort", ["position", "name", "annotations", "findings", "meta.score", "meta.city"])
def test_orders_are_each_others_reverse_in_their_key(client: TestClient, sort: str) -> None:
    up = [row["id"] for row in items(client, "notes", sort=sort)]
    down = [row["id"] for row in items(client, "notes", sort=sort, order="desc")]
    assert set(up) == set(down)
    assert len(up) == 20
    if sort in {"position", "name", "meta.score"}:
        assert up == down[::-1]


def test_facets_leave_their_own_filter_out(client: TestClient) -> None:
    plain = client.get("/api/datasets/notes/facets").json()
    chosen = client.get("/api/datasets/notes/facets", params={"label": "bad", "meta.city": "Rome"}).json()

    def counts(facet: list[dict[str, Any]]) -> dict[str, int]:
        return {value["value"]: value["items"] for value in facet}

    def city(facets: dict[str, Any]) -> dict[str, int]:
        return counts(next(each for each in facets["metadata"] if each["key"] == "city")["values"])

    assert plain["total"] == 20
    assert counts(plain["labels"]) == {"bad": 5, "good": 15}
    assert city(plain) == {"Rome": 7, "Oslo": 7, HOSTILE: 6}
    both = [n for n in range(20) if n % 4 == 0 and n % 3 == 0]
    assert chosen["total"] == len(both)
    assert counts(chosen["labels"]) == {
        "bad": len(both),
        "good": len([n for n in range(20) if n % 4 and n % 3 == 0]),
    }
    assert city(chosen) == {
        name: len([n for n in range(20) if n % 4 == 0 and n % 3 == rest])
        for rest, name in enumerate(("Rome", "Oslo", HOSTILE))
        if [n for n in range(20) if n % 4 == 0 and n % 3 == rest]
    }


def test_neighbours_of_an_item_are_those_of_the_filtered_list(client: TestClient) -> None:
    params = {"label": "bad", "sort": "name", "order": "desc"}
    listed = [row["id"] for row in items(client, "notes", **params)]
    for index, each in enumerate(listed):
        detail = client.get(f"/api/datasets/notes/items/{each}", params=params).json()
        assert (detail["index"], detail["total"]) == (index, len(listed))
        assert detail["previous"] == (listed[index - 1] if index else None)
        assert detail["next"] == (listed[index + 1] if index + 1 < len(listed) else None)
    other = next(row["id"] for row in items(client, "notes") if row["id"] not in listed)
    outside = client.get(f"/api/datasets/notes/items/{other}", params=params).json()
    assert outside["index"] is None
    assert outside["item"]["id"] == other


# Findings


@pytest.mark.parametrize("name", ["rule", "severity", "state", "label"])
def test_each_value_of_a_field_keeps_its_own_findings(client: TestClient, name: str) -> None:
    everything = findings(client)
    assert len(everything) >= 5
    for value in {row[name] for row in everything} - {None}:
        assert ids(findings(client, **{name: value})) == {row["id"] for row in everything if row[name] == value}


@pytest.mark.parametrize(
    "params",
    [{"rule": "none"}, {"label": "none"}, {"state": "fixed"}, {"item": "none"}, {"q": "no such words"}, {"q": "%"}],
)
def test_a_value_that_nothing_has_keeps_nothing(client: TestClient, params: dict[str, Any]) -> None:
    assert findings(client, **params) == []


def test_findings_by_item_words_and_fix(client: TestClient) -> None:
    everything = findings(client)
    some = next(row for row in everything if row["item"])
    wanted = {row["id"] for row in everything if some["item"]["id"] in row["subject"]["item_ids"]}
    assert ids(findings(client, item=some["item"]["id"])) <= wanted
    assert some["id"] in ids(findings(client, item=some["item"]["id"]))
    fixable = ids(findings(client, fixable=True))
    assert fixable == {row["id"] for row in everything if row["fix"]}
    assert ids(findings(client, fixable=False)) == ids(everything) - fixable
    assert ids(findings(client, safe=True)) == {row["id"] for row in everything if row["fix"] and row["fix"]["safe"]}
    word = some["message"].split()[0].upper()
    assert ids(findings(client, q=word)) == {
        row["id"] for row in everything if word.lower() in (row["message"] + "\n" + row["location"]).lower()
    }


def test_fields_hold_together(client: TestClient) -> None:
    everything = findings(client)
    rules = sorted({row["rule"] for row in everything})
    assert len(rules) > 2
    assert ids(findings(client, rule=rules[:2])) == {row["id"] for row in everything if row["rule"] in rules[:2]}
    assert ids(findings(client, rule=rules[:2], severity="error")) == {
        row["id"] for row in everything if row["rule"] in rules[:2] and row["severity"] == "error"
    }


def test_the_summary_counts_what_the_filters_find(client: TestClient) -> None:
    summary = client.get("/api/datasets/cells/findings/summary").json()
    assert summary["total"] == len(findings(client))
    assert summary["by_state"].get("open", 0) == len(findings(client, state="open"))
    for rule in summary["rules"]:
        assert rule["open"] == len(findings(client, rule=rule["rule"], state="open"))
        assert rule["fixable"] == len(findings(client, rule=rule["rule"], state="open", fixable=True))
    for severity, count in summary["severities"].items():
        assert count == len(findings(client, severity=severity, state="open"))
    for label in summary["labels"]:
        assert label["open"] == len(findings(client, label=label["label"], state="open"))


def test_bulk_decisions_touch_what_the_filter_keeps_and_nothing_else(site: Site) -> None:
    client = site.client("reviewer")
    before = {row["id"]: row for row in findings(client)}
    chosen = {key for key, row in before.items() if row["rule"] == "zero-area"}
    assert chosen
    body = {"kind": "dismiss", "reason": HOSTILE, "filter": {"rule": ["zero-area"], "state": ["open"]}}
    answer = client.post("/api/datasets/cells/findings/actions", json=body)
    assert answer.json()["changed"] == len(chosen)
    after = {row["id"]: row for row in findings(client)}
    for key, row in after.items():
        assert (row["state"], row["reason"]) == (("dismissed", HOSTILE) if key in chosen else ("open", None))
    again = client.post("/api/datasets/cells/findings/actions", json=body).json()
    assert again == {"action_id": None, "changed": 0}
    undone = client.post(f"/api/datasets/cells/findings/actions/{answer.json()['action_id']}/undo")
    assert undone.json() == {"changed": len(chosen)}
    assert {row["id"]: row["state"] for row in findings(client)} == dict.fromkeys(before, "open")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "accept"},
        {"kind": "accept", "ids": [], "filter": {}},
        {"kind": "delete", "ids": []},
        {"kind": "accept", "filter": {"rules": ["zero-area"]}},
        {"kind": "accept", "filter": {"rule": "zero-area"}},
        {"kind": "accept", "ids": "f1"},
        {"kind": "accept", "ids": [1]},
        {"kind": "accept", "ids": ["a\0b"]},
    ],
)
def test_a_decision_that_is_not_clear_is_refused(shared_site: Site, body: Any) -> None:
    answer = shared_site.client("reviewer").post("/api/datasets/cells/findings/actions", json=body)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")


# Jobs and the audit log


def test_jobs_are_filtered(client: TestClient) -> None:
    everything = client.get("/api/jobs", params={"limit": 200}).json()
    assert {job["dataset"]["name"] for job in everything} == {"cells", "notes"}
    for dataset in ("cells", "notes"):
        found = client.get("/api/jobs", params={"dataset": dataset}).json()
        assert ids(found) == {job["id"] for job in everything if job["dataset"]["name"] == dataset}
    assert ids(client.get("/api/jobs", params={"state": ["succeeded", "queued"]}).json()) == {
        job["id"] for job in everything if job["state"] in {"succeeded", "queued"}
    }
    assert client.get("/api/jobs", params={"state": "failed"}).json() == []
    assert len(client.get("/api/jobs", params={"limit": 1}).json()) == 1
    assert client.get("/api/jobs", params={"dataset": "none"}).status_code == 404
    assert client.get("/api/jobs", params={"state": "done"}).status_code == 422


def test_the_audit_log_is_paged(shared_site: Site) -> None:
    client = shared_site.client("admin")
    first = client.get("/api/audit", params={"limit": 3}).json()
    second = client.get("/api/audit", params={"limit": 3, "before": first[-1]["id"]}).json()
    numbers = [int(entry["id"]) for entry in [*first, *second]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 6
    assert client.get("/api/audit", params={"before": "x"}).status_code == 422
