"""Lines of YOLO label files: a class number, then coordinates as fractions of the image's size.

A box is read as `width = w * W` and `x = cx * W - width / 2` in floats, as other readers do, so that boxes which touch
the image's edge do so here as well. Not every box can be written so; a line in which a number has more than 24 digits
(no float needs them) is read by exact decimal arithmetic instead, and so any box can be written.
"""

from decimal import Decimal
from math import inf, nextafter

from msgspec import Struct

from checkdam.formats.exact import EXACT, NUMBER
from checkdam.formats.values import BadValueError, shown
from checkdam.formats.yolo.oriented import rectangle
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.schema import AttributeValue, Box, Geometry, Keypoint, Keypoints, Polygon, RotatedBox
from checkdam.schema.geometry import corners

_EXACT_DIGITS = 25
_LONGEST = 100  # characters of a number that is written

Size = tuple[int, int]
"""Width and height of the image in pixels."""


class Line(Struct, frozen=True):
    """What a label line says."""

    category: int
    geometry: Geometry
    box: Box | None
    attributes: dict[str, AttributeValue]


def read_line(text: str, size: Size, joints: tuple[int, int] | None, *, oriented: bool = False) -> Line:
    """Reads a line. `joints` is the pose's number of joints and of values for each (2 or 3), if the set has poses. In
    an `oriented` set four corners of a rectangle are a rotated box.

    Raises `BadValueError` for a line of which it is not clear what it means.
    """
    tokens = text.split()
    category = _category(tokens[0])
    values = tokens[1:]
    for at, token in enumerate(values, 2):
        if len(token) > DEFAULT_LIMITS.number_characters or not NUMBER.fullmatch(token):
            raise BadValueError(f"field {at}", f"is {shown(token)}, not a finite number", "give a number")
    exact = any(len(token) >= _EXACT_DIGITS and _digits(token) >= _EXACT_DIGITS for token in values)
    if joints and len(values) == 4 + joints[0] * joints[1]:
        points = _points(values[4:], size, joints[1], exact)
        return Line(category, Keypoints(points), _box(values[:4], size, exact), {})
    if len(values) == 4:
        return Line(category, _box(values, size, exact), None, {})
    if len(values) == 5 and not joints:
        return Line(category, _box(values[:4], size, exact), None, {"confidence": _finite(float(values[4]))})
    if len(values) >= 6 and len(values) % 2 == 0 and not joints:
        ring = tuple((_scaled(x, size[0], exact), _scaled(y, size[1], exact)) for x, y in _pairs(values))
        turned = rectangle(ring) if oriented else None
        return Line(category, turned or Polygon(((ring,),)), None, {})
    wanted = f"5 or {5 + joints[0] * joints[1]}" if joints else "5 (box), 6 (box and confidence) or 7, 9, ... (outline)"
    raise BadValueError("", f"has {len(tokens)} fields, not {wanted}", "write class, center and size of the box")


def _category(token: str) -> int:
    value = float(token) if NUMBER.fullmatch(token) and len(token) < 20 else -1.0
    if not value.is_integer() or not 0 <= value < 2**31:
        raise BadValueError("field 1", f"is {shown(token)}, not a class number", "give a whole number from 0")
    return int(value)


def _digits(token: str) -> int:
    return sum(map(str.isdigit, token.lower().partition("e")[0]))


def _finite(value: float) -> float:
    if abs(value) == inf:
        raise BadValueError("", "holds a number that is too large", "give fractions of the image's size")
    return value


def _scaled(token: str, total: int, exact: bool) -> float:
    return _finite(float(EXACT.multiply(_decimal(token), Decimal(total))) if exact else float(token) * total)


def _decimal(token: str) -> Decimal:
    return EXACT.create_decimal(token)


def _pairs(values: list[str]) -> list[tuple[str, str]]:
    return list(zip(values[::2], values[1::2], strict=True))


def _box(values: list[str], size: Size, exact: bool) -> Box:
    x, width = _axis(values[0], values[2], size[0], exact)
    y, height = _axis(values[1], values[3], size[1], exact)
    return Box(x, y, width, height)


def _axis(center: str, extent: str, total: int, exact: bool) -> tuple[float, float]:
    """Near side and size along one axis, in pixels."""
    length = _scaled(extent, total, exact)
    if not exact:
        return _finite(float(center) * total - length / 2), length
    half = EXACT.divide(_decimal(extent), Decimal(2))
    near = EXACT.multiply(EXACT.subtract(_decimal(center), half), Decimal(total))
    return _finite(float(near)), length


def _points(values: list[str], size: Size, step: int, exact: bool) -> tuple[Keypoint, ...]:
    points: list[Keypoint] = []
    for at in range(0, len(values), step):
        seen = float(values[at + 2]) if step == 3 else 2.0
        if seen not in (0, 1, 2):
            raise BadValueError(f"field {at + 8}", f"is {shown(values[at + 2])}, no visibility", "give 0, 1 or 2")
        x, y = _scaled(values[at], size[0], exact), _scaled(values[at + 1], size[1], exact)
        points.append(Keypoint(x, y, int(seen)))  # type: ignore[arg-type]  # checked above
    return tuple(points)


def box_fields(box: Box, size: Size) -> str | None:
    """Center and size of a box as `read_line` reads them back to the last bit; None if that takes too many digits."""
    axes = ((box.x, box.width, size[0]), (box.y, box.height, size[1]))
    for written in ([_short(*axis) for axis in axes], [_long(*axis) for axis in axes]):
        if written[0] and written[1]:
            return f"{written[0][0]} {written[1][0]} {written[0][1]} {written[1][1]}"
    return None


def _short(near: float, length: float, total: int) -> tuple[str, str] | None:
    extent = _fraction(length, total)
    for center in _around((near + length / 2) / total):
        if extent and _axis(repr(center), extent, total, exact=False) == (near, length):
            return repr(center), extent
    return None


def _fraction(value: float, total: int) -> str | None:
    """A short text whose product with `total` is the value."""
    return next((repr(each) for each in _around(value / total) if each * total == value), None)


def _around(value: float) -> tuple[float, ...]:
    below, above = nextafter(value, -inf), nextafter(value, inf)
    return value, below, above, nextafter(below, -inf), nextafter(above, inf)


def _long(near: float, length: float, total: int) -> tuple[str, str] | None:
    extent = _quotient(length, total)
    center = EXACT.add(_quotient(near, total), EXACT.divide(extent, Decimal(2)))
    written = _padded(center), _padded(extent)
    if max(map(len, written)) > _LONGEST or _axis(*written, total, exact=True) != (near, length):
        return None
    return written


def _quotient(value: float, total: int) -> Decimal:
    """To 25 significant digits, which is more than a float tells apart."""
    quotient = EXACT.divide(Decimal(repr(value)), Decimal(total))
    return quotient.quantize(Decimal(1).scaleb(quotient.adjusted() - 25), context=EXACT) if quotient else Decimal(0)


def _padded(value: Decimal) -> str:
    written = format(value, "f")
    written += "" if "." in written else "."
    return written + "0" * (_EXACT_DIGITS - _digits(written))


def outline_fields(polygon: Polygon, size: Size) -> str | None:
    """The points of a polygon of one ring; None if it is none or takes too many digits."""
    ring = polygon.parts[0][0] if len(polygon.parts) == 1 == len(polygon.parts[0]) else ()
    if len(ring) < 3:
        return None
    flat = [(value, total) for point in ring for value, total in zip(point, size, strict=True)]
    short = [_fraction(value, total) for value, total in flat]
    if all(short):
        return " ".join(filter(None, short))
    long = [_padded(_quotient(value, total)) for value, total in flat]
    exact = all(_scaled(token, t, exact=True) == v for token, (v, t) in zip(long, flat, strict=True))
    return " ".join(long) if exact and max(map(len, long)) <= _LONGEST else None


def oriented_fields(box: RotatedBox, size: Size) -> str:
    """The corners of a rotated box, as near as floats come. Size and angle follow from them, but for last digits."""
    return " ".join(repr(value / total) for corner in corners(box) for value, total in zip(corner, size, strict=True))


def pose_fields(box: Box, points: tuple[Keypoint, ...], size: Size) -> str | None:
    """The box and the joints, as `read_line` reads them back to the last bit; None if that takes too many digits."""
    flat = [(value, total) for point in points for value, total in zip((point.x, point.y), size, strict=True)]
    axes = ((box.x, box.width, size[0]), (box.y, box.height, size[1]))
    shape = len(points), 3
    for by_axis, by_value in ((_short, _fraction), (_long, _padded_quotient)):
        written = [by_axis(*axis) for axis in axes]
        values = [by_value(value, total) for value, total in flat]
        if not (written[0] and written[1] and all(values)):
            continue
        joints = (f"{values[2 * at]} {values[2 * at + 1]} {point.visibility}" for at, point in enumerate(points))
        fields = f"{written[0][0]} {written[1][0]} {written[0][1]} {written[1][1]} {' '.join(joints)}"
        read = read_line(f"0 {fields}", size, shape)
        if (read.geometry, read.box) == (Keypoints(points), box):
            return fields
    return None


def _padded_quotient(value: float, total: int) -> str | None:
    written = _padded(_quotient(value, total))
    return written if len(written) <= _LONGEST else None
