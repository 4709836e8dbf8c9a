"""Pascal VOC: an XML file for each image, lists of splits in `ImageSets/Main`.

See http://host.robots.ox.ac.uk/pascal/VOC/. Corners are read as they are written: x and width are `xmin` and
`xmax - xmin`, with nothing added for the pixel's own extent.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.tree import DETECT_FILES, Tree
from checkdam.formats.voc.reader import VocFolder, parsed
from checkdam.formats.voc.writer import patch_list, patch_voc, write_voc
from checkdam.guard.files import open_regular, read_bytes
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, Item, ItemKind, Origin, Problems, Taxonomy

_COUNTED_FILES = 20
_ROOT = re.compile(rb"<annotation[\s>]")  # CVAT's files begin with <annotations>


class Voc:
    """The format. `root` is a folder with XML files anywhere in it, beside the images or apart from them."""

    name = "voc"
    title = "Pascal VOC XML"
    kinds: tuple[ItemKind, ...] = ("image",)

    def detect(self, root: Path) -> Detection | None:
        if not root.is_dir():
            return None
        tree = Tree(root, at_most=DETECT_FILES)
        sample = _sample(tree)
        sure = [name for name in sample if _is_voc(tree.path(name))]
        if not sure:
            return None
        reason = f"XML files that begin with <annotation>, such as {sure[0]}"
        return Detection(self.name, 0.9 * len(sure) / len(sample), reason)

    def near_misses(self, root: Path, problems: Problems) -> None:
        if root.is_dir():
            tree = Tree(root, at_most=DETECT_FILES)
            for name in _sample(tree):
                if parsed(tree.path(name), name, problems, DEFAULT_LIMITS) and not _is_voc(tree.path(name)):
                    problems.add(name, "holds neither an object nor a file name nor a size", "give one of them")

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        if not root.is_dir():
            raise InputError(f"{root} is no folder", "give the folder that holds the XML files and the images")
        yield from VocFolder(root, problems, limits).events()

    def count(self, root: Path) -> int | None:
        tree = Tree(root)
        documents = tree.with_suffix(".xml")
        sample = documents[:: max(len(documents) // _COUNTED_FILES, 1)][:_COUNTED_FILES]
        objects = sum(tree.path(name).read_bytes().count(b"<object>") for name in sample)
        return round(len(documents) * (1 + objects / len(sample))) if sample else len(tree.images)

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        return write_voc(target, taxonomy, records, media)

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:
        return VocFolder(root, Problems(), DEFAULT_LIMITS).places(items)

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        patched = patch_list if file.suffix.lower() == ".txt" else patch_voc
        return patched(read_bytes(file, DEFAULT_LIMITS.document_bytes), edits, str(file))


def _sample(tree: Tree) -> list[str]:
    documents = tree.with_suffix(".xml")
    return documents[:: max(len(documents) // 10, 1)][:10]


def _is_voc(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            data = file.read(1 << 16)
    except (InputError, OSError):
        return False
    data = data.replace(b"\0", b"")  # of UTF-16
    return bool(_ROOT.search(data)) and (b"<object" in data or b"<filename" in data or b"<size" in data)


FORMAT = Voc()
