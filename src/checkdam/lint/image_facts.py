"""What is known of an image file: hashes, size, format, whether it can be read, and how good the picture is."""

import hashlib
from pathlib import Path

import numpy as np
from msgspec import Struct
from PIL import ExifTags, Image

from checkdam.guard.images import image_size, open_image
from checkdam.lint.image_end import end_of, trailing_bytes
from checkdam.lint.reason import reason
from checkdam.measure.hashing import DHASH_COLUMNS, DHASH_ROWS, dhash
from checkdam.measure.pictures import blur, entropy, percentiles
from checkdam.measure.signature import SIDE, signature
from checkdam.schema import InputError, Item

_LOOKED_AT = 512
"""The longest side (pixels) of the picture that is measured: a larger one is first reduced, by averaging blocks."""

PERCENTILES = (1, 5, 50, 95, 99)
"""The percentiles of the grey values that `ImageFacts.greys` holds."""

_NO_DATA = 128
"""The grey that libjpeg writes where the data of a JPEG file end too early."""


class ImageFacts(Struct, frozen=True, kw_only=True):
    """What an image file holds. JSON-serialisable; the same for the same bytes, so `sha256` is a key to cache it by.

    `pixels` is the SHA-256 of size and decoded RGB, `dhash` 16 hexadecimal digits, `signature` that of
    `measure.signature`, by which copies are found. `format` is the file's format by
    its content, in Pillow's words. `orientation` is the EXIF orientation (1: as stored).

    Of the grey picture (0 to 255), reduced to at most 512 pixels a side: `blur` from 0 (sharp) to 1 (blurred), None
    where it has no contrast; `greys` the `PERCENTILES`; `entropy` of the histogram in bits, 0 to 8.

    `trailing` is the number of bytes after the format's end marker, -1 where the marker is missing, None where the
    format has none that is known. `unfilled` is the share of rows at the bottom that the data of a JPEG file did not
    reach. Where only the header was read all but sizes and orientation is None. `error` says why the file cannot be
    decoded.
    """

    sha256: str | None = None
    pixels: str | None = None
    width: int | None = None
    height: int | None = None
    orientation: int = 1
    dhash: str | None = None
    signature: bytes | None = None
    format: str | None = None
    blur: float | None = None
    greys: tuple[float, ...] | None = None
    entropy: float | None = None
    trailing: int | None = None
    unfilled: float | None = None
    error: str | None = None


class Thumbnail(ImageFacts, frozen=True, kw_only=True):
    """The facts that rules need which compare pictures; what takes longer (`pixels` and how good the picture is) is
    None. A type of its own, so that it is never kept or taken for all facts."""


def image_facts(data: bytes) -> ImageFacts:
    """Everything that is known of the bytes of an image file."""
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        image = open_image(data)
    except InputError as error:
        return ImageFacts(sha256=sha256, error=reason(error))
    colours = image.convert("RGB") if image.mode != "RGB" else image
    digest = hashlib.sha256(repr(image.size).encode())
    digest.update(colours.tobytes())
    grey = colours.convert("L")
    small, measured = _looks(grey), _reduced(grey)
    histogram = np.array(measured.histogram(), dtype=np.int64)
    return ImageFacts(
        sha256=sha256,
        pixels=digest.hexdigest(),
        width=image.width,
        height=image.height,
        orientation=_orientation(image),
        dhash=_hashed(small),
        signature=signed(small),
        format=image.format,
        blur=blur(np.asarray(measured)),
        greys=percentiles(histogram, PERCENTILES),
        entropy=entropy(histogram),
        trailing=trailing_bytes(data, end_of(data)),
        unfilled=_unfilled(grey, colours) if image.format == "JPEG" else 0.0,
    )


def thumbnail(data: bytes) -> Thumbnail:
    """What `image_facts` says of how the picture looks, and nothing of how good it is."""
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        image = open_image(data)
    except InputError as error:
        return Thumbnail(sha256=sha256, error=reason(error))
    small = looks(image)
    return Thumbnail(
        sha256=sha256,
        width=image.width,
        height=image.height,
        orientation=_orientation(image),
        dhash=_hashed(small),
        signature=signed(small),
        format=image.format,
    )


def header_facts(path: Path, item: Item) -> ImageFacts:
    """What the header of an image file says: the size, and the orientation where the declared size depends on it."""
    try:
        width, height = image_size(path)
        orientation = 1
        if (height, width) == (item.width, item.height) != (width, height):
            # Exchanged sides: only a closer look tells whether EXIF turns the picture.
            orientation = _orientation(open_image(path))
    except InputError as error:
        return ImageFacts(error=reason(error, path))
    return ImageFacts(width=width, height=height, orientation=orientation)


def looks(image: Image.Image) -> Image.Image:
    """A small grey picture, at least twice as large as what is taken from it: the signature and the difference hash.
    It depends on the decoded RGB alone."""
    return _looks((image if image.mode in ("L", "RGB") else image.convert("RGB")).convert("L"))


def signed(small: Image.Image) -> bytes:
    """The signature of what `looks` gives."""
    return signature(np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BILINEAR)))


def _looks(grey: Image.Image) -> Image.Image:
    # Averaging blocks is many times faster than resizing, and what it changes is below what the signature looks at.
    return grey.reduce((max(grey.width // (2 * SIDE), 1), max(grey.height // (2 * SIDE), 1)))


def _hashed(small: Image.Image) -> str:
    return f"{dhash(np.asarray(small.resize((DHASH_COLUMNS, DHASH_ROWS), Image.Resampling.BILINEAR))):016x}"


def _reduced(grey: Image.Image) -> Image.Image:
    factor = -(-max(grey.size) // _LOOKED_AT)
    return grey.reduce(factor) if factor > 1 else grey


def _unfilled(grey: Image.Image, rgb: Image.Image) -> float:
    """The share of rows at the bottom that are of libjpeg's grey from edge to edge; 0 where the whole picture is."""
    width, height = grey.size
    if grey.getpixel((width - 1, height - 1)) != _NO_DATA:
        return 0.0
    pixels = np.asarray(rgb)
    filled = np.flatnonzero((pixels != _NO_DATA).any(axis=(1, 2)))
    return 0.0 if not len(filled) else float((height - 1 - filled[-1]) / height)


def _orientation(image: Image.Image) -> int:
    # Pillow raises whatever a broken EXIF block makes it raise; such a block says nothing about orientation.
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
