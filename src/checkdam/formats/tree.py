"""The files below a dataset's root: listed once, without following a symbolic link out of it."""

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from checkdam.guard.images import IMAGE_SUFFIXES
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.guard.paths import contained, relative_name
from checkdam.schema import InputError, LimitError, Problems

DETECT_FILES = 20_000
"""How many files are looked at to recognise a format; the shallow folders come first."""

_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
_YEAR = re.compile(r"[_-]?(19|20)\d\d$")


def split_named(word: str) -> str | None:
    """The split that a folder or file is named after (`valid`, `val2017` and `dev` all mean `val`), or None."""
    return _SPLITS.get(_YEAR.sub("", word.lower()))


def split_of_path(name: str) -> str | None:
    """The split that the innermost folder so named in a path says."""
    for part in reversed(PurePosixPath(name).parts[:-1]):
        if split := split_named(part):
            return split
    return None


def hidden(name: str) -> bool:
    """Whether a listing passes over this path: system folders and whatever begins with a dot."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def is_image_name(name: str) -> bool:
    """Whether a file's ending, in any case, is one of an image."""
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES  # noqa: PTH122 (a Path for each of a million names)


def stem(name: str) -> str:
    """A path without its ending: `a/b.c.jpg` gives `a/b.c`."""
    folder, slash, file = name.rpartition("/")
    return folder + slash + (file.rpartition(".")[0] or file)


def counterpart(name: str, folder: str, other: str, suffix: str) -> str:
    """Where the labels of an image lie: its path with the last folder called `folder` changed to `other` and another
    ending; beside the image if it lies in no such folder. YOLO (`images`, `labels`) and VOC alike."""
    parts = stem(name).split("/")
    for at in range(len(parts) - 2, -1, -1):
        if parts[at] == folder:
            parts[at] = other
            break
    return "/".join(parts) + suffix


class Tree:
    """A listing of the regular files below `root`, by path relative to it with forward slashes, sorted.

    `refused` and `refused_folders` hold what was left out, with the reason: links that lead outside, names that are no
    valid Unicode. Links to folders are not followed: what lies inside the root is met at its own place.
    """

    def __init__(self, root: Path, limits: InputLimits = DEFAULT_LIMITS, at_most: int | None = None) -> None:
        self.root = root
        self.refused: dict[str, str] = {}
        self.refused_folders: dict[str, str] = {}
        names: list[str] = []
        for name in self._walk(limits):
            names.append(name)
            if at_most is not None and len(names) >= at_most:
                break
            if len(names) > limits.files:
                raise LimitError(f"{root} holds more than {limits.files:,} files", "import parts of it")
        self.names = sorted(names)

    def _walk(self, limits: InputLimits) -> Iterator[str]:
        folders = deque([(str(self.root), "", 0)])
        while folders:
            folder, prefix, depth = folders.popleft()
            try:
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                if not prefix:
                    raise InputError(f"{self.root} cannot be listed: {error.strerror}", "give a folder") from error
                self.refused_folders[prefix.rstrip("/")] = f"the folder cannot be listed: {error.strerror}"
                continue
            for entry in entries:
                name = prefix + entry.name
                if hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if depth < limits.path_depth:
                        folders.append((entry.path, name + "/", depth + 1))
                    else:
                        self.refused_folders[name] = f"the folder lies deeper than {limits.path_depth} levels"
                elif self._regular(entry, name):
                    yield name

    def _regular(self, entry: "os.DirEntry[str]", name: str) -> bool:
        refused = self.refused
        try:
            if entry.is_symlink() and entry.is_dir():
                refused = self.refused_folders
            if entry.is_symlink() or not name.isascii() or "\\" in name:
                contained(self.root, name)
            return entry.is_file()
        except InputError as error:
            refused[name] = error.detail
        except OSError:
            refused[name] = "the link cannot be followed"
        return False

    def __contains__(self, name: str) -> bool:
        return name in self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.names)

    @cached_property
    def images(self) -> list[str]:
        return [name for name in self.names if is_image_name(name)]

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {name.casefold(): name for name in reversed(self.names)}

    @cached_property
    def _by_file(self) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for name in self.images:
            table.setdefault(name.rpartition("/")[2].casefold(), []).append(name)
        return table

    def with_suffix(self, *suffixes: str) -> list[str]:
        """The files that end so, in any case."""
        return [name for name in self.names if name.lower().endswith(suffixes)]

    def find(self, name: str) -> str | None:
        """The file of that path as it is spelt on disk; letter case matters only where two files differ in it alone."""
        return name if name in self._known else self._folded.get(name.casefold())

    def ending(self, name: str) -> list[str]:
        """The images whose path ends with the path `name`, in any case."""
        tail = "/" + name.casefold()
        same_file = self._by_file.get(name.rpartition("/")[2].casefold(), [])
        return [each for each in same_file if ("/" + each.casefold()).endswith(tail)]

    def path(self, name: str) -> Path:
        return self.root / name

    def tell_refused(self, problems: Problems, suffixes: Iterable[str]) -> None:
        """Adds a problem for each refused folder, and for each refused file with such an ending."""
        wanted = frozenset(suffixes)
        for name, reason in sorted((self.refused | self.refused_folders).items()):
            if name in self.refused_folders or PurePosixPath(name).suffix.lower() in wanted:
                shown = name.encode("utf-8", "backslashreplace").decode()
                problems.add(shown, reason, "rename it, or copy it into the folder")


class Beside:
    """The files below the folder of a dataset that is one file, looked up one by one: the folder may hold anything."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __contains__(self, name: str) -> bool:
        try:
            # One question to the disk for what is not there, which most names are; many for what may be a link.
            there = os.path.lexists(f"{self.root}/{relative_name(name)}")
            return there and contained(self.root, name).is_file()
        except (InputError, OSError):
            return False

    def find(self, name: str) -> str | None:
        return name if name in self else None

    def ending(self, name: str) -> list[str]:
        """The image of that path in the folder `images`, if it is there."""
        return [place] if (place := f"images/{name}") in self else []

    def path(self, name: str) -> Path:
        return self.root / name


def plain_name(untrusted: str) -> str:
    """A relative path from inside a dataset's file, with forward slashes; Windows' backslashes are taken for them.

    Raises `InputError` for what `checkdam.guard.relative_name` refuses."""
    return str(relative_name(untrusted.replace("\\", "/")))


def best_ending(tree: Tree | Beside, plain: str, split: str | None, home: str) -> list[str]:
    """The images whose path ends with `plain`, of the best rank: below the folder `home` (a path with its slash, or
    empty), of the split, in a folder `images`. Those of another split are none."""
    ranked: dict[tuple[bool, bool, bool], list[str]] = {}
    for name in tree.ending(plain):
        own = split_of_path(name)
        if own in (None, split) or split is None:
            rank = name.startswith(home), own == split, "/images/" in f"/{name.lower()}"
            ranked.setdefault(rank, []).append(name)
    return ranked[max(ranked)] if ranked else []
