"""Outlines of sounds: as a plain computation on all samples gives them, kept, and refused for what is no sound."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from checkdam.guard.sounds import sound_peaks
from checkdam.schema import InputError
from server.serving import Site, a_sound


def encoded(samples: Any, rate: int = 8000, kind: str = "WAV", subtype: str = "FLOAT") -> bytes:
    buffer = BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


@given(
    frames=st.integers(1, 200_000), channels=st.integers(1, 3), parts=st.sampled_from([1, 2, 7, 128, 2048]),
    seed=st.integers(0, 9),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_peaks_are_the_lowest_and_highest_samples(frames: int, channels: int, parts: int, seed: int) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, (frames, channels)).astype(np.float32)
    info, peaks = sound_peaks(encoded(samples), parts)
    step = -(-frames // parts)
    wanted = [(part.min(), part.max()) for at in range(0, frames, step) for part in (samples[at : at + step],)]
    assert (info.frames, info.channels) == (frames, channels)
    assert len(peaks) <= parts
    np.testing.assert_array_equal(peaks, np.array(wanted, np.float32))


def test_a_sound_that_breaks_off_is_drawn_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = encoded(np.full(8000, 0.25), kind="FLAC", subtype="PCM_16")
    path = tmp_path / "half.flac"
    path.write_bytes(whole)
    assert sound_peaks(path, 100)[0].duration == 1.0
    path.write_bytes(encoded(np.full(8000, 0.25))[:-16000])
    assert sound_peaks(path, 100)[0].duration == pytest.approx(0.5)


def test_an_empty_sound_has_no_parts() -> None:
    info, peaks = sound_peaks(encoded(np.zeros(0)), 128)
    assert (info.duration, peaks.shape) == (0.0, (0, 2))


def test_no_numbers_are_silence() -> None:
    _, peaks = sound_peaks(encoded(np.array([np.nan, 0.5, np.inf, -np.inf], np.float32)), 4)
    assert peaks.tolist() == [[0, 0], [0.5, 0.5], [1, 1], [-1, -1]]


def test_what_is_no_sound_is_refused() -> None:
    with pytest.raises(InputError):
        sound_peaks(b"RIFF" + b"\0" * 100, 128)


def test_the_route_tells_the_outline_and_is_kept(site: Site) -> None:
    sha = site.workspace.blobs.put(a_sound())
    client = site.client("reviewer")
    answer = client.get(f"/api/media/{sha}/wave", params={"parts": 128})
    told = answer.json()
    assert (told["duration"], told["sample_rate"], told["channels"]) == (1.0, 8000, 1)
    assert max(told["high"][:60]) == 0
    assert max(told["high"]) == 64
    assert min(told["low"]) == -64
    assert answer.headers["content-type"] == "application/json"
    assert "immutable" in answer.headers["cache-control"]
    again = client.get(
        f"/api/media/{sha}/wave", params={"parts": 128}, headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


def test_a_text_is_no_sound(site: Site) -> None:
    sha = site.workspace.blobs.put(b"no sound at all")
    answer = site.client("reviewer").get(f"/api/media/{sha}/wave")
    assert (answer.status_code, answer.json()["error"]) == (415, "unreadable_sound")


@pytest.mark.parametrize(("asked", "status", "length"), [
    ("bytes=0-1", 206, 2), ("bytes=0-", 206, 16_044), ("bytes=16000-16043", 206, 44), ("bytes=-10", 206, 10),
    ("bytes=99999-", 416, None),
])  # fmt: skip
def test_a_sound_is_served_in_ranges_as_players_ask(site: Site, asked: str, status: int, length: int | None) -> None:
    """The first is how Safari asks whether a server can."""
    sound = a_sound()
    sha = site.workspace.blobs.put(sound)
    answer = site.client("reviewer").get(f"/api/media/{sha}", headers={"Range": asked})
    assert answer.status_code == status
    if length is not None:
        assert len(answer.content) == length
        assert answer.headers["content-type"] == "audio/wav"
        assert answer.headers["content-range"].endswith(f"/{len(sound)}")
        assert answer.headers["accept-ranges"] == "bytes"
