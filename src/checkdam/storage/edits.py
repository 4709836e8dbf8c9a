"""Edits applied to the rows they touch: arithmetic on dictionaries, no I/O."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from checkdam.schema import (
    AddAnnotation,
    AddItem,
    Annotation,
    ConflictError,
    DeleteAnnotation,
    DeleteItem,
    Edit,
    Item,
    NotFoundError,
    ReplaceAnnotation,
    ReplaceItem,
)

_TAKE_NEWEST = "load the newest version and edit that"


@dataclass
class Touched:
    """The ids that edits speak of."""

    items: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    annotations: set[str] = field(default_factory=set)


def touched(edits: Iterable[Edit]) -> Touched:
    """Which items and annotations must be known before the edits can be applied; `emptied` are the items whose
    annotations go with them."""
    found = Touched()
    for edit in edits:
        match edit:
            case AddItem(item=item) | ReplaceItem(item=item):
                found.items.add(item.id)
            case DeleteItem(id=gone):
                found.items.add(gone)
                found.emptied.add(gone)
            case AddAnnotation(annotation=annotation) | ReplaceAnnotation(annotation=annotation):
                found.annotations.add(annotation.id)
                found.items.add(annotation.item_id)
            case DeleteAnnotation(id=gone):
                found.annotations.add(gone)
    return found


class Rows:
    """The touched rows, as the edits leave them. A dictionary keeps its order: new rows come last."""

    def __init__(self, items: Iterable[Item], annotations: Iterable[Annotation]) -> None:
        self.items = {item.id: item for item in items}
        self.annotations = {annotation.id: annotation for annotation in annotations}
        self._on: defaultdict[str, set[str]] = defaultdict(set)
        for annotation in self.annotations.values():
            self._on[annotation.item_id].add(annotation.id)

    def apply(self, edits: Sequence[Edit]) -> None:
        """In order, each on what the ones before left. Raises ConflictError where something to be added is there
        already, and NotFoundError where something to be changed is not."""
        for number, edit in enumerate(edits):
            self._apply(edit, f"edit {number}")

    def _apply(self, edit: Edit, where: str) -> None:
        match edit:
            case AddItem(item=item):
                self._absent(item.id in self.items, where, f"item {item.id}")
                self.items[item.id] = item
            case ReplaceItem(item=item):
                self._present(item.id in self.items, where, f"item {item.id}")
                self.items[item.id] = item
            case DeleteItem(id=gone):
                self._present(gone in self.items, where, f"item {gone}")
                del self.items[gone]
                for orphan in self._on.pop(gone, ()):
                    del self.annotations[orphan]
            case AddAnnotation(annotation=annotation):
                self._absent(annotation.id in self.annotations, where, f"annotation {annotation.id}")
                self._put(annotation, where)
            case ReplaceAnnotation(annotation=annotation):
                self._present(annotation.id in self.annotations, where, f"annotation {annotation.id}")
                self._on[self.annotations[annotation.id].item_id].discard(annotation.id)
                self._put(annotation, where)
            case DeleteAnnotation(id=gone):
                self._present(gone in self.annotations, where, f"annotation {gone}")
                self._on[self.annotations.pop(gone).item_id].discard(gone)

    def _put(self, annotation: Annotation, where: str) -> None:
        item_id = annotation.item_id
        self._present(item_id in self.items, where, f"item {item_id} of annotation {annotation.id}")
        self.annotations[annotation.id] = annotation
        self._on[item_id].add(annotation.id)

    def _absent(self, there: bool, where: str, what: str) -> None:
        if there:
            raise ConflictError(f"{where}: {what} is there already", _TAKE_NEWEST)

    def _present(self, there: bool, where: str, what: str) -> None:
        if not there:
            raise NotFoundError(f"{where}: {what} is not in this version", _TAKE_NEWEST)
