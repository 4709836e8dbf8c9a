"""Paths stay inside, images open or are refused in one way, files are regular and of bounded size."""

import os
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from checkdam.guard import DEFAULT_LIMITS, contained, relative_name, safe_name
from checkdam.guard.files import open_regular, read_bytes, read_text
from checkdam.guard.images import IMAGE_FORMATS, image_size, open_image
from checkdam.schema import InputError, LimitError

CLIMBERS = [
    "",
    ".",
    "/",
    "//x",
    "/etc/passwd",
    "..",
    "../x",
    "a/../../x",
    "a/..",
    "C:",
    "C:/x",
    "c:x",
    "\\\\server\\share",
    "..\\x",
    "a\\b",
    "a\0b",
    "\udcff",
]


@pytest.mark.parametrize("name", CLIMBERS)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        contained(tmp_path, name)
    assert caught.value.remedy
    with pytest.raises(InputError):
        relative_name(name)


@pytest.mark.parametrize("name", ["a", "a/b.jpg", "..a", "a..b/...", "a b/ü", "%2e%2e/x", "~", "ab:c", "-rf"])
def test_names_inside_are_taken_as_they_are(tmp_path: Path, name: str) -> None:
    assert contained(tmp_path, name) == tmp_path / name


@given(st.text(st.sampled_from("ab./\\:~ \0C"), max_size=12))
def test_no_name_leads_outside(name: str) -> None:
    root = Path("/base/root")
    try:
        path = contained(root, name)
    except InputError:
        return
    assert Path(os.path.normpath(path)).is_relative_to(root)
    assert Path(os.path.normpath(path)) != root


def test_links_are_followed_to_see_where_they_lead(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "a" / "f").touch()
    (root / "inside").symlink_to(root / "a")
    (root / "outside").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")
    assert contained(root, "inside/f").read_bytes() == b""
    (tmp_path / "alias").symlink_to(root)
    assert contained(tmp_path / "alias", "a/f").exists()
    for name in ("outside", "outside/x", "loop"):
        with pytest.raises(InputError):
            contained(root, name)


@given(st.text())
def test_safe_names_are_safe(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name) <= 101
    assert name.isascii()
    assert name[0] != "."
    assert relative_name(name).parts == (name,)
    assert safe_name(name) == name


@pytest.mark.parametrize(("text", "name"), [("con.txt", "_con.txt"), ("../x", "x"), ("", "unnamed"), ("a b", "a_b")])
def test_some_safe_names(text: str, name: str) -> None:
    assert safe_name(text) == name


def encoded(format: str, size: tuple[int, int] = (13, 7)) -> bytes:
    stream = BytesIO()
    image = Image.effect_noise(size, 50)
    image.save(stream, format, **({"save_all": True, "append_images": [image]} if format in ("GIF", "TIFF") else {}))
    return stream.getvalue()


@pytest.mark.parametrize("format", IMAGE_FORMATS)
def test_images_open_from_bytes_and_files(tmp_path: Path, format: str) -> None:
    data = encoded(format)
    path = tmp_path / "image.bin"
    path.write_bytes(data)
    for source in (data, path):
        assert image_size(source) == (13, 7)
        image = open_image(source)
        assert image.size == (13, 7)
        image.convert("RGB").resize((2, 2))


@pytest.mark.parametrize("format", ["PPM", "ICO", "PDF", "EPS", "TGA"])
def test_other_formats_are_refused(format: str) -> None:
    stream = BytesIO()
    Image.new("RGB", (13, 7)).save(stream, format)
    for call in (image_size, open_image):
        with pytest.raises(InputError, match="not a JPEG"):
            call(stream.getvalue())


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("<svg/>")
    os.mkfifo(tmp_path / "pipe.jpg")
    for source in (b"", tmp_path, tmp_path / "a.jpg", tmp_path / "pipe.jpg", tmp_path / "missing.jpg"):
        for call in (image_size, open_image):
            with pytest.raises(InputError) as caught:
                call(source)
            assert caught.value.remedy


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it has many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_too_many_pixels_or_bytes_are_refused() -> None:
    for call in (image_size, open_image):
        with pytest.raises(LimitError):
            call(bomb(50_000, 50_000))
        with pytest.raises(LimitError, match="more than 10"):
            call(encoded("PNG"), replace(DEFAULT_LIMITS, pixels=10))
        with pytest.raises(LimitError, match="larger than"):
            call(encoded("PNG"), replace(DEFAULT_LIMITS, image_bytes=10))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([encoded(format, (40, 30)) for format in IMAGE_FORMATS]), st.data())
def test_damaged_images_are_refused_in_one_way(data: bytes, draw: st.DataObject) -> None:
    damaged = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 4))):
        damaged[draw.draw(st.integers(0, len(damaged) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(damaged)))
    for source in (bytes(damaged), bytes(damaged[:cut])):
        for call in (image_size, open_image):
            with suppress(InputError):
                call(source)


def test_files_are_regular_small_and_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xef\xbb\xbfa\xc3\xbc")
    assert read_text(path, 10) == "aü"
    with pytest.raises(LimitError):
        read_bytes(path, 5)
    path.write_bytes(b"a\xff")
    with pytest.raises(InputError, match=r"not UTF-8 \(byte 1: 0xff\)"):
        read_text(path, 10)
    for other in (tmp_path, tmp_path / "missing", Path("/dev/zero"), tmp_path / "a\0b"):
        with pytest.raises(InputError):
            open_regular(other)


@pytest.mark.parametrize("read", [image_size, open_image])
def test_what_holds_nothing_is_called_empty(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = tmp_path / "a.png"
    path.touch()
    with pytest.raises(InputError, match=r"a\.png is empty"):
        read(path)


def test_too_many_pixels_are_called_that() -> None:
    """A PNG header of 60,000 x 60,000 pixels: Pillow refuses it with words about attacks."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    with pytest.raises(LimitError) as caught:
        image_size(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    assert caught.value.detail == "the image has more than 178,956,970 pixels"
