"""Two small datasets as folders, and a site: a served workspace with a signed-in client for every role."""

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image
from starlette.testclient import TestClient

from checkdam.accounts import Role, Throttle
from checkdam.server import Settings, create_app
from checkdam.server.routing import routed_app
from checkdam.workspace import Workspace

BASE_URL = "http://127.0.0.1:8000"
PASSWORD = "four words are enough"  # noqa: S105

HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\U0001f415 \"'`${7*7}{{7*7}}"
HTML = b"<!doctype html><html><body><script>alert(document.cookie)</script></body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def write_images(root: Path) -> None:
    """Twelve 64 x 48 images in COCO, train and val, with flaws that are counted: two boxes of no area, one box given
    twice, one outside, and three files that are no images."""
    (root / "images").mkdir(parents=True)
    images, annotations = [], []
    rng = np.random.default_rng(7)
    for number in range(12):
        name = f"images/cell{number:02}.png"
        Image.fromarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)).save(root / name)
        images.append({"id": number, "file_name": name, "width": 64, "height": 48})
        for at in range(3):
            box = [4.0 + 18 * at, 5.25, 12.5, 14.0]
            annotations.append(
                {"id": len(annotations), "image_id": number, "category_id": at % 2, "bbox": box, "area": 175.0}
            )
    for number, (name, content) in enumerate({"page.jpg": HTML, "picture.jpg": SVG, "text.png": b"no image"}.items()):
        (root / "images" / name).write_bytes(content)
        images.append({"id": 100 + number, "file_name": f"images/{name}", "width": 64, "height": 48})

    def add(image: int, category: int, box: list[float]) -> None:
        annotations.append(
            {"id": len(annotations), "image_id": image, "category_id": category, "bbox": box, "area": 1.0}
        )

    add(0, 2, [10.0, 10.0, 0.0, 8.0])
    add(1, 2, [10.0, 10.0, 8.0, 0.0])
    add(2, 0, [4.0, 5.25, 12.5, 14.0])
    add(3, 1, [60.0, 40.0, 30.0, 30.0])
    categories = [{"id": 0, "name": "red"}, {"id": 1, "name": "white"}, {"id": 2, "name": HOSTILE}]
    (root / "instances_all.json").write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": categories}), "utf-8"
    )


def write_texts(root: Path) -> None:
    """Twenty texts in JSONL with metadata; two texts are the same."""
    root.mkdir(parents=True)
    cities = ("Rome", "Oslo", HOSTILE)
    rows = [
        {
            "id": f"t{number}",
            "text": f"sentence {number if number != 19 else 18} of twenty",
            "label": "good" if number % 4 else "bad",
            "split": "train" if number < 15 else "test",
            "metadata": {"city": cities[number % 3], "night": number % 2 == 0, "score": number / 2},
        }
        for number in range(20)
    ]
    rows[0]["text"] = HOSTILE
    (root / "notes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def a_sound(seconds: float = 1.0, rate: int = 8000) -> bytes:
    """A WAV file: half a second of silence, then a tone at half of full scale."""
    times = np.arange(int(seconds * rate)) / rate
    samples = np.where(times < 0.5, 0.0, 0.5 * np.sin(2 * np.pi * 440 * times))
    buffer = BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV")
    return buffer.getvalue()


@dataclass
class Site:
    """A served workspace. `client()` is nobody, `client("reviewer")` is signed in; both send what the web application
    sends."""

    workspace: Workspace
    settings: Settings

    def __post_init__(self) -> None:
        self.app = create_app(self.workspace, self.settings)
        self._clients: dict[str, TestClient] = {}

    def client(self, role: Role | None = None) -> TestClient:
        if role is None:
            return TestClient(self.app, base_url=BASE_URL, raise_server_exceptions=True)
        if role not in self._clients:
            self._clients[role] = self.signed_in(role)
        return self._clients[role]

    def signed_in(self, name: str) -> TestClient:
        """A new session of that user, by a one-time link."""
        client = TestClient(self.app, base_url=BASE_URL)
        once = self.workspace.accounts.one_time(name, actor="test")
        answer = client.post("/api/session/one-time", json={"token": once.token})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    def with_key(self, name: str, scope: Any) -> TestClient:
        """A client with an API key of that user."""
        made = self.workspace.accounts.create_key(self.workspace.accounts.user(name).id, "script", scope)
        return TestClient(self.app, base_url=BASE_URL, headers={"Authorization": f"Bearer {made.secret}"})

    def run(self, answer: Any) -> Any:
        """Works on the job of an answer until it has ended."""
        assert answer.status_code == 202, answer.text
        return self.workspace.run(self.workspace.jobs.get(answer.json()["id"]))


class Unthrottled(Throttle):
    """Lets the one address that all tests come from sign in as often as it likes."""

    def begin(self, client: str, name: str) -> None:
        return


def operations() -> dict[str, dict[str, Any]]:
    """Every operation of the API by its id."""
    return {
        operation["operationId"]: operation
        for methods in routed_app().openapi()["paths"].values()
        for operation in methods.values()
    }


def item_named(client: TestClient, dataset: str, name: str) -> dict[str, Any]:
    """The item of that name."""
    found = client.get(f"/api/datasets/{dataset}/items", params={"q": name, "limit": 200}).json()["items"]
    [item] = [each for each in found if each["name"].endswith(name)]
    result: dict[str, Any] = item
    return result
