"""Closed rings of points, many at once: area, length, extent, distinct points, and where a ring crosses itself.

Rings are given as `xy` (v, 2), the points of all rings one after the other, and `start` (r + 1,), where each ring
begins; ring `r` is `xy[start[r]:start[r + 1]]`, closed from its last point to its first. An empty ring is allowed.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from checkdam.measure.pairs import Indices, expand, first_beyond

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST_CANDIDATES = 20_000_000
"""So many pairs of edges of one ring are compared; a ring with more is left out."""

_LARGEST = 1e7
"""No picture is larger (pixels); up to here running sums of areas keep two decimals."""

_ORIENTATION_ERROR = 3.3306690738754716e-16
"""Bounds the rounding error of an orientation: (3 + 16 ε) ε with ε = 2⁻⁵³ (Shewchuk, Adaptive Precision Floating-Point
Arithmetic and Fast Robust Geometric Predicates, 1997)."""


class Crossings(NamedTuple):
    """Of each crossing: its `ring`, its place `x`, `y`, and the `areas` (n, 2) of the two loops that it makes."""

    ring: Indices
    x: Floats
    y: Floats
    areas: Floats


def following(start: Indices) -> Indices:
    """For each point, the index of the next one in its ring (v,)."""
    after = np.arange(1, int(start[-1]) + 1)
    used = np.diff(start) > 0
    after[start[1:][used] - 1] = start[:-1][used]
    return after


def sums(values: Floats, start: Indices) -> Floats:
    """The sum of each ring's values (r,), 0 for an empty one."""
    return _reduced(np.add, values, start, 0.0)


def ring_areas(xy: Floats, start: Indices) -> Floats:
    """The signed area of each ring (r,), by the shoelace formula; positive for clockwise on a screen (y points down).

    Coordinates are taken relative to the ring's first point, so that a small ring far out keeps its digits.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        local = xy - xy[np.repeat(start[:-1], np.diff(start))]
        other = local[following(start)]
        return sums(local[:, 0] * other[:, 1] - other[:, 0] * local[:, 1], start) / 2


def ring_lengths(xy: Floats, start: Indices) -> Floats:
    """The length of each ring's outline (r,)."""
    with np.errstate(over="ignore", invalid="ignore"):
        step = xy[following(start)] - xy
        return sums(np.hypot(step[:, 0], step[:, 1]), start)


def ring_boxes(xy: Floats, start: Indices) -> Floats:
    """Left, top, right and bottom of each ring (r, 4); NaN for an empty one."""
    low = [_reduced(np.minimum, xy[:, axis], start, np.nan) for axis in (0, 1)]
    high = [_reduced(np.maximum, xy[:, axis], start, np.nan) for axis in (0, 1)]
    return np.stack([*low, *high], axis=1)


def distinct_points(xy: Floats, start: Indices) -> Indices:
    """How many different points each ring has (r,). NaN is like no other."""
    ring = np.repeat(np.arange(len(start) - 1), np.diff(start))
    order = np.lexsort((xy[:, 1], xy[:, 0], ring))
    ring, points = ring[order], xy[order]
    new = np.ones(len(ring), dtype=np.bool_)
    new[1:] = (ring[1:] != ring[:-1]) | (points[1:] != points[:-1]).any(axis=1)
    return np.bincount(ring[new], minlength=len(start) - 1).astype(np.int64)


def self_crossings(xy: Floats, start: Indices) -> Crossings:
    """Where two edges of one ring cross properly: each has its ends on different sides of the other.

    Edges that only touch, overlap along a line, or whose sides cannot be told within rounding, do not count. Rings with
    coordinates that are not finite or beyond `_LARGEST`, and those with more than `MOST_CANDIDATES` pairs of edges that
    lie close together, are left out.
    A sweep along the axis on which fewer edges overlap: time grows with the edges and the pairs that are close.
    """
    ring = np.repeat(np.arange(len(start) - 1), np.diff(start))
    wild = np.zeros(len(start) - 1, dtype=np.bool_)
    wild[ring[~(np.abs(xy) < _LARGEST).all(axis=1)]] = True
    after = following(start)
    edges = np.flatnonzero(~wild[ring] & (xy != xy[after]).any(axis=1))
    found: list[tuple[Indices, ...]] = []
    for one, other in _close_edges(xy, ring, after, edges):
        apart = (after[one] != other) & (after[other] != one)
        a, c = one[apart], other[apart]
        crossing = _cross(xy[a], xy[after[a]], xy[c], xy[after[c]])
        found.append((np.minimum(a, c)[crossing], np.maximum(a, c)[crossing]))
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return Crossings(none, np.zeros(0), np.zeros(0), np.zeros((0, 2)))
    first, second = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((second, first))
    return _loops(xy, start, first[order], second[order])


def _close_edges(xy: Floats, ring: Indices, after: Indices, edges: Indices) -> list[tuple[Indices, Indices]]:
    """Pairs of edges of one ring whose extents overlap, by a sweep along x for some rings and along y for others."""
    low, high = np.minimum(xy, xy[after])[edges], np.maximum(xy, xy[after])[edges]
    sweeps = []
    for axis in (0, 1):
        order = np.lexsort((low[:, axis], ring[edges]))
        own = ring[edges][order]
        at = np.arange(len(order))
        beyond = np.nextafter(high[order, axis], np.inf)
        ends = first_beyond(low[order, axis], beyond, at + 1, np.searchsorted(own, own, side="right"))
        sweeps.append((order, at, ends, np.bincount(own, ends - at - 1, minlength=int(ring.max(initial=-1)) + 1)))
    fewer = np.argmin([sweep[3] for sweep in sweeps], axis=0)
    too_many = np.minimum(sweeps[0][3], sweeps[1][3]) > MOST_CANDIDATES
    result = []
    for axis, (order, at, ends, _) in enumerate(sweeps):
        own = ring[edges][order]
        chosen = (fewer[own] == axis) & ~too_many[own]
        for one, other in expand(at[chosen], at[chosen] + 1, ends[chosen]):
            first, second = order[one], order[other]
            across = 1 - axis
            near = (low[first, across] <= high[second, across]) & (low[second, across] <= high[first, across])
            result.append((edges[first[near]], edges[second[near]]))
    return result


def _cross(a: Floats, b: Floats, c: Floats, d: Floats) -> Bools:
    return (_side(a, b, c) * _side(a, b, d) < 0) & (_side(c, d, a) * _side(c, d, b) < 0)


def _side(a: Floats, b: Floats, c: Floats) -> Floats:
    """1 or -1 as c lies on one side or the other of the line through a and b; 0 where rounding leaves it open."""
    left = (a[:, 0] - c[:, 0]) * (b[:, 1] - c[:, 1])
    right = (a[:, 1] - c[:, 1]) * (b[:, 0] - c[:, 0])
    sure = np.abs(left - right) > _ORIENTATION_ERROR * (np.abs(left) + np.abs(right))
    return np.where(sure, np.sign(left - right), 0.0)


def _loops(xy: Floats, start: Indices, one: Indices, other: Indices) -> Crossings:
    """The place of each crossing of the edges that begin at `one` and `other`, and its two loops."""
    after, ring = following(start), np.repeat(np.arange(len(start) - 1), np.diff(start))
    a, b, c, d = xy[one], xy[after[one]], xy[other], xy[after[other]]
    r, s = b - a, d - c
    t = ((c - a)[:, 0] * s[:, 1] - (c - a)[:, 1] * s[:, 0]) / (r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0])
    at = a + t[:, None] * r
    # The loop through the points one + 1 ... other is closed through the place of the crossing. Its area is a sum of
    # triangles with the ring's first point, hence a difference of running sums.
    crossed = np.isin(ring, ring[one])
    with np.errstate(invalid="ignore", over="ignore"):
        # Other rings may hold what cannot be summed.
        local = np.where(crossed[:, None], xy - xy[start[ring]], 0.0)
    turned = local[after]
    terms = local[:, 0] * turned[:, 1] - turned[:, 0] * local[:, 1]
    running = np.concatenate([[0.0], np.cumsum(terms)])
    place = at - xy[start[ring[one]]]
    begin, end = local[after[one]], local[other]
    loop = running[other] - running[one + 1]
    loop += place[:, 0] * begin[:, 1] - begin[:, 0] * place[:, 1]
    loop += end[:, 0] * place[:, 1] - place[:, 0] * end[:, 1]
    whole = sums(terms, start)[ring[one]]
    areas = np.abs(np.stack([loop, whole - loop], axis=1)) / 2
    return Crossings(ring[one], at[:, 0], at[:, 1], areas)


def _reduced(how: np.ufunc, values: Floats, start: Indices, empty: float) -> Floats:
    result = np.full(len(start) - 1, empty)
    used = np.diff(start) > 0
    if used.any():
        result[used] = how.reduceat(values, start[:-1][used])
    return result
