"""What a file format is to the rest of Checkdam: something that recognises, reads, writes and patches a dataset."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from checkdam.guard.limits import InputLimits
from checkdam.schema import Annotation, Item, ItemKind, Label, Origin, Problems, Taxonomy


class Entry(Struct, frozen=True, gc=False):
    """An item as it was read. `media` is the path of its file, known to lie below the dataset's root; None for text
    and where the file is missing. `content` is the file itself, where a table holds it."""

    item: Item
    media: Path | None = None
    content: bytes | None = None


Event = Taxonomy | Entry | Annotation
"""What reading yields: one taxonomy first, then entries and annotations. The `item_id` of an annotation is that of an
entry of the same read, which may come before or after it."""

Record = tuple[Item, Sequence[Annotation]]
"""An item with its annotations: what writing takes."""

MediaSource = Callable[[Item], Path | None]
"""Finds the media file of an item; None where there is none."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A format's claim on a root. `confidence` is from 0 to 1; `reason` says what was seen, and what was ignored."""

    format: str
    confidence: float
    reason: str


class PatchEdit(Struct, frozen=True, kw_only=True):
    """One change in a file, at the place that the `at` and `array` of an `Origin` name.

    Of an annotation, `annotation` is what it becomes. That also takes `label`, the taxonomy's entry for its label (COCO
    and YOLO write its `source_id`), and `item` (YOLO needs the size). Of an item, `item` alone gives the declared size
    that it gets. With `whole_item`, what is there for an item is deleted, one of its `Format.places`. With none of
    these, the annotation is deleted.
    """

    at: int | None
    array: str | None = None
    annotation: Annotation | None = None
    label: Label | None = None
    item: Item | None = None
    whole_item: bool = False


@dataclass(slots=True)
class Loss:
    """One kind of thing that a written file does not hold: how many, and the first places."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class LossReport:
    """What an export could not hold. False when nothing is lost: reading the files back gives what was written, which
    is so many `items` with so many `annotations`."""

    losses: dict[str, Loss] = field(default_factory=dict)
    examples_kept: int = 5
    items: int = 0
    annotations: int = 0

    def wrote(self, annotations: int) -> None:
        """Counts an item that was written, with its annotations."""
        self.items += 1
        self.annotations += annotations

    def add(self, what: str, where: str, count: int = 1) -> None:
        """Counts a loss: `what` is the kind, in words that stand alone; `where` names the item or label."""
        loss = self.losses.setdefault(what, Loss())
        loss.count += count
        if len(loss.examples) < self.examples_kept and where not in loss.examples:
            loss.examples.append(where)

    def __bool__(self) -> bool:
        return bool(self.losses)

    def __str__(self) -> str:
        """One line for each kind of loss; empty when nothing is lost."""
        return "\n".join(
            f"{what}: {loss.count:,} ({', '.join(loss.examples)}{', ...' if loss.count > len(loss.examples) else ''})"
            for what, loss in self.losses.items()
        )


class Format(Protocol):
    """A dataset's layout on disk. `root` is its folder or, where the format allows, its only file.

    No method raises for what it finds in a file: `read` adds a problem with place and remedy and goes on with the next
    good row; the others raise `InputError`. Implementations hold no state.
    """

    name: str
    title: str
    kinds: tuple[ItemKind, ...]

    def detect(self, root: Path) -> Detection | None:
        """By content and cheap. None where this is no dataset of the format."""
        ...

    def near_misses(self, root: Path, problems: Problems) -> None:
        """Adds the files that may be meant for the format and why they cannot be, where `detect` found no dataset."""
        ...

    def read(self, root: Path, problems: Problems, limits: InputLimits) -> Iterator[Event]:
        """Streams the dataset in an order that is the same each time."""
        ...

    def count(self, root: Path) -> int | None:
        """A cheap estimate of the entries and annotations to come, for progress; None if unknown."""
        ...

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        """Writes a new folder `target`, whole or not at all. `InputError` if it is there and not empty.

        With `media`, the media files are copied to their items' names; without, labels alone are written.
        """
        ...

    def places(self, root: Path, items: Sequence[Item]) -> Mapping[str, Sequence[Origin]]:
        """Everything in the files that is there for these items and goes with them, by the id of the item: whole files
        (an `Origin` without `at`), and rows or lines of files about several items."""
        ...

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        """The bytes of `file` with the edits made and every other byte kept. `InputError` if an edit does not fit."""
        ...
