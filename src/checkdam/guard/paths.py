"""Names of files that came from outside, and where they may lead."""

import re
from pathlib import Path, PurePosixPath

from checkdam.schema.errors import InputError

_DRIVE = re.compile(r"^[A-Za-z]:")
_UNSAFE = re.compile(r"[^\w.\-]+", re.ASCII)
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
)


def relative_name(untrusted: str) -> PurePosixPath:
    """A name from outside as a relative path with forward slashes, without touching the disk.

    Refuses (`InputError`) what is empty or absolute, starts with a drive letter, climbs (`..`), or holds a backslash,
    a NUL or a character that is no Unicode.
    """
    if not untrusted:
        raise InputError("a file name is empty", "name a file below the dataset's folder")
    if "\0" in untrusted:
        raise InputError(f"the file name {untrusted!r} holds a NUL character", "rename the file")
    if any("\ud800" <= character <= "\udfff" for character in untrusted):
        raise InputError(f"the file name {untrusted!r} is no valid Unicode", "rename the file")
    if "\\" in untrusted:
        raise InputError(f"the file name {untrusted!r} holds a backslash", "separate folders by a forward slash")
    if untrusted.startswith("/") or _DRIVE.match(untrusted):
        raise InputError(f"the path {untrusted!r} is absolute", "give it relative to the dataset's folder")
    path = PurePosixPath(untrusted)
    if ".." in path.parts:
        raise InputError(f"the path {untrusted!r} climbs out of its folder", "give it without '..'")
    if not path.parts:
        raise InputError(f"the path {untrusted!r} names no file", "name a file below the dataset's folder")
    return path


def contained(root: Path, untrusted: str) -> Path:
    """The path of `untrusted` below `root`, symbolic links followed; the file need not exist.

    Raises `InputError` for what `relative_name` refuses and for a symbolic link that leads out of `root`.
    """
    path = root.joinpath(*relative_name(untrusted).parts)
    try:
        target = path.resolve()
        inside = target.is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"the path {untrusted!r} cannot be followed: {error}", "rename the file") from error
    if not inside:
        raise InputError(
            f"the path {untrusted!r} is a symbolic link that leads out of {root}",
            "copy the file into the folder, or choose a folder that holds both",
        )
    return path


def safe_name(text: str, fallback: str = "unnamed") -> str:
    """A single file-name component made of text from outside: ASCII letters, digits, `_`, `-` and `.` only; never
    hidden, empty, longer than 100 characters or a device of Windows. Different texts may give the same name."""
    name = _UNSAFE.sub("_", text).strip("._")[:100].rstrip(".")
    if not name:
        return fallback
    return f"_{name}" if name.split(".")[0].lower() in _DEVICES else name
