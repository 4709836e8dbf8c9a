"""`checkdam.load`: every item once, whatever the order, the shards and the processes; and lineage knows."""

import pickle
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import checkdam
from checkdam.schema import Annotation, Category, InputError, Label, NotFoundError, Slice, Taxonomy, annotation_id
from checkdam.sdk import Loader
from checkdam.workspace import Workspace
from unit.datasets.conftest import make_version, workspace  # noqa: F401  # fixtures
from unit.datasets.making import MakeVersion, box, image

ITEMS = 1_300


@pytest.fixture
def database() -> None:
    return None


@pytest.fixture
def loader(workspace: Workspace, make_version: MakeVersion) -> Loader:  # noqa: F811
    items = [image(f"{n:04}.png", split="train" if n % 3 else "val") for n in range(ITEMS)]
    annotations = [
        box(item, str(n), (n, 1, 2, 3), ("cell", "other")[at % 2])
        for at, item in enumerate(items)
        for n in range(at % 4)
    ]
    make_version("many", items, annotations)
    return checkdam.load("many", home=workspace.home)


def test_every_item_comes_in_the_order_of_the_version_with_its_annotations(loader: Loader) -> None:
    examples = list(loader)
    assert [one.item.name for one in examples] == [f"{n:04}.png" for n in range(ITEMS)]
    assert [len(one.annotations) for one in examples] == [n % 4 for n in range(ITEMS)]
    assert len(loader) == ITEMS
    assert loader.labels == ("cell", "other")
    assert examples[3].labels().tolist() == [1, 1, 1]
    assert examples[3].boxes().tolist() == [[0, 1, 2, 4], [1, 1, 3, 4], [2, 1, 4, 4]]


@given(count=st.integers(1, 9), seed=st.integers(0, 2**32), inner=st.integers(1, 4))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_shards_of_shards_hold_each_item_once(loader: Loader, count: int, seed: int, inner: int) -> None:
    shuffled = checkdam.load("many", home=loader.home, shuffle=True, seed=seed)
    parts = [shuffled.shard(n, count).shard(m, inner) for n in range(count) for m in range(inner)]
    rows = [row for part in parts for row in part._mine().tolist()]
    assert sorted(rows) == list(range(ITEMS))
    assert sum(map(len, parts)) == ITEMS
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    shuffled.close()


def test_the_same_seed_gives_the_same_order_and_each_epoch_another(loader: Loader) -> None:
    names = [[one.item.name for one in checkdam.load("many", home=loader.home, shuffle=True, seed=5)] for _ in range(2)]
    assert names[0] == names[1] != sorted(names[0])
    shuffled = checkdam.load("many", home=loader.home, shuffle=True, seed=5)
    second = [one.item.name for one in shuffled.epoch(1)]
    assert second != names[0]
    assert sorted(second) == sorted(names[0])


def test_a_slice_is_a_filter_or_ids_or_a_saved_one(loader: Loader) -> None:
    home = loader.home
    train = [one.item.name for one in checkdam.load("many", slice={"split": "train"}, home=home)]
    assert train == [f"{n:04}.png" for n in range(ITEMS) if n % 3]
    both = checkdam.load("many", slice={"label": ["other"], "split": ["val"]}, home=home)
    assert [one.item.name for one in both] == [f"{n:04}.png" for n in range(ITEMS) if n % 4 and n % 2 and not n % 3]
    ids = [one.item.id for one in loader][:3][::-1]
    assert [one.item.id for one in checkdam.load("many", slice=ids, home=home)] == ids
    saved = Slice(id="s", name="s", dataset_id="d", version=1, subject="item", ids=tuple(ids))
    assert [one.item.id for one in checkdam.load("many", slice=saved, home=home)] == ids


@pytest.mark.parametrize(
    ("slice", "said"),
    [
        ("train", "is no slice"),
        ({"spilt": "train"}, "knows no field 'spilt'"),
        ({"split": 3}, "does not fit"),
        (["nobody"], "does not have 1 of the items, first 'nobody'"),
        (Slice(id="s", name="s", dataset_id="d", version=1, subject="annotation", ids=()), "is of annotations"),
        ({"metadata": {"weather": ["fog"]}}, "weather"),
    ],
)
def test_a_slice_that_does_not_fit_says_why(loader: Loader, slice: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        len(checkdam.load("many", slice=slice, home=loader.home))  # type: ignore[arg-type]


def test_what_is_not_there_says_so(loader: Loader, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        checkdam.load("none", home=loader.home)
    with pytest.raises(NotFoundError, match="version 7"):
        checkdam.load("many", 7, home=loader.home)
    with pytest.raises(InputError, match="no workspace"):
        checkdam.load("many", home=tmp_path / "elsewhere")
    with pytest.raises(InputError, match="no shard 3 of 3"):
        loader.shard(3, 3)
    with pytest.raises(InputError, match="batch of 0"):
        next(loader.batches(0))


def test_lineage_knows_the_run_once_with_what_it_read(loader: Loader, workspace: Workspace) -> None:  # noqa: F811
    reader = checkdam.load("many", slice={"split": "val"}, home=loader.home, shuffle=True, seed=3, run="resnet-12")
    assert workspace.lineage.children(loader.version.urn) == []  # nothing was read yet
    for epoch in range(2):
        for part in range(2):
            list(reader.epoch(epoch).shard(part, 2))
    (edge,) = workspace.lineage.children(loader.version.urn)
    assert (edge.child, edge.relation) == ("run:resnet-12", "read")
    assert edge.detail["items"] == 434
    assert edge.detail["filter"] == {"split": ["val"]}
    assert edge.detail["seed"] == 3


def test_a_version_stays_the_one_that_was_asked_for(
    loader: Loader,
    make_version: MakeVersion,  # noqa: F811
) -> None:
    make_version("many", [image("new.png")])
    assert len(list(loader)) == ITEMS
    assert [one.item.name for one in checkdam.load("many", home=loader.home)] == ["new.png"]
    assert len(checkdam.load("many", 1, home=loader.home)) == ITEMS


def test_another_process_reads_the_same(loader: Loader) -> None:
    """What a spawned worker does: the loader arrives there by pickle, and opens the workspace anew."""
    list(loader)
    program = "import pickle, sys; print(sum(1 for _ in pickle.load(sys.stdin.buffer)))"
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(loader.shard(1, 2)), capture_output=True, check=True
    )
    assert int(done.stdout) == ITEMS // 2


def test_batches_hold_all_or_all_that_are_full(loader: Loader) -> None:
    assert Counter(len(batch) for batch in loader.batches(512)) == {512: 2, ITEMS - 1024: 1}
    assert [len(batch) for batch in loader.batches(512, drop_last=True)] == [512, 512]


def test_pixels_are_those_of_the_file(
    workspace: Workspace,  # noqa: F811
    make_version: MakeVersion,  # noqa: F811
    tmp_path: Path,
) -> None:
    pixels = np.full((6, 9, 3), 10, dtype=np.uint8)
    pixels[0, 0] = (1, 2, 3)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    item = image("a.png", width=9, height=6, blob=workspace.blobs.put(tmp_path / "a.png"))
    lost = image("b.png")
    category = Annotation(id=annotation_id(item.id, "c"), item_id=item.id, label="cat", geometry=Category())
    make_version("pictures", [item, lost], [category], Taxonomy(labels=(Label(name="dog"), Label(name="cat"))))
    first, second = checkdam.load("pictures", home=workspace.home)
    arrays = first.arrays()
    assert arrays["image"].shape == (6, 9, 3)
    assert arrays["image"][0, 0].tolist() == [1, 2, 3]
    assert arrays["label"] == 1
    with pytest.raises(InputError, match=r"no media file of 'b\.png'"):
        second.pixels()
