"""The columns that a rule sees: a dataset's items and annotations as arrays, the structs themselves on demand.

Built from a reader's events (`FrameBuilder`) or from columns that lie in a store (`Frame.from_arrow`), so that the
rules are the same over a plain folder and over a dataset version.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from checkdam.schema import Annotation, Box, InputError, Item, Taxonomy, extent, geometry_kind

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

AREAL_KINDS = ("box", "rotated_box", "polygon", "mask")
"""The kinds that cover an area of the image; lines and joints have an extent, but its area says nothing of them."""


class ArrowTable(Protocol):
    """The part of `pyarrow.Table` that is needed, so that this layer does not import it."""

    @property
    def num_rows(self) -> int: ...
    def column(self, name: str, /) -> Any: ...
    def slice(self, offset: int, length: int, /) -> Any: ...


class Frame:
    """A dataset, or a part of it, as columns. Row `i` of the arrays is the annotation `annotation(i)`.

    `item` is the row of the annotation's item in `items`; `label` and `kind` are codes into the lists `labels` and
    `kinds`. `x`, `y`, `width`, `height` (pixels) are the box: the geometry itself, or the box that the source declares
    beside it, or the geometry's extent; NaN where it has no place in the image. `declared` marks the second case.
    """

    def __init__(
        self,
        *,
        items: Sequence[Item],
        annotation_ids: Sequence[str],
        item: Ints,
        label: Ints,
        labels: list[str],
        kind: Ints,
        kinds: list[str],
        boxes: Floats,
        declared: Bools,
        taxonomy: Taxonomy,
        annotation: Callable[[int], Annotation],
    ) -> None:
        """`boxes` has shape (n, 4): x, y, width, height. `annotation` makes the struct of a row."""
        self.items = items
        self.annotation_ids = annotation_ids
        self.item = item
        self.label = label
        self.labels = labels
        self.kind = kind
        self.kinds = kinds
        self.x, self.y, self.width, self.height = (np.ascontiguousarray(boxes[:, column]) for column in range(4))
        self.declared = declared
        self.taxonomy = taxonomy
        self._annotation = annotation

    def __len__(self) -> int:
        """The number of annotations."""
        return len(self.annotation_ids)

    def annotation(self, row: int) -> Annotation:
        return self._annotation(row)

    def label_of(self, row: int) -> str:
        return self.labels[int(self.label[row])]

    def item_of(self, row: int) -> Item:
        return self.items[int(self.item[row])]

    def with_taxonomy(self, taxonomy: Taxonomy) -> "Frame":
        """The same frame under another taxonomy."""
        other = copy(self)
        other.taxonomy = taxonomy
        return other

    def is_kind(self, *kinds: str) -> Bools:
        """Marks the annotations whose geometry is of one of the kinds."""
        codes = [code for code, kind in enumerate(self.kinds) if kind in kinds]
        return np.isin(self.kind, codes)

    @cached_property
    def areal(self) -> Bools:
        """Marks the annotations that have a box whose area means something: see `AREAL_KINDS`, and declared boxes."""
        return (self.is_kind(*AREAL_KINDS) | self.declared) & ~np.isnan(self.x)

    @cached_property
    def rows_of_items(self) -> list[Ints]:
        """For each item, the rows of its annotations in order."""
        order = np.argsort(self.item, kind="stable").astype(np.int32)
        ends = np.searchsorted(self.item[order], np.arange(len(self.items)), side="right")
        return np.split(order, ends[:-1]) if len(self.items) else []

    @cached_property
    def item_rows(self) -> dict[str, int]:
        """The row of each item's id."""
        return {item.id: row for row, item in enumerate(self.items)}

    @cached_property
    def annotation_rows(self) -> dict[str, int]:
        """The row of each annotation's id."""
        return {key: row for row, key in enumerate(self.annotation_ids)}

    @classmethod
    def from_arrow(
        cls,
        items: Sequence[Item],
        annotations: ArrowTable,
        taxonomy: Taxonomy,
        annotation_of: Callable[[Mapping[str, Any]], Annotation],
    ) -> "Frame":
        """From the lake's columns `id, item_id, label, kind, x, y, width, height, declared_box` of a `pyarrow.Table`.

        `annotation_of` turns one row of the table (a mapping of column names to values) into its struct. It is called
        only for the annotations that a finding is about. Raises InputError if an annotation's item is not in `items`.
        """
        rows = {item.id: row for row, item in enumerate(items)}
        ids: list[str] = annotations.column("id").to_pylist()
        item = _item_rows(annotations.column("item_id").to_pylist(), rows)
        label, labels = _codes(annotations.column("label").to_pylist())
        kind, kinds = _codes(annotations.column("kind").to_pylist())
        boxes = np.full((len(ids), 4), np.nan)
        for place, name in enumerate(("x", "y", "width", "height")):
            boxes[:, place] = annotations.column(name).to_numpy()  # null becomes NaN
        declared = np.array(annotations.column("declared_box").to_pylist(), dtype=np.bool_)
        return cls(
            items=items,
            annotation_ids=ids,
            item=item,
            label=label,
            labels=labels,
            kind=kind,
            kinds=kinds,
            boxes=boxes,
            declared=declared,
            taxonomy=taxonomy,
            annotation=lambda row: annotation_of(annotations.slice(row, 1).to_pylist()[0]),
        )


class FrameBuilder:
    """Collects items, annotations and the taxonomy, in any order, into a frame."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._annotations: list[Annotation] = []
        self._taxonomy = Taxonomy()

    def add(self, event: Item | Annotation | Taxonomy) -> None:
        """Takes one item, annotation or taxonomy (the last taxonomy counts)."""
        match event:
            case Item():
                self._items.append(event)
            case Annotation():
                self._annotations.append(event)
            case Taxonomy():
                self._taxonomy = event

    def build(self) -> Frame:
        """Raises InputError if an annotation's item was not added."""
        annotations = self._annotations
        rows = {item.id: row for row, item in enumerate(self._items)}
        label, labels = _codes(annotation.label for annotation in annotations)
        kind, kinds = _codes(geometry_kind(annotation.geometry) for annotation in annotations)
        boxes = np.array([_box(annotation) for annotation in annotations], dtype=np.float64).reshape(-1, 4)
        return Frame(
            items=self._items,
            annotation_ids=[annotation.id for annotation in annotations],
            item=_item_rows([annotation.item_id for annotation in annotations], rows),
            label=label,
            labels=labels,
            kind=kind,
            kinds=kinds,
            boxes=boxes,
            declared=np.array([annotation.box is not None for annotation in annotations], dtype=np.bool_),
            taxonomy=self._taxonomy,
            annotation=annotations.__getitem__,
        )


def _box(annotation: Annotation) -> tuple[float, float, float, float]:
    geometry = annotation.geometry
    box = geometry if isinstance(geometry, Box) else annotation.box or extent(geometry)
    return (np.nan,) * 4 if box is None else (box.x, box.y, box.width, box.height)


def _codes(values: Iterable[str]) -> tuple[Ints, list[str]]:
    """Numbers the distinct values in order of first appearance."""
    seen: dict[str, int] = {}
    codes = [seen.setdefault(value, len(seen)) for value in values]
    return np.array(codes, dtype=np.int32), list(seen)


def _item_rows(item_ids: Sequence[str], rows: Mapping[str, int]) -> Ints:
    found = np.array([rows.get(key, -1) for key in item_ids], dtype=np.int32)
    if (found < 0).any():
        lost = item_ids[int(np.argmax(found < 0))]
        raise InputError(
            f"{int((found < 0).sum())} annotations name an item that is not in the dataset, first {lost!r}",
            "add the item, or leave out its annotations",
        )
    return found
