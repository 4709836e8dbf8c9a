"""The grid of a large dataset, scrolled in a real Chromium: the time between frames, and how long pages take to come.

Without a graphics card everything is drawn by the processor, which the server shares: a harder case than a desk. The
synthetic items have no pictures, so that none is fetched or drawn: an easier case. While the grid moves fast it asks
for nothing; the pages of the place where it comes to rest are fetched then.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from perf.big import ensure
from perf.queries import served
from perf.stage import NAME
from perf.table import Row, print_table

_SECONDS = 8
_JUMPS = 30
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_SCROLL = """async ([seconds, step]) => {
  const frame = document.querySelector('section[aria-label="Items"]');
  const times = [];
  const end = performance.now() + seconds * 1000;
  let last = await new Promise(requestAnimationFrame);
  while (last < end) {
    frame.scrollBy(0, step);
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return times;
}"""
_TOP = """() => document.querySelector('section[aria-label="Items"]').scrollTop"""
_JUMP = """async (share) => {
  const frame = document.querySelector('section[aria-label="Items"]');
  frame.scrollTop = share * (frame.scrollHeight - frame.clientHeight);
}"""
_PAGES = """() => performance.getEntriesByType('resource')
  .filter((one) => /\\/items\\?/.test(one.name)).map((one) => one.duration)"""


def report(folder: Path, items: int) -> None:
    print_table(f"In the browser: the grid of {items:,} items", list(_rows(ensure(folder, items))))


def _rows(home: Path) -> Iterator[Row]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        yield Row("browser", "–", "playwright is not installed: make dev")
        return
    named = os.environ.get("CHECKDAM_CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    with sync_playwright() as playwright, served(home) as (address, link, _):
        browser = playwright.chromium.launch(executable_path=named, args=_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(link)
        page.wait_for_selector("body[data-ready]")
        page.evaluate("() => performance.setResourceTimingBufferSize(10000)")
        page.goto(f"{address}/datasets/{NAME}")
        page.wait_for_selector('body[data-ready="explorer"]', timeout=60_000)
        page.wait_for_timeout(1_000)
        yield from _scrolled(page)
        yield from _jumped(page)
        browser.close()


def _scrolled(page: Any) -> Iterator[Row]:
    for what, step in (("slowly", 12), ("fast", 120)):
        page.evaluate("() => performance.clearResourceTimings()")
        before = page.evaluate(_TOP)
        frames = np.array(page.evaluate(_SCROLL, [_SECONDS, step]))
        moved = page.evaluate(_TOP) - before
        _settled(page)
        pages = np.array(page.evaluate(_PAGES) or [np.nan])
        middle, late = np.percentile(frames, [50, 95])
        note = (
            f"p50 {middle:.1f} ms, {len(frames) / _SECONDS:.0f} frames/s, {(frames > 50).mean():.1%} over 50 ms; "
            f"{moved:,.0f} px in {_SECONDS} s"
        )
        yield Row(f"frame time, scrolling {what}", f"p95 {late:.1f} ms", note)
        yield _pages(f"pages fetched meanwhile ({what})", pages)


def _jumped(page: Any) -> Iterator[Row]:
    """Dragging the thumb to far places."""
    chance = np.random.default_rng(3)
    page.evaluate("() => performance.clearResourceTimings()")
    for share in chance.random(_JUMPS):
        page.evaluate(_JUMP, float(share))
        _settled(page)
    yield _pages(f"pages fetched, {_JUMPS} jumps to anywhere", np.array(page.evaluate(_PAGES) or [np.nan]))


def _settled(page: Any) -> None:
    """Waits until every tile in sight is there."""
    page.wait_for_timeout(200)  # the grid waits 60 ms before it asks
    page.wait_for_function("() => !document.querySelector('section [aria-busy]')")


def _pages(what: str, milliseconds: Any) -> Row:
    middle, late = np.percentile(milliseconds, [50, 95])
    return Row(what, f"p95 {late:.0f} ms", f"p50 {middle:.0f} ms, {len(milliseconds)} requests, by the browser's clock")
