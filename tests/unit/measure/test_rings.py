"""Rings against plain loops, and crossings against exact rational arithmetic."""

from fractions import Fraction
from math import dist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from checkdam.measure.rings import (
    distinct_points,
    following,
    ring_areas,
    ring_boxes,
    ring_lengths,
    self_crossings,
)

Points = list[tuple[float, float]]

coordinate = st.integers(-3, 12).map(lambda value: value / 2)
ring = st.lists(st.tuples(coordinate, coordinate), max_size=9)
rings = st.lists(ring, max_size=5)
wild = st.one_of(coordinate, st.floats(), st.sampled_from([1e308, -1e308, 5e-324]))


def columns(given_: list[Points]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    xy = np.array([point for one in given_ for point in one], dtype=np.float64).reshape(-1, 2)
    return xy, np.cumsum([0, *(len(one) for one in given_)])


def shoelace(points: Points) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], *points[:1]], strict=True)) / 2


@given(rings)
def test_measures_are_those_of_each_ring_alone(given_: list[Points]) -> None:
    xy, start = columns(given_)
    assert ring_areas(xy, start).tolist() == pytest.approx([shoelace(one) for one in given_])
    lengths = [sum(dist(a, b) for a, b in zip(one, [*one[1:], *one[:1]], strict=True)) for one in given_]
    assert ring_lengths(xy, start).tolist() == pytest.approx(lengths)
    assert distinct_points(xy, start).tolist() == [len(set(one)) for one in given_]
    for box, one in zip(ring_boxes(xy, start).tolist(), given_, strict=True):
        if one:
            assert box == [*map(min, zip(*one, strict=True)), *map(max, zip(*one, strict=True))]
        else:
            assert np.isnan(box).all()


def side(a: tuple[Fraction, ...], b: tuple[Fraction, ...], c: tuple[Fraction, ...]) -> int:
    value = (a[0] - c[0]) * (b[1] - c[1]) - (a[1] - c[1]) * (b[0] - c[0])
    return (value > 0) - (value < 0)


def crossings(points: Points) -> list[tuple[int, int]]:
    """Pairs of edges that cross properly, every pair tried, in exact numbers."""
    exact = [(Fraction(x), Fraction(y)) for x, y in points]
    edges = list(zip(exact, [*exact[1:], *exact[:1]], strict=True))
    return [
        (i, j)
        for i, (a, b) in enumerate(edges)
        for j, (c, d) in enumerate(edges[i + 1 :], start=i + 1)
        if side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
    ]


@given(rings)
def test_crossings_are_those_of_exact_arithmetic(given_: list[Points]) -> None:
    found = self_crossings(*columns(given_))
    assert found.ring.tolist() == [number for number, one in enumerate(given_) for _ in crossings(one)]
    at = 0
    for one in given_:
        for i, j in crossings(one):
            place = (float(found.x[at]), float(found.y[at]))
            loop = [*one[i + 1 : j + 1], place]
            other = [*one[j + 1 :], *one[: i + 1], place]
            assert found.areas[at].tolist() == pytest.approx([abs(shoelace(loop)), abs(shoelace(other))], abs=1e-9)
            at += 1


def test_a_bow_tie_has_two_equal_loops() -> None:
    found = self_crossings(*columns([[], [(0, 0), (10, 10), (10, 0), (0, 10)]]))
    assert (found.ring.tolist(), found.x.tolist(), found.y.tolist()) == ([1], [5.0], [5.0])
    assert found.areas.tolist() == [[25.0, 25.0]]


@given(st.lists(st.lists(st.tuples(wild, wild), max_size=6), max_size=4))
def test_no_number_makes_it_fail_or_warn(given_: list[Points]) -> None:
    bow = [(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0)]
    xy, start = columns([*given_, bow])
    with np.errstate(all="raise", under="ignore"):
        ring_areas(xy, start), ring_lengths(xy, start), ring_boxes(xy, start), distinct_points(xy, start)
        found = self_crossings(xy, start)
    assert found.areas[-1].tolist() == pytest.approx([25.0, 25.0])


def test_a_long_outline_is_swept_not_tried_pair_by_pair() -> None:
    angle = np.linspace(0, 2 * np.pi, 200_000, endpoint=False)
    xy = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 500
    assert len(self_crossings(xy, np.array([0, len(xy)])).ring) == 0
    xy[[50_000, 50_010]] = xy[[50_010, 50_000]]
    assert len(self_crossings(xy, np.array([0, len(xy)])).ring)


def test_the_next_point_of_the_last_is_the_first() -> None:
    assert following(np.array([0, 3, 3, 5])).tolist() == [1, 2, 0, 4, 3]
