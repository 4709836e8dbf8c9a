"""The columns that a rule sees: a dataset's items and annotations as arrays, the structs themselves on demand.

Built from a reader's events (`FrameBuilder`) or from columns that lie in a store (`Frame.from_arrow`), so that the
rules are the same over a plain folder and over a dataset version.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property, lru_cache
from typing import Any, Protocol, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from checkdam.lint.details import ArrowDetails, Attributes, Details, Rows, StructDetails
from checkdam.lint.packed import Ids, PackedAnnotations
from checkdam.lint.spans import Spans, spans_of
from checkdam.lint.vertices import Joints, Masks, Vertices
from checkdam.schema import Annotation, Geometry, InputError, Item, Taxonomy

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

_LAST = 256
"""Annotations that are kept as structs: a rule looks at one several times."""

AREAL_KINDS = ("box", "rotated_box", "polygon", "mask")
"""The kinds that cover an area of the image; lines and joints have an extent, but its area says nothing of them."""


Made = TypeVar("Made")


class ArrowTable(Protocol):
    """The part of `pyarrow.Table` that is needed, so that this layer does not import it."""

    @property
    def num_rows(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    def column(self, name: str, /) -> Any: ...


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
        details: Details | None = None,
    ) -> None:
        """`boxes` has shape (n, 4): x, y, width, height. `annotation` makes the struct of a row; `details` reads parts
        of many rows at once, where that is faster."""
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
        self._details = details or StructDetails(annotation)
        self._met: dict[str, int] = {}
        self._once: dict[str, Any] = {}

    def __len__(self) -> int:
        """The number of annotations."""
        return len(self.annotation_ids)

    def annotation(self, row: int) -> Annotation:
        return self._annotation(row)

    def annotation_id(self, row: int) -> str:
        """The id of a row; `annotation_row` finds it again at once."""
        found = self.annotation_ids[row]
        self._met[found] = row
        return found

    def annotation_row(self, key: str) -> int | None:
        """The row of the annotation with that id; None if there is none. Of an id that was not asked for before it
        needs to know them all: seconds and a gigabyte where there are ten million."""
        row = self._met.get(key)
        return self.annotation_rows.get(key) if row is None else row

    def geometries(self, rows: Rows) -> Iterator[Geometry]:
        """The geometries of the annotations in the rows, in that order."""
        return self._details.geometries(rows)

    def attributes(self, rows: Rows) -> Iterator[Attributes]:
        """The attributes of the annotations in the rows, in that order."""
        return self._details.attributes(rows)

    @cached_property
    def vertices(self) -> Vertices:
        """The points of all polygons and polylines. Read when first asked for; boxes cost nothing."""
        return Vertices(np.flatnonzero(self.is_kind("polygon", "polyline")), self._details)

    @cached_property
    def joints(self) -> Joints:
        """The joints of all skeletons."""
        return Joints(np.flatnonzero(self.is_kind("keypoints")), self._details)

    @cached_property
    def masks(self) -> Masks:
        """Area and extent of all masks."""
        return Masks(np.flatnonzero(self.is_kind("mask")), self._details)

    @cached_property
    def spans(self) -> Spans:
        """The ranges of all spans of texts."""
        return spans_of(np.flatnonzero(self.is_kind("span")), self._details)

    def once(self, key: str, make: Callable[[], Made]) -> Made:
        """What `make` gives, made when it is first asked for: arrays that several rules need. It must not depend on the
        taxonomy."""
        if key not in self._once:
            self._once[key] = make()
        found: Made = self._once[key]
        return found

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
        item, item_ids = _coded(annotations.column("item_id"))
        label, labels = _coded(annotations.column("label"))
        kind, kinds = _coded(annotations.column("kind"))
        boxes = np.full((annotations.num_rows, 4), np.nan)
        for place, name in enumerate(("x", "y", "width", "height")):
            boxes[:, place] = annotations.column(name).to_numpy()  # null becomes NaN
        at = _RowOfTable(annotations)
        return cls(
            items=items,
            annotation_ids=_Texts(at, "id"),
            item=_item_rows(items, item, item_ids),
            label=label,
            labels=labels,
            kind=kind,
            kinds=kinds,
            boxes=boxes,
            declared=np.asarray(annotations.column("declared_box").to_numpy(), dtype=np.bool_),
            taxonomy=taxonomy,
            annotation=lru_cache(_LAST)(lambda row: annotation_of(at(row))),
            details=ArrowDetails(annotations),
        )


class FrameBuilder:
    """Collects items, annotations and the taxonomy, in any order, into a frame. The annotations are held packed."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._annotations = PackedAnnotations()
        self._taxonomy = Taxonomy()

    def add(self, event: Item | Annotation | Taxonomy) -> None:
        """Takes one item, annotation or taxonomy (the last taxonomy counts)."""
        if isinstance(event, Annotation):
            self._annotations.append(event)
        elif isinstance(event, Item):
            self._items.append(event)
        else:
            self._taxonomy = event

    def build(self) -> Frame:
        """To be called once, at the end. Raises InputError if an annotation's item was not added."""
        packed = self._annotations
        columns = packed.columns()
        return Frame(
            items=self._items,
            annotation_ids=Ids(packed),
            item=_item_rows(self._items, columns.item, packed.items.texts),
            label=columns.label,
            labels=packed.labels.texts,
            kind=columns.kind,
            kinds=packed.kinds.texts,
            boxes=columns.boxes,
            declared=columns.declared,
            taxonomy=self._taxonomy,
            annotation=packed.__getitem__,
        )


class _RowOfTable:
    """One row of a table as a mapping. A table of ten million rows has a thousand pieces, and its own `slice` visits
    them all."""

    def __init__(self, table: ArrowTable) -> None:
        self._columns = {name: table.column(name).chunks for name in table.column_names}
        lengths = [len(piece) for piece in next(iter(self._columns.values()), ())]
        self._starts = np.cumsum([0, *lengths])
        self.rows = table.num_rows

    def __call__(self, row: int) -> dict[str, Any]:
        piece, at = self._place(row)
        return {name: pieces[piece][at].as_py() for name, pieces in self._columns.items()}

    def one(self, row: int, name: str) -> Any:
        piece, at = self._place(row)
        return self._columns[name][piece][at].as_py()

    def _place(self, row: int) -> tuple[int, int]:
        row = range(self.rows)[row]
        piece = int(np.searchsorted(self._starts, row, side="right")) - 1
        return piece, row - int(self._starts[piece])


class _Texts(Sequence[str]):
    """A column of texts, made into Python's one by one."""

    def __init__(self, table: _RowOfTable, name: str) -> None:
        self._table, self._name = table, name

    def __len__(self) -> int:
        return self._table.rows

    @overload
    def __getitem__(self, row: int, /) -> str: ...
    @overload
    def __getitem__(self, row: slice, /) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice, /) -> str | Sequence[str]:
        if isinstance(row, slice):
            return [self[one] for one in range(len(self))[row]]
        text: str = self._table.one(row, self._name)
        return text


def _coded(column: Any) -> tuple[Ints, list[str]]:
    """A column of texts as codes into its distinct texts, in order of first appearance."""
    if not len(column):
        return np.zeros(0, dtype=np.int32), []
    coded = column.dictionary_encode().unify_dictionaries()
    codes = np.concatenate([piece.indices.to_numpy() for piece in coded.chunks]).astype(np.int32)
    texts: list[str] = coded.chunk(0).dictionary.to_pylist()
    return codes, texts


def _item_rows(items: Sequence[Item], codes: Ints, item_ids: Sequence[str]) -> Ints:
    """The row in `items` of each code into `item_ids`. Raises InputError where one is not there."""
    rows = {item.id: row for row, item in enumerate(items)}
    found: Ints = np.array([rows.get(key, -1) for key in item_ids], dtype=np.int32)[codes]
    if (found < 0).any():
        lost = item_ids[int(codes[int(np.argmax(found < 0))])]
        raise InputError(
            f"{int((found < 0).sum())} annotations name an item that is not in the dataset, first {lost!r}",
            "add the item, or leave out its annotations",
        )
    return found
