"""Archives unpack to just their files, or are refused by one kind of error and leave nothing behind."""

import io
import random
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkdam.guard.archives import ARCHIVE_LIMITS, SUFFIXES, is_archive, members, stem, unpack
from checkdam.schema import InputError, LimitError

SMALL = replace(ARCHIVE_LIMITS, ratio_from=1 << 16)
TAR_MODES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tbz2": "w:bz2"}


def packed(path: Path, files: dict[str, bytes]) -> Path:
    """The files, packed as the path's ending says, by the standard library."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return path
    suffix = next(one for one in sorted(TAR_MODES, key=len)[::-1] if path.name.endswith(one))
    with tarfile.open(path, TAR_MODES[suffix]) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            archive.addfile(entry(name, len(data)), io.BytesIO(data))
    return path


def entry(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, link
    return info


def tar_of(path: Path, *entries: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w") as archive:
        for one in entries:
            archive.addfile(one, io.BytesIO(bytes(one.size)))
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(archive: Path, limits: object = ARCHIVE_LIMITS) -> InputError:
    """How it is refused; makes sure that nothing is left of it."""
    before = sorted(archive.parent.rglob("*"))
    with pytest.raises(InputError) as caught:
        unpack(archive, archive.parent / "inner" / "out", limits)  # type: ignore[arg-type]
    left = set(archive.parent.rglob("*")) - set(before) - {archive.parent / "inner"}
    assert left == set()
    assert caught.value.remedy
    return caught.value


def first(error: InputError) -> str:
    return str(next(iter(error.problems)))


PARTS = st.text("abcXYZ09_. é", min_size=1, max_size=8).map(lambda part: f"d{part}x")


@settings(max_examples=30, deadline=None)
@given(
    suffix=st.sampled_from(SUFFIXES),
    files=st.dictionaries(st.lists(PARTS, min_size=1, max_size=3).map("/".join), st.binary(max_size=200), max_size=6),
)
def test_what_was_packed_comes_out(tmp_path_factory: pytest.TempPathFactory, suffix: str, files: dict) -> None:  # type: ignore[type-arg]
    names = [name for name in files if not any(other.startswith(f"{name}/") for other in files)]
    wanted = {name: files[name] for name in names}
    folder = tmp_path_factory.mktemp("packed")
    archive = packed(folder / f"data{suffix}", wanted)
    unpack(archive, folder / "out")
    assert files_of(folder / "out") == wanted
    assert {path.stat().st_mtime_ns for path in (folder / "out").rglob("*") if path.is_file()} <= {
        archive.stat().st_mtime_ns
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names(tmp_path: Path, suffix: str) -> None:
    archive = packed(tmp_path / f"my.set{suffix}", {"a": b"x"})
    assert is_archive(archive)
    assert stem(archive) == "my.set"
    assert not is_archive(tmp_path)


def test_other_kinds_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "data.7z").write_bytes(b"7z")
    with pytest.raises(InputError, match="kind that is not read"):
        is_archive(tmp_path / "data.7z")


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/x", "C:/x", "a\\..\\..\\x", "\\\\host\\x", "x/" * 70 + "y"]
)
@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
def test_names_that_lead_elsewhere(tmp_path: Path, suffix: str, name: str) -> None:
    error = refused(packed(tmp_path / f"data{suffix}", {"good": b"1", name: b"2", "../second": b"3"}))
    assert len(error.problems) == 2, "all of them are told"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_links_and_devices_in_a_tar(tmp_path: Path, kind: bytes) -> None:
    error = refused(tar_of(tmp_path / "data.tar", entry("good", 3), entry("bad", 0, kind, "/etc/passwd")))
    assert [problem.where for problem in error.problems] == ["data.tar: 'bad'"]


def test_a_link_in_a_zip(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert "a link or a device" in first(refused(tmp_path / "data.zip"))


def test_a_file_through_a_link_of_the_same_archive(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    link = entry("d", 0, tarfile.SYMTYPE, str(tmp_path / "outside"))
    refused(tar_of(tmp_path / "data.tar", link, entry("d/x", 3)))
    assert list((tmp_path / "outside").iterdir()) == []


def test_holes_in_a_tar(tmp_path: Path) -> None:
    """A sparse file of a tebibyte that takes no room in the archive."""
    info = entry("hole", 0, tarfile.GNUTYPE_SPARSE)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:398], header[398:410] = b"%011o\0" % (1 << 32), b"%011o\0" % 0
    header[483:495] = b"%011o\0" % (1 << 32)
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "data.tar").write_bytes(bytes(header) + bytes(1024))
    refused(tmp_path / "data.tar")


def test_twice_the_same_name_and_a_file_as_a_folder(tmp_path: Path) -> None:
    for names in (("a", "a"), ("a", "./a"), ("a", "a/b"), ("a/b", "a")):
        error = refused(tar_of(tmp_path / "data.tar", *(entry(name, 1) for name in names)))
        assert "twice, or as a file and a folder" in error.detail


def test_an_encrypted_zip_and_an_unread_method(tmp_path: Path) -> None:
    path = packed(tmp_path / "data.zip", {"a": b"x" * 100})
    data = bytearray(path.read_bytes())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in first(refused(path))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", b"x" * 100)
    assert "method" in first(refused(path))


def test_a_zip_whose_entries_share_their_bytes(tmp_path: Path) -> None:
    """The quoted overlap of Fifield's bomb in its simplest form: one body, many entries."""
    whole = packed(tmp_path / "one.zip", {"f": bytes(100_000)}).read_bytes()
    at = whole.rfind(b"PK\x01\x02")
    body, record = whole[:at], whole[at : at + 47]
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 500, 500, 500 * len(record), len(body), 0)
    (tmp_path / "one.zip").write_bytes(body + record * 500 + end)
    assert "share their bytes" in refused(tmp_path / "one.zip").detail


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz", ".tar.bz2"])
def test_what_swells_is_stopped_early(tmp_path: Path, suffix: str) -> None:
    archive = packed(tmp_path / f"data{suffix}", {"zeros": bytes(1 << 26)})
    tracemalloc.start()
    error = refused(archive, SMALL)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(error, LimitError)
    assert "as bombs do" in error.detail
    assert peak < 1 << 24


def test_what_swells_is_counted_though_it_is_skipped(tmp_path: Path) -> None:
    """Bytes of entries that are refused pass the decompressor too."""
    with tarfile.open(tmp_path / "data.tar.gz", "w:gz") as archive:
        archive.addfile(entry("../zeros", 1 << 26), io.BytesIO(bytes(1 << 26)))
    assert isinstance(refused(tmp_path / "data.tar.gz", SMALL), LimitError)


def test_an_archive_in_an_archive_stays_closed(tmp_path: Path) -> None:
    """As 42.zip: six layers of zips, of which only the outermost is opened."""
    data = bytes(1 << 20)
    for _ in range(6):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(4):
                archive.writestr(f"{number}.zip", data)
        data = inner.getvalue()
    (tmp_path / "42.zip").write_bytes(data)
    unpack(tmp_path / "42.zip", tmp_path / "out")
    assert sorted(files_of(tmp_path / "out")) == ["0.zip", "1.zip", "2.zip", "3.zip"]


def test_too_many_entries(tmp_path: Path) -> None:
    limits = replace(ARCHIVE_LIMITS, files=20)
    for suffix in (".zip", ".tar"):
        archive = packed(tmp_path / f"data{suffix}", {f"{number}": b"" for number in range(21)})
        assert isinstance(refused(archive, limits), LimitError)


def test_a_claim_of_four_gigabytes(tmp_path: Path) -> None:
    zipped = packed(tmp_path / "data.zip", {"a": b"x" * 1000})
    data = bytearray(zipped.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 0xFFFFFFFE)
    zipped.write_bytes(data)
    assert "as bombs do" in refused(zipped).detail
    tar = tmp_path / "data.tar"
    tar.write_bytes(entry("a", 4 << 30).tobuf() + bytes(2048))
    assert "as bombs do" in refused(tar).detail


def test_sizes_that_lie_are_not_believed(tmp_path: Path) -> None:
    """The header says 10 bytes, 64 MiB come: no more than 10 are taken, and that they are not the file is noticed."""
    zipped = packed(tmp_path / "data.zip", {"a": bytes(1 << 26)})
    data = bytearray(zipped.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = data[22:26] = struct.pack("<L", 10)
    zipped.write_bytes(data)
    refused(zipped)


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_a_header_of_gigabytes_in_a_tar(tmp_path: Path, kind: bytes) -> None:
    """The standard library reads such a header into memory as a whole."""
    (tmp_path / "data.tar").write_bytes(entry("a", 1 << 32, kind).tobuf() + bytes(4096))
    assert "longer than 1 MiB" in refused(tmp_path / "data.tar").detail


def test_a_chain_of_headers_in_a_tar(tmp_path: Path) -> None:
    """The standard library calls itself for each."""
    one = entry("a", 13, b"x").tobuf() + b"13 path=abcd\n".ljust(512, b"\0")
    (tmp_path / "data.tar").write_bytes(one * 5000 + bytes(1024))
    refused(tmp_path / "data.tar")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_twice_the_same_name_in_a_zip(tmp_path: Path) -> None:
    for names in (("a", "a"), ("a", "./a"), ("a", "a/b"), ("a/b", "a")):
        with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
            for name in names:
                archive.writestr(name, name)
        assert "twice, or as a file and a folder" in refused(tmp_path / "data.zip").detail


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
@pytest.mark.parametrize("names", [("A.jpg", "a.jpg"), ("d/x", "D/x"), ("\u00e9", "e\u0301"), ("\u00df", "ss")])
def test_names_that_some_disks_take_for_one(tmp_path: Path, suffix: str, names: tuple[str, str]) -> None:
    """Both come out, or, on such a disk, the archive is refused; one never overwrites the other."""
    archive = packed(tmp_path / f"data{suffix}", {name: name.encode() for name in names})
    try:
        unpack(archive, tmp_path / "out")
    except InputError as error:
        assert "twice" in error.detail  # noqa: PT017
    else:
        assert sorted((tmp_path / "out" / name).read_text("utf-8") for name in names) == sorted(names)


@pytest.mark.parametrize(
    "headers",
    [
        {"path": "../x"},
        {"path": "/etc/x"},
        {"linkpath": "/etc/passwd", "path": "../../x"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 60)},
        {"GNU.sparse.map": "0,1,1099511627776,1", "GNU.sparse.size": str(1 << 50)},
        {"size": str(1 << 62)},
        {"size": "-1"},
        {"size": "nan"},
    ],
)
def test_headers_of_pax_that_say_otherwise(tmp_path: Path, headers: dict[str, str]) -> None:
    """What a tar's second header says goes before the first; it is checked no less."""
    info = entry("good", 3)
    info.pax_headers = headers
    with tarfile.open(tmp_path / "data.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(b"abc"))
    refused(tmp_path / "data.tar")


def test_a_long_name_of_gnu_that_leads_elsewhere(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "data.tar", "w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(entry("d/" * 40 + "../" * 60 + "x", 3), io.BytesIO(b"abc"))
    refused(tmp_path / "data.tar")


def test_a_device_named_as_an_archive_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "data.zip").symlink_to("/dev/zero")
    assert not is_archive(tmp_path / "data.zip")
    with pytest.raises(InputError):
        unpack(tmp_path / "data.zip", tmp_path / "out")


def test_a_zip_of_zip64_that_claims_exabytes(tmp_path: Path) -> None:
    path = packed(tmp_path / "data.zip", {"a": b"x" * 1000})
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = b"\xff" * 4
    extra = struct.pack("<2HQ", 1, 8, 1 << 62)
    data[at + 30 : at + 32] = struct.pack("<H", len(extra))
    end = data.rfind(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<L", end - at + len(extra))
    name_end = at + 46 + 1
    data[name_end:name_end] = extra
    path.write_bytes(data)
    assert isinstance(refused(path), LimitError)


def test_a_zip_whose_two_names_differ(tmp_path: Path) -> None:
    """The name in the directory is good, that beside the bytes is not."""
    path = packed(tmp_path / "data.zip", {"aa/bb": b"x" * 100})
    data = bytearray(path.read_bytes())
    data[30:35] = b"../bb"
    path.write_bytes(data)
    refused(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damage_gives_files_or_one_kind_of_error(tmp_path: Path, suffix: str) -> None:
    """Bytes changed, cut off and added at random; never another error, never a file outside of the folder."""
    rng = random.Random(suffix)  # noqa: S311
    whole = packed(tmp_path / f"data{suffix}", {f"d{n}/f{n}": rng.randbytes(50) * n for n in range(8)}).read_bytes()
    changes: list[Callable[[bytearray], object]] = [
        lambda data: data.__setitem__(rng.randrange(len(data)), rng.randrange(256)),
        lambda data: data.__delitem__(slice(rng.randrange(len(data)), None)),
        lambda data: data.__setitem__(slice(rng.randrange(len(data)), None), rng.randbytes(40)),
        lambda data: data.extend(rng.randbytes(100)),
    ]
    for number in range(120):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            if data:
                rng.choice(changes)(data)
        archive = tmp_path / f"data{suffix}"
        archive.write_bytes(data)
        with suppress(InputError):
            unpack(archive, tmp_path / "out" / str(number), SMALL)
        assert {path.name for path in tmp_path.iterdir()} <= {archive.name, "out"}
    assert all(not path.name.startswith(".") for path in (tmp_path / "out").glob("*"))


def test_members_are_read_in_order_without_unpacking(tmp_path: Path) -> None:
    archive = packed(tmp_path / "data.tar", {"b": b"2", "a": b"1" * 1000})
    assert [(one.name, one.size, one.stream.read()) for one in members(archive)] == [
        ("b", 1, b"2"),
        ("a", 1000, b"1" * 1000),
    ]
