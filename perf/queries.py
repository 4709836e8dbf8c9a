"""How long questions about a dataset take: asked in process, and over HTTP from a server with one client."""

import http.client
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import numpy as np

from checkdam.datasets import ItemFilter, ItemSort
from checkdam.workspace import Workspace
from perf.memory import private
from perf.stage import NAME
from perf.table import Row, latency

_REQUESTS = 200
_SEED = 11


def within(home: Path) -> Iterator[Row]:
    """The first call of each is in the note: it finds an order of the items that the later ones use again."""
    with Workspace.open(home) as workspace:
        items, version = workspace.datasets.items, workspace.datasets.versions.get(NAME)
        chance = random.Random(_SEED)  # noqa: S311  # no secret
        ids = [items.page(NAME, offset=chance.randrange(version.item_count), limit=1).items[0].id for _ in range(50)]
        by_name = workspace.datasets.versions
        cases: dict[str, Callable[[], object]] = {
            "histogram of classes": lambda: items.label_counts(version),
            "facets (classes, splits, kinds, rules)": lambda: items.facets(NAME),
            "filter by class: count and page of 50 with boxes (a join)": lambda: items.page(
                NAME, ItemFilter(label=("bus",)), limit=50
            ),
            "the same, facets": lambda: items.facets(NAME, ItemFilter(label=("bus",))),
            "filter by finding, page of 50": lambda: items.page(NAME, ItemFilter(rule=("duplicate-box",))),
            "search in names, page of 50": lambda: items.page(NAME, ItemFilter(q="99999")),
            "sort by number of boxes, page of 50": lambda: items.page(
                NAME, sort=ItemSort(by="annotations", descending=True)
            ),
            "page of 50 in the middle": lambda: items.page(NAME, offset=version.item_count // 2),
            "50 items by id, with their boxes, at once": lambda: by_name.records_at(
                version, by_name.rows_named(version, ids)
            ),
            "50 items by id, one by one, with neighbours and findings": lambda: [
                items.detail(NAME, one) for one in ids
            ],
        }
        for name, ask in cases.items():
            first, middle, worst = latency(ask)
            yield Row(name, f"{middle:.0f} ms", f"median of 15; first {first:.0f} ms, slowest {worst:.0f} ms")


def over_http(home: Path) -> Iterator[Row]:
    """Pages at random places, one after the other."""
    with Workspace.open(home) as workspace:
        total = workspace.datasets.versions.get(NAME).item_count
        workspace.accounts.first_login()
        user = workspace.accounts.users()[0]
        secret = workspace.accounts.create_key(user.id, f"perf {time.time_ns()}", "read").secret
    chance = random.Random(_SEED)  # noqa: S311  # no secret
    cases: dict[str, Callable[[], dict[str, object]]] = {
        "GET items, page of 50 anywhere": lambda: {"offset": chance.randrange(total), "limit": 50},
        "GET items, page of 200 anywhere": lambda: {"offset": chance.randrange(total), "limit": 200},
        "GET items of a class, page of 50 anywhere": lambda: {
            "offset": chance.randrange(total // 4),
            "limit": 50,
            "label": "bus",
        },
    }
    with served(home) as (address, _, process):
        place = urlsplit(address)
        connection = http.client.HTTPConnection(place.hostname or "", place.port)
        for name, query in cases.items():
            taken = [_get(connection, secret, query()) for _ in range(_REQUESTS)]
            first, middle, late = taken[0], np.percentile(taken, 50), np.percentile(taken, 95)
            note = f"p50 {middle:.0f} ms, first {first:.0f} ms, of {_REQUESTS} one after the other"
            yield Row(name, f"p95 {late:.0f} ms", note)
        yield Row("private memory of the server", f"{private(process.pid):,.0f} MiB", "after all of these")


def _get(connection: http.client.HTTPConnection, secret: str, query: dict[str, object]) -> float:
    """Milliseconds until the whole answer is there."""
    begun = time.perf_counter()
    path = f"/api/datasets/{NAME}/items?{urlencode(query)}"
    connection.request("GET", path, headers={"Authorization": f"Bearer {secret}"})
    answer = connection.getresponse()
    body = answer.read()
    taken = (time.perf_counter() - begun) * 1000
    if answer.status != http.client.OK:
        raise SystemExit(f"GET {path} answered {answer.status}: {body[:200]!r}")
    assert json.loads(body)["items"]
    return taken


@contextmanager
def served(home: Path) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """A server over the workspace: its address, a link that signs in once, and its process."""
    command = [sys.executable, "-m", "checkdam", "serve", "--port", "0", "--workers", "0", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            yield address, process.stdout.readline().split()[-1], process
        finally:
            process.terminate()
            process.wait(60)
