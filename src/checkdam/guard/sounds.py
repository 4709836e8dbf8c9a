"""Sounds from outside: opened by an allow-list of formats, under limits, with one kind of error.

A header is a claim. `sound_info` bounds what it may say; `read_sound` believes none of it and counts what it decodes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from checkdam.guard.files import open_regular
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema.errors import InputError, LimitError

SOUND_FORMATS = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "FLAC", "OGG", "MP3")
"""What is opened, by libsndfile's names; found by content, never by the file's name."""

SOUND_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff"})
"""Endings, in lower case, of the files that a folder's listing takes for sounds."""

_MAGIC = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b"ID3")
_BLOCK = 1 << 16
_REMEDY = "replace or remove the sound"
_MP3_SLACK = 4 * 1152
"""Frames by which an MP3 may fall short of its header: encoders disagree about the padding."""
_UNKNOWN_SIZES = frozenset({0, 0x7FFFFFFF, 0xFFFFFFFF, *range(0xFFFFFF00, 0xFFFFFFFF)})
"""Sizes of a RIFF chunk that a program writes which cannot go back to fill it in."""


@dataclass(frozen=True, slots=True)
class SoundInfo:
    """What a header says, within the limits: `frames` samples a channel, `sample_rate` in hertz, `duration` in seconds.
    `subtype` is libsndfile's name of the encoding, such as `PCM_16`."""

    frames: int
    sample_rate: int
    channels: int
    duration: float
    subtype: str


def sound_info(source: Path | bytes, limits: InputLimits = DEFAULT_LIMITS) -> SoundInfo:
    """What the header says. `InputError` if it is no sound of an allowed format, `LimitError` if it claims too much."""
    name = _name(source)
    with _opened(source, name, limits) as sound:
        return _info(sound, name, limits)


def read_sound(source: Path | bytes, limits: InputLimits = DEFAULT_LIMITS) -> tuple[NDArray[np.float32], int]:
    """The samples, in shape (frames, channels) and mostly within -1 to 1, and the sample rate in hertz.

    Raises `LimitError` for more than the limits allow, `InputError` for what breaks off before the end that its header
    names, does not decode, or holds values that are no numbers.
    """
    name = _name(source)
    with _opened(source, name, limits) as sound:
        info = _info(sound, name, limits)
        if info.frames * info.channels > limits.sound_samples:
            raise LimitError(f"{name} has more than {limits.sound_samples:,} samples", "cut it into shorter sounds")
        samples = _samples(sound, info, name)
        slack = _MP3_SLACK if sound.format == "MP3" else 0
    if len(samples) + slack < max(info.frames, _riff_frames(source, info)):
        raise InputError(f"{name} breaks off: {len(samples):,} frames of those its header names", "get it again")
    if not np.isfinite(samples).all():
        raise InputError(f"{name} holds samples that are no finite numbers", _REMEDY)
    return samples, info.sample_rate


def sound_peaks(
    source: Path | bytes, parts: int, limits: InputLimits = DEFAULT_LIMITS
) -> tuple[SoundInfo, NDArray[np.float32]]:
    """The header, with the frames that there are, and the lowest and highest sample over all channels in each of at
    most `parts` parts of equal length, in shape (parts, 2). One block is in memory at a time.

    `InputError` for what does not decode; a sound that breaks off is told as far as it goes, and samples that are no
    numbers count as silence.
    """
    name = _name(source)
    with _opened(source, name, limits) as sound:
        info = _info(sound, name, limits)
        step = max(1, -(-info.frames // parts))
        block = max(1, (_BLOCK // step)) * step if step <= _BLOCK else _BLOCK
        peaks: NDArray[np.float32] = np.full((-(-info.frames // step), 2), [np.inf, -np.inf], np.float32)
        at = 0
        while at < info.frames:
            try:
                read = sound.read(min(block, info.frames - at), dtype="float32", always_2d=True)
            except Exception as error:  # a decoder raises whatever it likes on a damaged file
                raise InputError(f"{name} does not decode: {_reason(error)}", _REMEDY) from error
            if not len(read):
                break
            read = np.nan_to_num(read, copy=False, posinf=1.0, neginf=-1.0)
            begins = np.unique(np.maximum(np.arange(at // step, (at + len(read) - 1) // step + 1) * step - at, 0))
            rows = slice(at // step, at // step + len(begins))
            peaks[rows, 0] = np.minimum(peaks[rows, 0], np.minimum.reduceat(read.min(axis=1), begins))
            peaks[rows, 1] = np.maximum(peaks[rows, 1], np.maximum.reduceat(read.max(axis=1), begins))
            at += len(read)
    told = peaks[: -(-at // step)]
    return SoundInfo(at, info.sample_rate, info.channels, at / info.sample_rate, info.subtype), told


def _samples(sound: soundfile.SoundFile, info: SoundInfo, name: str) -> NDArray[np.float32]:
    """At most as many frames as the header names: libsndfile reads no further. A page of memory that nothing is decoded
    into is never touched, so that a header which names too many costs none."""
    samples = np.empty((info.frames, info.channels), np.float32)
    at = 0
    while at < info.frames:
        try:
            got = len(sound.read(out=samples[at : at + _BLOCK]))
        except Exception as error:  # a decoder raises whatever it likes on a damaged file
            raise InputError(f"{name} does not decode: {_reason(error)}", _REMEDY) from error
        if not got:
            break
        at += got
    return samples[:at]


class _Seekable:
    """A stream for libsndfile's callbacks, which cannot raise: a damaged header sends them before its start."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.readinto = stream.readinto  # type: ignore[attr-defined]  # BytesIO and a buffered file have it
        self.read, self.tell = stream.read, stream.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._stream.seek(offset, whence)
        except (OSError, ValueError):
            return self._stream.tell()


def _name(source: Path | bytes) -> str:
    return "the sound" if isinstance(source, bytes) else str(source)


def _stream(source: Path | bytes) -> BinaryIO:
    return BytesIO(source) if isinstance(source, bytes) else open_regular(source)


@contextmanager
def _opened(source: Path | bytes, name: str, limits: InputLimits) -> Iterator[soundfile.SoundFile]:
    with _stream(source) as stream:
        size = stream.seek(0, SEEK_END)
        if size == 0:
            raise InputError(f"{name} is empty", _REMEDY)
        if size > limits.sound_bytes:
            raise LimitError(f"{name} is larger than {limits.sound_bytes:,} bytes", "cut it into shorter sounds")
        stream.seek(0)
        head = stream.read(12)
        stream.seek(0)
        if not (head.startswith(_MAGIC) or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")):
            raise _no_sound(name)  # before one of libsndfile's two dozen parsers sees it
        try:
            # The descriptor spares the calls back into Python, which cost more than the header; not so on Windows.
            by_number = not isinstance(source, bytes) and os.name == "posix"
            if by_number:
                os.lseek(stream.fileno(), 0, os.SEEK_SET)
            sound = soundfile.SoundFile(stream.fileno() if by_number else _Seekable(stream), closefd=False)
        except Exception as error:  # a header's parser raises whatever it likes on a damaged file
            raise InputError(f"{name} is no readable sound: {_reason(error)}", _REMEDY) from error
        with sound:
            if sound.format not in SOUND_FORMATS:
                raise _no_sound(name)
            yield sound


def _no_sound(name: str) -> InputError:
    kinds = ", ".join(SOUND_FORMATS[:-1])
    return InputError(f"{name} is no readable sound: not a {kinds} or {SOUND_FORMATS[-1]} file", _REMEDY)


def _info(sound: soundfile.SoundFile, name: str, limits: InputLimits) -> SoundInfo:
    frames, rate, channels = sound.frames, sound.samplerate, sound.channels
    if not 1 <= channels <= limits.sound_channels:
        raise LimitError(f"{name} has {channels:,} channels, not 1 to {limits.sound_channels}", _REMEDY)
    if not 1 <= rate <= limits.sound_rate:
        raise LimitError(f"{name} has a sample rate of {rate:,} Hz, not 1 to {limits.sound_rate:,}", _REMEDY)
    if frames < 0 or frames / rate > limits.sound_seconds:
        longest = f"{limits.sound_seconds / 3600:g} hours"
        raise LimitError(f"{name} says that it is longer than {longest}", "cut it into shorter sounds")
    return SoundInfo(frames, rate, channels, frames / rate, str(sound.subtype))


def _riff_frames(source: Path | bytes, info: SoundInfo) -> int:
    """The frames that the header of an uncompressed WAV names. libsndfile takes what is there for what was meant, and
    so does not tell that a file breaks off. 0 where the header does not say."""
    with _stream(source) as stream:
        if stream.read(4) != b"RIFF":
            return 0
        stream.seek(12)
        step = 0
        for _ in range(1024):
            head = stream.read(8)
            size = int.from_bytes(head[4:], "little")
            if head[:4] == b"data" or len(head) < 8:
                break
            if head[:4] == b"fmt ":
                step = int.from_bytes(stream.read(16)[12:14], "little")
                stream.seek(-16, 1)
            stream.seek(size + size % 2, 1)
    plain = info.subtype.startswith(("PCM", "FLOAT", "DOUBLE", "ULAW", "ALAW"))
    known = head[:4] == b"data" and size not in _UNKNOWN_SIZES
    return size // step if plain and known and step else 0


def _reason(error: Exception) -> str:
    told = getattr(error, "error_string", None) or str(error) or type(error).__name__
    return str(told).strip().rstrip(".")
