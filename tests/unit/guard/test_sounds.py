"""Sounds open or are refused in one way, and a header is not believed."""

import struct
import wave
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.io import wavfile

from checkdam.guard import DEFAULT_LIMITS
from checkdam.guard.sounds import SoundInfo, read_sound, sound_info
from checkdam.schema import InputError, LimitError


def encoded(samples: NDArray[np.generic], rate: int = 8000, format: str = "WAV", subtype: str = "PCM_16") -> bytes:
    stream = BytesIO()
    soundfile.write(stream, samples, rate, format=format, subtype=subtype)
    return stream.getvalue()


def noise(frames: int, channels: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(5).uniform(-0.9, 0.9, (frames, channels)).astype(np.float32)


def header(*, channels: int = 1, rate: int = 8000, bits: int = 16, data: bytes = b"\0\0" * 80, size: int = 0) -> bytes:
    """A WAV by hand, with the size of its data as it is told."""
    step = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * step & 0xFFFFFFFF, step, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size or len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


ENCODINGS = [
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("FLAC", "PCM_16"),
    ("AIFF", "PCM_16"),
    ("RF64", "PCM_24"),
    ("OGG", "VORBIS"),
    ("MP3", "MPEG_LAYER_III"),
]


@pytest.mark.parametrize(("format", "subtype"), ENCODINGS)
def test_what_was_encoded_is_read(tmp_path: Path, format: str, subtype: str) -> None:
    path = tmp_path / "any name"
    path.write_bytes(encoded(noise(9000, 2), 16000, format, subtype))
    for source in (path, path.read_bytes()):
        info = sound_info(source)
        assert (info.sample_rate, info.channels, info.subtype) == (16000, 2, subtype)
        assert info.frames == pytest.approx(9000, abs=2500 if format == "MP3" else 0)
        assert info.duration == info.frames / 16000
        samples, rate = read_sound(source)
        assert samples.dtype == np.dtype(np.float32)
        assert rate == 16000
        assert samples.shape == (info.frames, 2)
    if subtype.startswith(("PCM", "FLOAT")):
        assert np.abs(samples - noise(9000, 2)).max() < 1e-4


def test_samples_are_those_that_scipy_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(encoded(noise(500, 2)))
    rate, expected = wavfile.read(path)
    samples, got = read_sound(path)
    assert got == rate
    assert np.array_equal(samples, expected.astype(np.float32) / 32768)


def test_header_says_what_the_standard_library_reads() -> None:
    stream = BytesIO()
    with wave.open(stream, "wb") as out:
        out.setparams((2, 2, 44100, 0, "NONE", ""))
        out.writeframes(bytes(4 * 441))
    assert sound_info(stream.getvalue()) == SoundInfo(441, 44100, 2, 0.01, "PCM_16")


NO_SOUNDS = {
    "empty": b"",
    "text": b"id,text\n1,hello\n" * 9,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(80),
    "a magic number alone": b"RIFF\x24\0\0\0WAVE",
    "RIFF of another kind": b"RIFF\x24\0\0\0AVI " + bytes(80),
    "zero channels": header(channels=0),
    "zero rate": header(rate=0),
    "no header": b"fLaC" + bytes(200),
    "another of libsndfile's formats": b".snd" + struct.pack(">5I", 24, 16, 3, 8000, 1) + bytes(16),
}


@pytest.mark.parametrize("what", NO_SOUNDS)
def test_what_is_no_sound_is_refused(what: str, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(NO_SOUNDS[what])
    for source in (path, NO_SOUNDS[what]):
        for ask in (sound_info, read_sound):
            with pytest.raises(InputError) as caught:
                ask(source)
            assert caught.value.remedy
            assert "Traceback" not in str(caught.value)


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.wav"):
        with pytest.raises(InputError):
            sound_info(path)


@pytest.mark.parametrize("format", ["WAV", "FLAC", "AIFF", "OGG"])
def test_what_breaks_off_is_told_when_it_is_decoded(format: str) -> None:
    whole = encoded(noise(20000), format=format, subtype="VORBIS" if format == "OGG" else "PCM_16")
    for kept in (0.9, 0.5):
        cut = whole[: int(len(whole) * kept)]
        if format == "OGG":  # the length is that of the last page that is there
            assert read_sound(cut)[0].shape[0] < 20000
        elif format == "AIFF":
            assert sound_info(cut).frames <= 20000
        else:
            with pytest.raises(InputError, match=r"breaks off|does not decode|no readable sound"):
                read_sound(cut)


def test_sizes_that_lie_cost_nothing() -> None:
    for size in (1 << 20, 0x7FFFFFFE, 0xEFFFFFFF):
        lying = header(size=size)
        assert sound_info(lying).frames == 80
        with pytest.raises(InputError, match="breaks off: 80 frames"):
            read_sound(lying)


def test_a_size_that_was_never_filled_in_is_no_lie() -> None:
    for size in (0xFFFFFFFF, 0x7FFFFFFF):
        assert read_sound(header(size=size))[0].shape == (80, 1)


def flac_claiming(frames: int) -> bytes:
    """A short FLAC whose header names other frames: 36 bits in the middle of its first block."""
    data = bytearray(encoded(noise(4000), format="FLAC"))
    at = 8 + 13
    data[at] = data[at] & 0xF0 | frames >> 32
    data[at + 1 : at + 5] = (frames & 0xFFFFFFFF).to_bytes(4, "big")
    return bytes(data)


def test_ten_hours_in_a_header_are_refused_before_anything_is_decoded() -> None:
    with pytest.raises(LimitError, match="longer than 6 hours"):
        sound_info(flac_claiming(10 * 3600 * 8000))
    with pytest.raises(InputError, match=r"breaks off|does not decode"):
        read_sound(flac_claiming(5 * 3600 * 8000))


def test_limits() -> None:
    sound = encoded(noise(4000, 2))
    for limits in (
        replace(DEFAULT_LIMITS, sound_bytes=100),
        replace(DEFAULT_LIMITS, sound_seconds=0.4),
        replace(DEFAULT_LIMITS, sound_channels=1),
        replace(DEFAULT_LIMITS, sound_rate=7999),
    ):
        with pytest.raises(LimitError):
            sound_info(sound, limits)
    few = replace(DEFAULT_LIMITS, sound_samples=7999)
    assert sound_info(sound, few).frames == 4000
    with pytest.raises(LimitError):
        read_sound(sound, few)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(value: float) -> None:
    samples = noise(300)
    samples[7] = value
    sound = encoded(samples, subtype="FLOAT")
    assert sound_info(sound).frames == 300
    with pytest.raises(InputError, match="no finite numbers"):
        read_sound(sound)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(["WAV", "FLAC", "AIFF", "OGG", "MP3"]), st.data())
def test_damage_gives_samples_or_one_kind_of_error(format: str, data: st.DataObject) -> None:
    subtype = {"OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}.get(format, "PCM_16")
    sound = bytearray(encoded(noise(600), format=format, subtype=subtype))
    for _ in range(data.draw(st.integers(1, 4))):
        sound[data.draw(st.integers(0, min(len(sound) - 1, 120)))] = data.draw(st.integers(0, 255))
    sound = sound[: data.draw(st.integers(0, len(sound)))]
    few = replace(DEFAULT_LIMITS, sound_samples=1_000_000)
    try:
        samples, rate = read_sound(bytes(sound), few)
    except InputError:
        return
    assert samples.size <= 1_000_000
    assert rate > 0
