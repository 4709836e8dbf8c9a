"""One slip of the pen against a table of distances."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkdam.measure.spelling import folded, one_slip

word = st.text("abc", max_size=6)


def distance(a: str, b: str) -> int:
    """Optimal string alignment, by the usual table."""
    table = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            steps = [table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1])]
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                steps.append(table[i - 2][j - 2] + 1)
            table[i][j] = min(steps)
    return table[len(a)][len(b)]


@given(word, word)
def test_one_slip_is_a_distance_of_one(a: str, b: str) -> None:
    assert one_slip(a, b) == (distance(a, b) == 1)


@pytest.mark.parametrize("name", ["Traffic Light", "traffic_light", "traffic-light ", "TRAFFICLIGHT"])
def test_a_name_is_folded(name: str) -> None:
    assert folded(name) == "trafficlight"
