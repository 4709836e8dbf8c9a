"""Outlines of sounds, made once and kept: what a browser draws without decoding the sound itself."""

import os
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import BoundedSemaphore

import msgspec
from msgspec import Struct

from checkdam.guard.budget import BudgetFolder
from checkdam.guard.sounds import sound_peaks
from checkdam.schema import InputError
from checkdam.server.media import BlobFolder, Picture

DEFAULT_BUDGET = 256 * 1024**2
_FULL_SCALE = 127


class UnreadableSoundError(InputError):
    """There is no sound in this blob that can be drawn."""

    code = "unreadable_sound"


class Wave(Struct, frozen=True, kw_only=True):
    """The lowest and highest sample in each of equally long parts of a sound, over all channels, as whole numbers from
    -127 to 127 (full scale). `duration` is in seconds, `sample_rate` in hertz: both of the file, not declared."""

    duration: float
    sample_rate: int
    channels: int
    low: list[int]
    high: list[int]


class Waves:
    """`Wave`s as JSON, made at the first request and kept in `folder`, which may be deleted at any time and is kept
    below about `budget` bytes."""

    def __init__(self, blobs: BlobFolder, folder: Path, budget: int = DEFAULT_BUDGET) -> None:
        self._blobs = blobs
        self._kept = BudgetFolder(folder, budget)
        self._decoding = BoundedSemaphore(max(2, os.cpu_count() or 2))

    def wave(self, sha: str, parts: int) -> Picture:
        """In at most `parts` parts. NotFoundError, UnreadableSoundError, LimitError."""
        name = blake2b(f"wave-{sha}-{parts}".encode(), digest_size=16).hexdigest()
        path = self._kept.folder / name[:2] / f"{name}.json"
        if not self._kept.used(path):
            with self._decoding:
                self._make(sha, parts, path)
        return Picture(path, f'"{name}"')

    def _make(self, sha: str, parts: int, path: Path) -> None:
        original = self._blobs.path(sha)
        try:
            info, peaks = sound_peaks(original, parts)
        except InputError as error:
            if error.code == InputError.code:
                raise UnreadableSoundError("this is no sound that can be drawn", "listen to the original") from error
            raise
        low, high = (peaks * _FULL_SCALE).round().clip(-_FULL_SCALE, _FULL_SCALE).astype(int).T.tolist()
        wave = Wave(duration=info.duration, sample_rate=info.sample_rate, channels=info.channels, low=low, high=high)
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            file.write(msgspec.json.encode(wave))
        Path(file.name).replace(path)
        self._kept.grew(path.stat().st_size)
