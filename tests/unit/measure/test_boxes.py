"""Pairs of boxes against a brute-force twin and against pycocotools."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from checkdam.measure import pairs
from checkdam.measure.boxes import corners, identical_pairs, iou, iou_pairs, nested_pairs, sides, snap

LIMIT = 10**6
coordinate = st.integers(0, 40).map(lambda v: v / 4)
side = st.integers(-2, 40).map(lambda v: v / 4)
box = st.tuples(st.integers(0, 2), coordinate, coordinate, side, side)
hostile = st.one_of(
    coordinate, st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([1e308, -1e308, 5e-324])
)


def brute_force(group: NDArray[np.int64], boxes: NDArray[np.float64], threshold: float) -> dict[tuple[int, int], float]:
    """The definition of FLAWS.json: IoU, 0 where the intersection is not positive, strictly above the threshold."""
    found = {}
    for i in range(len(boxes)):
        for j in range(i + 1, len(boxes)):
            width = min(boxes[i, 2], boxes[j, 2]) - max(boxes[i, 0], boxes[j, 0])
            height = min(boxes[i, 3], boxes[j, 3]) - max(boxes[i, 1], boxes[j, 1])
            if group[i] != group[j] or width <= 0 or height <= 0:
                continue
            areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (boxes[i], boxes[j])]
            value = width * height / (sum(areas) - width * height)
            if value > threshold:
                found[i, j] = float(value)
    return found


def columns(rows: list[tuple[int, float, float, float, float]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    data = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return data[:, 0].astype(np.int64), corners(*data[:, 1:].T)


@given(st.lists(box, max_size=25), st.sampled_from([0.0, 0.3, 0.5, 0.7, 0.9, 0.99]))
def test_pairs_are_those_of_brute_force(rows: list[tuple[int, float, float, float, float]], threshold: float) -> None:
    group, boxes = columns(rows)
    first, second, overlap = iou_pairs(group, boxes, threshold, LIMIT)
    found = dict(zip(zip(first.tolist(), second.tolist(), strict=True), overlap.tolist(), strict=True))
    assert found == pytest.approx(brute_force(group, boxes, threshold))
    assert list(found) == sorted(found)


def test_pairs_of_many_random_boxes_in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "BLOCK", 50)
    random = np.random.default_rng(1)
    group = random.integers(0, 5, 300)
    boxes = corners(*random.uniform(0, 100, (2, 300)), *random.uniform(0, 60, (2, 300)))
    for threshold in (0.0, 0.4, 0.8):
        first, second, _ = iou_pairs(group, boxes, threshold, LIMIT)
        assert set(zip(first.tolist(), second.tolist(), strict=True)) == set(brute_force(group, boxes, threshold))


def test_iou_agrees_with_pycocotools() -> None:
    random = np.random.default_rng(2)
    left = np.round(random.uniform(0, 50, (200, 4)), 2)
    right = np.round(random.uniform(0, 50, (200, 4)), 2)
    peer = np.array([coco_mask.iou(a[None], b[None], [0])[0, 0] for a, b in zip(left, right, strict=True)])
    np.testing.assert_allclose(iou(corners(*left.T), corners(*right.T)), peer, atol=1e-9)


@given(st.lists(box, max_size=25))
def test_identical_pairs_are_those_of_brute_force(rows: list[tuple[int, float, float, float, float]]) -> None:
    group, boxes = columns(rows)
    first, second = identical_pairs(group, boxes, LIMIT)
    expected = [
        (i, j)
        for i in range(len(rows))
        for j in range(i + 1, len(rows))
        if group[i] == group[j] and (boxes[i] == boxes[j]).all()
    ]
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == expected


@given(st.lists(st.tuples(hostile, hostile, hostile, hostile), max_size=20))
def test_hostile_values_neither_fail_nor_pair(rows: list[tuple[float, float, float, float]]) -> None:
    data = np.array(rows, dtype=np.float64).reshape(-1, 4)
    boxes = corners(*data.T)
    sides(boxes)
    group = np.zeros(len(rows), dtype=np.int64)
    first, second, overlap = iou_pairs(group, boxes, 0.5, LIMIT)
    assert np.isfinite(boxes[np.concatenate([first, second])]).all()
    assert ((overlap > 0.5) & (overlap <= 1 + 1e-12)).all()
    identical_pairs(group, boxes, LIMIT)


@given(st.lists(st.floats(allow_nan=True), max_size=20))
def test_snapping_moves_nothing_further_than_half_a_unit(values: list[float]) -> None:
    before = np.array(values)
    after = snap(before)
    close = np.isclose(before, after, rtol=1e-15, atol=5.0001e-5, equal_nan=True)
    assert close.all()


def test_too_many_pairs_are_refused_before_they_are_made() -> None:
    same = np.tile([[0.0, 0.0, 1.0, 1.0]], (20_000, 1))
    group = np.zeros(len(same), dtype=np.int64)
    with pytest.raises(OverflowError):
        iou_pairs(group, same, 0.9, 1000)
    with pytest.raises(OverflowError):
        identical_pairs(group, same, 1000)


def inside(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """How much of the area of a lies in b."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return float(width * height / ((a[2] - a[0]) * (a[3] - a[1]))) if width > 0 and height > 0 else 0.0


@given(st.lists(box, max_size=12), st.sampled_from([0.0, 0.5, 0.9, 0.99]))
def test_nested_pairs_are_those_of_brute_force(
    rows: list[tuple[int, float, float, float, float]], share: float
) -> None:
    group, boxes = columns(rows)
    inner, outer, found = nested_pairs(group, boxes, share, LIMIT)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    solid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    expected = {}
    for i in range(len(boxes)):
        for j in range(i + 1, len(boxes)):
            a, b = (i, j) if areas[i] <= areas[j] else (j, i)
            value = inside(boxes[a], boxes[b]) if solid[i] and solid[j] and group[i] == group[j] else 0.0
            if value > share:
                expected[frozenset((i, j))] = value
    assert {frozenset(pair) for pair in zip(inner.tolist(), outer.tolist(), strict=True)} == set(expected)
    for a, b, value in zip(inner.tolist(), outer.tolist(), found.tolist(), strict=True):
        assert value == pytest.approx(expected[frozenset((a, b))])
        assert areas[a] <= areas[b]
