"""Runs the command line as people do, and makes small datasets for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from unit.cli.command import Done, Run, voc_xml


@pytest.fixture
def checkdam(tmp_path: Path) -> Run:
    """Runs `checkdam ARGUMENTS` in an empty folder with a workspace of its own, and makes sure of no traceback."""
    environment = {**os.environ, "CHECKDAM_HOME": str(tmp_path / "home"), "PYTHONIOENCODING": "utf-8"}
    environment.pop("CHECKDAM_DATABASE_URL", None)

    def run(*arguments: str | Path, cwd: Path = tmp_path) -> Done:
        command = [sys.executable, "-m", "checkdam", *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """Three pictures as Pascal VOC: one clean, one with a box of no area, one with a box drawn twice."""
    root = tmp_path / "cells"
    (root / "Annotations").mkdir(parents=True)
    (root / "JPEGImages").mkdir()
    boxes = {
        "clean": [(4, 4, 20, 20), (30, 10, 47, 28)],
        "flat": [(4, 4, 20, 20), (30, 10, 30, 28)],
        "twice": [(4, 4, 20, 20), (4, 4, 20, 20), (30, 10, 47, 28)],
    }
    for at, (name, listed) in enumerate(boxes.items()):
        picture = Image.effect_noise((64, 48), 40 + 30 * at).convert("RGB")
        picture.save(root / "JPEGImages" / f"{name}.jpg")
        (root / "Annotations" / f"{name}.xml").write_text(voc_xml(f"{name}.jpg", listed), "utf-8")
    return root


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """A COCO file without its pictures: a box twice among two others."""
    root = tmp_path / "coco"
    root.mkdir()
    boxes = [[4, 4, 16, 16], [4, 4, 16, 16], [30, 10, 17, 18]]
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "RBC"}],
        "annotations": [
            {"id": at, "image_id": 1, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            for at, box in enumerate(boxes)
        ],
    }
    (root / "instances.json").write_text(json.dumps(document, indent=1), "utf-8")
    return root
