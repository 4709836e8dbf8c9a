"""The perceptual hash against its definition and a peer; pairs of hashes against brute force."""

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from checkdam.measure.hashing import dhash, hamming_pairs

LIMIT = 10**6


def by_definition(grey: list[list[int]]) -> int:
    """64 bits, row by row, a[x+1] > a[x]: as FLAWS.json defines them."""
    bits = "".join("1" if row[x + 1] > row[x] else "0" for row in grey for x in range(8))
    return int(bits, 2)


@given(st.lists(st.lists(st.integers(0, 255), min_size=9, max_size=9), min_size=8, max_size=8))
def test_dhash_is_its_definition(grey: list[list[int]]) -> None:
    assert dhash(np.array(grey, dtype=np.uint8)) == by_definition(grey)


def test_dhash_agrees_with_imagehash_on_its_thumbnail() -> None:
    # The peer shrinks by another filter, so it is given the thumbnail itself, which no filter changes.
    grey = np.random.default_rng(0).integers(0, 256, (8, 9), dtype=np.uint8)
    assert f"{dhash(grey):016x}" == str(imagehash.dhash(Image.fromarray(grey)))


def test_dhash_needs_its_thumbnail() -> None:
    with pytest.raises(ValueError, match="shape"):
        dhash(np.zeros((9, 8), dtype=np.uint8))


def clustered(seed: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Random hashes, many of them a few bits from another."""
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 2**64, count, dtype=np.uint64)
    for _ in range(count):
        to, source = random.integers(0, count, 2)
        value = int(hashes[source])
        for bit in random.integers(0, 64, random.integers(0, 9)):
            value ^= 1 << int(bit)
        hashes[to] = value
    return hashes


@pytest.mark.parametrize("distance", [0, 1, 2, 3, 5, 8, 16, 40, 64])
def test_pairs_are_those_of_brute_force(distance: int) -> None:
    hashes = clustered(distance, 150)
    first, second, bits = hamming_pairs(hashes, distance, LIMIT)
    expected = [
        (i, j, (int(hashes[i]) ^ int(hashes[j])).bit_count())
        for i in range(len(hashes))
        for j in range(i + 1, len(hashes))
        if (int(hashes[i]) ^ int(hashes[j])).bit_count() <= distance
    ]
    assert list(zip(first.tolist(), second.tolist(), bits.tolist(), strict=True)) == expected


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=5))
def test_no_pair_within_the_distance_is_lost(value: int, flips: set[int]) -> None:
    other = value
    for bit in flips:
        other ^= 1 << bit
    first, _, bits = hamming_pairs(np.array([value, other], dtype=np.uint64), 5, LIMIT)
    assert len(first) == 1
    assert bits[0] == len(flips)


def test_no_hashes_make_no_pairs() -> None:
    assert [len(part) for part in hamming_pairs(np.zeros(0, dtype=np.uint64), 5, LIMIT)] == [0, 0, 0]


def test_too_many_pairs_are_refused_before_they_are_made() -> None:
    with pytest.raises(OverflowError):
        hamming_pairs(np.zeros(20_000, dtype=np.uint64), 5, 1000)
