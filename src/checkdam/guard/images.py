"""Images from outside: opened by an allow-list of formats, under limits, with one kind of error.

Sizes are those of the stored pixels: an EXIF orientation is not applied, because annotation tools and the file formats
for labels count pixels as they are stored.
"""

from io import SEEK_END, BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from checkdam.guard.files import open_regular
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema.errors import InputError, LimitError

IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
"""What is opened, by Pillow's names; found by content, never by the file's name."""

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})
"""Endings, in lower case, of the files that a folder's listing takes for images."""


def image_size(source: Path | bytes, limits: InputLimits = DEFAULT_LIMITS) -> tuple[int, int]:
    """Width and height in pixels, from the header alone. `InputError` if it is no image of an allowed format."""
    name = _name(source)
    with _stream(source) as stream, _opened(stream, name, limits) as image:
        return image.size


def open_image(source: Path | bytes, limits: InputLimits = DEFAULT_LIMITS) -> Image.Image:
    """The decoded image (the first frame of several); its file is closed again.

    Raises `LimitError` for too many bytes or pixels, `InputError` for anything that does not decode to its end.
    """
    name = _name(source)
    with _stream(source) as stream:
        image = _opened(stream, name, limits)
        try:
            image.load()
        except Exception as error:  # decoders raise whatever they like on a damaged file
            raise InputError(f"{name} does not decode: {_reason(error)}", "replace or remove the image") from error
    return image


def _stream(source: Path | bytes) -> BinaryIO:
    return BytesIO(source) if isinstance(source, bytes) else open_regular(source)


def _name(source: Path | bytes) -> str:
    return "the image" if isinstance(source, bytes) else str(source)


def _opened(stream: BinaryIO, name: str, limits: InputLimits) -> Image.Image:
    size = stream.seek(0, SEEK_END)
    if size == 0:
        raise InputError(f"{name} is empty", "replace or remove the image")
    if size > limits.image_bytes:
        raise LimitError(f"{name} is larger than {limits.image_bytes:,} bytes", "store the image smaller")
    stream.seek(0)
    try:
        image = Image.open(stream, formats=IMAGE_FORMATS)
    except Image.DecompressionBombError as error:
        raise LimitError(f"{name} has {_reason(error)}", "store the image smaller") from error
    except Exception as error:  # header parsers raise whatever they like on a damaged file
        raise InputError(f"{name} is no readable image: {_reason(error)}", "replace or remove the image") from error
    width, height = image.size
    if width * height > limits.pixels:
        raise LimitError(
            f"{name} has {width} x {height} pixels, more than {limits.pixels:,}", "store the image smaller"
        )
    return image


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not a " + ", ".join(IMAGE_FORMATS[:-1]) + f" or {IMAGE_FORMATS[-1]} file"
    if isinstance(error, Image.DecompressionBombError):  # its own text speaks of attacks
        return f"more than {DEFAULT_LIMITS.pixels:,} pixels"
    return str(error) or type(error).__name__
