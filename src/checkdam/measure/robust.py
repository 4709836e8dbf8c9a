"""How far a value lies from the others of its group, by statistics that outliers cannot move."""

import numpy as np
from numpy.typing import NDArray

from checkdam.measure.pairs import Indices

Floats = NDArray[np.float64]

NORMAL_MAD = 1.482602218505602
"""The standard deviation of a normal distribution over its median absolute deviation: 1 / Φ⁻¹(3/4)."""


_SORTED_BELOW = 256
"""Groups of fewer values on average are sorted all at once; larger ones are partitioned one by one."""


class Groups:
    """Values by group: `group` (n,) names the group of each."""

    def __init__(self, group: Indices) -> None:
        _, inverse, self.counts = np.unique(group, return_inverse=True, return_counts=True)
        self.inverse = inverse.reshape(-1)
        few = len(self.counts) < np.iinfo(np.uint16).max
        # numpy sorts small integers in linear time.
        self._order = np.argsort(self.inverse.astype(np.uint16) if few else self.inverse, kind="stable")
        self._ends = np.cumsum(self.counts)

    def medians(self, values: Floats) -> Floats:
        """The median of each group. `values` (n,) must not hold NaN."""
        if not len(values):
            return np.zeros(0)
        starts = self._ends - self.counts
        low, high = (self.counts - 1) // 2, self.counts // 2
        ordered = values[self._order]
        if len(values) < _SORTED_BELOW * len(self.counts):
            ordered = ordered[np.lexsort((ordered, self.inverse[self._order]))]
            middles: Floats = (ordered[starts + low] + ordered[starts + high]) / 2
            return middles
        found = np.empty(len(self.counts))
        for at, (start, end) in enumerate(zip(starts.tolist(), self._ends.tolist(), strict=True)):
            middle = np.partition(ordered[start:end], (low[at], high[at]))
            found[at] = (middle[low[at]] + middle[high[at]]) / 2
        return found


def group_medians(values: Floats, group: Indices) -> Floats:
    """The median of each value's group, at the value's own place (n,). `values` must not hold NaN. Linear in n where
    the groups are few."""
    groups = Groups(group)
    return groups.medians(values)[groups.inverse]


def robust_z(values: Floats, group: Indices, minimum_count: int, minimum_scale: float) -> tuple[Floats, Floats]:
    """The robust z-score of each value in its group, and the group's median (both at the value's place).

    z = (value - median) / (1.4826 * MAD), MAD the median absolute deviation from the median (Iglewicz and Hoaglin,
    How to Detect and Handle Outliers, 1993). The scale is at least `minimum_scale`, so that a group of nearly equal
    values does not make an outlier of the smallest difference. z is NaN in groups of fewer than `minimum_count`
    values, where a median and a spread say nothing.
    """
    groups = Groups(group)
    medians = groups.medians(values)[groups.inverse]
    scale = np.maximum(NORMAL_MAD * groups.medians(np.abs(values - medians)), minimum_scale)
    z = np.where((groups.counts >= minimum_count)[groups.inverse], (values - medians) / scale[groups.inverse], np.nan)
    return z, medians
