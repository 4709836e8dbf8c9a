"""Statistics of counts against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from checkdam.measure.counts import benjamini_hochberg, chi2_tail, g_test

count = st.integers(0, 60)


@given(st.floats(0, 2000), st.integers(1, 60))
def test_the_tail_is_that_of_scipy(value: float, degrees: int) -> None:
    assert chi2_tail(value, degrees) == pytest.approx(stats.chi2.sf(value, degrees), rel=1e-9, abs=1e-300)


@given(st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(count, min_size=width, max_size=width), min_size=2)))
def test_g_is_that_of_scipy(rows: list[list[int]]) -> None:
    table = np.array(rows, dtype=np.float64)
    kept = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    g, degrees = g_test(table)
    if min(kept.shape) < 2:
        assert (g, degrees) == (0.0, 0)
    else:
        expected = stats.chi2_contingency(kept, correction=False, lambda_="log-likelihood")
        assert g == pytest.approx(expected.statistic, abs=1e-9)
        assert degrees == expected.dof


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_are_those_of_scipy(p: list[float]) -> None:
    assert benjamini_hochberg(np.array(p)) == pytest.approx(stats.false_discovery_control(p, method="bh"))
