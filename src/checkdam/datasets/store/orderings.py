"""In which order the items of a version come under a filter and a sort, as the numbers of their rows.

A page, the place of an item and its neighbours are then looked up by number. Finding the order of a million items takes
a tenth of a second and four megabytes; those asked for last are kept, so that leafing and scrolling do not pay again.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from checkdam.datasets.model import ItemFilter, ItemSort
from checkdam.schema import DatasetVersion

Rows = range | NDArray[np.int32]
"""The rows of a version (from 0) in the order wanted."""

_KEPT_BYTES = 64 << 20
_encode = msgspec.json.Encoder(order="deterministic").encode


class Orderings:
    """The orders asked for last, up to 64 MB. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[bytes, tuple[pa.Table | None, NDArray[np.int32]]] = OrderedDict()

    def rows(
        self,
        version: DatasetVersion,
        wanted: ItemFilter,
        sort: ItemSort,
        open_findings: pa.Table,
        find: Callable[[], NDArray[Any]],
    ) -> Rows:
        """What `find` gives for this filter and sort, found once as long as nothing it depends on changes."""
        if wanted == ItemFilter() and sort.by == "position":
            every = range(version.item_count)
            return every[::-1] if sort.descending else every
        # Versions never change; open findings do, and then they are another table.
        table = open_findings if wanted.rule or sort.by == "findings" else None
        key = _encode([version.urn, version.items_ref, version.annotations_ref, wanted, sort])
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] is table:
                self._kept.move_to_end(key)
                return kept[1]
        found = find().astype(np.int32)
        with self._lock:
            self._kept[key] = (table, found)
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(rows.nbytes for _, rows in self._kept.values()) > _KEPT_BYTES:
                self._kept.popitem(last=False)
        return found


def place_of(rows: Rows, row: int) -> int | None:
    """Where a row comes; None if it is not among them."""
    if isinstance(rows, range):
        return rows.index(row) if row in rows else None
    found = np.flatnonzero(rows == row)
    return int(found[0]) if len(found) else None
