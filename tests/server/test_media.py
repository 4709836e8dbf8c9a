"""Media: the right bytes, the right type, kept for good by browsers, and never run."""

import hashlib
import io
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from checkdam.guard import images
from checkdam.schema import InputError, LimitError
from checkdam.server import media
from checkdam.server.media import CropBox, Pictures, UnreadableImageError
from checkdam.server.sniff import media_type
from server.serving import HTML, SVG, Site, item_named


class Folder:
    """Blobs by hash in one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes) -> str:
        sha = hashlib.sha256(content).hexdigest()
        (self.root / sha).write_bytes(content)
        return sha

    def path(self, sha: str) -> Path:
        return self.root / sha


@pytest.fixture
def blobs(tmp_path: Path) -> Folder:
    (tmp_path / "blobs").mkdir()
    return Folder(tmp_path / "blobs")


@pytest.fixture
def pictures(blobs: Folder, tmp_path: Path) -> Pictures:
    return Pictures(blobs, tmp_path / "pictures")


def encoded(pixels: Any, kind: str = "PNG", mode: str | None = None, **options: Any) -> bytes:
    image = Image.fromarray(pixels) if mode is None else Image.fromarray(pixels).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def quarters(width: int = 400, height: int = 200) -> Any:
    """Red, green, blue and white quarters."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[: height // 2, : width // 2] = (255, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 255, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 255)
    pixels[height // 2 :, width // 2 :] = (255, 255, 255)
    return pixels


def middle(path: Path) -> tuple[int, int, int]:
    with Image.open(path) as image:
        pixel = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    return (pixel[0], pixel[1], pixel[2])


def near(pixel: tuple[int, int, int], wanted: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel, wanted, strict=True))


# Thumbnails and crops


@pytest.mark.parametrize(("size", "wanted"), [(128, (128, 64)), (256, (256, 128)), (512, (400, 200))])
def test_a_thumbnail_keeps_the_shape_and_is_never_enlarged(
    blobs: Folder, pictures: Pictures, size: int, wanted: tuple[int, int]
) -> None:
    made = pictures.thumb(blobs.put(encoded(quarters())), size)
    with Image.open(made.path) as image:
        assert (image.format, image.size) == ("WEBP", wanted)


@pytest.mark.parametrize(
    ("box", "color"),
    [
        (CropBox(10, 10, 100, 50), (255, 0, 0)),
        (CropBox(250, 10, 100, 50), (0, 255, 0)),
        (CropBox(10, 110, 100, 50), (0, 0, 255)),
        (CropBox(250, 110, 100, 50), (255, 255, 255)),
        (CropBox(-500, -500, 600, 550), (255, 0, 0)),
        (CropBox(399, 199, 5000, 5000), (255, 255, 255)),
        (CropBox(399.2, 0.5, 0.0, 0.0), (0, 255, 0)),
    ],
)
def test_a_crop_shows_what_is_under_the_box(
    blobs: Folder, pictures: Pictures, box: CropBox, color: tuple[int, int, int]
) -> None:
    made = pictures.crop(blobs.put(encoded(quarters())), box, 128)
    assert near(middle(made.path), color)


def test_a_crop_grows_to_whole_pixels_and_ends_at_the_edge(blobs: Folder, pictures: Pictures) -> None:
    sha = blobs.put(encoded(quarters()))
    for box, size in (
        (CropBox(10.6, 10.6, 10.0, 5.0), (11, 6)),
        (CropBox(-20, -20, 30, 30), (10, 10)),
        (CropBox(390, 0, 50, 20), (10, 20)),
        (CropBox(5, 5, 0, 0), (1, 1)),
    ):
        with Image.open(pictures.crop(sha, box, 128).path) as image:
            assert image.size == size


@pytest.mark.parametrize("box", [CropBox(400, 0, 10, 10), CropBox(0, 200, 10, 10), CropBox(-50, 0, 50, 10)])
def test_a_box_outside_is_told(blobs: Folder, pictures: Pictures, box: CropBox) -> None:
    with pytest.raises(InputError, match="outside"):
        pictures.crop(blobs.put(encoded(quarters())), box, 128)


def test_pixels_are_as_stored_whatever_the_exif_orientation_says(blobs: Folder, pictures: Pictures) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    sha = blobs.put(encoded(quarters(), "JPEG", exif=exif))
    with Image.open(pictures.thumb(sha, 128).path) as image:
        assert image.size == (128, 64)
    assert near(middle(pictures.crop(sha, CropBox(10, 10, 100, 50), 128).path), (255, 0, 0))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK"])
def test_every_kind_of_pixel_can_be_shown(blobs: Folder, pictures: Pictures, mode: str) -> None:
    rng = np.random.default_rng(1)
    kind = "TIFF" if mode in {"F", "CMYK", "I", "LA"} else "PNG"
    if mode == "I;16":
        content = encoded(np.array([[0, 65535], [0, 65535]], dtype=np.uint16).repeat(20, 0).repeat(20, 1))
    elif mode in {"I", "F"}:
        content = encoded((rng.random((40, 40)) * 70_000).astype(np.int32 if mode == "I" else np.float32), kind)
    else:
        content = encoded(rng.integers(0, 255, (40, 40, 3), dtype=np.uint8), kind, mode)
    with Image.open(pictures.thumb(blobs.put(content), 128).path) as image:
        assert image.size == (40, 40)
        assert len(set(image.convert("L").get_flattened_data())) > 1


def test_a_picture_is_made_once(blobs: Folder, pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []

    def counting(source: Any, *more: Any) -> Any:
        decoded.append(source)
        return images.open_image(source, *more)

    monkeypatch.setattr(media, "open_image", counting)
    sha = blobs.put(encoded(quarters()))
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: pictures.thumb(sha, 128), range(40)))
    assert len(made) == 1
    assert len(decoded) == 1
    pictures.thumb(sha, 256)
    pictures.crop(sha, CropBox(0, 0, 10, 10), 128)
    pictures.crop(sha, CropBox(0.2, 0.2, 9.7, 9.7), 128)
    assert len(decoded) == 3, "another size and another part are others; the same whole pixels are the same"


def test_a_picture_that_fails_leaves_nothing_behind(
    blobs: Folder, pictures: Pictures, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left on the device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="no space"):
        pictures.thumb(blobs.put(encoded(quarters())), 128)
    assert [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("content", [b"", b"no image", HTML, SVG, b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_what_is_no_image_is_told_as_such(blobs: Folder, pictures: Pictures, content: bytes) -> None:
    with pytest.raises(UnreadableImageError):
        pictures.thumb(blobs.put(content), 128)


def test_an_image_with_too_many_pixels_is_not_decoded(blobs: Folder, pictures: Pictures) -> None:
    with pytest.raises(LimitError):
        pictures.thumb(blobs.put(encoded(np.zeros((1, 1), dtype=np.uint8).repeat(20_000, 0).repeat(10_000, 1))), 128)


def test_the_folder_stays_below_its_budget_and_forgets_the_longest_unused(blobs: Folder, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    pictures = Pictures(blobs, tmp_path / "pictures", budget=60_000)
    shas = [blobs.put(encoded(rng.integers(0, 255, (128, 128, 3), dtype=np.uint8))) for _ in range(30)]
    favourite = pictures.thumb(shas[0], 128).path
    for number, sha in enumerate(shas[1:]):
        made = pictures.thumb(sha, 128).path
        os.utime(made, (number, number))
        pictures.thumb(shas[0], 128)
    files = [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 90_000
    assert favourite in files


def test_a_picture_that_was_deleted_comes_back(blobs: Folder, pictures: Pictures) -> None:
    sha = blobs.put(encoded(quarters()))
    path = pictures.thumb(sha, 128).path
    before = path.read_bytes()
    path.unlink()
    assert pictures.thumb(sha, 128).path.read_bytes() == before


# Types by content


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded(quarters(), "PNG"), "image/png"),
        (encoded(quarters(), "JPEG"), "image/jpeg"),
        (encoded(quarters(), "GIF"), "image/gif"),
        (encoded(quarters(), "WEBP"), "image/webp"),
        (encoded(quarters(), "BMP"), "image/bmp"),
        (encoded(quarters(), "TIFF"), "image/tiff"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"OggS\0\x02", "audio/ogg"),
        (b"ID3\x04\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\0\0\0\x20ftypM4A \0\0", "audio/mp4"),
        (HTML, None),
        (SVG, None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"\xef\xbb\xbf<html>", None),
        (b"%PDF-1.7", None),
        (b"PK\x03\x04", None),
        (b"BM<script>alert(1)</script>", None),
        (b"RIFF\0\0\0\0<script>", None),
        (b"", None),
        (b"\xff", None),
    ],
)
def test_types_are_told_by_the_first_bytes(content: bytes, kind: str | None) -> None:
    assert media_type(content[:64]) == kind


# Over the wire


def test_the_original_is_served_byte_for_byte_and_kept_for_good(shared_site: Site) -> None:
    client = shared_site.client("reviewer")
    sha = item_named(client, "cells", "cell00.png")["blob"]
    answer = client.get(f"/api/media/{sha}")
    assert hashlib.sha256(answer.content).hexdigest() == sha
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["etag"] == f'"{sha}"'


@pytest.mark.parametrize("tail", ["", "/thumb?size=128", "/crop?x=1&y=2&w=10&h=10&size=128"])
def test_what_the_browser_has_is_not_sent_again(shared_site: Site, tail: str) -> None:
    client = shared_site.client("reviewer")
    address = f"/api/media/{item_named(client, 'cells', 'cell01.png')['blob']}{tail}"
    first = client.get(address)
    assert first.status_code == 200
    assert first.content
    again = client.get(address, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"]
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(("name", "content"), [("page.jpg", HTML), ("picture.jpg", SVG), ("text.png", b"no image")])
def test_a_page_named_as_an_image_is_a_download_that_nothing_runs(shared_site: Site, name: str, content: bytes) -> None:
    client = shared_site.client("reviewer")
    sha = item_named(client, "cells", name)["blob"]
    answer = client.get(f"/api/media/{sha}")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="{sha}.bin"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    for tail in ("thumb", "crop?x=0&y=0&w=9&h=9"):
        small = client.get(f"/api/media/{sha}/{tail}")
        assert (small.status_code, small.json()["error"]) == (415, "unreadable_image")


def test_thumbnails_are_webp(shared_site: Site) -> None:
    client = shared_site.client("reviewer")
    sha = item_named(client, "cells", "cell02.png")["blob"]
    answer = client.get(f"/api/media/{sha}/thumb", params={"size": 128})
    assert answer.headers["content-type"] == "image/webp"
    assert "sandbox" in answer.headers["content-security-policy"]
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, image.size) == ("WEBP", (64, 48))


@pytest.mark.parametrize(
    "tail",
    [
        "thumb?size=127",
        "thumb?size=100000",
        "crop",
        "crop?x=0&y=0&w=-1&h=1",
        "crop?x=nan&y=0&w=1&h=1",
        "crop?x=inf&y=0&w=1&h=1",
        "crop?x=1e300&y=0&w=1&h=1",
        "crop?x=64&y=0&w=5&h=5",
        "crop?x=0&y=0&w=5&h=5&size=0",
    ],
)
def test_sizes_and_boxes_are_bounded(shared_site: Site, tail: str) -> None:
    client = shared_site.client("reviewer")
    sha = item_named(client, "cells", "cell03.png")["blob"]
    answer = client.get(f"/api/media/{sha}/{tail}")
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")


@pytest.mark.parametrize("sha", ["..", "%2e%2e%2fcheckdam.db", "0" * 63, "G" * 64, "A" * 64, "0" * 64 + "%0a"])
def test_a_hash_is_nothing_but_a_hash(shared_site: Site, sha: str) -> None:
    for tail in ("", "/thumb", "/crop?x=0&y=0&w=1&h=1"):
        assert shared_site.client("admin").get(f"/api/media/{sha}{tail}").status_code in {404, 422}


def test_a_part_of_a_long_file_can_be_asked_for(shared_site: Site) -> None:
    client = shared_site.client("reviewer")
    sha = item_named(client, "cells", "cell00.png")["blob"]
    whole = client.get(f"/api/media/{sha}").content
    part = client.get(f"/api/media/{sha}", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert client.get(f"/api/media/{sha}", headers={"Range": "bytes=-7"}).content == whole[-7:]
    assert client.get(f"/api/media/{sha}", headers={"Range": "bytes=5-"}).content == whole[5:]
    for other in ("bytes=x", "bytes=-", "bytes=9-1", "lines=1-2", "bytes=" + ",".join(["0-1"] * 5000), "bytes=0-1,4-5"):
        ignored = client.get(f"/api/media/{sha}", headers={"Range": other})
        assert (ignored.status_code, ignored.content) == (200, whole)
    for beyond in (f"bytes={len(whole)}-", "bytes=999999999-999999999", "bytes=-0"):
        refused = client.get(f"/api/media/{sha}", headers={"Range": beyond})
        assert (refused.status_code, refused.json()["error"]) == (416, "bad_range")
        assert refused.headers["content-range"] == f"bytes */{len(whole)}"


def test_a_thumbnail_that_exists_is_fast(shared_site: Site, make_site: Callable[..., Site]) -> None:
    client = shared_site.client("reviewer")
    sha = item_named(client, "cells", "cell04.png")["blob"]
    client.get(f"/api/media/{sha}/thumb")
    began = time.perf_counter()
    for _ in range(20):
        assert client.get(f"/api/media/{sha}/thumb").status_code == 200
    assert (time.perf_counter() - began) / 20 < 0.5
