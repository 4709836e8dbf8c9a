"""Pairs of boxes that overlap or coincide, within groups (the boxes of one image)."""

import numpy as np
from numpy.typing import NDArray

from checkdam.measure.pairs import Indices, expand, first_beyond

Floats = NDArray[np.float64]

DECIMALS = 4
"""Coordinates are compared at this many decimals of a pixel: what differs only beyond them is the noise of arithmetic
(a relative coordinate times the image's size), not something that anybody drew."""

_LARGEST = 1e11
"""Beyond this a float64 has no fourth decimal left, and rounding could overflow."""

_BLOCK = 1 << 16

_FINITE_AREA = 1e150
"""The square of a larger coordinate is not finite."""


def snap(values: Floats) -> Floats:
    """Rounds pixel coordinates to `DECIMALS`, for comparison only. NaN, infinities and huge values pass unchanged."""
    snapped = np.array(values, dtype=np.float64, order="C")
    flat = snapped.reshape(-1)
    with np.errstate(invalid="ignore", over="ignore"):
        for start in range(0, flat.size, _BLOCK):  # forty million coordinates need no second copy
            part = flat[start : start + _BLOCK]
            others = ~(np.abs(part) < _LARGEST)
            kept = part[others]
            np.round(part, DECIMALS, out=part)
            part[others] = kept
    return snapped


def corners(x: Floats, y: Floats, width: Floats, height: Floats) -> Floats:
    """Left, top, right and bottom (n, 4) in pixels, snapped, of boxes given by their top-left corner and size."""
    with np.errstate(over="ignore", invalid="ignore"):
        return snap(np.stack([x, y, x + width, y + height], axis=1))


def sides(boxes: Floats) -> tuple[Floats, Floats]:
    """Width and height, snapped, of boxes given by their corners (n, 4)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return snap(boxes[:, 2] - boxes[:, 0]), snap(boxes[:, 3] - boxes[:, 1])


def iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of boxes (n, 4) and (n, 4), row by row; 0 where the intersection is not positive."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        width = np.minimum(a[:, 2], b[:, 2]) - np.maximum(a[:, 0], b[:, 0])
        height = np.minimum(a[:, 3], b[:, 3]) - np.maximum(a[:, 1], b[:, 1])
        inside = np.where((width > 0) & (height > 0), width * height, 0.0)
        area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
        area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
        return np.where(inside > 0, inside / (area_a + area_b - inside), 0.0)


def iou_pairs(group: Indices, boxes: Floats, threshold: float, limit: int) -> tuple[Indices, Indices, Floats]:
    """Every pair of boxes of one group with an IoU strictly above the threshold.

    `boxes` (n, 4) are corners, `group` (n,) the group of each. Returns the rows of the first and the second box
    (first < second) and their IoU, sorted by rows. Boxes without a positive, finite area overlap nothing. A sweep along
    x: the time grows with the number of boxes and of pairs that are close in x. Raises OverflowError as soon as more
    than `limit` pairs are found.
    """
    with np.errstate(invalid="ignore"):
        usable = (np.abs(boxes) < _FINITE_AREA).all(axis=1)
        usable &= (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    rows = np.flatnonzero(usable)
    rows = rows[np.lexsort((boxes[rows, 0], group[rows]))]
    sorted_boxes, sorted_group = boxes[rows], group[rows]
    left, width = sorted_boxes[:, 0], sorted_boxes[:, 2] - sorted_boxes[:, 0]
    # IoU > t needs an overlap in x of more than t times the union in x, hence a left edge within (1 - t) of the width.
    reach = left + (1 - threshold) * width * (1 + 1e-9) + 1e-9 * np.abs(left)
    group_ends = np.searchsorted(sorted_group, sorted_group, side="right")
    at = np.arange(len(rows))
    ends = first_beyond(left, reach, at + 1, group_ends)
    found: list[tuple[Indices, Indices, Floats]] = []
    count = 0
    for one, other in expand(at, at + 1, ends):
        overlap = iou(sorted_boxes[one], sorted_boxes[other])
        keep = overlap > threshold
        found.append((rows[one[keep]], rows[other[keep]], overlap[keep]))
        count += int(keep.sum())
        if count > limit:
            raise OverflowError(f"more than {limit} pairs")
    return _in_order(found)


def nested_pairs(group: Indices, boxes: Floats, share: float, limit: int) -> tuple[Indices, Indices, Floats]:
    """Every pair of boxes of one group of which one lies inside the other by more than a share of its own area.

    `boxes` (n, 4) are corners. Returns the rows of the inner (smaller) and the outer box, and the share of the inner's
    area that lies in the outer, sorted by rows. Boxes without a positive, finite area are in nothing. A sweep along x.
    Raises OverflowError as soon as more than `limit` pairs are found.
    """
    with np.errstate(invalid="ignore"):
        usable = (np.abs(boxes) < _FINITE_AREA).all(axis=1)
        usable &= (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    rows = np.flatnonzero(usable)
    rows = rows[np.lexsort((boxes[rows, 0], group[rows]))]
    own, own_group = boxes[rows], group[rows]
    area = (own[:, 2] - own[:, 0]) * (own[:, 3] - own[:, 1])
    at = np.arange(len(rows))
    # Sorted by the left edge: whatever overlaps a box and comes later begins before its right edge.
    ends = first_beyond(own[:, 0], own[:, 2], at + 1, np.searchsorted(own_group, own_group, side="right"))
    found: list[tuple[Indices, Indices, Floats]] = []
    count = 0
    for one, other in expand(at, at + 1, ends):
        with np.errstate(over="ignore", invalid="ignore"):
            width = np.minimum(own[one, 2], own[other, 2]) - np.maximum(own[one, 0], own[other, 0])
            height = np.minimum(own[one, 3], own[other, 3]) - np.maximum(own[one, 1], own[other, 1])
            inside = np.where((width > 0) & (height > 0), width * height, 0.0) / np.minimum(area[one], area[other])
        keep = inside > share
        first, second = one[keep], other[keep]
        swap = area[first] > area[second]
        inner, outer = np.where(swap, second, first), np.where(swap, first, second)
        found.append((rows[inner], rows[outer], np.minimum(inside[keep], 1.0)))
        count += len(first)
        if count > limit:
            raise OverflowError(f"more than {limit} pairs")
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0)
    inner, outer, value = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((outer, inner))
    return inner[order], outer[order], value[order]


def identical_pairs(group: Indices, boxes: Floats, limit: int) -> tuple[Indices, Indices]:
    """Every pair of boxes of one group with all four corners (n, 4) equal: rows, first < second, sorted.

    Boxes with NaN equal nothing. Raises OverflowError if there are more than `limit` pairs.
    """
    rows = np.flatnonzero(~np.isnan(boxes).any(axis=1))
    keys = np.column_stack([group[rows].astype(np.float64), boxes[rows]])
    order = np.lexsort((rows, *keys.T))
    rows, keys = rows[order], keys[order]
    at = np.arange(len(rows))
    new = np.ones(len(rows), dtype=np.bool_)
    new[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    ends = np.append(np.flatnonzero(new), len(rows))[np.cumsum(new)]
    if int((ends - at - 1).sum()) > limit:
        raise OverflowError(f"more than {limit} pairs")
    found = [(rows[one], rows[other], np.ones(len(one))) for one, other in expand(at, at + 1, ends)]
    first, second, _ = _in_order(found)
    return first, second


def _in_order(found: list[tuple[Indices, Indices, Floats]]) -> tuple[Indices, Indices, Floats]:
    if not found:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, np.zeros(0)
    one, other, value = (np.concatenate(part) for part in zip(*found, strict=True))
    first, second = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((second, first))
    return first[order], second[order], value[order]
