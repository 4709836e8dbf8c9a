"""How much of an input is taken before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputLimits:
    """Sizes in bytes unless the name says otherwise. Whatever is over a limit is a problem or a `LimitError`.

    `document_bytes` bounds a file that is parsed as a whole (XML, YAML, a label file, a list of names), and one element
    of a JSON array or one line of JSON Lines. The files that are streamed (COCO, JSON Lines) may be of any size.
    `pixels` is what Pillow itself refuses by default (twice its warning threshold). `sound_samples`, frames times
    channels, bounds what is decoded at once (four bytes each); `sound_seconds` and the rest what a header may say.
    `page_bytes` bounds a page of a Parquet file once unpacked, `page_values` the values of a column in a row group.
    """

    document_bytes: int = 32 * 1024 * 1024
    image_bytes: int = 512 * 1024 * 1024
    pixels: int = 178_956_970
    page_bytes: int = 256 * 1024 * 1024
    page_values: int = 64_000_000
    sound_bytes: int = 2 * 1024 * 1024 * 1024
    sound_seconds: float = 6 * 3600.0
    sound_samples: int = 200_000_000
    sound_channels: int = 64
    sound_rate: int = 1_536_000
    xml_depth: int = 32
    path_depth: int = 64
    files: int = 20_000_000
    number_characters: int = 1_000


DEFAULT_LIMITS = InputLimits()
