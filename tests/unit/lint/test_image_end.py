"""Where image files end: against files that Pillow writes, and against bytes that are made up."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from checkdam.lint.image_end import end_of, trailing_bytes
from checkdam.lint.image_facts import image_facts

NOISE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (61, 83, 3), dtype=np.uint8))


def written(kind: str, **options: object) -> bytes:
    stream = BytesIO()
    NOISE.save(stream, kind, **options)
    return stream.getvalue()


FILES = {
    "baseline": written("JPEG"),
    "progressive": written("JPEG", progressive=True),
    "restarts": written("JPEG", restart_marker_blocks=2),
    "comment": written("JPEG", comment=b"\xff\xd9" * 50),
    "grey": written("PNG", optimize=True),
    "webp": written("WEBP"),
    "lossless": written("WEBP", lossless=True),
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_the_end_is_the_end_of_the_file(data: bytes) -> None:
    assert end_of(data) == len(data)
    assert trailing_bytes(data + b"\xff\xd9tail", end_of(data + b"\xff\xd9tail")) == 6


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_a_file_that_is_cut_anywhere_has_no_end(data: bytes) -> None:
    for cut in range(16, len(data) - 1, 97):
        assert end_of(data[:cut]) == -1, cut


@given(st.binary(max_size=60), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"]))
def test_bytes_that_are_made_up_have_an_end_within_them_or_none(data: bytes, head: bytes) -> None:
    end = end_of(head + data)
    assert end is None or -1 <= end <= len(head + data)


def test_a_file_of_a_million_parts_is_given_up() -> None:
    assert end_of(b"\xff\xd8" + b"\xff\xfe\0\2" * 1_000_000) is None
    assert end_of(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt\0\0\0\0" * 1_000_000) is None


def test_a_jpeg_that_broke_off_and_was_closed_is_known_by_its_grey_rows() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (400, 300, 3), dtype=np.uint8)
    stream = BytesIO()
    Image.fromarray(noise).save(stream, "JPEG")
    data = stream.getvalue()
    assert image_facts(data).unfilled == 0
    for share in (0.25, 0.5, 0.75):
        facts = image_facts(data[: int(len(data) * share)] + b"\xff\xd9")
        assert facts.error is None
        assert facts.unfilled == pytest.approx(1 - share, abs=0.06)
        assert facts.trailing == 0
