"""What is known of the items' media files, gathered: each file is read once, by an executor."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from checkdam.compute import Executor, PoolExecutor
from checkdam.guard.files import read_bytes
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.lint.frame import Floats, Frame
from checkdam.lint.image_facts import ImageFacts, Thumbnail, header_facts, image_facts, thumbnail
from checkdam.lint.reason import reason
from checkdam.lint.sound_facts import SoundFacts, sound_facts
from checkdam.schema import InputError, Item

MediaLookup = Callable[[Item], Path | None]
"""Where an item's media file is; None for text or when it is missing."""

Progress = Callable[[int, int, str], None]
"""Told how many of how many units are done, and what is being done."""

MediaFacts = ImageFacts | SoundFacts
AnyFacts = TypeVar("AnyFacts", ImageFacts, SoundFacts)

MEDIA_KINDS = frozenset({"image", "audio"})
"""The kinds of items that have a media file."""

Closeness = Literal["size", "thumbnail", "media"]
"""How closely images are looked at: their headers, the decoded picture in small (`Thumbnail`), or everything."""

_TURNED = frozenset({5, 6, 7, 8})
"""The EXIF orientations that exchange width and height."""


class FactStore(Protocol):
    """Keeps facts between runs, by the SHA-256 of a file's bytes and the kind of facts."""

    def get(self, sha256: str, kind: type[AnyFacts], /) -> AnyFacts | None: ...
    def put(self, sha256: str, facts: MediaFacts, /) -> None: ...


class MemoryFacts:
    """A FactStore that forgets when the process ends."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, type[MediaFacts]], MediaFacts] = {}

    def get(self, sha256: str, kind: type[AnyFacts], /) -> AnyFacts | None:
        known = self._known.get((sha256, kind))
        return known if isinstance(known, kind) else None

    def put(self, sha256: str, facts: MediaFacts, /) -> None:
        self._known[sha256, type(facts)] = facts

    def __len__(self) -> int:
        return len(self._known)


class Facts:
    """The facts of a frame's items, by the item's row.

    `images` and `sounds` hold None for items of another kind, and where no file was read. `missing` marks the images
    and sounds that have no file; `looked` is False where no media were given to look at. `closer` reads everything that
    is known of the image in a row.
    """

    def __init__(
        self,
        images: Sequence[ImageFacts | None],
        sounds: Sequence[SoundFacts | None],
        missing: NDArray[np.bool_],
        looked: bool,
    ) -> None:
        self.images = list(images)
        self.sounds = list(sounds)
        self.missing = missing
        self.looked = looked
        self.closer: Callable[[int], ImageFacts | None] = lambda _: None
        self._sizes: tuple[Sequence[Item], Floats] | None = None

    @classmethod
    def none(cls, count: int) -> "Facts":
        """Nothing is known of any of `count` items."""
        return cls([None] * count, [None] * count, np.zeros(count, dtype=np.bool_), looked=False)

    def set(self, row: int, found: MediaFacts | None) -> None:
        """Notes what is known of the file of the item in the row; None where it has none."""
        match found:
            case None:
                self.missing[row] = True
            case ImageFacts():
                self.images[row] = found
            case SoundFacts():
                self.sounds[row] = found

    def same_pixels(self, row: int, other: int) -> bool:
        """Whether two items' images are known to have the same size and pixels.

        Where only thumbnails were read, both files are read again, if all that is known of them is the same.
        """
        a, b = self.images[row], self.images[other]
        if a is None or b is None or a.signature is None:
            return False
        if a.sha256 is not None and a.sha256 == b.sha256:
            return True
        if (a.width, a.height, a.dhash, a.signature) != (b.width, b.height, b.dhash, b.signature):
            return False
        for place in (row, other):
            if (known := self.images[place]) and known.pixels is None and (seen := self.closer(place)):
                self.images[place] = seen
        a, b = self.images[row], self.images[other]
        return a is not None and b is not None and a.pixels is not None and a.pixels == b.pixels

    def size(self, frame: Frame, row: int) -> tuple[float, float]:
        """The size of an item's image in pixels, NaN where unknown: the file's own, else the declared one.

        Where the declared size is the file's as EXIF says to turn it, the declared one counts: boxes drawn on the
        turned picture are given in it.
        """
        item, facts = frame.items[row], self.images[row]
        declared = (item.width or np.nan, item.height or np.nan)
        if facts is None or facts.width is None or facts.height is None:
            return declared
        turned = facts.orientation in _TURNED and (facts.height, facts.width) == declared
        return declared if turned else (float(facts.width), float(facts.height))

    def sizes(self, frame: Frame) -> tuple[Floats, Floats]:
        """Width and height (pixels, NaN where unknown) of each item's image; see `size`."""
        if self._sizes is None or self._sizes[0] is not frame.items:
            pairs = np.array([self.size(frame, row) for row in range(len(frame.items))], dtype=np.float64)
            self._sizes = frame.items, pairs.reshape(-1, 2)  # several rules ask
        return self._sizes[1][:, 0], self._sizes[1][:, 1]


class MediaTask(Struct, frozen=True):
    """One file to read, plain enough to be sent to another machine that sees the file."""

    path: Path
    item: Item
    images: Closeness


def gather(
    items: Sequence[Item],
    media: MediaLookup,
    *,
    images: Closeness = "media",
    sounds: bool = True,
    store: FactStore | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Facts:
    """Reads the media files of the items, each once, by the executor (a pool of threads, if None).

    `images` says how closely images are looked at; with `sounds` False no sounds are read. A file that cannot be read
    is a fact (`error`), never an exception.
    """
    kinds = MEDIA_KINDS if sounds else MEDIA_KINDS - {"audio"}
    rows = [row for row, item in enumerate(items) if item.kind in kinds]
    facts = Facts.none(len(items))
    facts.looked, facts.closer = True, partial(_closer, items, media)
    status = _status({items[row].kind for row in rows}, images)
    done = 0

    def settle(row: int, found: MediaFacts | None) -> None:
        nonlocal done
        done += 1
        facts.set(row, found)
        if progress is not None:
            progress(done, len(rows), status)

    asked: deque[int] = deque()

    def tasks() -> Iterator[MediaTask]:
        for row in rows:
            item = items[row]
            path = media(item)
            known = None if path is None or store is None else _known(item, images, store)
            if path is None or known is not None:
                settle(row, known)
            else:
                asked.append(row)
                yield MediaTask(path, item, images)

    for found in (executor or PoolExecutor()).map(read_media, tasks()):
        if store is not None and found.sha256 is not None:
            store.put(found.sha256, found)
        settle(asked.popleft(), found)
    return facts


def read_media(task: MediaTask) -> MediaFacts:
    """What the file holds."""
    if task.item.kind == "audio":
        return sound_facts(task.path)
    if task.images == "size":
        return header_facts(task.path, task.item)
    try:
        data = read_bytes(task.path, DEFAULT_LIMITS.image_bytes)
    except InputError as error:
        return ImageFacts(error=reason(error, task.path))
    return image_facts(data) if task.images == "media" else thumbnail(data)


def _closer(items: Sequence[Item], media: MediaLookup, row: int) -> ImageFacts | None:
    """Everything that is known of one image."""
    path = media(items[row])
    found = None if path is None else read_media(MediaTask(path, items[row], "media"))
    return found if isinstance(found, ImageFacts) else None


def _known(item: Item, images: Closeness, store: FactStore) -> MediaFacts | None:
    """What the store has of an item whose bytes are known by their hash."""
    if item.blob is None:
        return None
    if item.kind == "audio":
        return store.get(item.blob, SoundFacts)
    if images == "size":
        return None
    known = store.get(item.blob, ImageFacts)
    return store.get(item.blob, Thumbnail) if known is None and images == "thumbnail" else known


def _status(kinds: set[str], images: Closeness) -> str:
    if kinds == {"audio"}:
        return "reading sounds"
    if "audio" in kinds:
        return "reading images and sounds"
    return "reading image sizes" if images == "size" else "reading images"
