"""Training libraries read what `checkdam.load` streams: every item once, with the pixels and labels of the files."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

import checkdam
from checkdam.sdk import Loader
from checkdam.workspace import Workspace
from conftest import missing

os.environ["HF_HUB_OFFLINE"] = "1"
COUNT = 23


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loader]:
    folder = tmp_path_factory.mktemp("load")
    source = folder / "source"
    for part in ("images", "labels"):
        (source / part).mkdir(parents=True)
    for n in range(COUNT):
        Image.new("RGB", (20 + n, 10), (n, 2 * n, 3 * n)).save(source / "images" / f"{n:02}.png")
        lines = [f"{k % 2} 0.5 0.5 {0.1 * (k + 1):.1f} 0.5\n" for k in range(n % 3)]
        (source / "labels" / f"{n:02}.txt").write_text("".join(lines))
    (source / "data.yaml").write_text("names: [cat, dog]\n")
    with Workspace.open(folder / "home") as workspace:
        job = workspace.run(workspace.datasets.submit_import("pets", source, actor="test"))
        assert job.state == "succeeded", job.error
    return checkdam.load("pets", home=folder / "home", shuffle=True, seed=4, run="peers")


def expected(n: int) -> list[list[float]]:
    width = 20 + n
    return [[(0.5 - 0.05 * (k + 1)) * width, 2.5, (0.5 + 0.05 * (k + 1)) * width, 7.5] for k in range(n % 3)]


@pytest.mark.parametrize("workers", [0, 3])
def test_torch_reads_every_item_once(loader: Loader, workers: int) -> None:
    try:
        from torch.utils import data
    except ImportError:
        missing("torch is not installed")
    reader = data.DataLoader(loader.torch(), batch_size=None, num_workers=workers)
    found = list(reader)
    assert sorted(one["name"] for one in found) == [f"images/{n:02}.png" for n in range(COUNT)]
    for one in found:
        n = int(one["name"][7:9])
        assert one["image"].shape == (3, 10, 20 + n)
        assert one["image"][:, 0, 0].tolist() == [n, 2 * n, 3 * n]
        assert one["labels"].tolist() == [0, 1][: n % 3]
        np.testing.assert_allclose(one["boxes"].numpy(), np.array(expected(n), np.float32).reshape(-1, 4), rtol=1e-6)


def test_torch_batches_with_a_transform_and_epochs(loader: Loader) -> None:
    try:
        from torch.utils import data
    except ImportError:
        missing("torch is not installed")
    reader = loader.torch(lambda example: (example.item.name, len(example.annotations)))
    orders = []
    for epoch in range(2):
        reader.set_epoch(epoch)
        orders.append([name for names, _ in data.DataLoader(reader, batch_size=5) for name in names])
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    assert len(orders[0]) == len(reader) == COUNT


def test_ranks_share_the_items(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        from torch import distributed
    except ImportError:
        missing("torch is not installed")
    names: list[str] = []
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 4)
    for rank in range(4):
        monkeypatch.setattr(distributed, "get_rank", lambda rank=rank: rank)
        names += list(loader.torch(lambda example: example.item.name))
    assert sorted(names) == [f"images/{n:02}.png" for n in range(COUNT)]


def test_hugging_face_reads_images_boxes_and_labels(loader: Loader) -> None:
    try:
        import datasets
    except ImportError:
        missing("datasets is not installed")
    stream: Any = loader.huggingface(shards=4)
    assert isinstance(stream, datasets.IterableDataset)
    assert stream.n_shards == 4
    rows = {row["name"]: row for row in stream}
    assert sorted(rows) == [f"images/{n:02}.png" for n in range(COUNT)]
    row = rows["images/05.png"]
    assert np.asarray(row["image"])[0, 0].tolist() == [5, 10, 15]
    left, top, right, bottom = expected(5)[0]
    np.testing.assert_allclose(row["objects"]["bbox"][0], [left, top, right - left, bottom - top], rtol=1e-6)
    assert stream.features["objects"]["label"].feature.int2str(row["objects"]["label"]) == ["cat", "dog"]
    assert row["label"] is None


def test_hugging_face_batches_in_pytorch_workers(loader: Loader) -> None:
    try:
        from datasets import IterableDataset
        from torch.utils import data
    except ImportError:
        missing("torch or datasets is not installed")
    stream: IterableDataset = loader.huggingface(shards=3).select_columns(["name"])
    names = [row["name"] for row in data.DataLoader(stream, batch_size=None, num_workers=3)]  # type: ignore[arg-type]
    assert sorted(names) == [f"images/{n:02}.png" for n in range(COUNT)]


def test_lineage_knows_what_was_read(loader: Loader) -> None:
    next(iter(loader))
    with Workspace.open(loader.home) as workspace:
        (edge,) = (edge for edge in workspace.lineage.children(loader.version.urn) if edge.relation == "read")
    assert edge.child == "run:peers"
    assert edge.detail["items"] == COUNT
