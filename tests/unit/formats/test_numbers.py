"""Numbers in files keep their last bit; masks agree with pycocotools."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from checkdam.formats.coco.rle import decode_counts, encode_counts
from checkdam.formats.exact import decimal, plain
from checkdam.formats.xmlvalues import text_of, value_of
from checkdam.formats.yolo.lines import box_fields, outline_fields, read_line
from checkdam.guard import DEFAULT_LIMITS
from checkdam.schema import Box, InputError, Polygon

sizes = st.tuples(st.integers(1, 10_000), st.integers(1, 10_000))
sane = st.one_of(
    st.floats(-1e5, 1e5), st.integers(-10, 5000).map(float), st.floats(-1e5, 1e5).map(lambda x: round(x, 2))
)
finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.builds(Box, sane, sane, sane, sane), sizes)
def test_yolo_boxes_come_back_to_the_last_bit(box: Box, size: tuple[int, int]) -> None:
    fields = box_fields(box, size)
    if fields is None:  # only beside zero, where the digits run out
        assert any(0 < abs(value) < 1e-40 for value in (box.x, box.y, box.width, box.height))
    else:
        assert read_line(f"0 {fields}", size, None).geometry == box


@given(st.lists(st.tuples(sane, sane), min_size=3, max_size=6), sizes)
def test_yolo_outlines_come_back_to_the_last_bit(points: list[tuple[float, float]], size: tuple[int, int]) -> None:
    polygon = Polygon(((tuple(points),),))
    fields = outline_fields(polygon, size)
    if fields is not None:
        assert read_line(f"0 {fields}", size, None).geometry == polygon


@given(st.integers(1, 4000), st.data())
def test_yolo_boxes_from_whole_pixels_are_written_short(width: int, data: st.DataObject) -> None:
    left = data.draw(st.integers(0, width - 1))
    right = data.draw(st.integers(left + 1, width))
    fields = box_fields(Box(left, left, right - left, right - left), (width, width))
    assert fields is not None
    assert read_line(f"0 {fields}", (width, width), None).geometry == Box(left, left, right - left, right - left)


@given(finite)
def test_plain_decimals_are_exact(value: float) -> None:
    number = Decimal(repr(value))
    read = decimal(plain(number), DEFAULT_LIMITS)
    assert read is not None
    assert float(read) == value
    assert read == number


@given(st.one_of(st.booleans(), st.integers(-(2**62), 2**62), finite, st.text()))
def test_values_in_xml_keep_their_type_or_are_texts_that_look_like_others(value: str | float | bool) -> None:
    text = text_of(value)
    assert text is not None
    read = value_of(text)
    if not isinstance(value, str):
        assert type(read) is type(value)
        assert read == value
    else:
        assert text_of(read) == value


masks = st.tuples(st.integers(1, 30), st.integers(1, 30)).flatmap(
    lambda size: st.binary(min_size=size[0] * size[1], max_size=size[0] * size[1]).map(
        lambda data: (np.frombuffer(data, dtype=np.uint8) % 2).reshape(size)
    )
)


@given(masks)
def test_masks_are_those_of_pycocotools(pixels: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]") -> None:
    encoded = coco_mask.encode(np.asfortranarray(pixels))
    counts = decode_counts(encoded["counts"].decode())
    assert np.array_equal(np.repeat(np.arange(len(counts)) % 2, counts).reshape(pixels.shape[::-1]).T, pixels)
    assert encode_counts(counts) == encoded["counts"].decode()


@given(st.lists(st.integers(0, 2**31 - 1), max_size=20))
def test_run_lengths_survive_their_code(counts: list[int]) -> None:
    assert decode_counts(encode_counts(tuple(counts))) == tuple(counts)


@pytest.mark.parametrize("code", ["o", "é", " ", "oooooooooooooooooooo0", "\x7f"])
def test_other_texts_are_no_run_lengths(code: str) -> None:
    with pytest.raises(InputError):
        decode_counts(code)
