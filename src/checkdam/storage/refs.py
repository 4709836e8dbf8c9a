"""The names of things in the lake: published states, staged parts, differences. Plain JSON, all of them."""

import re
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from msgspec import Struct

from checkdam.schema import Annotation, InputError, Item

_TABLE_REF = re.compile(r"(?P<dataset>[A-Za-z0-9_-]{1,64})/(?P<table>items|annotations)@(?P<version>[1-9][0-9]{0,18})$")
_DATASET_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

Row = TypeVar("Row", Item, Annotation)


class LakeRef(Struct, frozen=True):
    """A published state of a dataset: one version of each table (`DATASET/items@7`), and what is in them.

    `content_hash` is the same for equal content: order and origin do not matter.
    """

    items: str
    annotations: str
    content_hash: str
    item_count: int
    annotation_count: int

    @property
    def dataset_id(self) -> str:
        return parse(self.items).dataset_id


class StagedPart(Struct, frozen=True, kw_only=True):
    """Rows that lie in the lake and belong to no version yet. The next part's positions begin at `next_item` and
    `next_annotation`."""

    items: tuple[dict[str, Any], ...]
    annotations: tuple[dict[str, Any], ...]
    item_count: int
    annotation_count: int
    next_item: int
    next_annotation: int


@dataclass(frozen=True)
class Changes(Generic[Row]):
    """Rows by id: those of the second state only, of the first only, and in both but unlike (before, after)."""

    added: dict[str, Row] = field(default_factory=dict)
    removed: dict[str, Row] = field(default_factory=dict)
    changed: dict[str, tuple[Row, Row]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True)
class LakeDiff:
    """What leads from one state to another."""

    items: Changes[Item]
    annotations: Changes[Annotation]

    def __bool__(self) -> bool:
        return bool(self.items) or bool(self.annotations)


@dataclass(frozen=True)
class TableRef:
    """One version of one table."""

    dataset_id: str
    table: str
    version: int

    def __str__(self) -> str:
        return f"{self.dataset_id}/{self.table}@{self.version}"


def parse(ref: str) -> TableRef:
    """Reads `DATASET/TABLE@VERSION`. Raises InputError for anything else, so that no ref leads out of the lake."""
    found = _TABLE_REF.fullmatch(ref)
    if found is None:
        raise InputError(f"not a version of a table in the lake: {ref!r}", "take the ref from the dataset's version")
    return TableRef(found["dataset"], found["table"], int(found["version"]))


def check_dataset_id(dataset_id: str) -> str:
    """The id, if it can name a folder of the lake. Raises InputError otherwise."""
    if not _DATASET_ID.fullmatch(dataset_id):
        raise InputError(f"not the id of a dataset: {dataset_id!r}", "use letters, digits, - and _; 64 at most")
    return dataset_id
