"""Zip and tar archives from outside: their files one after another, under limits, and unpacked whole or not at all.

Refused: names that lead elsewhere, links, devices and holes, entries that share bytes (as in Fifield, *A better zip
bomb*, WOOT 2019), encrypted entries, and whatever is over a limit of number, size or ratio. What a header says of a
size is never believed: bytes are counted as they come. An archive within an archive is a file like any other; nothing
opens it.
"""

import bz2
import gzip
import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from uuid import uuid4

from checkdam.guard.files import open_regular
from checkdam.guard.paths import contained, relative_name
from checkdam.guard.zip_layout import check_layout, count_entries
from checkdam.schema.errors import CheckdamError, InputError, LimitError, Problems, StorageError

CHUNK = 1 << 18
_LONGEST_READ = 1 << 20
"""No header of a tar is longer; the standard library would take one of any length into memory."""

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2")
UNREAD = (".tar.xz", ".txz", ".tar.zst", ".7z", ".rar")
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
_ENCRYPTED = 0x1
_LITTER = "__MACOSX/"
"""What a Mac adds to a zip: no file of the dataset."""

OnBytes = Callable[[int], None]
"""Told how many bytes have come out so far."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """`files` counts entries, `bytes` what comes out. Beyond `ratio_from` bytes, no more than `ratio` times the
    archive's own size may come out (deflate reaches 1,032; annotations reach some 50, pictures 1)."""

    files: int = 2_000_000
    bytes: int = 1 << 40
    ratio: int = 200
    ratio_from: int = 1 << 28
    depth: int = 64


ARCHIVE_LIMITS = ArchiveLimits()


@dataclass(frozen=True)
class Member:
    """A regular file of an archive. `stream` is read before the next member is asked for."""

    name: str
    size: int
    stream: BinaryIO


def is_archive(path: Path) -> bool:
    """Whether the path is a file named as an archive. InputError for a kind of archive that is not read."""
    name = path.name.lower()
    if name.endswith(UNREAD) and path.is_file():
        raise InputError(f"{path} is an archive of a kind that is not read", "repack it as .zip or .tar.gz")
    return name.endswith(SUFFIXES) and path.is_file()


def stem(path: Path) -> str:
    """The archive's name without its ending."""
    found = next((suffix for suffix in sorted(SUFFIXES, key=len)[::-1] if path.name.lower().endswith(suffix)), "")
    return path.name[: len(path.name) - len(found)] or path.name


def members(archive: Path, limits: ArchiveLimits = ARCHIVE_LIMITS) -> Iterator[Member]:
    """The files of an archive, in its order. InputError, with every entry that is refused, and LimitError: of a zip
    before the first file, of a tar at its end at the latest (which is where such a thing is known)."""
    with _told(archive), open_regular(archive) as file:
        meter = _Meter(archive, limits)
        read = _zip if archive.name.lower().endswith(".zip") else _tar
        yield from read(archive, file, meter, limits)


def unpack(
    archive: Path, folder: Path, limits: ArchiveLimits = ARCHIVE_LIMITS, on_bytes: OnBytes | None = None
) -> None:
    """Makes `folder` of the archive's files; it appears whole or not at all. Their times are the archive's, so that
    unpacking again gives the same. StorageError where the disk refuses."""
    draft = folder.with_name(f".{folder.name}.{uuid4().hex}")
    try:
        with _written(folder):
            draft.mkdir(parents=True)
            changed, done = archive.stat().st_mtime_ns, 0
            for member in members(archive, limits):
                done = _write(archive, draft, member, on_bytes, done)
                os.utime(contained(draft, member.name), ns=(changed, changed))
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(archive: Path, draft: Path, member: Member, on_bytes: OnBytes | None, done: int) -> int:
    path = contained(draft, member.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise InputError(
            f"{archive} holds {member.name!r} twice, or as a file and a folder", "pack it again"
        ) from error
    with file:
        while chunk := member.stream.read(CHUNK):
            file.write(chunk)
            done += len(chunk)
            if on_bytes is not None:
                on_bytes(done)
    return done


def _zip(path: Path, file: BinaryIO, meter: "_Meter", limits: ArchiveLimits) -> Iterator[Member]:
    count_entries(file, limits.files)
    with zipfile.ZipFile(file) as archive:
        found = [info for info in archive.infolist() if not info.filename.startswith(_LITTER)]
        problems = Problems()
        for info in found:
            if refused := _refused_name(info.orig_filename, limits) or _refused_entry(info):
                problems.add(f"{path.name}: {info.orig_filename!r}", *refused)
        _refuse(path, problems)
        check_layout(archive.infolist(), archive.start_dir)
        meter.claim(sum(info.file_size for info in found))
        for info in found:
            if not info.is_dir():
                with archive.open(info) as stream:
                    yield Member(str(relative_name(info.orig_filename)), info.file_size, meter.metered(stream))


def _refused_entry(info: zipfile.ZipInfo) -> tuple[str, str] | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return ("it is a link or a device", "pack the files themselves")
    if info.flag_bits & _ENCRYPTED:
        return ("it is encrypted", "pack it without a password")
    if info.compress_type not in _METHODS:
        return (f"it is packed by a method that is not read ({info.compress_type})", "pack it with deflate")
    return None


def _tar(path: Path, file: BinaryIO, meter: "_Meter", limits: ArchiveLimits) -> Iterator[Member]:
    name = path.name.lower()
    plain: Any = file
    if name.endswith((".gz", ".tgz")):
        plain = gzip.GzipFile(fileobj=file, mode="rb")
    elif name.endswith("bz2"):
        plain = bz2.BZ2File(file)
    problems, count = Problems(), 0
    with tarfile.open(fileobj=cast("IO[bytes]", _Forward(plain, meter)), mode="r:") as archive:
        while (entry := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined]  # the standard library keeps them all
            count += 1
            if count > limits.files:
                raise LimitError(f"{path} holds more than {limits.files:,} entries", "split it")
            refused = _refused_name(entry.name, limits) or _refused_kind(entry)
            if refused:
                problems.add(f"{path.name}: {entry.name!r}", *refused)
            elif not problems and entry.isreg():
                meter.claim(entry.size)
                stream = archive.extractfile(entry)
                assert stream is not None  # noqa: S101  # a regular file has a stream
                yield Member(str(relative_name(entry.name)), entry.size, meter.counted(cast("BinaryIO", stream)))
    _refuse(path, problems)


def _refused_kind(entry: tarfile.TarInfo) -> tuple[str, str] | None:
    if entry.size < 0 or not entry.pax_headers.get("size", "0").isdecimal():
        return ("its size is no number", "pack it anew")  # the standard library takes it for empty
    if entry.issparse():
        return ("it has holes (a sparse file)", "pack it without --sparse")
    if entry.isreg() or entry.isdir():
        return None
    if entry.issym() or entry.islnk():
        return ("it is a link", "pack the files themselves (tar --dereference --hard-dereference)")
    return ("it is no file", "pack files and folders only")


def _refused_name(name: str, limits: ArchiveLimits) -> tuple[str, str] | None:
    if name in {".", "./"}:
        return None
    try:
        depth = len(relative_name(name).parts)
    except InputError as error:
        return (error.detail, error.remedy)
    if depth > limits.depth:
        return (f"it lies {depth} folders deep, more than {limits.depth}", "pack it less deep")
    return None


def _refuse(path: Path, problems: Problems) -> None:
    if problems:
        raise InputError(f"{path} has {problems.count:,} entries that are not taken", "pack it anew", problems)


class _Meter:
    """Counts what comes out of an archive."""

    def __init__(self, path: Path, limits: ArchiveLimits) -> None:
        self._path, self._limits = path, limits
        self._allowed = min(limits.bytes, max(limits.ratio_from, limits.ratio * path.stat().st_size))
        self._claimed = self._out = 0

    def claim(self, size: int) -> None:
        """A header says so: refused at once where that alone is too much."""
        self._claimed += max(0, size)
        self._check(self._claimed)

    def count(self, size: int) -> None:
        self._out += size
        self._check(self._out)

    def metered(self, stream: IO[bytes]) -> BinaryIO:
        """The stream, its bytes counted and its errors told."""
        return cast("BinaryIO", _Told(stream, self._path, self))

    def counted(self, stream: IO[bytes]) -> BinaryIO:
        """The stream, its errors told; its bytes are counted below it."""
        return cast("BinaryIO", _Told(stream, self._path, None))

    def _check(self, size: int) -> None:
        if size > self._limits.bytes:
            raise LimitError(f"{self._path} holds more than {self._limits.bytes:,} bytes", "split it")
        if size > self._allowed:
            raise LimitError(
                f"{self._path} holds more than {self._limits.ratio} times its own size, as bombs do",
                "unpack it by other means if you trust it, and give the folder",
            )


class _Told:
    """A member's bytes. One call of `read` gives at most `CHUNK` of them."""

    def __init__(self, stream: IO[bytes], path: Path, meter: _Meter | None) -> None:
        self._stream, self._path, self._meter = stream, path, meter

    def read(self, size: int = -1) -> bytes:
        with _told(self._path):
            data = self._stream.read(CHUNK if size is None or size < 0 else min(size, CHUNK))
            if self._meter is not None:
                self._meter.count(len(data))
            return data


class _Forward:
    """The bytes of a tar as the standard library reads them, which seeks forward only. Everything that passes is
    counted, what is skipped too; no single read is longer than a header may be."""

    def __init__(self, stream: Any, meter: _Meter) -> None:
        self._stream, self._meter, self._at = stream, meter, 0

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LONGEST_READ:
            raise LimitError("a header of the archive is longer than 1 MiB", "pack it anew")
        data: bytes = self._stream.read(size)
        self._at += len(data)
        self._meter.count(len(data))
        return data

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        if whence != os.SEEK_SET or position < self._at:
            raise InputError("the archive refers to what lies before", "pack it anew")
        while self._at < position and self.read(min(CHUNK, position - self._at)):
            pass
        return self._at

    def tell(self) -> int:
        return self._at


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """The standard library's errors on a damaged archive, which may be any, in the words of the error tree."""
    try:
        yield
    except CheckdamError:
        raise
    except Exception as error:  # parsers raise whatever they like on a damaged file
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} is no readable archive: {reason}", "pack or fetch it again") from error


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        with suppress(OSError):
            free = shutil.disk_usage(folder.parent).free
            raise StorageError(
                f"{folder} cannot be written: {error.strerror or error} ({free:,} bytes are free)",
                "free space, or give a folder in place of the archive",
            ) from error
        raise StorageError(f"{folder} cannot be written: {error.strerror or error}", "check the folder") from error
