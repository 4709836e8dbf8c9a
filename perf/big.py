"""Growth: the same work at 1,000, 10,000, 100,000 and a million items with ten boxes each, under a limit of memory."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from msgspec import Struct

from perf.memory import release
from perf.queries import over_http, within
from perf.synthetic import BOXES_PER_ITEM
from perf.table import Row, exponent, print_table

SIZES = (1_000, 10_000, 100_000, 1_000_000)
GROWTH = ("import", "cache", "lint", "lint folder", "export")


class Taken(Struct):
    """Wall and processor seconds of a stage, its most private memory (MiB), and what limited it."""

    seconds: float
    processor: float
    memory: float
    limit: str


def report(folder: Path, largest: int, memory: float) -> None:
    """Prints the tables. What was made of the largest size stays in `folder` for the other parts."""
    sizes = [size for size in SIZES if size < largest] + [largest]
    for items in sizes:
        shutil.rmtree(folder / f"{items}", ignore_errors=True)  # of an earlier run: an import would change nothing
    taken = {items: {name: _stage(name, folder, items, memory) for name in ("make", *GROWTH)} for items in sizes}
    limit = taken[largest]["import"].limit
    print_table(
        "Growth exponent of processor seconds; points: seconds (processor seconds)",
        [_growth(name, taken) for name in GROWTH],
    )
    print_table(
        f"{largest:,} items, {largest * BOXES_PER_ITEM:,} boxes, {limit}",
        [_throughput(name, taken[largest][name], largest) for name in GROWTH],
    )
    home = home_in(folder, largest)
    print_table("Questions, in process", list(within(home)))
    print_table("Questions, over HTTP", list(over_http(home)))


def home_in(folder: Path, items: int) -> Path:
    """The workspace of that size."""
    return folder / f"{items}" / "workspace"


def ensure(folder: Path, items: int, memory: float = 8.0) -> Path:
    """The workspace with the dataset of that size imported and linted, made if it is not there."""
    home = home_in(folder, items)
    if not home.exists():
        for name in ("make", "import", "lint"):
            _stage(name, folder, items, memory)
    return home


def _stage(name: str, folder: Path, items: int, memory: float) -> Taken:
    sys.stderr.write(f"{name}, {items:,} items\n")
    places = [str(home_in(folder, items)), str(folder / f"{items}" / "source"), str(items)]
    command = [sys.executable, "-m", "perf.stage", name, *places, "--memory", str(memory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        out, _ = process.communicate()
    release(process.pid)
    if process.returncode:
        raise SystemExit(f"{name} of {items:,} items ended with {process.returncode}")
    return Taken(**json.loads(out.splitlines()[-1]))


def _growth(name: str, taken: dict[int, dict[str, Taken]]) -> Row:
    sizes = list(taken)
    used = [taken[size][name].processor for size in sizes]
    points = "; ".join(
        f"{size * BOXES_PER_ITEM:,} boxes {taken[size][name].seconds:.2f} ({taken[size][name].processor:.2f})"
        for size in sizes
    )
    wall = exponent(sizes, [taken[size][name].seconds for size in sizes])
    steps = ", ".join(f"{exponent(sizes[at : at + 2], used[at : at + 2]):.2f}" for at in range(len(sizes) - 1))
    figure = f"exponent {exponent(sizes, used):.2f}"
    return Row(name, figure, f"{points}; of wall seconds {wall:.2f}; of the processor's, step by step: {steps}")


def _throughput(name: str, taken: Taken, items: int) -> Row:
    boxes = items * BOXES_PER_ITEM
    rows = boxes if "lint" in name else items + boxes
    what = "boxes" if "lint" in name else "rows"
    figure = f"{rows / taken.seconds:,.0f} {what}/s"
    return Row(name, figure, f"{taken.seconds:.1f} s; most private memory {taken.memory:,.0f} MiB")
