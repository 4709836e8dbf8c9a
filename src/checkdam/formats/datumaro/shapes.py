"""Datumaro's annotations and the geometries that they stand for.

A rotated box is `points`: centre x, y, width, height, and degrees clockwise. An ellipse is `points`: the left, top,
right and bottom of the box around it. See https://open-edge-platform.github.io/datumaro, "Annotations".
"""

from collections.abc import Sequence
from typing import Any

from checkdam.formats.coco.rle import decode_counts, encode_counts
from checkdam.formats.values import BadValueError, numbers, shown, size, text
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Box,
    Category,
    Geometry,
    InputError,
    Keypoint,
    Keypoints,
    Mask,
    Point,
    Polygon,
    Polyline,
    RotatedBox,
    Transcript,
)
from checkdam.schema.geometry import corners

ELLIPSE = "ellipse"
"""The value of the attribute `shape` of a box that stands for the ellipse in it."""

READ = frozenset({"bbox", "rotated_bbox", "polygon", "polyline", "points", "mask", "label", "caption", ELLIPSE})
"""The types that are read."""


def read_shape(row: dict[str, Any], limits: InputLimits) -> Geometry:
    """The geometry of a row of a type in `READ`. Raises `BadValueError`."""
    geometry: Geometry = Category()
    match row["type"]:
        case "bbox":
            geometry = Box(*numbers(row.get("bbox"), "bbox", 4))
        case "rotated_bbox":
            geometry = RotatedBox(*numbers(row.get("points"), "points", 5))
        case "ellipse":
            left, top, right, bottom = numbers(row.get("points"), "points", 4)
            geometry = Box(left, top, right - left, bottom - top)
        case "polygon":
            geometry = Polygon(((_points(row),),))
        case "polyline":
            geometry = Polyline(_points(row))
        case "points":
            geometry = _keypoints(row)
        case "mask":
            geometry = _mask(row, limits)
        case "caption":
            geometry = Transcript(text(row.get("caption"), "caption"))
    return geometry


def _points(row: dict[str, Any]) -> tuple[Point, ...]:
    flat = numbers(row.get("points"), "points")
    if len(flat) % 2:
        raise BadValueError("points", f"holds {len(flat)} numbers, an odd count", "give x and y of every point")
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def _keypoints(row: dict[str, Any]) -> Keypoints:
    points = _points(row)
    visible = row.get("visibility")
    if visible is None:
        visible = [2] * len(points)
    if not isinstance(visible, list) or len(visible) != len(points) or any(each not in (0, 1, 2) for each in visible):
        raise BadValueError("visibility", f"is {shown(visible)}, not one of 0, 1, 2 for each point", "give as many")
    return Keypoints(tuple(Keypoint(x, y, int(seen)) for (x, y), seen in zip(points, visible, strict=True)))  # type: ignore[arg-type]  # checked above


def _mask(row: dict[str, Any], limits: InputLimits) -> Mask:
    rle = row.get("rle")
    measures = rle.get("size") if isinstance(rle, dict) else None
    if not isinstance(rle, dict) or not isinstance(measures, list) or len(measures) != 2:
        raise BadValueError("rle", f"is {shown(rle)}, not run lengths with a size", "give counts, height and width")
    height, width = (size(each, "rle.size") or 0 for each in measures)
    if height * width > limits.pixels:
        raise BadValueError("rle.size", f"asks for more than {limits.pixels:,} pixels", "give a smaller mask")
    if not isinstance(rle.get("counts"), str):
        raise BadValueError("rle.counts", f"is {shown(rle.get('counts'))}, not a text", "give COCO's compressed counts")
    try:
        runs = decode_counts(rle["counts"])
    except InputError as error:
        raise BadValueError("rle.counts", error.detail, error.remedy) from error
    if any(run < 0 for run in runs) or sum(runs) != height * width:
        raise BadValueError("rle.counts", f"does not add up to {height} x {width} pixels", "write it anew")
    return Mask(height, width, runs)


def written_shapes(geometry: Geometry, ellipse: bool) -> list[dict[str, Any]]:
    """The rows for a geometry, without labels: several for a polygon of several parts. None if there is no such."""
    found: list[dict[str, Any]] = []
    match geometry:
        case Box(x=x, y=y, width=w, height=h) if ellipse:
            found = [{"type": ELLIPSE, "points": [x, y, x + w, y + h]}]
        case Box(x=x, y=y, width=w, height=h):
            found = [{"type": "bbox", "bbox": [x, y, w, h]}]
        case RotatedBox():  # whose own type Datumaro's reader of JSON does not know
            found = [{"type": "polygon", "points": _flat(corners(geometry))}]
        case Polygon(parts=parts):
            found = [{"type": "polygon", "points": _flat(part[0])} for part in parts if part]
        case Polyline(points=points):
            found = [{"type": "polyline", "points": _flat(points)}]
        case Keypoints(points=points):
            flat = _flat([(joint.x, joint.y) for joint in points])
            found = [{"type": "points", "points": flat, "visibility": [joint.visibility for joint in points]}]
        case Mask(height=height, width=width, counts=counts):
            found = [{"type": "mask", "rle": {"counts": encode_counts(counts), "size": [height, width]}}]
        case Category():
            found = [{"type": "label"}]
        case Transcript(text=told, start=None, end=None):
            found = [{"type": "caption", "caption": told}]
    return found


def _flat(points: Sequence[Point]) -> list[float]:
    return [coordinate for point in points for coordinate in point]
