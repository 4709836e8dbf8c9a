"""One item as training code wants it: the structs, the decoded media, and plain arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from checkdam.guard.images import open_image
from checkdam.guard.sounds import read_sound
from checkdam.schema import Annotation, Box, Category, InputError, Item, MultiCategory, Span, Transcript, extent

UNKNOWN = -1
"""The code of a label that the loader does not know, and of an item without a category."""


@dataclass(frozen=True, slots=True)
class Example:
    """An item with its annotations. `media` is the file of its bytes; None for text, and where it was missing.
    `codes` numbers the labels, as `Loader.labels` does."""

    item: Item
    annotations: tuple[Annotation, ...]
    media: Path | None
    codes: Mapping[str, int]

    def image(self) -> Image.Image:
        """The decoded image, as it is stored (EXIF orientation is not applied: labels count stored pixels).
        InputError where there is none or it does not decode."""
        return open_image(self._file())

    def pixels(self) -> NDArray[np.uint8]:
        """RGB of shape (height, width, 3)."""
        return np.asarray(self.image().convert("RGB"))

    def sound(self) -> tuple[NDArray[np.float32], int]:
        """Samples from -1 to 1 of shape (frames, channels), and the rate in hertz."""
        return read_sound(self._file())

    def boxes(self) -> NDArray[np.float32]:
        """Left, top, right, bottom in pixels of every annotation that has a place in the image; shape (n, 4). Finer
        geometries give their extent. The order is that of `labels`."""
        found = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in self.extents()]
        return np.array(found, dtype=np.float32).reshape(-1, 4)

    def extents(self) -> list[Box]:
        """The same as `boxes`, with the numbers as they are kept."""
        return [box for box, _ in self._placed()]

    def labels(self) -> NDArray[np.int64]:
        """The codes of the annotations in `boxes`; shape (n,)."""
        return np.array([self._code(one.label) for _, one in self._placed()], dtype=np.int64)

    def category(self) -> int:
        """The code of the item's one category, `UNKNOWN` where it has none. The first counts if there are several."""
        for one in self.annotations:
            if isinstance(one.geometry, Category):
                return self._code(one.label)
        return UNKNOWN

    def categories(self) -> tuple[str, ...]:
        """Every label of the whole item, in order."""
        named = [
            one.geometry.labels if isinstance(one.geometry, MultiCategory) else (one.label,)
            for one in self.annotations
            if isinstance(one.geometry, Category | MultiCategory)
        ]
        return tuple(dict.fromkeys(label for labels in named for label in labels))

    def spans(self) -> list[tuple[int, int, str]]:
        """Start, end (code points, half open) and label of the spans of a text."""
        return [
            (one.geometry.start, one.geometry.end, one.label)
            for one in self.annotations
            if isinstance(one.geometry, Span)
        ]

    def transcript(self) -> str | None:
        """What is said: the transcripts in order, joined by spaces; None where nobody wrote one."""
        pieces = [one.geometry for one in self.annotations if isinstance(one.geometry, Transcript)]
        if not pieces:
            return None
        return " ".join(piece.text for piece in sorted(pieces, key=lambda piece: piece.start or 0.0))

    def arrays(self) -> dict[str, Any]:
        """What most training loops want, by the kind of item, in NumPy's types.

        Image: `image` (height, width, 3) uint8, `boxes`, `labels`, `label` (the category). Text: `text`, `label`,
        `spans`. Sound: `audio` (frames, channels) float32, `sample_rate`, `transcript`, `label`. Always: `id`, `name`.
        """
        values: dict[str, Any] = {"id": self.item.id, "name": self.item.name, "label": np.int64(self.category())}
        if self.item.kind == "image":
            values |= {"image": self.pixels(), "boxes": self.boxes(), "labels": self.labels()}
        elif self.item.kind == "audio":
            samples, rate = self.sound()
            values |= {"audio": samples, "sample_rate": rate, "transcript": self.transcript() or ""}
        else:
            values |= {"text": self.item.text or "", "spans": self.spans()}
        return values

    def _file(self) -> Path:
        if self.media is None:
            raise InputError(
                f"there is no media file of {self.item.name!r}",
                "import its file, or leave such items out: unreadable-image finds them",
            )
        return self.media

    def _placed(self) -> list[tuple[Box, Annotation]]:
        placed = []
        for one in self.annotations:
            geometry = one.geometry
            box = geometry if isinstance(geometry, Box) else one.box or extent(geometry)
            if box is not None:
                placed.append((box, one))
        return placed

    def _code(self, label: str) -> int:
        return self.codes.get(label, UNKNOWN)
