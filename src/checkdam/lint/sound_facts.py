"""What is known of a sound file: hashes, length, rate, whether it can be read, how loud it is and where it begins."""

import hashlib
from pathlib import Path
from threading import Lock

from msgspec import Struct

from checkdam.guard.files import open_regular
from checkdam.guard.sounds import read_sound, sound_info
from checkdam.lint.reason import reason
from checkdam.measure.sounds import Samples, edges, full_scale, levels
from checkdam.schema import InputError

QUIET_LEVELS = (-60, -50, -40, -30, -20)
"""The levels (dBFS) for which `SoundFacts.before` and `after` hold the quiet time. -40 dBFS is 1 % of full scale."""

_LARGE = 20_000_000
"""Sounds of more samples than this are decoded one at a time: they take much memory (four bytes a sample)."""
_one_at_a_time = Lock()
_CHUNK = 1 << 20


class SoundFacts(Struct, frozen=True, kw_only=True):
    """What a sound file holds. JSON-serialisable; the same for the same bytes, so `sha256` is a key to cache it by.

    `samples` is the SHA-256 of rate, shape and decoded samples. `frames` counts the samples of a channel, `duration`
    is in seconds, `sample_rate` in hertz. `peak` and `rms` are shares of full scale. `full_scale` counts the samples
    at full scale and `full_scale_run` the longest row of such samples in one channel. `before` and `after` are the
    seconds before the first and after the last sample that reaches each of `QUIET_LEVELS`; None where none does.
    `error` says why the file cannot be decoded; then only `sha256` is known, if that.
    """

    sha256: str | None = None
    samples: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    frames: int | None = None
    duration: float | None = None
    peak: float | None = None
    rms: float | None = None
    full_scale: int = 0
    full_scale_run: int = 0
    before: tuple[float | None, ...] | None = None
    after: tuple[float | None, ...] | None = None
    error: str | None = None


def sound_facts(path: Path) -> SoundFacts:
    """Everything that is known of a sound file."""
    sha256 = None
    try:
        with open_regular(path) as file:
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            sha256 = digest.hexdigest()
        info = sound_info(path)
        if info.frames * info.channels <= _LARGE:
            return _of(*read_sound(path), info.subtype, sha256)
        with _one_at_a_time:
            return _of(*read_sound(path), info.subtype, sha256)
    except InputError as error:
        return SoundFacts(sha256=sha256, error=reason(error, path))
    except OSError as error:  # a disk that fails while the file is hashed
        return SoundFacts(error=f"cannot be read: {error.strerror or error}")


def _of(samples: Samples, rate: int, subtype: str, sha256: str) -> SoundFacts:
    digest = hashlib.sha256(f"{rate} {samples.shape}".encode())
    digest.update(samples.tobytes())
    peak, rms = levels(samples)
    count, run = full_scale(samples, bits=8 if subtype in ("PCM_S8", "PCM_U8") else 16)
    quiet = [edges(samples, 10 ** (level / 20)) for level in QUIET_LEVELS]
    return SoundFacts(
        sha256=sha256,
        samples=digest.hexdigest(),
        sample_rate=rate,
        channels=samples.shape[1],
        frames=len(samples),
        duration=len(samples) / rate,
        peak=peak,
        rms=rms,
        full_scale=count,
        full_scale_run=run,
        before=tuple(None if ends is None else ends[0] / rate for ends in quiet),
        after=tuple(None if ends is None else ends[1] / rate for ends in quiet),
    )
