"""Reads lists of results, with the files that say which images and categories they speak of."""

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from typing import Any

from checkdam.formats.coco.reader import CocoFile, split_of_file
from checkdam.formats.coco_results.rows import read_result
from checkdam.formats.jsonstream import elements, map_file
from checkdam.formats.seen import Seen
from checkdam.formats.tree import Beside, Tree
from checkdam.formats.values import BadValueError, identifier, shown
from checkdam.guard.limits import InputLimits
from checkdam.schema import Annotation, InputError, Origin, Problems, annotation_id, ordinal_key, own_key

ROWS = ""
"""The array that a place in a list of results names: the file as a whole."""


class Results:
    """The lists of a root while they are read. `truths` are the files of their images, whose `entries` were read."""

    def __init__(
        self,
        tree: Tree | Beside,
        names: Sequence[str],
        truths: Sequence[CocoFile],
        problems: Problems,
        limits: InputLimits,
    ) -> None:
        self._tree, self._names, self._truths = tree, names, truths
        self._problems, self._limits = problems, limits
        self._counts: Counter[str] = Counter()  # detections without an id, by item
        self._numbered = Seen()
        self._plain_keys: set[str] = set()

    def annotations(self) -> Iterator[Annotation]:
        """The detections of each list in turn."""
        for name in self._names:
            seen, truths = Seen(), self._truths_of(name)
            for at, row in self._rows(name):
                try:
                    yield self._annotation(name, at, row, truths, seen)
                except BadValueError as error:
                    self._tell(name, at, error)

    def places(self, items: Container[str]) -> Iterator[tuple[str, Origin]]:
        """The rows about these items, each with the item's id."""
        for name in self._names:
            truths = self._truths_of(name)
            for at, row in self._rows(name):
                item = _item(str(row.get("image_id")), truths)[0]
                if item is not None and item in items:
                    yield item, Origin(name, at, ROWS)

    def _truths_of(self, name: str) -> list[CocoFile]:
        """The files that a list may speak of: the one that says so, else those of its split, else all."""
        marked = [each for each in self._truths if each.results is not None]
        if marked:
            return [each for each in marked if each.results == name] or [*self._truths]
        split = split_of_file(name)
        return [each for each in self._truths if each.split == split] or [*self._truths]

    def _tell(self, name: str, at: int, error: BadValueError) -> None:
        place = f"{name}#[{at}]" + (f".{error.path}" if error.path else "")
        self._problems.add(place, error.what, error.remedy)

    def _rows(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The objects of a list, with their places; what is no object, and damage to the text, is told."""
        at = -1
        try:
            view = map_file(self._tree.path(name))
            for at, row in enumerate(elements(view, self._limits.document_bytes)):
                if isinstance(row, dict):
                    yield at, row
                else:
                    self._tell(name, at, BadValueError("", f"is {shown(row)}, not an object", "remove it"))
        except InputError as damage:
            self._problems.add(f"{name}#[{at + 1}]", damage.detail, damage.remedy)

    def _annotation(
        self, name: str, at: int, row: dict[str, Any], truths: Sequence[CocoFile], seen: Seen
    ) -> Annotation:
        image = identifier(row.get("image_id"), "image_id")
        item, truth = _item(image, truths)
        if item is None or truth is None:
            raise BadValueError("image_id", f"{image} is the id of no image", "add the image or remove the row")
        category = identifier(row.get("category_id"), "category_id")
        source_id = None if row.get("id") is None else identifier(row["id"], "id")
        geometry, box, attributes = read_result(row, self._plain_keys, self._limits)
        if source_id is None:
            key = ordinal_key(self._counts[item])
            self._counts[item] += 1
        else:
            key = own_key(source_id)
            if not seen.add(source_id):
                key += f"#{at}"
                self._tell(name, at, BadValueError("id", f"{source_id} is given twice", "give each its own id"))
            elif len(self._names) > 1 and not self._numbered.add(f"{item}/{source_id}"):
                key = f"{name}:{key}"  # another list gives the item a detection of the same number
        return Annotation(
            id=annotation_id(item, key),
            item_id=item,
            label=truth.label_of(category),
            geometry=geometry,
            box=box,
            attributes=attributes,
            source_id=source_id,
            origin=Origin(name, at, ROWS),
        )


def _item(image: str, truths: Sequence[CocoFile]) -> tuple[str | None, CocoFile | None]:
    """The item for an image's id, and the file that has it."""
    for truth in truths:
        if (item := truth.item_of(image)) is not None:
            return item, truth
    return None, None
