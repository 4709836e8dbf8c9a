"""Where files lie: a folder of this machine, or a bucket of S3-compatible storage. Blobs and lake know no more of it.

A file appears whole or not at all, under its name for good. Names are relative, with forward slashes.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import urlsplit
from uuid import uuid4

from checkdam.guard.paths import contained
from checkdam.schema import InputError, NotFoundError, StorageError
from checkdam.storage.atomic import sync_folder, told, writing

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is there. `changed` is when it was written, by the clock of whatever holds it."""

    name: str
    size: int
    changed: datetime


class Place(Protocol):
    """Errors are StorageError, or NotFoundError for a file that is not there."""

    options: Mapping[str, str] | None
    """What Lance has to be told to get there."""

    def below(self, name: str) -> "Place":
        """The part of this place whose names begin with `name/`."""
        ...

    def uri(self, name: str) -> str:
        """How Lance calls a file or folder of the place."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """For small files. One that is there is replaced."""
        ...

    def keep(self, name: str, draft: Path) -> None:
        """Takes a file of this machine, which is gone afterwards. One that is there is replaced."""
        ...

    def draft(self) -> Path:
        """The name of a new file to write before `keep`: on this machine, and on the same disk where that matters."""
        ...

    def open(self, name: str) -> BinaryIO: ...

    def exists(self, name: str) -> bool: ...

    def stat(self, name: str) -> Stored: ...

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """The files in the folder `prefix` and below it, in the order of their names; drafts are none."""
        ...

    def folders(self) -> Iterator[str]:
        """The folders directly below, in order."""
        ...

    def remove(self, name: str) -> None:
        """Whether or not it is there."""
        ...

    def remove_folder(self, name: str) -> None:
        """With all that is in it, whether or not it is there."""
        ...

    def abandoned(self) -> Iterator[Path]:
        """Drafts that were begun, some of which may still be written."""
        ...


_DRAFTS = "drafts"


class Folder:
    """A folder of this machine."""

    options: Mapping[str, str] | None = None

    def __init__(self, root: Path, drafts: Path | None = None) -> None:
        self.root = root
        self._drafts = drafts or root / _DRAFTS

    def below(self, name: str) -> "Folder":
        return Folder(contained(self.root, name), self._drafts)

    def uri(self, name: str) -> str:
        return str(self.path(name))

    def path(self, name: str) -> Path:
        """Where the file is, or would be."""
        return contained(self.root, name)

    def write(self, name: str, content: bytes) -> None:
        with writing(self.path(name)) as file:
            file.write(content)

    def draft(self) -> Path:
        with told(self._drafts):
            self._drafts.mkdir(parents=True, exist_ok=True)
        return self._drafts / uuid4().hex

    def keep(self, name: str, draft: Path) -> None:
        path = self.path(name)
        with told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(path)
            sync_folder(path.parent)

    def open(self, name: str) -> BinaryIO:
        path = self.path(name)
        if not path.is_file():
            raise _lost(name)
        with told(path):
            return path.open("rb")

    def exists(self, name: str) -> bool:
        return self.path(name).is_file()

    def stat(self, name: str) -> Stored:
        path = self.path(name)
        if not path.is_file():
            raise _lost(name)
        return _stored(name, path)

    def list(self, prefix: str = "") -> Iterator[Stored]:
        yield from sorted(self._files_below(prefix), key=lambda stored: stored.name)

    def folders(self) -> Iterator[str]:
        if self.root.is_dir():
            yield from sorted(path.name for path in self.root.iterdir() if path.is_dir() and path.name != _DRAFTS)

    def remove(self, name: str) -> None:
        with told(self.root):
            self.path(name).unlink(missing_ok=True)

    def remove_folder(self, name: str) -> None:
        shutil.rmtree(self.path(name), ignore_errors=True)

    def abandoned(self) -> Iterator[Path]:
        if self._drafts.is_dir():
            yield from sorted(self._drafts.iterdir())

    def _files_below(self, prefix: str) -> Iterator[Stored]:
        for folder, folders, files in os.walk(self.path(prefix) if prefix else self.root):
            if Path(folder) == self.root:
                folders[:] = [name for name in folders if name != _DRAFTS]
            for file in files:
                path = Path(folder) / file
                if not file.startswith("."):
                    with suppress(FileNotFoundError):  # gone since
                        yield _stored(path.relative_to(self.root).as_posix(), path)


class Bucket:
    """A prefix of a bucket, spoken to by Arrow's client (and Lance's). An object appears whole when its upload ends.

    `drafts` is a folder of this machine for what is not uploaded yet.
    """

    def __init__(self, filesystem: Any, prefix: str, drafts: Path, options: Mapping[str, str] | None) -> None:
        self._files = filesystem
        self._prefix = prefix.strip("/")
        self._drafts = drafts
        self.options: Mapping[str, str] | None = options

    def below(self, name: str) -> "Bucket":
        return Bucket(self._files, self._key(name), self._drafts, self.options)

    def uri(self, name: str) -> str:
        return f"s3://{self._key(name)}"

    def write(self, name: str, content: bytes) -> None:
        with self._told(name), self._files.open_output_stream(self._key(name)) as stream:
            stream.write(content)

    def draft(self) -> Path:
        with told(self._drafts):
            self._drafts.mkdir(parents=True, exist_ok=True)
        return self._drafts / uuid4().hex

    def keep(self, name: str, draft: Path) -> None:
        with told(draft), draft.open("rb") as file, self._told(name):
            # Closed by hand: to leave a failed upload by `with` would end it as if it were whole.
            stream = self._files.open_output_stream(self._key(name))
            while chunk := file.read(CHUNK):
                stream.write(chunk)
            stream.close()
        draft.unlink()

    def open(self, name: str) -> BinaryIO:
        with self._told(name):
            return cast("BinaryIO", self._files.open_input_file(self._key(name)))

    def exists(self, name: str) -> bool:
        return self._info(name) is not None

    def stat(self, name: str) -> Stored:
        info = self._info(name)
        if info is None:
            raise _lost(name)
        return Stored(name, info.size, info.mtime)

    def list(self, prefix: str = "") -> Iterator[Stored]:
        yield from sorted(self._files_below(prefix), key=lambda stored: stored.name)

    def folders(self) -> Iterator[str]:
        from pyarrow.fs import FileSelector, FileType

        with self._told(self._prefix):
            found = self._files.get_file_info(FileSelector(self._prefix, allow_not_found=True))
        yield from sorted(info.base_name for info in found if info.type == FileType.Directory)

    def remove(self, name: str) -> None:
        with suppress(NotFoundError), self._told(name):
            self._files.delete_file(self._key(name))

    def remove_folder(self, name: str) -> None:
        with suppress(NotFoundError), self._told(name):
            self._files.delete_dir(self._key(name))

    def abandoned(self) -> Iterator[Path]:
        if self._drafts.is_dir():
            yield from sorted(self._drafts.iterdir())

    def _files_below(self, prefix: str) -> Iterator[Stored]:
        from pyarrow.fs import FileSelector, FileType

        top = self._key(prefix) if prefix else self._prefix
        with self._told(prefix):
            found = self._files.get_file_info(FileSelector(top, recursive=True, allow_not_found=True))
        for info in found:
            if info.type == FileType.File:
                yield Stored(info.path.removeprefix(self._prefix + "/"), info.size, info.mtime)

    def _info(self, name: str) -> Any:
        from pyarrow.fs import FileType

        with self._told(name):
            info = self._files.get_file_info(self._key(name))
        return info if info.type == FileType.File else None

    def _key(self, name: str) -> str:
        # The same rule for names as on a disk, where it keeps them inside.
        return f"{self._prefix}/{contained(Path('/'), name).relative_to('/').as_posix()}"

    def _told(self, name: str) -> "_BucketErrors":
        return _BucketErrors(f"s3://{self._prefix}", name)


@dataclass
class _BucketErrors:
    """Tells the client's errors in the words of the error tree."""

    place: str
    name: str

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, FileNotFoundError):
            raise _lost(self.name) from error
        if isinstance(error, OSError) and not isinstance(error, StorageError):
            said = str(error).partition(". Detail")[0][:300]
            raise StorageError(
                f"{self.place} cannot be used: {said}",
                "check the address, the credentials, and that the bucket is there",
            ) from error


def storage_place(url: str, drafts: Path) -> Bucket:
    """The place that `s3://BUCKET/PREFIX` names. Credentials, region and endpoint are those of the AWS variables
    (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`). InputError for another address."""
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.username:
        raise InputError(f"{url!r} names no storage", "write s3://BUCKET or s3://BUCKET/PREFIX")
    from pyarrow.fs import S3FileSystem

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    address = urlsplit(endpoint)
    more = {"endpoint_override": address.netloc, "scheme": address.scheme} if endpoint else {}
    filesystem = S3FileSystem(region=region, allow_bucket_creation=False, **more)
    options = {"aws_region": region}
    if endpoint:
        options |= {"aws_endpoint": endpoint, "allow_http": str(address.scheme == "http").lower()}
    return Bucket(filesystem, f"{parts.netloc}/{parts.path.strip('/')}", drafts, options)


def _lost(name: str) -> NotFoundError:
    return NotFoundError(f"there is no file {name}", "restore it from a backup")


def _stored(name: str, path: Path) -> Stored:
    status = path.stat()
    return Stored(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
