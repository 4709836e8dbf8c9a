"""What an annotation covers: a part of an image, text or audio clip, or the whole item.

Each kind is a frozen struct; together they form one tagged union, `Geometry`, so that JSON of a geometry says its own
kind: `{"type": "box", "x": 4.0, ...}`.

What there are millions of is declared `gc=False`: it is made of plain values and cannot be part of a circle, and Python
need not look through it for one again and again.
"""

from math import cos, radians, sin
from typing import Literal, get_args

from msgspec import Struct

Point = tuple[float, float]
"""(x, y) in pixels."""

GeometryKind = Literal[
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
GEOMETRY_KINDS: tuple[GeometryKind, ...] = get_args(GeometryKind)


class Box(Struct, frozen=True, gc=False, tag="box"):
    """An axis-parallel box: top-left corner and size, in pixels. A flawed source may give a negative size; it is kept
    as it is, for a linter to find."""

    x: float
    y: float
    width: float
    height: float


class RotatedBox(Struct, frozen=True, tag="rotated_box"):
    """A box turned about its centre. `angle` is in degrees, clockwise as seen on the screen (y points down)."""

    center_x: float
    center_y: float
    width: float
    height: float
    angle: float


class Polygon(Struct, frozen=True, gc=False, tag="polygon"):
    """One object outlined by one or more parts. Each part is an outer ring followed by its holes; a ring is a tuple of
    points and is closed implicitly (the first point is not repeated)."""

    parts: tuple[tuple[tuple[Point, ...], ...], ...]


class Polyline(Struct, frozen=True, tag="polyline"):
    """An open line through the points, in order."""

    points: tuple[Point, ...]


class Keypoint(Struct, frozen=True, gc=False, array_like=True):
    """One joint. `visibility` as in COCO: 0 not labelled, 1 labelled but hidden, 2 visible."""

    x: float
    y: float
    visibility: Literal[0, 1, 2]


class Keypoints(Struct, frozen=True, gc=False, tag="keypoints"):
    """The joints of a skeleton, in the order of the taxonomy's skeleton for the label."""

    points: tuple[Keypoint, ...]


class Mask(Struct, frozen=True, gc=False, tag="mask"):
    """A binary mask of the whole image as run lengths in column-major order, beginning with a run of zeros (the
    uncompressed RLE of COCO). The runs sum to `height * width`."""

    height: int
    width: int
    counts: tuple[int, ...]


class Category(Struct, frozen=True, tag="category"):
    """The label applies to the whole item."""


class MultiCategory(Struct, frozen=True, tag="multi_category"):
    """Several labels apply to the whole item; the annotation's own `label` names the question they answer."""

    labels: tuple[str, ...]


class Span(Struct, frozen=True, tag="span"):
    """Half-open range `[start, end)` of code points of the item's text."""

    start: int
    end: int


class AudioSegment(Struct, frozen=True, tag="audio_segment"):
    """Half-open range `[start, end)` in seconds."""

    start: float
    end: float


class Transcript(Struct, frozen=True, tag="transcript"):
    """What is said or written, in the range given (the whole item where none is given). The range is in seconds."""

    text: str
    start: float | None = None
    end: float | None = None


class Cuboid(Struct, frozen=True, tag="cuboid"):
    """An oriented box in space: centre and size in metres, rotation as a unit quaternion (w, x, y, z)."""

    center: tuple[float, float, float]
    size: tuple[float, float, float]
    rotation: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)


Geometry = (
    Box
    | RotatedBox
    | Polygon
    | Polyline
    | Keypoints
    | Mask
    | Category
    | MultiCategory
    | Span
    | AudioSegment
    | Transcript
    | Cuboid
)


def geometry_kind(geometry: Geometry) -> GeometryKind:
    """The tag of a geometry, as used in JSON, in the lake and in taxonomies."""
    tag = geometry.__struct_config__.tag
    assert isinstance(tag, str)
    return tag  # type: ignore[return-value]  # the union's tags are GeometryKind, which a test holds


def extent(geometry: Geometry) -> Box | None:
    """The smallest axis-parallel box around an image geometry; None for kinds without a place in the image.

    Keypoints that are not labelled (visibility 0) do not count. An empty mask, polygon or skeleton has no extent.
    """
    if isinstance(geometry, Box):
        return geometry
    if isinstance(geometry, Mask):
        return _mask_extent(geometry)
    return _around(_outline(geometry))


def corners(box: RotatedBox) -> tuple[Point, Point, Point, Point]:
    """The corners of a rotated box, clockwise from the one that is top-left at angle 0."""
    c, s = cos(radians(box.angle)), sin(radians(box.angle))
    w, h = box.width / 2, box.height / 2

    def turned(dx: float, dy: float) -> Point:
        return box.center_x + dx * c - dy * s, box.center_y + dx * s + dy * c

    return turned(-w, -h), turned(w, -h), turned(w, h), turned(-w, h)


def _outline(geometry: Geometry) -> tuple[Point, ...]:
    match geometry:
        case RotatedBox():
            return corners(geometry)
        case Polygon(parts=parts):
            return tuple(point for part in parts for ring in part for point in ring)
        case Polyline(points=points):
            return points
        case Keypoints(points=joints):
            return tuple((joint.x, joint.y) for joint in joints if joint.visibility)
        case _:
            return ()


def _around(points: tuple[Point, ...]) -> Box | None:
    if not points:
        return None
    left, top = min(x for x, _ in points), min(y for _, y in points)
    return Box(left, top, max(x for x, _ in points) - left, max(y for _, y in points) - top)


def _mask_extent(mask: Mask) -> Box | None:
    left, right, top, bottom = mask.width, -1, mask.height, -1
    at = 0
    for index, run in enumerate(mask.counts):
        if index % 2 and run and mask.height:
            first, last = at, at + run - 1
            first_column, last_column = first // mask.height, last // mask.height
            left, right = min(left, first_column), max(right, last_column)
            if first_column == last_column:
                top, bottom = min(top, first % mask.height), max(bottom, last % mask.height)
            else:
                top, bottom = 0, mask.height - 1
        at += run
    if right < 0:
        return None
    return Box(float(left), float(top), float(right - left + 1), float(bottom - top + 1))
