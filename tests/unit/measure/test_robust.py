"""Robust z-scores against scipy and numpy, group by group."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation

from checkdam.measure.robust import group_medians, robust_z

values = st.lists(st.tuples(st.integers(0, 3), st.floats(-1e6, 1e6)), max_size=60)


@given(values)
def test_medians_are_those_of_numpy(rows: list[tuple[int, float]]) -> None:
    group, data = np.array([row[0] for row in rows], dtype=np.int64), np.array([row[1] for row in rows])
    expected = [np.median(data[group == one]) for one in group]
    np.testing.assert_allclose(group_medians(data, group), expected)


def test_medians_of_large_groups_are_those_of_numpy() -> None:
    random = np.random.default_rng(5)
    group, data = random.integers(0, 3, 2_000), random.normal(size=2_000).round(1)
    expected = [np.median(data[group == one]) for one in group]
    np.testing.assert_array_equal(group_medians(data, group), expected)


@given(values)
def test_z_scores_are_those_of_scipy(rows: list[tuple[int, float]]) -> None:
    group, data = np.array([row[0] for row in rows], dtype=np.int64), np.array([row[1] for row in rows])
    z, _ = robust_z(data, group, minimum_count=1, minimum_scale=0.5)
    for one in set(group.tolist()):
        own = data[group == one]
        scale = max(float(median_abs_deviation(own, scale="normal")), 0.5)
        np.testing.assert_allclose(z[group == one], (own - np.median(own)) / scale, rtol=1e-9, atol=1e-9)


def test_small_groups_have_no_score() -> None:
    z, _ = robust_z(np.array([1.0, 2.0, 100.0, 5.0]), np.array([0, 0, 0, 1]), minimum_count=3, minimum_scale=1.0)
    assert np.isnan(z[3])
    assert not np.isnan(z[:3]).any()


def test_equal_values_make_no_outlier_of_the_next() -> None:
    data = np.array([1.0] * 50 + [1.1])
    z, _ = robust_z(data, np.zeros(51, dtype=np.int64), minimum_count=3, minimum_scale=0.2)
    assert z[-1] == pytest.approx(0.5)


def test_the_largest_outlier_does_not_move_the_others() -> None:
    data = np.append(np.linspace(0, 1, 99), 1e300)
    z, _ = robust_z(data, np.zeros(100, dtype=np.int64), minimum_count=3, minimum_scale=0.01)
    assert np.abs(z[:-1]).max() < 3
    assert z[-1] > 1e6
