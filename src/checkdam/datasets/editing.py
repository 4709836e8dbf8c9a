"""Whether edits fit the version that they are to be made on; every one that does not is told."""

from collections.abc import Callable, Mapping, Sequence

from checkdam.schema import (
    AddAnnotation,
    AddItem,
    Annotation,
    DeleteAnnotation,
    DeleteItem,
    Edit,
    InputError,
    Item,
    Problems,
    ReplaceAnnotation,
    ReplaceItem,
)

_LOAD = "load the newest version and edit that"


def check_edits(
    edits: Sequence[Edit],
    items_named: Callable[[Sequence[str]], Mapping[str, Item]],
    annotations_named: Callable[[Sequence[str]], Mapping[str, Annotation]],
) -> None:
    """Goes through the edits in their order, each on what those before it left.

    InputError with a problem for each that adds what is there, changes or deletes what is not, renames an item to
    another's name, or is about an unknown item.
    """
    item_ids, annotation_ids = _named(edits)
    state = _State(dict(items_named(sorted(item_ids))), dict(annotations_named(sorted(annotation_ids))))
    for number, edit in enumerate(edits):
        state.take(edit, f"edit {number}")
    if state.problems:
        raise InputError(
            f"{state.problems.count} of {len(edits)} edits do not fit the newest version", _LOAD, state.problems
        )


class _State:
    """What the edits so far left of what they speak of. An annotation goes with its item."""

    def __init__(self, items: dict[str, Item], annotations: dict[str, Annotation]) -> None:
        self.items = items
        self.annotations = annotations
        self.gone: set[str] = set()
        self.problems = Problems()

    def take(self, edit: Edit, where: str) -> None:
        if isinstance(edit, AddItem | ReplaceItem | DeleteItem):
            self._take_item(edit, where)
        else:
            self._take_annotation(edit, where)

    def _take_item(self, edit: AddItem | ReplaceItem | DeleteItem, where: str) -> None:
        match edit:
            case AddItem(item=item):
                if self._check(item.id not in self.items, where, f"item {item.id} is there already"):
                    self.items[item.id] = item
            case ReplaceItem(item=item):
                if self._check(item.id in self.items, where, f"item {item.id} is not there"):
                    self.items[item.id] = item
            case DeleteItem(id=key):
                if self._check(self.items.pop(key, None) is not None, where, f"item {key} is not there"):
                    self.gone.add(key)

    def _take_annotation(self, edit: AddAnnotation | ReplaceAnnotation | DeleteAnnotation, where: str) -> None:
        match edit:
            case AddAnnotation(annotation=one):
                free = not self._stands(one.id)
                if self._check(free, where, f"annotation {one.id} is there already"):
                    self._put(one, where)
            case ReplaceAnnotation(annotation=one):
                if self._check(self._stands(one.id), where, f"annotation {one.id} is not there"):
                    self._put(one, where)
            case DeleteAnnotation(id=key):
                if self._check(self._stands(key), where, f"annotation {key} is not there"):
                    del self.annotations[key]

    def _put(self, one: Annotation, where: str) -> None:
        if self._check(one.item_id in self.items, where, f"item {one.item_id} of annotation {one.id} is not there"):
            self.annotations[one.id] = one

    def _stands(self, key: str) -> bool:
        return key in self.annotations and self.annotations[key].item_id not in self.gone

    def _check(self, fits: bool, where: str, what: str) -> bool:
        if not fits:
            self.problems.add(where, what, _LOAD)
        return fits


def _named(edits: Sequence[Edit]) -> tuple[set[str], set[str]]:
    items: set[str] = set()
    annotations: set[str] = set()
    for edit in edits:
        match edit:
            case AddItem(item=item) | ReplaceItem(item=item):
                items.add(item.id)
            case DeleteItem(id=key):
                items.add(key)
            case AddAnnotation(annotation=one) | ReplaceAnnotation(annotation=one):
                annotations.add(one.id)
                items.add(one.item_id)
            case DeleteAnnotation(id=key):
                annotations.add(key)
    return items, annotations
