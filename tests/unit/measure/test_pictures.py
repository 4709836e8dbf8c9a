"""Sharpness, percentiles and entropy: against scipy, numpy and plain twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import ndimage, stats

from checkdam.measure.pictures import blur, entropy, percentiles

Grey = NDArray[np.uint8]


def by_the_paper(grey: Grey) -> float | None:
    """Crété et al. 2007, step by step, with scipy's box filter; where the filter lies within the picture."""
    worst = []
    for axis in (0, 1):
        if grey.shape[axis] < 10:
            continue
        picture = np.moveaxis(grey, axis, 0).astype(np.float64)
        blurred = ndimage.uniform_filter1d(picture, 9, axis=0)
        sharp_steps = np.abs(np.diff(picture, axis=0))[4:-4]
        blurred_steps = np.abs(np.diff(blurred, axis=0))[4:-4]
        if sharp_steps.sum() == 0:
            continue
        lost = np.maximum(0, sharp_steps - blurred_steps)
        worst.append((sharp_steps.sum() - lost.sum()) / sharp_steps.sum())
    return max(worst, default=None)


@given(arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30))))
def test_blur_is_that_of_the_paper(grey: Grey) -> None:
    expected = by_the_paper(grey)
    assert blur(grey) == (None if expected is None else pytest.approx(expected, abs=1e-9))


@pytest.mark.parametrize("shape", [(400, 33), (33, 400), (128, 138), (137, 12), (265, 9)])
def test_blur_of_pictures_that_take_several_blocks(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    assert blur(grey) == pytest.approx(by_the_paper(grey), abs=1e-9)
    assert blur(np.asfortranarray(grey)) == blur(grey)


def test_blur_grows_with_the_blur_and_not_with_contrast() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (120, 160)).astype(np.float64)
    found = []
    for sigma in (0.01, 1, 2, 4):
        soft = ndimage.gaussian_filter(noise, sigma)
        found.append(blur(np.round(soft).astype(np.uint8)) or 0.0)
    assert found == sorted(found)
    assert found[0] < 0.2
    stretched = ndimage.gaussian_filter(noise, 1)
    half = np.round(stretched / 2).astype(np.uint8)
    assert blur(half) == pytest.approx(found[1], abs=0.02)


@given(arrays(np.uint8, st.integers(1, 500)))
def test_percentiles_are_numpys(values: Grey) -> None:
    at = (1, 5, 50, 95, 99, 100)
    expected = np.percentile(values, at, method="inverted_cdf")
    assert percentiles(np.bincount(values, minlength=256), at) == tuple(expected)


@given(arrays(np.uint8, st.integers(1, 500)))
def test_entropy_is_scipys(values: Grey) -> None:
    histogram = np.bincount(values, minlength=256)
    assert entropy(histogram) == pytest.approx(stats.entropy(histogram, base=2), abs=1e-9)
