"""Datasets, their immutable versions, the edits that lead from one to the next, and slices."""

from typing import Literal

from msgspec import Struct

from checkdam.schema.annotation import Annotation
from checkdam.schema.item import Item


class Dataset(Struct, frozen=True, kw_only=True):
    """`name` is unique and is what people type; `created_at` is ISO 8601 in UTC."""

    id: str
    name: str
    created_at: str


class DatasetVersion(Struct, frozen=True, kw_only=True):
    """An immutable state of a dataset. It exists when its SQL row does; the row names the lake's table versions.

    `number` counts from 1 in the dataset. `content_hash` is the same for equal content, however it came about.
    `created_by` names the person or job; `parent` is the number of the version it was made from.
    """

    dataset_id: str
    number: int
    parent: int | None
    message: str
    created_at: str
    created_by: str
    item_count: int
    annotation_count: int
    content_hash: str
    taxonomy_id: str
    items_ref: str
    annotations_ref: str
    job_id: str | None = None

    @property
    def urn(self) -> str:
        return f"version:{self.dataset_id}@{self.number}"


class AddItem(Struct, frozen=True, tag="add_item"):
    item: Item


class ReplaceItem(Struct, frozen=True, tag="replace_item"):
    item: Item


class DeleteItem(Struct, frozen=True, tag="delete_item"):
    """Deletes the item and every annotation on it."""

    id: str


class AddAnnotation(Struct, frozen=True, tag="add_annotation"):
    annotation: Annotation


class ReplaceAnnotation(Struct, frozen=True, tag="replace_annotation"):
    annotation: Annotation


class DeleteAnnotation(Struct, frozen=True, tag="delete_annotation"):
    id: str


Edit = AddItem | ReplaceItem | DeleteItem | AddAnnotation | ReplaceAnnotation | DeleteAnnotation
"""One step from a version to the next."""


class Slice(Struct, frozen=True, kw_only=True):
    """A named, ordered set of item or annotation ids of one version, with the query that made it."""

    id: str
    name: str
    dataset_id: str
    version: int
    subject: Literal["item", "annotation"]
    ids: tuple[str, ...]
    query: str | None = None
