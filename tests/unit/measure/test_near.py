"""Signatures and the copies found by them: against brute force, against known crops, and on pictures held out."""

import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from checkdam.measure import near
from checkdam.measure.align import Poses, aligned
from checkdam.measure.near import DISTANCE, alike, copies
from checkdam.measure.signature import FEATURES, SIDE, THUMB, features_of, signature, thumbs_of

Grey = NDArray[np.uint8]


def soft(seed: int, size: int = SIDE) -> Grey:
    """A picture of soft shapes of several sizes."""
    random = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(random.integers(0, 256, (cells, cells), dtype=np.uint8)).resize(
                (size, size), Image.Resampling.BICUBIC
            ),
            dtype=np.float64,
        )
        for cells in (4, 8, 16)
    ]
    return np.mean(layers, axis=0).astype(np.uint8)


def squeezed(picture: Grey) -> Grey:
    small: Grey = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    return small


def test_a_signature_is_bytes_of_bounded_length() -> None:
    one = signature(soft(1))
    assert THUMB * THUMB < len(one) <= THUMB * THUMB + 12 * FEATURES
    assert one == signature(soft(1))


@pytest.mark.parametrize("wrong", [b"", b"x" * 100, b"x" * (THUMB * THUMB + 5)])
def test_what_is_no_signature_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="signature"):
        copies([signature(soft(1)), wrong], 0.9)


def test_a_thumbnail_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        signature(np.zeros((SIDE, SIDE + 1), dtype=np.uint8))


@pytest.mark.parametrize("mirrored", [np.fliplr, np.flipud, lambda picture: picture[::-1, ::-1]])
def test_a_mirrored_picture_has_the_same_codes_in_mirrored_places(mirrored: Callable[[Grey], Grey]) -> None:
    picture = soft(2)
    features = features_of([signature(picture), signature(np.ascontiguousarray(mirrored(picture)))])
    own, other = features.picture == 0, features.picture == 1
    assert sorted(features.code[own]) == sorted(features.code[other])
    order, back = np.argsort(features.code[own]), np.argsort(features.code[other])
    for axis, places in ((np.fliplr, features.x), (np.flipud, features.y)):
        flipped = (axis(picture) == mirrored(picture)).all() or (mirrored(picture) == picture[::-1, ::-1]).all()
        expected = SIDE - 1 - places[own] if flipped else places[own]
        assert np.abs(expected[order] - places[other][back]).max() <= 0.26


def test_brightness_and_contrast_change_no_code() -> None:
    picture = soft(3)
    features = features_of([signature(picture), signature((picture * 0.7 + 20).astype(np.uint8))])
    own, other = (set(features.code[features.picture == row].tolist()) for row in (0, 1))
    assert len(own & other) >= len(own) * 0.6  # rounding to whole greys moves some


def test_plain_pictures_are_like_no_other() -> None:
    plain = [np.full((SIDE, SIDE), grey, dtype=np.uint8) for grey in (0, 100, 255)]
    assert len(copies([signature(one) for one in plain], 0.5).first) == 0
    assert len(copies([], 0.5).first) == 0


def test_alike_codes_are_those_of_brute_force() -> None:
    pictures = [soft(seed) for seed in range(6)]
    pictures += [(one * 0.8).astype(np.uint8) for one in pictures]
    features = features_of([signature(one) for one in pictures])
    one, other = alike(features)
    found = set(zip(one.tolist(), other.tolist(), strict=True))
    code, picture = features.code.tolist(), features.picture.tolist()
    bits = {
        (a, b): (code[a] ^ code[b]).bit_count()
        for a, b in combinations(range(len(code)), 2)
        if picture[a] != picture[b]
    }
    band = (1 << 20) - 1
    shared = {
        pair for pair in bits if any((code[pair[0]] ^ code[pair[1]]) >> shift & band == 0 for shift in (0, 20, 40))
    }
    assert found == {pair for pair in shared if bits[pair] <= DISTANCE}
    assert {pair for pair, count in bits.items() if count <= 2} <= found
    assert len(found) > 50


def test_neighbours_are_bounded_where_everything_is_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    same = [signature(soft(4))] * 100
    features = features_of(same)
    assert len(alike(features)[0]) <= len(features.code) * near.NEIGHBOURS * 3
    found = copies(same, 0.9)
    assert set(found.first.tolist()) | set(found.second.tolist()) == set(range(100))


def test_the_pairs_of_a_set_where_everything_is_alike_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    same = [signature(soft(4))] * 100
    features = features_of(same)
    monkeypatch.setattr(near, "MOST_ALIKE", 5 * len(features.code))
    assert len(features.code) < len(alike(features)[0]) <= near.MOST_ALIKE
    found = copies(same, 0.9)
    assert set(found.first.tolist()) | set(found.second.tolist()) == set(range(100))
    monkeypatch.setattr(near, "MOST_ALIKE", 0)
    assert 0 < len(alike(features)[0]) <= len(features.code) * 3


@pytest.mark.parametrize("seed", range(8))
def test_a_crop_is_found_where_it_was_cut(seed: int) -> None:
    random = np.random.default_rng(seed)
    picture = soft(seed, 256)
    height, width = (256 * random.uniform(0.8, 0.95, 2)).astype(int)
    top, left = int(random.integers(0, 257 - height)), int(random.integers(0, 257 - width))
    cut = picture[top : top + height, left : left + width]
    found = copies([signature(squeezed(picture)), signature(squeezed(cut))], 0.9)
    assert (found.first.tolist(), found.second.tolist(), found.mirror.tolist()) == ([0], [1], [0])
    assert found.shares[0, 0] == pytest.approx(width * height / 256**2, abs=0.06)
    assert found.shares[0, 1] == pytest.approx(1, abs=0.06)


def test_aligning_mends_a_rough_guess_and_leaves_a_wrong_one() -> None:
    one, other = (thumbs_of([signature(soft(seed))], np.array([0])) for seed in (5, 6))
    rough = Poses(np.array([0]), np.array([1.05]), np.array([33.0]), np.array([30.5]))
    similarity, shares = aligned(one, one, rough)
    assert similarity[0] > 0.99
    assert shares[0].tolist() == pytest.approx([1, 1], abs=0.05)
    assert aligned(one, other, rough)[0][0] < 0.9


@pytest.mark.slow
def test_a_hundred_thousand_signatures_are_matched_in_bounded_work() -> None:
    """Random features, a tenth of the pictures copies of others with a few bits changed."""
    random = np.random.default_rng(0)
    count = 100_000
    record = np.dtype([("code", "<u8"), ("x", "<u1"), ("y", "<u1"), ("scale", "<u1"), ("mirror", "<u1")])
    rows = np.zeros((count, FEATURES), dtype=record)
    rows["code"] = random.integers(0, 2**60, rows.shape, dtype=np.uint64)
    for name, high in (("x", 255), ("y", 255), ("scale", 160), ("mirror", 4)):
        rows[name] = random.integers(0, high, rows.shape)
    copied = count // 10
    rows[-copied:] = rows[:copied]
    rows["code"][-copied:] ^= np.uint64(1) << random.integers(0, 60, (copied, FEATURES)).astype(np.uint64)
    thumbs = random.integers(0, 256, (count, THUMB * THUMB), dtype=np.uint8)
    thumbs[-copied:] = thumbs[:copied]
    signatures = [thumb.tobytes() + features.tobytes() for thumb, features in zip(thumbs, rows, strict=True)]
    begun = time.process_time()
    found = copies(signatures, 0.9)
    assert found.first.tolist() == list(range(copied))
    assert found.second.tolist() == list(range(count - copied, count))
    assert time.process_time() - begun < 120  # about 10 on a free core


@pytest.mark.slow
def test_copies_are_found_on_pictures_that_nothing_was_tuned_on(shared_data: Path, tmp_path: Path) -> None:
    """Everything that is found counts, so that pairs of the real pictures that do look alike count as wrong."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    try:
        from perf.duplicates_made import make, real_pictures
        from perf.near_duplicates import ours, quality
    finally:
        sys.path.pop(0)
    made = make(tmp_path / "made", real_pictures(shared_data), "report", 77, total=1000)
    recall, precision = quality(ours(made.folder), made)
    assert recall >= 0.95
    assert precision >= 0.99
