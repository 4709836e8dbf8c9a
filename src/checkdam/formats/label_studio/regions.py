"""The `value` of a Label Studio result, and the geometry that it stands for.

Places in an image are percent of its width and height. A rectangle's `x` and `y` are its top-left corner, about which
it is turned clockwise by `rotation` degrees, in pixels (not in percent, whose x and y differ in scale); ours are turned
about their centre. An ellipse is given by its centre, about which it is turned, and its radii. Offsets of text count
code points. See https://labelstud.io/guide/task_format.
"""

from collections.abc import Iterator
from math import cos, isfinite, radians, sin
from typing import Any

from checkdam.formats.label_studio.brush import decode, encode
from checkdam.formats.values import BadValueError, number, numbers, shown
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    AttributeValue,
    AudioSegment,
    Box,
    Geometry,
    Keypoint,
    Keypoints,
    Mask,
    Polygon,
    Polyline,
    RotatedBox,
    Span,
)

Size = tuple[int, int]
"""Width and height in pixels."""

ELLIPSE = "ellipse"
"""The value of the attribute `shape` of a box or rotated box that stands for an ellipse in it."""

_PLACES = ("x", "y", "width", "height", "radiusX", "radiusY", "rotation", "points", "closed", "rle", "format")
PLACE_FIELDS = frozenset({*_PLACES, "start", "end", "startOffset", "endOffset", "globalOffsets", "text"})
"""The fields of a value that say where it is."""


def has_place(value: dict[str, Any]) -> bool:
    """Whether a value says where it is, so that it is about a part of the item."""
    return any(key in value for key in ("x", "points", "rle", "start", "sequence", "ranges", "globalOffsets"))


def image_region(value: dict[str, Any], size: Size | None, limits: InputLimits) -> tuple[Geometry, bool]:
    """The geometry of a part of an image, and whether it is an ellipse. Raises `BadValueError`."""
    if size is None:
        raise BadValueError("original_width", "is missing, and so is the image", "give the image's width and height")
    width, height = size
    if "rle" in value:
        if width * height > limits.pixels // 4:  # four values to a pixel
            raise BadValueError("original_width", f"{width} x {height} pixels are too many", "give a smaller mask")
        return decode(value["rle"], width, height, "value.rle"), False
    if "points" in value:
        return _outline(value, size), False
    x, y = _pixels(value, "x", width), _pixels(value, "y", height)
    if "radiusX" in value:
        return _ellipse(value, x, y, size), True
    if "width" in value and "height" in value:
        return _rectangle(value, x, y, size), False
    if "start" in value or "sequence" in value:
        raise BadValueError("value", "is no place in an image", "remove it")
    return Keypoints((Keypoint(x, y, 2),)), False


def _pixels(value: dict[str, Any], key: str, scale: int) -> float:
    given = value.get(key)
    if type(given) is not float:  # the common case, without a call for each
        given = number(given, f"value.{key}")
    pixels = given * scale / 100
    if not isfinite(pixels):
        raise BadValueError(f"value.{key}", f"is {shown(value[key])}, out of range", "give a percentage")
    return pixels


def _angle(value: dict[str, Any]) -> float:
    given = value.get("rotation") or 0
    return 0.0 if type(given) is int and given == 0 else number(given, "value.rotation")


def _outline(value: dict[str, Any], size: Size) -> Polygon | Polyline:
    points = value["points"]
    if not isinstance(points, list):
        raise BadValueError("value.points", f"is {shown(points)}, not a list of points", "list the points")
    ring = []
    for at, point in enumerate(points):
        x, y = numbers(point, f"value.points[{at}]", 2)
        ring.append((x * size[0] / 100, y * size[1] / 100))
        if not all(map(isfinite, ring[-1])):
            raise BadValueError(f"value.points[{at}]", "is out of range", "give percentages")
    return Polyline(tuple(ring)) if value.get("closed") is False else Polygon(((tuple(ring),),))


def _rectangle(value: dict[str, Any], x: float, y: float, size: Size) -> Box | RotatedBox:
    width, height = _pixels(value, "width", size[0]), _pixels(value, "height", size[1])
    angle = _angle(value)
    if angle == 0:
        return Box(x, y, width, height)
    center_x, center_y = _turned(x, y, width / 2, height / 2, angle)
    if not (isfinite(center_x) and isfinite(center_y)):
        raise BadValueError("value.x", "is out of range", "give a percentage")
    return RotatedBox(center_x, center_y, width, height, angle)


def _ellipse(value: dict[str, Any], x: float, y: float, size: Size) -> Box | RotatedBox:
    width, height = 2 * _pixels(value, "radiusX", size[0]), 2 * _pixels(value, "radiusY", size[1])
    if not (isfinite(width) and isfinite(height) and isfinite(x - width / 2) and isfinite(y - height / 2)):
        raise BadValueError("value.radiusX", "is out of range", "give a percentage")
    angle = _angle(value)
    if angle == 0:
        return Box(x - width / 2, y - height / 2, width, height)
    return RotatedBox(x, y, width, height, angle)


def _turned(x: float, y: float, dx: float, dy: float, angle: float) -> tuple[float, float]:
    """The point at (dx, dy) from (x, y), turned about (x, y) clockwise on the screen."""
    c, s = cos(radians(angle)), sin(radians(angle))
    return x + dx * c - dy * s, y + dx * s + dy * c


def text_span(value: dict[str, Any], text: str) -> Span:
    """The span of a text. Label Studio counts code points, and did count UTF-16 units long ago: where the `text` in the
    value stands at the one and not at the other, it decides. Raises `BadValueError`."""
    offsets = value.get("globalOffsets", value)
    if not isinstance(offsets, dict) or isinstance(offsets.get("start"), str):
        raise BadValueError("value.start", "is a place in HTML", "export spans of plain text")
    start, end = (_offset(offsets.get(key), f"value.{key}") for key in ("start", "end"))
    quoted = value.get("text")
    if text.isascii() or not isinstance(quoted, str) or not 0 <= start <= end or text[start:end] == quoted:
        return Span(start, end)
    units = text.encode("utf-16-le")
    if units[2 * start : 2 * end].decode("utf-16-le", "replace") == quoted:
        before = len(units[: 2 * start].decode("utf-16-le"))
        return Span(before, before + len(quoted))
    return Span(start, end)


def _offset(value: object, path: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**31) <= value < 2**31:
        raise BadValueError(path, f"is {shown(value)}, not an offset", "give a whole number of characters")
    return value


def audio_segment(value: dict[str, Any]) -> AudioSegment:
    """The segment of a sound, in seconds. Raises `BadValueError`."""
    return AudioSegment(number(value.get("start"), "value.start"), number(value.get("end"), "value.end"))


def written_region(geometry: Geometry, ellipse: bool, size: Size) -> tuple[str, dict[str, Any]] | None:
    """The type and the value of a part of an image, in percent; None if Label Studio has no such. Numbers may be
    infinite where the geometry's are far out. The image's size is not zero."""
    found: tuple[str, dict[str, Any]] | None = None
    match geometry:
        case Box(x=x, y=y, width=w, height=h) if ellipse:
            found = "ellipselabels", _radii(x + w / 2, y + h / 2, w, h, size) | {"rotation": 0}
        case RotatedBox(center_x=x, center_y=y, width=w, height=h, angle=angle) if ellipse:
            found = "ellipselabels", _radii(x, y, w, h, size) | {"rotation": angle}
        case Box(x=x, y=y, width=w, height=h):
            found = "rectanglelabels", _corner(x, y, w, h, size) | {"rotation": 0}
        case RotatedBox(center_x=x, center_y=y, width=w, height=h, angle=angle):
            left, top = _turned(x, y, -w / 2, -h / 2, angle)
            found = "rectanglelabels", _corner(left, top, w, h, size) | {"rotation": angle}
        case Polygon(parts=(((*ring,),),)):
            found = "polygonlabels", {"points": [_percent(point, size) for point in ring], "closed": True}
        case Polyline(points=points):
            found = "polygonlabels", {"points": [_percent(point, size) for point in points], "closed": False}
        case Keypoints(points=(joint,)):
            x, y = _percent((joint.x, joint.y), size)
            found = "keypointlabels", {"x": x, "y": y, "width": 0.5}
        case Mask():
            found = "brushlabels", {"format": "rle", "rle": encode(geometry)}
    return found


def _percent(point: tuple[float, float], size: Size) -> list[float]:
    return [_share(point[0], size[0]), _share(point[1], size[1])]


def _share(pixels: float, scale: int) -> float:
    """Percent that give back these pixels when they are read, if there are any within a step of the nearest."""
    return pixels / scale * 100 if pixels / scale * 100 * scale / 100 == pixels else pixels * 100 / scale


def _corner(x: float, y: float, width: float, height: float, size: Size) -> dict[str, Any]:
    left, top = _percent((x, y), size)
    across, down = _percent((width, height), size)
    return {"x": left, "y": top, "width": across, "height": down}


def _radii(x: float, y: float, width: float, height: float, size: Size) -> dict[str, Any]:
    across, down = _percent((width / 2, height / 2), size)
    left, top = _percent((x, y), size)
    return {"x": left, "y": top, "radiusX": across, "radiusY": down}


def floats(value: object) -> Iterator[float]:
    """Every float in a nested value but those of run lengths."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            if key != "rle":
                yield from floats(each)
    elif isinstance(value, list):
        for each in value:
            yield from floats(each)


def answers(value: dict[str, Any], path: str) -> list[str] | None:
    """What is chosen in `choices`, or in `taxonomy`, whose paths become texts with slashes; None for other values."""
    if "choices" in value:
        chosen = value["choices"]
        chosen = [chosen] if isinstance(chosen, str) else chosen
    elif "taxonomy" in value:
        chosen = value["taxonomy"]
        if isinstance(chosen, list):
            chosen = ["/".join(map(str, each)) if isinstance(each, list) else each for each in chosen]
    else:
        return None
    if not isinstance(chosen, list) or not all(isinstance(each, str) for each in chosen):
        raise BadValueError(path, f"is {shown(chosen)}, not a list of names", "list what was chosen")
    return chosen


def labels_of(value: dict[str, Any]) -> list[str] | None:
    """The labels of a part, under the key that ends in `labels`; None where there is no such key."""
    for key, given in value.items():
        if key.endswith("labels"):
            if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
                raise BadValueError(f"value.{key}", f"is {shown(given)}, not a list of labels", "list the labels")
            return given
    return None


def one_or_all(values: list[str]) -> AttributeValue:
    """The only one of several values, or all."""
    return values[0] if len(values) == 1 else tuple(values)
