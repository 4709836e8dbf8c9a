"""Media by content hash: originals, thumbnails and crops. Their content never changes, so browsers may keep them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from checkdam.server.auth import only
from checkdam.server.context import ThePictures, TheWaves
from checkdam.server.media import CropBox, original_response, picture_response
from checkdam.server.sniff import MEDIA_TYPES
from checkdam.server.wire.base import failures
from checkdam.server.wire.media import WaveOut
from checkdam.server.wire.queries import CropParameters, ThumbParameters, WaveParameters

router = APIRouter(tags=["media"])

Sha = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the media's bytes")]
Answers = dict[int | str, dict[str, Any]]


def _binary(*kinds: str) -> dict[str, Any]:
    return {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}


_KEPT: Answers = {304: {"description": "The browser has it"}}
_WEBP: Answers = {**_KEPT, 200: {"content": _binary("image/webp"), "description": "A WebP image"}}
_BYTES = {
    "content": _binary(*MEDIA_TYPES, "application/octet-stream"),
    "description": "The bytes, or the part asked for",
}
_ANY: Answers = {**_KEPT, 200: _BYTES, 206: _BYTES}


@router.get(
    "/media/{sha}",
    response_class=Response,
    dependencies=[only("datasets.read")],
    responses={**failures(401, 403, 404, 416), **_ANY},
)
def get_media(sha: Sha, request: Request, pictures: ThePictures) -> Response:
    """The original bytes. Images and audio of known types are shown, anything else is a download."""
    return original_response(pictures.original(sha), sha, request)


@router.get(
    "/media/{sha}/thumb",
    response_class=Response,
    dependencies=[only("datasets.read")],
    responses={**failures(401, 403, 404, 413, 415), **_WEBP},
)
def get_thumb(sha: Sha, query: ThumbParameters, request: Request, pictures: ThePictures) -> Response:
    """A small copy of an image, no side longer than `size`."""
    return picture_response(pictures.thumb(sha, query.size), request)


@router.get(
    "/media/{sha}/crop",
    response_class=Response,
    dependencies=[only("datasets.read")],
    responses={**failures(401, 403, 404, 413, 415), **_WEBP},
)
def get_crop(sha: Sha, query: CropParameters, request: Request, pictures: ThePictures) -> Response:
    """A part of an image, no side longer than `size`."""
    box = CropBox(query.x, query.y, query.w, query.h)
    return picture_response(pictures.crop(sha, box, query.size), request)


@router.get(
    "/media/{sha}/wave",
    response_model=WaveOut,
    dependencies=[only("datasets.read")],
    responses={**failures(401, 403, 404, 413, 415), **_KEPT},
)
def get_wave(sha: Sha, query: WaveParameters, request: Request, waves: TheWaves) -> Response:
    """The outline of a sound: its lowest and highest samples in `parts` parts of equal length."""
    return picture_response(waves.wave(sha, query.parts), request, "application/json")
