"""Whatever strangers write into a dataset is text: every page is opened over one that attacks wherever text can be, and
no script of theirs runs, no element of theirs appears, nothing is asked of another host.
"""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import Page

from e2e.site import OpenSite, Server, checkdam

pytestmark = pytest.mark.slow

SCRIPTS = [
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "<svg/onload=window.hacked=1>",
    "javascript:window.hacked=1",
    "\"><iframe srcdoc='<script>parent.hacked=1</script>'>",
    "</style><script>window.hacked=1</script>",
    "{{constructor.constructor('window.hacked=1')()}}",
    "${window.hacked=1}",
    "[x](javascript:window.hacked=1)",
    "<a href=https://evil.example/x>x</a>",
    "\u202e<marquee>x</marquee>\u2066",
]
ALL = " ".join(SCRIPTS)
MARKS = """() => [window.hacked ?? null, [...document.querySelectorAll(
  "iframe, script:not([src]), a[href^='https://evil'], a[href^='javascript:' i], marquee, svg[onload], [onerror]"
)].map((element) => element.outerHTML)]"""


def dataset(folder: Path) -> Path:
    """Images with hostile names, labels, attributes, metadata, splits, licences; each with a flaw for the findings."""
    (folder / "images").mkdir(parents=True)
    images, annotations = [], []
    categories = [{"id": at, "name": f"{script} {at}", "supercategory": script} for at, script in enumerate(SCRIPTS)]
    for at, script in enumerate(SCRIPTS):
        name = f"images/{script.replace('/', '⁄')}.png"
        Image.effect_noise((64, 48), 60 + at).convert("RGB").save(folder / name)
        images.append({"id": at, "file_name": name, "width": 64, "height": 48, script: script, "camera": script})
        for twice in range(2):
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": at,
                    "category_id": at,
                    "bbox": [3, 4, 20, 20 * twice],
                    "area": 1,
                    "iscrowd": 0,
                    "attributes": {script: script, "note": ALL},
                }
            )
    content = {
        "info": {"description": ALL, script: ALL},
        "licenses": [{"id": 1, "name": ALL, "url": "javascript:window.hacked=1"}],
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }
    (folder / f"{quote(SCRIPTS[1], safe='')[:60]}.json").write_text(json.dumps(content), "utf-8")
    return folder


def texts(folder: Path) -> Path:
    folder.mkdir()
    rows = [{"text": script, "label": script, "split": script, "metadata": {script: ALL}} for script in SCRIPTS * 2]
    (folder / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder


def check(page: Page, where: str) -> None:
    hacked, elements = page.evaluate(MARKS)
    assert hacked is None, f"a script of the data ran on {where}"
    assert elements == [], f"an element of the data is on {where}"


def test_no_text_of_a_dataset_is_more_than_text(own_server: Server, open_site: OpenSite, tmp_path: Path) -> None:
    for name, folder in (("pictures", dataset(tmp_path / "pictures")), ("texts", texts(tmp_path / "texts"))):
        checkdam("import", str(folder), name, home=own_server.home)
    checkdam("user", "add", "<marquee>x</marquee>", "--role", "reviewer", home=own_server.home)
    site = open_site(own_server)
    site.watch.allowed.append("401")
    for name in ("pictures", "texts"):
        for path, ready in (
            ("", "explorer"),
            ("/findings", "findings"),
            ("/review", "review"),
            ("/versions", "versions"),
            ("/lineage", "lineage"),
        ):
            page = site.go(f"/datasets/{name}{path}", ready)
            check(page, f"{name}{path}")
        page = site.go(f"/datasets/{name}", "explorer")
        page.get_by_role("listitem").get_by_role("link").first.click()
        site.wait("item")
        for _ in range(len(SCRIPTS)):
            check(page, page.url)
            page.keyboard.press("f")
            site.wait("item")
    for path, ready in (("/", "datasets"), ("/jobs", "jobs"), ("/account", "account"), (f"/nowhere/{ALL}", "missing")):
        check(site.go(path, ready), path)


def test_a_report_of_a_hostile_dataset_runs_nothing(own_server: Server, open_site: OpenSite, tmp_path: Path) -> None:
    folder = dataset(tmp_path / "pictures")
    report = tmp_path / "report.html"
    command = [sys.executable, "-m", "checkdam", "lint", str(folder), "--format", "html", "--output-file", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1, done.stderr
    page = open_site(own_server).page
    page.goto(report.as_uri())
    assert page.locator("body").inner_text().count("window.hacked=1") > len(SCRIPTS)
    hacked = page.evaluate("() => window.hacked")
    assert hacked is None
