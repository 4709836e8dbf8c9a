"""The things that are labelled."""

from hashlib import blake2b
from typing import Literal

from msgspec import Struct, field

ItemKind = Literal["image", "text", "audio"]

Scalar = str | int | float | bool | None


class Origin(Struct, frozen=True, gc=False):
    """Where in its source something was read: a file, relative to the dataset's root, and a place in it.

    `at` is a line number from 1 for line-based files (YOLO, JSONL, XML) and an index from 0 for an array of a JSON
    file, whose path `array` names (`annotations`).
    """

    file: str
    at: int | None = None
    array: str | None = None

    def __str__(self) -> str:
        if self.at is None:
            return self.file
        return f"{self.file}:{self.at}" if self.array is None else f"{self.file}#{self.array}[{self.at}]"


class Item(Struct, frozen=True, gc=False, kw_only=True):
    """One thing to label.

    `name` is unique in its dataset: the media file's path relative to the dataset's root with forward slashes, or a
    given key for text. `blob` is the SHA-256 of the media's bytes, once they are stored. `width` and `height` (pixels)
    are what the source *declares*; the pixels themselves may say otherwise, which is a finding. `duration` is in
    seconds, `sample_rate` in hertz.
    """

    id: str
    kind: ItemKind
    name: str
    blob: str | None = None
    width: int | None = None
    height: int | None = None
    text: str | None = None
    duration: float | None = None
    sample_rate: int | None = None
    split: str | None = None
    metadata: dict[str, Scalar] = field(default_factory=dict)
    source_id: str | None = None
    origin: Origin | None = None


def item_id(name: str) -> str:
    """The id of the item of that name, the same in every import, so that versions can be compared."""
    return "i" + blake2b(name.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
