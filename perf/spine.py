"""The spine, timed: import, lint, queries, over a synthetic COCO dataset and the bundled pictures."""

from collections.abc import Callable, Iterator
from pathlib import Path

from checkdam.datasets import ItemFilter, ItemSort
from checkdam.formats import Entry, read
from checkdam.lint import FrameBuilder, lint
from checkdam.schema import Job
from checkdam.workspace import Workspace
from perf.synthetic import BOXES_PER_ITEM, write_coco
from perf.table import Row, latency, peak_memory, timed

BUNDLED = Path(__file__).parent.parent / "src" / "checkdam" / "demo_data" / "bccd"


def measure(folder: Path, items: int) -> Iterator[Row]:
    """Yields the rows of the table; `folder` is empty and holds the workspace and the source afterwards."""
    source = folder / "source" / "instances.json"
    write_coco(source, items)
    boxes = items * BOXES_PER_ITEM
    with Workspace.open(folder / "workspace") as workspace:
        yield from _imports(workspace, source, items + boxes)
        yield from _lint(source, boxes)
        yield from _queries(workspace)
        yield from _pictures(workspace)
    yield Row("peak memory of this process", f"{peak_memory():.0f} MiB", "all of the above")


def _imports(workspace: Workspace, source: Path, rows: int) -> Iterator[Row]:
    seconds, events = timed(lambda: sum(1 for _ in read(source.parent)))
    yield Row("read COCO", f"{rows / seconds:,.0f} rows/s", f"{events:,} events in {seconds:.2f} s, nothing stored")
    seconds = _run(workspace, workspace.datasets.submit_import("synthetic", source.parent, actor="perf"))
    yield Row(
        "import COCO",
        f"{rows / seconds:,.0f} rows/s",
        f"{rows:,} rows in {seconds:.2f} s: checked, stored, cache built",
    )


def _lint(source: Path, boxes: int) -> Iterator[Row]:
    builder = FrameBuilder()
    for event in read(source.parent):
        builder.add(event.item if isinstance(event, Entry) else event)
    frame = builder.build()
    seconds, findings = timed(lambda: lint(frame))
    found = len(findings)
    yield Row(
        "lint geometry", f"{boxes / seconds:,.0f} boxes/s", f"{boxes:,} boxes in {seconds:.2f} s: {found} findings"
    )


def _queries(workspace: Workspace) -> Iterator[Row]:
    items = workspace.datasets.items
    cases = {
        "facets (class histogram, splits, metadata)": lambda: items.facets("synthetic"),
        "filter by label, page of 50 with boxes": lambda: items.page("synthetic", ItemFilter(label=("bus",))),
        "sort by number of annotations, page of 50": lambda: items.page(
            "synthetic", sort=ItemSort(by="annotations", descending=True)
        ),
        "page of 50 in the middle": lambda: items.page("synthetic", offset=items.page("synthetic").total // 2),
    }
    for name, query in cases.items():
        first, middle, worst = latency(query)
        yield Row(name, f"{middle:.1f} ms", f"median of 15; first {first:.0f} ms, slowest {worst:.1f} ms")


def _pictures(workspace: Workspace) -> Iterator[Row]:
    steps: dict[str, Callable[[], Job]] = {
        "import BCCD": lambda: workspace.datasets.submit_import("bccd", BUNDLED, actor="perf"),
        "lint BCCD, pixels included": lambda: workspace.datasets.submit_lint("bccd", actor="perf"),
    }
    for what, submit in steps.items():
        yield Row(what, f"{_run(workspace, submit()):.2f} s", "364 images, 4,888 boxes")


def _run(workspace: Workspace, job: Job) -> float:
    """Seconds until the job has succeeded."""
    seconds, ended = timed(lambda: workspace.run(job))
    if ended.state != "succeeded":
        raise SystemExit(f"{ended.name} failed: {ended.error}")
    return seconds
