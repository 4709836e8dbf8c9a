"""How far a value lies from the others of its group, by statistics that outliers cannot move."""

import numpy as np
from numpy.typing import NDArray

from checkdam.measure.pairs import Indices

Floats = NDArray[np.float64]

NORMAL_MAD = 1.482602218505602
"""The standard deviation of a normal distribution over its median absolute deviation: 1 / Φ⁻¹(3/4)."""


def group_medians(values: Floats, group: Indices) -> Floats:
    """The median of each value's group, at the value's own place (n,). `values` must not hold NaN."""
    if not len(values):
        return np.zeros(0)
    order = np.lexsort((values, group))
    ordered = values[order]
    _, starts, inverse, counts = np.unique(group[order], return_index=True, return_inverse=True, return_counts=True)
    medians = (ordered[starts + (counts - 1) // 2] + ordered[starts + counts // 2]) / 2
    result = np.empty(len(values))
    result[order] = medians[inverse]
    return result


def robust_z(values: Floats, group: Indices, minimum_count: int, minimum_scale: float) -> tuple[Floats, Floats]:
    """The robust z-score of each value in its group, and the group's median (both at the value's place).

    z = (value - median) / (1.4826 * MAD), MAD the median absolute deviation from the median (Iglewicz and Hoaglin,
    How to Detect and Handle Outliers, 1993). The scale is at least `minimum_scale`, so that a group of nearly equal
    values does not make an outlier of the smallest difference. z is NaN in groups of fewer than `minimum_count`
    values, where a median and a spread say nothing.
    """
    medians = group_medians(values, group)
    scale = np.maximum(NORMAL_MAD * group_medians(np.abs(values - medians), group), minimum_scale)
    if not len(values):
        return np.zeros(0), medians
    _, inverse, counts = np.unique(group, return_inverse=True, return_counts=True)
    return np.where(counts[inverse] >= minimum_count, (values - medians) / scale, np.nan), medians
