"""Levels, full scale and edges of sounds: against plain twins."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from checkdam.measure.sounds import Samples, edges, full_scale, levels

SHAPES = st.tuples(st.integers(0, 60), st.integers(1, 3))
SOUNDS = arrays(
    np.float32, SHAPES, elements=st.sampled_from([0.0, 0.005, -0.02, 0.5, 32766 / 32768, 32767 / 32768, -1.0, 1.0, 1.5])
)


@given(SOUNDS)
def test_levels(samples: Samples) -> None:
    peak, rms = levels(samples)
    flat = samples.astype(np.float64).ravel()
    assert peak == (max(map(abs, flat)) if len(flat) else 0)
    assert rms == pytest.approx(float(np.sqrt(np.mean(flat**2))) if len(flat) else 0)


@given(SOUNDS)
def test_full_scale_counts_what_a_16_bit_converter_cannot_exceed(samples: Samples) -> None:
    at = [[abs(value) >= 32767 / 32768 for value in channel] for channel in samples.T.tolist()]
    runs = [len(list(group)) for channel in at for is_full, group in groupby(channel) if is_full]
    assert full_scale(samples) == (sum(map(sum, at)), max(runs, default=0))


@given(SOUNDS, st.sampled_from([0.001, 0.01, 0.1, 0.9, 2.0]))
def test_edges(samples: Samples, level: float) -> None:
    loud = [
        row for row, frame in enumerate(samples.tolist()) if any(abs(value) >= np.float32(level) for value in frame)
    ]
    assert edges(samples, level) == ((loud[0], len(samples) - 1 - loud[-1]) if loud else None)


def test_edges_far_from_the_ends() -> None:
    samples = np.zeros((3_000_000, 1), dtype=np.float32)
    samples[2_000_000] = 0.5
    assert edges(samples, 0.01) == (2_000_000, 999_999)
    assert edges(samples[:10], 0.01) is None
