"""The same work done by Checkdam and by a peer, in turn, in one run: a ratio needs no quiet machine.

A peer that is not installed is left out and named; `pip install checkdam[perf]` brings them.
"""

import contextlib
import importlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from types import ModuleType

from checkdam.formats import Entry, read
from checkdam.lint import FrameBuilder, LintConfig, lint
from perf.spine import BUNDLED
from perf.synthetic import write_coco
from perf.table import Row, timed

ROUNDS = 3


FIFTYONE = (
    "needs MongoDB, which is not installed here. Measured earlier with fiftyone on 2 cores, not in this run: "
    "10,000 images with 100,000 boxes took 63 s, and 41 s more for 150,000 predictions"
)


def compare(folder: Path, items: int) -> Iterator[Row]:
    """`folder` is where the synthetic COCO file is made."""
    source = folder / "source" / "instances.json"
    write_coco(source, items)
    yield Row("import COCO, beside fiftyone", "–", FIFTYONE)
    yield _against(
        "read COCO into objects", "pycocotools", lambda peer: peer.COCO(source), lambda: list(read(source.parent))
    )
    yield _against(
        "read COCO into objects",
        "supervision",
        lambda peer: peer.DetectionDataset.from_coco(str(source.parent), str(source)),
        lambda: list(read(source.parent)),
    )
    yield _against("duplicates among 364 pictures", "cleanvision", _cleanvision, _duplicates)


def _against(what: str, name: str, theirs: Callable[[ModuleType], object], ours: Callable[[], object]) -> Row:
    try:
        peer = importlib.import_module({"pycocotools": "pycocotools.coco"}.get(name, name))
    except ImportError:
        return Row(f"{what}, beside {name}", "–", f"{name} is not installed")
    pairs = []
    for _ in range(ROUNDS):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            pairs.append((timed(ours)[0], timed(lambda: theirs(peer))[0]))
    mine, other = (median(side) for side in zip(*pairs, strict=True))
    ratio = median(their / our for our, their in pairs)
    note = f"Checkdam {mine:.2f} s, {name} {other:.2f} s, medians of {ROUNDS} in turn"
    return Row(f"{what}, beside {name}", f"{ratio:.1f} ×", note)


def _duplicates() -> object:
    builder, files = FrameBuilder(), {}
    for event in read(BUNDLED):
        if isinstance(event, Entry):
            files[event.item.id] = event.media
        builder.add(event.item if isinstance(event, Entry) else event)
    config = LintConfig(select=("duplicate-image", "near-duplicate-image"))
    return lint(builder.build(), lambda item: files.get(item.id), config)


def _cleanvision(peer: ModuleType) -> object:
    imagelab = peer.Imagelab(data_path=str(BUNDLED / "JPEGImages"))
    imagelab.find_issues({"exact_duplicates": {}, "near_duplicates": {}}, n_jobs=1, verbose=False)
    return imagelab
