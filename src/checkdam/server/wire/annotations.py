"""Annotations and items as other answers hold them. Boxes are `[x, y, width, height]` in pixels."""

from typing import Annotated, Any, Literal

from pydantic import Field

from checkdam.server.wire.base import Answer, ItemKind

BoxOut = Annotated[tuple[float, float, float, float], Field(description="x, y, width, height in pixels")]
GeometryName = Literal[
    "box",
    "rotated_box",
    "polygon",
    "polyline",
    "keypoints",
    "mask",
    "category",
    "multi_category",
    "span",
    "audio_segment",
    "transcript",
    "cuboid",
]


class AnnotationOut(Answer):
    """`box` is the geometry itself, the declared box, or the geometry's extent; `geometry` is its tagged JSON object
    (`{"type": "polygon", …}`), null for plain boxes."""

    id: str
    label: str
    kind: GeometryName
    box: BoxOut | None
    geometry: dict[str, Any] | None
    attributes: dict[str, Any]
    origin: str | None


class ItemCardOut(Answer):
    """Enough of an item to draw a finding on it."""

    id: str
    name: str
    blob: str | None
    width: int | None
    height: int | None
    kind: ItemKind
    text: str | None
    duration: float | None
