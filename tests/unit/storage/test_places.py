"""A folder keeps the contract of places, and an address that names no storage is refused."""

from pathlib import Path

import pytest

from checkdam.schema import InputError
from checkdam.storage.places import Folder, Place, storage_place
from unit.storage.place_contract import PlaceContract


class TestFolder(PlaceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Folder(tmp_path / "place")


@pytest.mark.parametrize("url", ["", "s3://", "gs://bucket", "/folder", "s3://user@bucket/x", "s3://bucket/x?y=z"])
def test_only_buckets_are_storage(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names no storage"):
        storage_place(url, tmp_path)
