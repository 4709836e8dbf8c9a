"""What a person does in the browser, step by step, over the API: import, lint, decide, commit, compare, revert."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.serving import HOSTILE, Site, item_named, write_images


def all_findings(client: Any, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/datasets/cells/findings", params={"limit": 200, **params}).json()[
        "findings"
    ]
    return found


def test_the_catalogue(shared_site: Site) -> None:
    client = shared_site.client("reviewer")
    cells, notes = client.get("/api/datasets").json()
    assert (cells["name"], cells["kind"], notes["name"], notes["kind"]) == ("cells", "image", "notes", "text")
    assert cells["version"]["item_count"] == 15
    assert cells["version"]["annotation_count"] == 40
    assert len(cells["cover"]) == 4
    assert cells["findings"] == client.get("/api/datasets/cells/findings/summary").json()["severities"]
    detail = client.get(f"/api/datasets/{cells['id']}").json()
    assert {key: detail[key] for key in cells} == cells
    assert {label["name"]: label["count"] for label in detail["taxonomy"]["labels"]} == {
        "red": 25,
        "white": 13,
        HOSTILE: 2,
    }
    assert (detail["versions"], detail["latest"]) == (1, 1)


def test_hostile_text_comes_back_as_it_was_and_as_json(shared_site: Site) -> None:
    client = shared_site.client("reviewer")
    answer = client.get("/api/datasets/cells/items", params={"label": HOSTILE})
    assert answer.headers["content-type"] == "application/json"
    assert {each["label"] for row in answer.json()["items"] for each in row["annotations"]} >= {HOSTILE}
    texts = client.get("/api/datasets/notes/items", params={"q": HOSTILE}).json()["items"]
    assert [row["text"] for row in texts] == [HOSTILE]
    findings = client.get("/api/datasets/cells/findings", params={"label": HOSTILE}).json()["findings"]
    assert findings
    assert all(row["label"] == HOSTILE for row in findings)


def test_an_item_in_full(shared_site: Site) -> None:
    client = shared_site.client("reviewer")
    item = item_named(client, "cells", "cell00.png")
    detail = client.get(f"/api/datasets/cells/items/{item['id']}").json()
    assert detail["item"]["name"] == item["name"]
    assert [each["box"] for each in detail["annotations"]][:1] == [[4.0, 5.25, 12.5, 14.0]]
    assert detail["annotations"] == item["annotations"]
    assert {finding["rule"] for finding in detail["findings"]} >= {"zero-area"}
    assert detail["item"]["finding_counts"]["error"] >= 1
    assert detail["previous"] is None
    assert detail["total"] == 15
    [row] = client.get("/api/datasets/notes/items", params={"q": "sentence 4 of"}).json()["items"]
    note = client.get(f"/api/datasets/notes/items/{row['id']}").json()
    assert note["item"]["metadata"] == {"city": "Oslo", "night": True, "score": 2.0}


def test_rules_have_manuals(shared_site: Site) -> None:
    client = shared_site.client("reviewer")
    rules = client.get("/api/rules").json()
    assert {"zero-area", "duplicate-box"} <= {rule["name"] for rule in rules}
    assert [rule["name"] for rule in rules] == sorted(rule["name"] for rule in rules)
    detail = client.get("/api/rules/zero-area").json()
    assert {key: detail[key] for key in rules[0]} == next(rule for rule in rules if rule["name"] == "zero-area")
    assert "## Example" in detail["manual"]


def test_accept_commit_compare_and_revert(site: Site) -> None:
    manager = site.client("manager")
    wanted = [row for row in all_findings(manager) if row["rule"] in {"zero-area", "duplicate-box"}]
    assert len(wanted) == 3
    body = {"kind": "accept", "ids": [row["id"] for row in wanted]}
    acted = site.client("reviewer").post("/api/datasets/cells/findings/actions", json=body).json()
    assert acted["changed"] == 3
    [action] = manager.get("/api/datasets/cells/findings/actions").json()
    assert (action["actor"], action["kind"], action["count"], action["undone_at"]) == ("reviewer", "accept", 3, None)

    ended = site.run(manager.post("/api/datasets/cells/versions", json={"message": HOSTILE}))
    assert ended.state == "succeeded", ended.error
    newest, first = manager.get("/api/datasets/cells/versions").json()
    assert (newest["number"], newest["parent"], newest["message"], newest["created_by"]) == (2, 1, HOSTILE, "manager")
    assert newest["annotation_count"] == first["annotation_count"] - 3
    assert newest["job_id"] == ended.id

    diff = manager.get("/api/datasets/cells/versions/2/diff").json()
    assert (diff["number"], diff["against"]) == (2, 1)
    assert diff["annotations"] == {"added": 0, "removed": 3, "changed": 0}
    assert diff["items"] == {"added": 0, "removed": 0, "changed": 0}
    assert {change["item_name"][-10:-4] for change in diff["changes"]} == {"cell00", "cell01", "cell02"}
    page = manager.get("/api/datasets/cells/versions/2/diff", params={"limit": 2}).json()
    assert (len(page["changes"]), page["next"]) == (2, 2)
    states = {row["id"]: row["state"] for row in all_findings(manager)}
    assert {states.get(row["id"], "fixed") for row in wanted} == {"fixed"}

    old = manager.get("/api/datasets/cells/items", params={"version": 1, "q": "cell02"}).json()["items"][0]
    new = manager.get("/api/datasets/cells/items", params={"version": 2, "q": "cell02"}).json()["items"][0]
    assert len(old["annotations"]) == len(new["annotations"]) + 1

    ended = site.run(manager.post("/api/datasets/cells/versions/1/revert"))
    assert ended.state == "succeeded", ended.error
    third = manager.get("/api/datasets/cells/versions").json()[0]
    assert (third["number"], third["content_hash"]) == (3, first["content_hash"])
    dataset = manager.get("/api/datasets/cells").json()["id"]
    graph = manager.get(f"/api/lineage/version:{dataset}@2").json()
    assert f"version:{dataset}@1" in {node["urn"] for node in graph["nodes"]}
    assert {node["title"] for node in graph["nodes"]} >= {"cells v1", "cells v2"}
    ends = {end for edge in graph["edges"] for end in (edge["parent"], edge["child"])}
    assert ends <= {node["urn"] for node in graph["nodes"]}
    assert not graph["truncated"]
    jobs = manager.get("/api/jobs").json()
    assert {job["created_by"] for job in jobs if job["name"] in {"fix", "revert"}} == {"manager"}


def test_undo_comes_before_commit(site: Site) -> None:
    client = site.client("reviewer")
    finding = next(row for row in all_findings(client) if row["rule"] == "zero-area")
    acted = client.post("/api/datasets/cells/findings/actions", json={"kind": "accept", "ids": [finding["id"]]}).json()
    assert client.post(f"/api/datasets/cells/findings/actions/{acted['action_id']}/undo").json() == {"changed": 1}
    assert client.get(f"/api/datasets/cells/findings/{finding['id']}").json()["state"] == "open"
    again = client.post(f"/api/datasets/cells/findings/actions/{acted['action_id']}/undo")
    assert again.status_code == 409 or again.json() == {"changed": 0}


def test_a_job_from_start_to_end(site: Site) -> None:
    client = site.client("manager")
    made = client.post("/api/datasets/cells/lint", json={"select": ["zero-area"]})
    job = made.json()
    assert (job["name"], job["state"], job["created_by"]) == ("lint", "queued", "manager")
    assert job["dataset"]["name"] == "cells"
    assert "cells" in job["title"]
    ended = site.run(made)
    told = client.get(f"/api/jobs/{job['id']}").json()
    assert (told["state"], told["error"], told["eta_seconds"]) == ("succeeded", None, None)
    assert told["result"]["rules"] == ["zero-area"]
    assert isinstance(told["log"], list)
    assert ended.finished_at == told["finished_at"]
    assert client.post(f"/api/jobs/{job['id']}/retry").status_code == 409
    queued = client.post("/api/datasets/notes/lint", json={}).json()
    assert client.post(f"/api/jobs/{queued['id']}/cancel").json()["state"] == "cancelled"
    assert client.post(f"/api/jobs/{queued['id']}/retry").json()["state"] == "queued"
    done = [entry["action"] for entry in site.client("admin").get("/api/audit").json() if entry["actor"] == "manager"]
    assert done[:2] == ["retry job", "cancel job"]


def test_a_rule_that_does_not_exist_is_told_before_the_job(site: Site) -> None:
    answer = site.client("manager").post("/api/datasets/cells/lint", json={"select": ["zero-aera"]})
    assert answer.status_code in {404, 422}
    assert "zero-area" in answer.text


def test_the_inside_of_a_fault_in_a_job_stays_on_the_server(site: Site) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret")

    site.workspace.registry.add("broken", broken, title="Break")
    job = site.workspace.jobs.submit("broken", {"dataset_id": "none"}, max_attempts=1)
    site.workspace.run(job)
    told = site.client("reviewer").get(f"/api/jobs/{job.id}")
    assert told.json()["state"] == "failed"
    assert "Traceback" not in told.text
    assert "test_workflow.py" not in told.text


# Imports


def test_a_dataset_is_imported_and_deleted(site: Site) -> None:
    manager, admin = site.client("manager"), site.client("admin")
    assert manager.get("/api/imports/sources").json()["roots"] == [str(site.settings.import_roots[0])]
    assert "coco" in manager.get("/api/imports/sources").json()["formats"]
    refused = manager.post("/api/imports", json={"name": HOSTILE, "path": "cells"})
    assert "without slashes" in refused.json()["remedy"]
    name = HOSTILE.replace("\u202e", "").replace("/", "")
    ended = site.run(manager.post("/api/imports", json={"name": name, "path": "cells"}))
    assert ended.state == "succeeded", ended.error
    found = next(each for each in admin.get("/api/datasets").json() if each["name"] == name)
    assert found["version"]["item_count"] == 15
    assert admin.delete(f"/api/datasets/{found['id']}").status_code == 204
    assert admin.get(f"/api/datasets/{found['id']}").status_code == 404
    assert name not in {each["name"] for each in admin.get("/api/datasets").json()}
    assert ("admin", "delete dataset", found["id"]) in {
        (entry["actor"], entry["action"], entry["subject"]) for entry in admin.get("/api/audit").json()
    }


@pytest.mark.parametrize("path", ["cells", "./cells", "{root}/cells"])
def test_a_folder_below_an_import_root_may_be_named_in_several_ways(site: Site, path: str) -> None:
    answer = site.client("manager").post(
        "/api/imports", json={"name": "again", "path": path.format(root=site.settings.import_roots[0])}
    )
    assert answer.status_code == 202


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../home",
        "cells/../../home",
        "/etc",
        "{root}/../home",
        "{root}-other",
        "{home}",
        "C:\\Windows",
        "\\\\server\\share",
        "cells\\..\\..",
        "~",
        "file:///etc",
        "http://169.254.169.254/",
        "link",
        "none",
        " ",
    ],
)
def test_no_other_folder_can_be_imported_or_felt(site: Site, path: str) -> None:
    root = site.settings.import_roots[0]
    (root / "link").symlink_to(site.workspace.home, target_is_directory=True)
    shutil.copytree(root / "cells", f"{root}-other")
    path = path.format(root=root, home=site.workspace.home)
    answer = site.client("manager").post("/api/imports", json={"name": "x", "path": path})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")
    assert answer.json()["detail"] == "there is no such folder or archive below the server's import roots"


def test_without_import_roots_nothing_can_be_imported(make_site: Callable[..., Site]) -> None:
    site = make_site(import_roots=())
    answer = site.client("admin").post("/api/imports", json={"name": "x", "path": "."})
    assert answer.status_code == 422
    assert "--import-root" in answer.json()["remedy"]


def test_an_import_that_fails_tells_every_place(site: Site) -> None:
    folder = site.settings.import_roots[0] / "broken"
    write_images(folder)
    document = json.loads((folder / "instances_all.json").read_text("utf-8"))
    document["annotations"][0]["bbox"] = "wide"
    document["annotations"][1]["image_id"] = 10_000
    (folder / "instances_all.json").write_text(json.dumps(document), "utf-8")
    client = site.client("manager")
    made = client.post("/api/imports", json={"name": "broken", "path": "broken"})
    assert site.run(made).state == "failed"
    told = client.get(f"/api/jobs/{made.json()['id']}").json()
    assert told["error"]
    assert "annotations[0]" in "\n".join(told["log"])
    assert "broken" not in {each["name"] for each in client.get("/api/datasets").json() if each["version"]}
    kept = client.post("/api/imports", json={"name": "kept", "path": "broken", "keep_going": True})
    assert site.run(kept).state == "succeeded"


def test_the_cache_of_pictures_lies_below_the_workspace(site: Site) -> None:
    client = site.client("reviewer")
    sha = item_named(client, "cells", "cell00.png")["blob"]
    client.get(f"/api/media/{sha}/thumb")
    made: list[Path] = list((site.workspace.home / "cache" / "pictures").rglob("*.webp"))
    assert len(made) == 1


def test_a_rule_learns_its_false_alarms_from_decisions(site: Site) -> None:
    client = site.client("reviewer")
    assert client.get("/api/rule-rates").json() == []
    flat = all_findings(client, rule="zero-area")
    assert len(flat) >= 2
    true, wrong = flat[0]["id"], flat[1]["id"]
    client.post("/api/datasets/cells/findings/actions", json={"kind": "accept", "ids": [true]})
    dismissed = client.post("/api/datasets/cells/findings/actions", json={"kind": "dismiss", "ids": [wrong]}).json()
    (rate,) = client.get("/api/rule-rates").json()
    assert (rate["rule"], rate["accepted"], rate["dismissed"], rate["share"]) == ("zero-area", 1, 1, 0.5)
    assert 0 < rate["low"] < 0.5 < rate["high"] < 1
    assert (rate["noisy"], rate["hint"]) == (False, None)
    assert [one["dataset"] for one in rate["datasets"]] == ["cells"]
    # Each number leads to the findings behind it.
    for decided, key in (("accepted", true), ("dismissed", wrong)):
        assert [one["id"] for one in all_findings(client, rule="zero-area", decided=decided)] == [key]
    assert client.get("/api/datasets/cells/findings", params={"decided": "open"}).status_code == 422
    client.post(f"/api/datasets/cells/findings/actions/{dismissed['action_id']}/undo")
    (rate,) = client.get("/api/rule-rates").json()
    assert (rate["accepted"], rate["dismissed"]) == (1, 0)
