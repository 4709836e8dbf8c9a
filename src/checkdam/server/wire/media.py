"""Sounds as they are drawn."""

from checkdam.server.wire.base import Answer


class WaveOut(Answer):
    """The lowest and highest sample in each of equally long parts of a sound, over all channels, as whole numbers from
    -127 to 127 (full scale). `duration` is in seconds, `sample_rate` in hertz: both of the file, not declared."""

    duration: float
    sample_rate: int
    channels: int
    low: list[int]
    high: list[int]
