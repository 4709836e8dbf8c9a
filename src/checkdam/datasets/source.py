"""The files of an import's source: whether they are still the same, and what they hold together.

Two digests, for two purposes. The *stamp* is made of names, sizes and times alone; it is cheap, and tells an import
that goes on whether the source is the one it began with. The *identity* is made of names and contents, is the same
wherever the folder lies, and names the source in lineage.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from checkdam.guard.files import open_regular
from checkdam.guard.sounds import SOUND_SUFFIXES
from checkdam.schema import InputError

_MEDIA = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".wav", ".flac", ".mp3", ".ogg", ".m4a"}
    | SOUND_SUFFIXES
)
_MODULUS = 1 << 256
_CHUNK = 1 << 20


class Identity:
    """A digest over files by name and content that does not depend on their order, and can be saved and taken up.

    The sum modulo 2^256 of the SHA-256 of each name and content: equal for equal sets of files.
    """

    def __init__(self, state: str = "0") -> None:
        self._sum = int(state, 16)

    def add(self, name: str, content: str) -> None:
        """`content` is the SHA-256 of the file's bytes, in hexadecimal."""
        text = f"{name}\0{content}".encode("utf-8", "surrogatepass")
        self._sum = (self._sum + int.from_bytes(sha256(text).digest())) % _MODULUS

    @property
    def state(self) -> str:
        return f"{self._sum:064x}"

    def copy(self) -> "Identity":
        return Identity(self.state)


def stamp(root: Path) -> str:
    """A digest of the names, sizes and times of change of all files of the source."""
    digest = sha256()
    for name, _, status in _files(root):
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def add_documents(root: Path, identity: Identity) -> None:
    """Adds every file that is not media: labels, lists, licences. (Media are added as they are stored.) What cannot be
    read is left out: the reader says so where it needs the file."""
    for name, path, _ in _files(root):
        if Path(name).suffix.lower() not in _MEDIA:
            with suppress(InputError):
                identity.add(name, _content(path))


def _content(path: Path) -> str:
    digest = sha256()
    with open_regular(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _files(root: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """(name relative to the root with forward slashes, path, status) in the order of names. Hidden folders are left out
    and links to folders are not followed; a link in a circle, and a folder that cannot be listed, hold no files.

    InputError where the root itself cannot be read.
    """
    try:
        status = root.stat()
        if stat.S_ISDIR(status.st_mode):
            entries = _listed(root)
        else:
            yield root.name, root, status
            return
    except OSError as error:
        raise InputError(
            f"{root} cannot be read: {error.strerror or error}", "check the path and its rights"
        ) from error
    yield from _below(entries, "")


def _below(entries: "list[os.DirEntry[str]]", prefix: str) -> Iterator[tuple[str, Path, os.stat_result]]:
    for entry in entries:
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    yield from _below(_listed(entry.path), f"{prefix}{entry.name}/")
            elif entry.is_file():
                yield f"{prefix}{entry.name}", Path(entry.path), entry.stat()


def _listed(folder: Path | str) -> "list[os.DirEntry[str]]":
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
