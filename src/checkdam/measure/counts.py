"""Statistics of counts: whether things are spread over groups as chance would spread them."""

from math import erfc, exp, lgamma, log, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def g_test(table: Floats) -> tuple[float, int]:
    """G and its degrees of freedom, for a table of counts (rows, columns) in which rows and columns are independent.

    G = 2 Σ observed · ln(observed / expected) (Sokal and Rohlf, Biometry, 1981; Woolf 1957). Rows and columns without a
    count are left out.
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if table.shape[0] < 2 or table.shape[1] < 2:
        return 0.0, 0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    seen = table > 0
    g = 2 * float((table[seen] * np.log(table[seen] / expected[seen])).sum())
    return max(g, 0.0), (table.shape[0] - 1) * (table.shape[1] - 1)


def chi2_tail(value: float, degrees: int) -> float:
    """The probability that a χ² variable of so many degrees of freedom (from 1) exceeds the value.

    The finite sums of Abramowitz and Stegun 26.4.4 (odd) and 26.4.5 (even), for whole degrees of freedom.
    """
    half = value / 2
    if half <= 0:
        return 1.0
    # Each term is exp(-half) * half ** power / Γ(power + 1), by its logarithm, so that none overflows.
    powers = [number + (degrees % 2) / 2 for number in range(degrees // 2)]
    series = sum(exp(power * log(half) - half - lgamma(power + 1)) for power in powers)
    return min(1.0, series + (erfc(sqrt(half)) if degrees % 2 else 0.0))


def benjamini_hochberg(p: Floats) -> Floats:
    """The p-values adjusted so that calling those below q significant is wrong in a share q of the calls, on average
    (Benjamini and Hochberg, Controlling the False Discovery Rate, 1995)."""
    order = np.argsort(p)
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
