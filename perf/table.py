"""Measuring, and the table that the results are printed in."""

import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

import numpy as np

Result = TypeVar("Result")


@dataclass(frozen=True)
class Row:
    """One measurement: what, the figure with its unit, and a word on how."""

    what: str
    figure: str
    note: str = ""


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Wall seconds and the result."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def latency(work: Callable[[], object], repeats: int = 15) -> tuple[float, float, float]:
    """Milliseconds: the first call, the median and the maximum of the following ones."""
    first, *rest = (timed(work)[0] * 1000 for _ in range(repeats + 1))
    return first, median(rest), max(rest)


def peak_memory() -> float:
    """The most memory this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The growth exponent: the slope of log time over log size, by least squares. 1 is linear."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def print_table(title: str, rows: list[Row]) -> None:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    sys.stdout.write(f"\n### {title}\n\n{machine}\n\n| what | figure | how |\n|---|---|---|\n")
    for row in rows:
        sys.stdout.write(f"| {row.what} | {row.figure} | {row.note} |\n")
