"""COCO's `bbox`, `segmentation` and `keypoints`, and the geometries they stand for."""

import json
from collections.abc import Iterable
from math import isfinite
from operator import mul
from typing import Any

from checkdam.formats.base import LossReport
from checkdam.formats.coco.rle import decode_counts, encode_counts
from checkdam.formats.values import BadValueError, nested, numbers, shown, size
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Annotation,
    AttributeValue,
    Box,
    Geometry,
    InputError,
    Keypoint,
    Keypoints,
    Mask,
    Point,
    Polygon,
    RotatedBox,
    extent,
    geometry_kind,
)
from checkdam.schema.geometry import corners

NUMERIC_FIELDS = ("iscrowd", "area", "score", "num_keypoints")
"""The attributes that COCO keeps beside the shape; our writer puts the others into an object `attributes`."""

Shape = tuple[Geometry, Box | None, dict[str, AttributeValue]]
"""The geometry, the box declared beside it, and what else the row says of its shape."""


def read_shape(row: dict[str, Any], limits: InputLimits) -> Shape:
    """The finest geometry of a row. The outline of a row with keypoints is kept as the JSON text of the attribute
    `segmentation`. Raises `BadValueError`."""
    box = None
    given = row.get("bbox")
    if given is not None:
        box = _plain_box(given) or Box(*numbers(given, "bbox", 4))
    outline = row.get("segmentation")
    if row.get("keypoints"):
        extra: dict[str, AttributeValue] = {"segmentation": nested(outline, "segmentation")} if outline else {}
        return Keypoints(_keypoints(row["keypoints"])), box, extra
    if outline:
        return _outline(outline, limits), box, {}
    if box is not None:
        return box, None, {}
    raise BadValueError("", "has neither bbox, segmentation nor keypoints", "remove it or draw it")


def _plain_box(given: object) -> Box | None:
    """The box of four finite floats, which nearly all are; None for any other."""
    if type(given) is list and len(given) == 4:
        x, y, width, height = given
        if type(x) is float and type(y) is float and type(width) is float and type(height) is float:
            # A sum with a number that is not finite is not finite.
            return Box(x, y, width, height) if isfinite(x + y + width + height) else None
    return None


def _keypoints(value: object) -> tuple[Keypoint, ...]:
    flat = numbers(value, "keypoints")
    if len(flat) % 3:
        raise BadValueError("keypoints", f"holds {len(flat)} numbers, not three for each joint", "give x, y, v")
    joints: list[Keypoint] = []
    for at in range(0, len(flat), 3):
        visibility = flat[at + 2]
        if visibility not in (0, 1, 2):
            raise BadValueError(f"keypoints[{at + 2}]", f"is {visibility:g}, no visibility", "give 0, 1 or 2")
        joints.append(Keypoint(flat[at], flat[at + 1], int(visibility)))  # type: ignore[arg-type]  # checked above
    return tuple(joints)


def _outline(value: object, limits: InputLimits) -> Polygon | Mask:
    if isinstance(value, dict):
        return _mask(value, limits)
    if not isinstance(value, list):
        raise BadValueError("segmentation", f"is {shown(value)}, neither polygons nor a mask", "give either")
    if not isinstance(value[0], list):
        return Polygon(((_ring(value, "segmentation"),),))
    return Polygon(tuple((_ring(part, f"segmentation[{at}]"),) for at, part in enumerate(value)))


def _ring(value: object, path: str) -> tuple[Point, ...]:
    flat = numbers(value, path)
    if len(flat) % 2:
        raise BadValueError(path, f"holds {len(flat)} numbers, an odd count", "give x and y of every point")
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def _mask(value: dict[str, Any], limits: InputLimits) -> Mask:
    measures = value.get("size")
    if not isinstance(measures, list) or len(measures) != 2:
        raise BadValueError("segmentation.size", f"is {shown(measures)}, not height and width", "give both")
    height, width = (size(each, "segmentation.size") or 0 for each in measures)
    if height * width > limits.pixels:
        raise BadValueError("segmentation.size", f"asks for more than {limits.pixels:,} pixels", "give a smaller mask")
    counts = value.get("counts")
    if isinstance(counts, str):
        try:
            runs = decode_counts(counts)
        except InputError as error:
            raise BadValueError("segmentation.counts", error.detail, error.remedy) from error
    else:
        runs = tuple(_run(each, at) for at, each in enumerate(numbers(counts, "segmentation.counts")))
    if any(run < 0 for run in runs) or sum(runs) != height * width:
        raise BadValueError("segmentation.counts", f"does not add up to {height} x {width} pixels", "write it anew")
    return Mask(height, width, runs)


def _run(value: float, at: int) -> int:
    if not value.is_integer():
        raise BadValueError(f"segmentation.counts[{at}]", f"is {value}, not a whole number", "write it anew")
    return int(value)


def written_shape(
    annotation: Annotation, numeric: dict[str, AttributeValue], place: str, report: LossReport
) -> dict[str, Any] | None:
    """The fields of a row for a geometry with finite coordinates; None (and a loss) if COCO has no place for it.

    Readers of COCO expect `bbox`, `area` and `iscrowd` in every row. Where they are not given they are computed, and
    the field `computed` names them, so that our own reader does not take them for declared. `numeric` are the
    attributes that stand in fields of their own.
    """
    geometry, box = annotation.geometry, annotation.box
    row = _fields(geometry, annotation.attributes, place, report)
    if row is None:
        report.add(f"annotations of kind {geometry_kind(geometry)}", place)
        return None
    declared = geometry if isinstance(geometry, Box) else box
    if isinstance(geometry, Box) and box is not None:
        report.add("boxes declared beside boxes", place)
    bounds = declared or extent(geometry) or Box(0.0, 0.0, 0.0, 0.0)
    row["bbox"] = [bounds.x, bounds.y, bounds.width, bounds.height]
    row |= numeric
    computed = {"area": _area(geometry, bounds), "iscrowd": 0}
    computed = {name: value for name, value in computed.items() if name not in row and isfinite(value)}
    row |= computed
    names = [*computed, *(() if declared else ("bbox",))]
    if not all(map(isfinite, row["bbox"])):
        del row["bbox"]
    if names:
        row["computed"] = names
    return row


def is_number(value: AttributeValue) -> bool:
    """Whether an attribute can stand in a numeric field of its own."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fields(
    geometry: Geometry, attributes: dict[str, AttributeValue], place: str, report: LossReport
) -> dict[str, Any] | None:
    match geometry:
        case Box():
            return {"segmentation": []}
        case Polygon(parts=parts) if parts:
            if any(len(part) != 1 for part in parts):
                report.add("holes of polygons", place)
            return {"segmentation": [_flat(part[0]) if part else [] for part in parts]}
        case RotatedBox():
            report.add("rotated boxes, written as polygons", place)
            return {"segmentation": [_flat(corners(geometry))]}
        case Mask(height=height, width=width, counts=counts):
            crowd = attributes.get("iscrowd") == 1  # COCO's own files keep the plain list for crowds
            return {
                "segmentation": {"size": [height, width], "counts": list(counts) if crowd else encode_counts(counts)}
            }
        case Keypoints(points=points) if points:
            flat = [value for joint in points for value in (joint.x, joint.y, joint.visibility)]
            return {"keypoints": flat, "segmentation": _kept_outline(attributes)}
        case _:
            return None


def _kept_outline(attributes: dict[str, AttributeValue]) -> Any:
    kept = attributes.get("segmentation")
    if isinstance(kept, str):
        try:
            outline = json.loads(kept)
        except (ValueError, RecursionError):
            return []
        if outline and nested(outline, "") == kept:
            return outline
    return []


def outline_is_kept(annotation: Annotation) -> bool:
    """Whether the attribute `segmentation` is written as the row's own outline."""
    return isinstance(annotation.geometry, Keypoints) and bool(_kept_outline(annotation.attributes))


def _flat(points: Iterable[Point]) -> list[float]:
    return [coordinate for point in points for coordinate in point]


def _area(geometry: Geometry, bounds: Box) -> float:
    match geometry:
        case Polygon(parts=parts):
            return sum((abs(_shoelace(part[0])) for part in parts if part), 0.0)
        case RotatedBox():
            return abs(geometry.width * geometry.height)
        case Mask(counts=counts):
            return float(sum(counts[1::2]))
        case _:
            return bounds.width * bounds.height


def _shoelace(ring: tuple[Point, ...]) -> float:
    if not ring:
        return 0.0
    xs, ys = zip(*ring, strict=True)
    return 0.5 * (sum(map(mul, xs, ys[1:] + ys[:1]), 0.0) - sum(map(mul, ys, xs[1:] + xs[:1]), 0.0))
