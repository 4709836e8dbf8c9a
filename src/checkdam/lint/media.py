"""What is known of the items' media files: hashes, pixel sizes, and whether they can be read at all."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from os import cpu_count
from pathlib import Path
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import ExifTags, Image

from checkdam.guard.files import read_bytes
from checkdam.guard.images import image_size, open_image
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.lint.frame import Floats, Frame
from checkdam.measure.hashing import DHASH_COLUMNS, DHASH_ROWS, dhash
from checkdam.schema import InputError, Item

MediaLookup = Callable[[Item], Path | None]
"""Where an item's media file is; None for text or when it is missing."""

Progress = Callable[[int, int, str], None]
"""Told how many of how many units are done, and what is being done."""

_TURNED = frozenset({5, 6, 7, 8})
"""The EXIF orientations that exchange width and height."""


class ImageFacts(Struct, frozen=True, kw_only=True):
    """What an image file holds. JSON-serialisable; the same for the same bytes, so `sha256` is a key to cache it by.

    `pixels` is the SHA-256 of size and decoded RGB, `dhash` 16 hexadecimal digits. Where only the header was read
    these and `sha256` are None. `orientation` is the EXIF orientation (1: as stored). `error` says why the file cannot
    be decoded.
    """

    sha256: str | None = None
    pixels: str | None = None
    width: int | None = None
    height: int | None = None
    orientation: int = 1
    dhash: str | None = None
    error: str | None = None


class FactStore(Protocol):
    """Keeps facts between runs, by the SHA-256 of a file's bytes."""

    def get(self, sha256: str, /) -> ImageFacts | None: ...
    def put(self, sha256: str, facts: ImageFacts, /) -> None: ...


class Facts:
    """The facts of a frame's items, by the item's row.

    `missing` marks the images that have no file; `looked` is False where no media were given to look at.
    """

    def __init__(self, images: Sequence[ImageFacts | None], missing: NDArray[np.bool_], looked: bool) -> None:
        self.images = images
        self.missing = missing
        self.looked = looked

    @classmethod
    def none(cls, count: int) -> "Facts":
        """Nothing is known of any of `count` items."""
        return cls([None] * count, np.zeros(count, dtype=np.bool_), looked=False)

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
        pairs = np.array([self.size(frame, row) for row in range(len(frame.items))], dtype=np.float64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]


def gather(
    items: Sequence[Item],
    media: MediaLookup,
    *,
    pixels: bool = True,
    store: FactStore | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Facts:
    """Reads the media files of the image items, each once, in a pool of threads.

    With `pixels` False only the headers are read. A file that cannot be read is a fact (`error`), never an exception.
    """
    rows = [row for row, item in enumerate(items) if item.kind == "image"]
    facts: list[ImageFacts | None] = [None] * len(items)
    missing = np.zeros(len(items), dtype=np.bool_)

    def of(row: int) -> tuple[int, ImageFacts | None]:
        path = media(items[row])
        if path is None:
            return row, None
        return row, _of_file(path, items[row].blob, store) if pixels else _of_header(path, items[row])

    status = "reading images" if pixels else "reading image sizes"
    for done, (row, found) in enumerate(_pooled(of, rows, workers or cpu_count() or 1), start=1):
        facts[row], missing[row] = found, found is None
        if progress is not None:
            progress(done, len(rows), status)
    return Facts(facts, missing, looked=True)


def image_facts(data: bytes) -> ImageFacts:
    """Everything that is known of the bytes of an image file."""
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        image = open_image(data)
    except InputError as error:
        return ImageFacts(sha256=sha256, error=_reason(error))
    grey = image.convert("L").resize((DHASH_COLUMNS, DHASH_ROWS), Image.Resampling.BILINEAR)
    digest = hashlib.sha256(repr(image.size).encode())
    digest.update(image.convert("RGB").tobytes())
    return ImageFacts(
        sha256=sha256,
        pixels=digest.hexdigest(),
        width=image.width,
        height=image.height,
        orientation=_orientation(image),
        dhash=f"{dhash(np.asarray(grey)):016x}",
    )


def _of_file(path: Path, blob: str | None, store: FactStore | None) -> ImageFacts:
    if store is not None and blob is not None and (known := store.get(blob)) is not None:
        return known
    try:
        data = read_bytes(path, DEFAULT_LIMITS.image_bytes)
    except InputError as error:
        return ImageFacts(error=_reason(error, path))
    if store is None:
        return image_facts(data)
    sha256 = blob or hashlib.sha256(data).hexdigest()
    known = store.get(sha256)
    if known is None:
        known = image_facts(data)
        store.put(sha256, known)
    return known


def _of_header(path: Path, item: Item) -> ImageFacts:
    try:
        width, height = image_size(path)
        orientation = 1
        if (height, width) == (item.width, item.height) != (width, height):
            # Exchanged sides: only a closer look tells whether EXIF turns the picture.
            orientation = _orientation(open_image(path))
    except InputError as error:
        return ImageFacts(error=_reason(error, path))
    return ImageFacts(width=width, height=height, orientation=orientation)


def _reason(error: InputError, path: Path | None = None) -> str:
    """What is wrong with a file, without its path on this machine: the finding names the item."""
    return error.detail.removeprefix("the image" if path is None else str(path)).strip()


def _orientation(image: Image.Image) -> int:
    # Pillow raises whatever a broken EXIF block makes it raise; such a block says nothing about orientation.
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _pooled(
    function: Callable[[int], tuple[int, ImageFacts | None]], rows: Sequence[int], workers: int
) -> Iterator[tuple[int, ImageFacts | None]]:
    """The function's results in order, with only a few calls ahead, so that memory does not grow with the rows."""
    with ThreadPoolExecutor(workers, thread_name_prefix="checkdam-media") as pool:
        waiting = iter(rows)
        running: list[Future[tuple[int, ImageFacts | None]]] = [
            pool.submit(function, row) for row in islice(waiting, workers * 4)
        ]
        try:
            while running:
                yield running.pop(0).result()
                running.extend(pool.submit(function, row) for row in islice(waiting, 1))
        finally:
            for future in running:
                future.cancel()
