"""What every place keeps: files whole or not at all, by names that stay inside, listed in order."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.schema import InputError, NotFoundError
from checkdam.storage.places import Place

part = st.text(st.sampled_from("abcXYZ019 _-.=+é"), min_size=1, max_size=8).filter(
    lambda text: not text.startswith(".") and text.strip() == text and not text.endswith(".")
)
names = st.lists(part, min_size=1, max_size=3).map("/".join)


class PlaceContract:
    """Subclasses have a fixture `place`, which is empty."""

    def test_what_is_written_is_read(self, place: Place) -> None:
        place.write("a/b.json", b"one")
        place.write("a/b.json", b"two")
        assert place.open("a/b.json").read() == b"two"
        assert place.exists("a/b.json")
        assert place.stat("a/b.json").size == 3
        assert not place.exists("a")
        assert not place.exists("a/b")

    def test_a_draft_is_kept_once_it_is_whole(self, place: Place) -> None:
        draft = place.draft()
        draft.write_bytes(b"x" * 3_000_000)
        assert list(place.list()) == []
        assert list(place.abandoned()) == [draft]
        place.keep("ab/large", draft)
        assert not draft.exists()
        assert list(place.abandoned()) == []
        assert place.stat("ab/large").size == 3_000_000
        with place.open("ab/large") as file:
            file.seek(2_999_990)
            assert file.read() == b"x" * 10

    def test_what_is_not_there_is_told(self, place: Place) -> None:
        for ask in (place.open, place.stat):
            with pytest.raises(NotFoundError):
                ask("nothing/here")
        assert not place.exists("nothing/here")
        assert list(place.list("nothing")) == []
        place.remove("nothing/here")
        place.remove_folder("nothing")

    @pytest.mark.parametrize("name", ["", "..", "../x", "/x", "a/../../x", "a\0b", "a\\b"])
    def test_no_name_leads_elsewhere(self, place: Place, name: str) -> None:
        for ask in (place.open, place.exists, place.stat, place.remove, place.remove_folder, place.below, place.uri):
            with pytest.raises(InputError):
                ask(name)
        with pytest.raises(InputError):
            place.write(name, b"")

    def test_folders_and_listings_are_in_order_and_know_their_own(self, place: Place) -> None:
        for name in ("b/2", "b/1/x", "a/z", "top"):
            place.write(name, name.encode())
        assert [one.name for one in place.list()] == sorted(["a/z", "b/1/x", "b/2", "top"])
        assert [one.name for one in place.list("b")] == ["b/1/x", "b/2"]
        assert list(place.folders()) == ["a", "b"]
        inner = place.below("b")
        assert [one.name for one in inner.list()] == ["1/x", "2"]
        assert inner.open("2").read() == b"b/2"
        assert [one.size for one in inner.list()] == [5, 3]

    def test_removing_takes_what_is_named_and_nothing_else(self, place: Place) -> None:
        for name in ("b/2", "b/1/x", "bb/3", "a"):
            place.write(name, b"")
        place.remove("b/2")
        assert [one.name for one in place.list()] == ["a", "b/1/x", "bb/3"]
        place.remove_folder("b")
        assert [one.name for one in place.list()] == ["a", "bb/3"]

    @given(files=st.dictionaries(names, st.binary(max_size=40), max_size=6))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def test_it_is_a_dictionary_of_files(self, place: Place, files: dict[str, bytes]) -> None:
        # A name that is also a folder of another cannot be both on a disk.
        files = {name: data for name, data in files.items() if not any(one.startswith(name + "/") for one in files)}
        for name, data in files.items():
            place.write(f"run/{name}", data)
        found = {one.name.removeprefix("run/"): place.open(one.name).read() for one in place.list("run")}
        assert found == files
        place.remove_folder("run")

    def test_lance_finds_what_is_there(self, place: Place) -> None:
        import pyarrow as pa

        from checkdam.storage.lance_engine import lance

        uri = place.uri("set/table.lance")
        lance.write_dataset(pa.table({"a": [1, 2]}), uri, storage_options=place.options)
        assert lance.dataset(uri, storage_options=place.options).to_table().to_pydict() == {"a": [1, 2]}
        assert any(one.name.startswith("set/table.lance/data/") for one in place.list("set"))


def is_local(place: Place) -> bool:
    return Path(place.uri("x")).is_absolute()
