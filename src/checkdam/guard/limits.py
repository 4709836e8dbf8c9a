"""How much of an input is taken before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputLimits:
    """Sizes in bytes unless the name says otherwise. Whatever is over a limit is a problem or a `LimitError`.

    `document_bytes` bounds a file that is parsed as a whole (XML, YAML, a label file, a list of names), and one element
    of a JSON array or one line of JSON Lines. The files that are streamed (COCO, JSON Lines) may be of any size.
    `pixels` is what Pillow itself refuses by default (twice its warning threshold).
    """

    document_bytes: int = 32 * 1024 * 1024
    image_bytes: int = 512 * 1024 * 1024
    pixels: int = 178_956_970
    xml_depth: int = 32
    path_depth: int = 64
    files: int = 20_000_000
    number_characters: int = 1_000


DEFAULT_LIMITS = InputLimits()
