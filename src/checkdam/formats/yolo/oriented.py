"""Oriented boxes: four corners on a line, which an outline of four points may be as well.

Nothing in a YOLO set says which is meant. Where `data.yaml` does not (`task: obb`, or our writer's mark), the lines are
oriented boxes if every line of the set has eight numbers, each four points are a rectangle to a twentieth of a pixel,
and at least one of them is turned. In a set of oriented boxes, four points that are no rectangle stay an outline.
"""

from math import atan2, degrees, hypot, isfinite

from checkdam.schema import Point, RotatedBox
from checkdam.schema.geometry import corners

TOLERANCE = 0.05
"""How far from a corner of the rectangle a point may lie, in pixels: more than the digits of usual files leave open."""


def rectangle(points: tuple[Point, ...]) -> RotatedBox | None:
    """The rectangle with these corners, in either sense of rotation; None if they are none. Its angle is that of the
    side that the first corner begins, clockwise, between -180 and 180 degrees."""
    if len(points) != 4 or not all(isfinite(value) for point in points for value in point):
        return None
    first, second, third, fourth = points
    if _cross(first, second, fourth) < 0:
        second, fourth = fourth, second
    width = (_distance(first, second) + _distance(fourth, third)) / 2
    height = (_distance(first, fourth) + _distance(second, third)) / 2
    along = second if width >= height else (first[0] + fourth[1] - first[1], first[1] - fourth[0] + first[0])
    angle = degrees(atan2(along[1] - first[1], along[0] - first[0]))
    center = (sum(x for x, _ in points) / 4, sum(y for _, y in points) / 4)
    box = RotatedBox(*center, width, height, angle)
    if not all(isfinite(each) for each in (*center, width, height)):
        return None
    return box if far(box, (first, second, third, fourth)) <= TOLERANCE else None


def far(box: RotatedBox, points: tuple[Point, ...]) -> float:
    """The largest distance between a corner and the point that stands for it."""
    return max(_distance(one, other) for one, other in zip(corners(box), points, strict=True))


def is_turned(box: RotatedBox) -> bool:
    """Whether a rectangle is not parallel to the image's edges, as far as its digits say."""
    (x, y), (to_x, to_y), *_ = corners(box)
    return min(abs(to_x - x), abs(to_y - y)) > TOLERANCE


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _cross(origin: Point, one: Point, other: Point) -> float:
    return (one[0] - origin[0]) * (other[1] - origin[1]) - (one[1] - origin[1]) * (other[0] - origin[0])
