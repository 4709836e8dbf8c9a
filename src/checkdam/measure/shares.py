"""Shares of counts, and how sure they are."""

from math import sqrt

_Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share, 0 to 1 where nothing was counted (E. B. Wilson, Probable Inference, the Law of
    Succession, and Statistical Inference, 1927). It stays within 0 and 1, and holds for few counts too."""
    if not 0 <= hits <= count:
        raise ValueError(f"{hits} of {count} is no share")
    if not count:
        return 0.0, 1.0
    share, square = hits / count, _Z * _Z
    middle = share + square / (2 * count)
    half = _Z * sqrt(share * (1 - share) / count + square / (4 * count * count))
    low, high = (middle - half) / (1 + square / count), (middle + half) / (1 + square / count)
    return (0.0 if not hits else low), (1.0 if hits == count else high)
