"""Labels on items, given by people or predicted by models."""

from hashlib import blake2b

from msgspec import Struct, field

from checkdam.schema.geometry import Box, Geometry
from checkdam.schema.item import Origin

AttributeValue = str | int | float | bool | None | tuple[str | int | float | bool | None, ...]


class Annotation(Struct, frozen=True, gc=False, kw_only=True):
    """A label on an item or a part of it.

    `box` is the bounding box that the source *declares* beside a finer geometry (COCO gives both); it is None where
    the geometry is itself a box or the source gives none. `source_id` is the annotation's identifier in the source.
    """

    id: str
    item_id: str
    label: str
    geometry: Geometry
    box: Box | None = None
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    source_id: str | None = None
    origin: Origin | None = None


class ModelRun(Struct, frozen=True, kw_only=True):
    """One application of a model to a dataset version. `created_at` is ISO 8601 in UTC."""

    id: str
    model: str
    model_hash: str | None = None
    dataset_version: str | None = None
    parameters: dict[str, AttributeValue] = field(default_factory=dict)
    created_at: str | None = None


class Prediction(Struct, frozen=True, kw_only=True):
    """What a model run says of an item. `probabilities` maps labels to class probabilities where they are known."""

    id: str
    run_id: str
    item_id: str
    label: str
    geometry: Geometry
    confidence: float
    probabilities: dict[str, float] | None = None
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


def own_key(source_id: str) -> str:
    """The key of an annotation that has an id in its source."""
    return f"id:{source_id}"


def ordinal_key(ordinal: int) -> str:
    """The key of the annotation that comes `ordinal`th (from 0) in its item, of those that were read; never that of
    one with an id of its own."""
    return f"n:{ordinal}"


def annotation_id(item_id: str, key: str) -> str:
    """The id of an annotation: its item and a key that is unique in the item, of `own_key` or `ordinal_key`."""
    return "a" + blake2b(f"{item_id}/{key}".encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
