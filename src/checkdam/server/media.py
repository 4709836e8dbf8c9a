"""Pictures made small once and kept, and how media are handed out.

Content never changes under its hash, so answers may be kept by browsers for good and revalidation costs nothing.
"""

import math
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import BoundedSemaphore, Lock
from typing import NamedTuple, Protocol

import numpy as np
from PIL import Image
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from checkdam.guard.budget import BudgetFolder
from checkdam.guard.images import open_image
from checkdam.schema import InputError
from checkdam.server.sniff import HEAD_BYTES, media_type

CACHE_CONTROL = "private, max-age=31536000, immutable"
MEDIA_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
DEFAULT_BUDGET = 2 * 1024**3
_QUALITY = 80
_LOCKS = 64
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


class UnreadableImageError(InputError):
    """There is no image in this blob that can be shown."""

    code = "unreadable_image"


class BlobFolder(Protocol):
    """What is needed of the blobs: where the bytes of a hash lie. NotFoundError."""

    def path(self, sha: str) -> Path: ...


class CropBox(NamedTuple):
    """A part of an image, in pixels."""

    x: float
    y: float
    width: float
    height: float


class Picture(NamedTuple):
    """Where a picture lies that was made, and its entity tag."""

    path: Path
    tag: str


class Pictures:
    """Thumbnails and crops as WebP, made at the first request and kept in `folder`, which may be deleted at any time.

    The folder is kept below about `budget` bytes; the pictures longest unused go first. Pixels are as stored: an EXIF
    orientation is not applied, because annotations count pixels as they are stored.
    """

    def __init__(self, blobs: BlobFolder, folder: Path, budget: int = DEFAULT_BUDGET) -> None:
        self._blobs = blobs
        self._kept = BudgetFolder(folder, budget)
        self._making = [Lock() for _ in range(_LOCKS)]
        self._decoding = BoundedSemaphore(max(2, os.cpu_count() or 2))

    def original(self, sha: str) -> Path:
        """The blob's file. NotFoundError."""
        return self._blobs.path(sha)

    def thumb(self, sha: str, size: int) -> Picture:
        """The whole image, no side longer than `size` pixels, never enlarged. UnreadableImageError, LimitError."""
        return self._picture(sha, f"{sha}-{size}", lambda image: image, size)

    def crop(self, sha: str, box: CropBox, size: int) -> Picture:
        """The part of the image under `box`, grown to whole pixels and cut off at the image's edge, no side longer than
        `size`. InputError if the box lies outside."""
        left, top = math.floor(box.x), math.floor(box.y)
        right = max(math.ceil(box.x + box.width), left + 1)
        bottom = max(math.ceil(box.y + box.height), top + 1)

        def cut(image: Image.Image) -> Image.Image:
            inner = (max(0, left), max(0, top), min(image.width, right), min(image.height, bottom))
            if inner[0] >= inner[2] or inner[1] >= inner[3]:
                raise InputError(
                    f"the box lies outside of the image of {image.width} x {image.height} pixels",
                    "ask for a part of the image",
                )
            return image.crop(inner)

        return self._picture(sha, f"{sha}-{left}-{top}-{right}-{bottom}-{size}", cut, size)

    def _picture(self, sha: str, key: str, part: Callable[[Image.Image], Image.Image], size: int) -> Picture:
        name = blake2b(key.encode(), digest_size=16).hexdigest()
        path = self._kept.folder / name[:2] / f"{name}.webp"
        if not self._kept.used(path):
            with self._turn(name):
                if not self._kept.used(path):
                    self._make(sha, path, part, size)
        return Picture(path, f'"{name}"')

    @contextmanager
    def _turn(self, name: str) -> Iterator[None]:
        """One maker a picture, and no more decoders at a time than processors."""
        with self._making[int(name[:4], 16) % _LOCKS], self._decoding:
            yield

    def _make(self, sha: str, path: Path, part: Callable[[Image.Image], Image.Image], size: int) -> None:
        original = self.original(sha)
        try:
            whole = open_image(original)
        except InputError as error:
            if error.code == InputError.code:
                raise UnreadableImageError("this is no image that can be shown", "look at the original") from error
            raise
        with whole:
            small = _eight_bit(part(whole))
        small.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            try:
                small.save(file, "WEBP", quality=_QUALITY, method=2)
                file.close()
                Path(file.name).replace(path)
            except BaseException:
                with suppress(OSError):
                    file.close()
                    Path(file.name).unlink()
                raise
        self._kept.grew(path.stat().st_size)


def picture_response(picture: Picture, request: Request, kind: str = "image/webp") -> Response:
    """The picture, or 304 where the browser has it."""
    headers = {"Cache-Control": CACHE_CONTROL, "ETag": picture.tag, "Content-Security-Policy": MEDIA_POLICY}
    if _has(request, picture.tag):
        return Response(status_code=304, headers=headers)
    return FileResponse(picture.path, media_type=kind, headers=headers)


def original_response(path: Path, sha: str, request: Request) -> Response:
    """The bytes as they were imported: shown if they are an image or audio of a known type, else a download that no
    browser takes for anything."""
    tag = f'"{sha}"'
    headers = {"Cache-Control": CACHE_CONTROL, "ETag": tag, "Content-Security-Policy": MEDIA_POLICY}
    if _has(request, tag):
        return Response(status_code=304, headers=headers)
    with path.open("rb") as file:
        kind = media_type(file.read(HEAD_BYTES))
    _check_range(request, path.stat().st_size)
    disposition = "inline" if kind else f'attachment; filename="{sha}.bin"'
    headers["Content-Disposition"] = disposition
    return FileResponse(path, media_type=kind or "application/octet-stream", headers=headers)


def _check_range(request: Request, size: int) -> None:
    """Lets one plain range pass, refuses one that lies beyond the end, and ignores what else a header may ask for."""
    asked = request.headers.get("range")
    if asked is None:
        return
    found = _RANGE.fullmatch(asked)
    first, last = found.groups() if found else ("", "")
    if not (first or last) or (first and last and int(last) < int(first)):
        request.scope["headers"] = [each for each in request.scope["headers"] if each[0] != b"range"]
    elif (int(first) >= size) if first else (int(last) == 0):
        raise HTTPException(416, headers={"Content-Range": f"bytes */{size}"})


def _has(request: Request, tag: str) -> bool:
    given = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    return tag in given or "*" in given


def _eight_bit(image: Image.Image) -> Image.Image:
    """As RGB or RGBA. Sixteen-bit and float images, which have no white of their own, are stretched from their darkest
    to their brightest pixel."""
    if image.mode in {"RGB", "RGBA"}:
        return image
    if image.mode in {"I", "F", "I;16", "I;16L", "I;16B", "I;16N"}:
        values = np.asarray(image, dtype=np.float64)
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        scaled = np.nan_to_num((values - low) / ((high - low) or 1.0) * 255.0, nan=0.0, posinf=255.0, neginf=0.0)
        return Image.fromarray(scaled.clip(0, 255).astype(np.uint8), "L").convert("RGB")
    if image.mode in {"LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGB")
