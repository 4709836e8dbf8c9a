"""What a model scored on a dataset does not change because the dataset went through a workspace."""

from pathlib import Path

import msgspec
import pytest

from checkdam.datasets import ExportResult
from checkdam.workspace import Workspace
from unit.formats.evaluating import scores


def through(workspace: Workspace, name: str, source: Path, format: str, target: Path) -> Path:
    """Imports and exports in the format; the folder that is written."""
    imported = workspace.run(workspace.datasets.submit_import(name, source, format=format, actor="ada"))
    assert imported.state == "succeeded", imported.log
    exported = workspace.run(workspace.datasets.submit_export(name, format, target, actor="ada"))
    assert exported.state == "succeeded", exported.error
    losses = {loss.what for loss in msgspec.convert(exported.result, ExportResult).losses}
    assert losses == {"media files that are missing"}, "the set comes without its images"
    return target


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "published"), [("bbox", (0.5046, 0.6970, 0.5730)), ("segm", (0.3195, 0.5623, 0.2989))]
)
def test_average_precision_survives_import_and_export(
    workspace: Workspace, shared_data: Path, tmp_path: Path, kind: str, published: tuple[float, ...]
) -> None:
    root = shared_data / "coco_val2014_100_pair"
    truth, results = root / "instances_val2014_100.json", root / f"instances_val2014_fake{kind}100_results.json"
    before = scores(truth, results, kind)
    assert tuple(round(each, 4) for each in before[:3]) == published
    (own_truth,) = through(workspace, "truth", truth, "coco", tmp_path / "truth").rglob("*.json")
    detections = through(workspace, "detections", results, "coco-results", tmp_path / "detections")
    (own_results,) = detections.glob("results*.json")
    (images,) = (detections / "annotations").glob("*.json")
    assert scores(own_truth, own_results, kind) == before
    assert scores(own_truth, results, kind) == before
    assert images.stat().st_size > 0
