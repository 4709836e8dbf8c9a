"""What may be said of an item: labels, their geometry and attributes, limits and instructions; versioned."""

from typing import Literal

from msgspec import Struct, field

from checkdam.schema.geometry import GeometryKind
from checkdam.schema.item import Scalar

AttributeType = Literal["text", "number", "boolean", "choice", "multi_choice"]


class AttributeSpec(Struct, frozen=True, kw_only=True):
    """An attribute an annotation may carry. `choices` bind the choice types; `minimum`/`maximum` bind numbers."""

    name: str
    type: AttributeType
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    default: Scalar = None


class Skeleton(Struct, frozen=True):
    """The joints of a keypoint label in order, and the index pairs (from 0) that are drawn as bones."""

    joints: tuple[str, ...]
    bones: tuple[tuple[int, int], ...] = ()


class Limits(Struct, frozen=True, kw_only=True):
    """How many annotations of a label one item may have."""

    minimum: int = 0
    maximum: int | None = None


class Label(Struct, frozen=True, kw_only=True):
    """One label. An empty `geometry` allows every kind. `color` is `#rrggbb`. `source_id` is the category id in the
    source (COCO, YOLO), kept so that an export can give the same one."""

    name: str
    geometry: tuple[GeometryKind, ...] = ()
    attributes: tuple[AttributeSpec, ...] = ()
    limits: Limits | None = None
    skeleton: Skeleton | None = None
    parent: str | None = None
    description: str | None = None
    color: str | None = None
    source_id: str | None = None


class Taxonomy(Struct, frozen=True, kw_only=True):
    """A versioned set of labels. Their order matters: it is the category order of exports and of label keys."""

    labels: tuple[Label, ...] = ()
    version: int = 1
    instructions: str = ""
    metadata: dict[str, Scalar] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)
