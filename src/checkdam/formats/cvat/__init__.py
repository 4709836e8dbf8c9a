"""CVAT's XML 1.1 for images: one file with labels, images and their shapes.

See https://docs.cvat.ai/docs/manual/advanced/xml_format/. The file is read as a stream, of any length.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.cvat.patching import patch_cvat
from checkdam.formats.cvat.reader import CvatFile, merged
from checkdam.formats.cvat.writer import write_cvat
from checkdam.formats.tree import DETECT_FILES, Beside, Tree
from checkdam.guard.files import open_regular
from checkdam.guard.images import IMAGE_SUFFIXES
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, Item, ItemKind, Origin, Problems, Taxonomy

_DETECT_DOCUMENTS = 200
_HEAD = 1 << 12
_ROOT = re.compile(rb"<annotations[\s/>]")
_ROW = re.compile(rb"<(?:image|box|ellipse|polygon|polyline|points|mask|skeleton|tag)\s")


class Cvat:
    """The format. `root` is a folder with XML files of CVAT anywhere in it, or one such file."""

    name = "cvat"
    title = "CVAT XML"
    kinds: tuple[ItemKind, ...] = ("image",)

    def detect(self, root: Path) -> Detection | None:
        try:
            names = _documents(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None, _DETECT_DOCUMENTS)
        except InputError:
            return None
        if not names:
            return None
        told = f"{', '.join(names[:3])}{' and more' if len(names) > 3 else ''}"
        return Detection(self.name, 0.95, f"{told}: XML that begins with <annotations>")

    def near_misses(self, root: Path, problems: Problems) -> None:
        """There are none: a file that begins with `<annotations>` is taken, however damaged."""

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        files = _files(root, problems, limits)
        yield merged(files)
        for file in files:
            yield from file.events()

    def count(self, root: Path) -> int | None:
        base = root if root.is_dir() else root.parent
        return sum(_rows(base / name) for name in _documents(root, Tree(base) if root.is_dir() else None))

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        return write_cvat(target, taxonomy, records, media)

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:
        found: dict[str, list[Origin]] = {item.id: [] for item in items}
        for file in _files(root, Problems(), DEFAULT_LIMITS):
            for item, place in file.places(found):
                if place not in found[item]:
                    found[item].append(place)
        return found

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        return patch_cvat(file, edits)


def _files(root: Path, problems: Problems, limits: InputLimits) -> list[CvatFile]:
    """The files of a root, to be read in this order."""
    tree = Tree(root, limits) if root.is_dir() else None
    names = _documents(root, tree)
    if not names:
        raise InputError(f"{root} holds no CVAT XML", "give a folder or file that begins with <annotations>")
    if tree:
        tree.tell_refused(problems, {".xml", *IMAGE_SUFFIXES})
    taken: dict[str, str | None] = {}
    return [CvatFile(tree or Beside(root.parent), name, taken, problems, limits) for name in names]


def _documents(root: Path, tree: Tree | None, at_most: int | None = None) -> list[str]:
    if tree is None:
        return [root.name] if _is_cvat(root) else []
    return [name for name in tree.with_suffix(".xml")[:at_most] if _is_cvat(tree.path(name))]


def _is_cvat(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            head = file.read(_HEAD)
    except (InputError, OSError):
        return False
    return bool(_ROOT.search(head.replace(b"\0", b"")))  # of UTF-16


def _rows(path: Path) -> int:
    """How many images and shapes there may be; one that lies across two pieces is missed, which an estimate may."""
    with path.open("rb") as file:
        return sum(len(_ROW.findall(piece)) for piece in iter(lambda: file.read(1 << 22), b""))


FORMAT = Cvat()
