"""Datumaro's JSON: `annotations/<subset>.json` with categories and items, images in `images/<subset>/`.

See https://open-edge-platform.github.io/datumaro, "Datumaro format".
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.datumaro.patching import patch_datumaro
from checkdam.formats.datumaro.reader import DatumaroFile
from checkdam.formats.datumaro.writer import write_datumaro
from checkdam.formats.jsonstream import map_file, sections
from checkdam.formats.tree import DETECT_FILES, Beside, Tree
from checkdam.guard.files import open_regular, read_bytes
from checkdam.guard.images import IMAGE_SUFFIXES
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, Item, ItemKind, Label, Origin, Problems, Scalar, Taxonomy

_DETECT_DOCUMENTS = 200
_PATCHED_BYTES = 1 << 32


class Datumaro:
    """The format. `root` is a folder with such files anywhere in it, or one such file."""

    name = "datumaro"
    title = "Datumaro JSON"
    kinds: tuple[ItemKind, ...] = ("image",)

    def detect(self, root: Path) -> Detection | None:
        try:
            names, _ = _documents(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None, _DETECT_DOCUMENTS)
        except InputError:
            return None
        return Detection(self.name, 0.94, f"{names[0]}: categories and items") if names else None

    def near_misses(self, root: Path, problems: Problems) -> None:
        with suppress(InputError):
            tree = Tree(root, at_most=DETECT_FILES) if root.is_dir() else None
            for name, damage in _documents(root, tree, _DETECT_DOCUMENTS)[1].items():
                problems.add(name, damage.detail, damage.remedy)

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        files = _files(root, problems, limits)
        yield _merged(files)
        for file in files:
            yield from file.events()

    def count(self, root: Path) -> int | None:
        base = root if root.is_dir() else root.parent
        names, _ = _documents(root, Tree(root) if root.is_dir() else None)
        return sum(_occurrences(base / name) for name in names)

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        return write_datumaro(target, taxonomy, records, media)

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:
        found: dict[str, list[Origin]] = {item.id: [] for item in items}
        for file in _files(root, Problems(), DEFAULT_LIMITS) if found else ():
            for item, place in file.places(found):
                found[item].append(place)
        return found

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        return patch_datumaro(read_bytes(file, _PATCHED_BYTES), edits, str(file))


def _files(root: Path, problems: Problems, limits: InputLimits) -> list[DatumaroFile]:
    """The files of a root, to be read in this order."""
    tree = Tree(root, limits) if root.is_dir() else None
    names, damaged = _documents(root, tree)
    if not names:
        nearly = Problems()
        for name, error in damaged.items():
            nearly.add(name, error.detail, error.remedy)
        raise InputError(f"{root} holds no file of Datumaro", "give a folder with annotations and images", nearly)
    for name, error in damaged.items():
        problems.add(name, error.detail, error.remedy)
    if tree:
        tree.tell_refused(problems, {".json", *IMAGE_SUFFIXES})
    taken: dict[str, str] = {}
    return [DatumaroFile(tree or Beside(_base(root)), _name(root, name), taken, problems, limits) for name in names]


def _base(root: Path) -> Path:
    """The folder of a dataset that is one file: above `annotations`, where the images are."""
    return root.parent.parent if root.parent.name == "annotations" else root.parent


def _name(root: Path, name: str) -> str:
    return name if root.is_dir() else root.relative_to(_base(root)).as_posix()


def _documents(root: Path, tree: Tree | None, at_most: int | None = None) -> tuple[list[str], dict[str, InputError]]:
    """The files of Datumaro below a root, and those that are damaged."""
    listed = tree.with_suffix(".json")[:at_most] if tree else [root.name] if root.is_file() else []
    base = root if tree else root.parent
    names: list[str] = []
    damaged: dict[str, InputError] = {}
    for name in listed:
        try:
            view = map_file(base / name)
            if bytes(view[:64]).lstrip()[:1] != b"{":
                continue
            found = sections(view, DEFAULT_LIMITS.document_bytes)
        except InputError as error:
            damaged[name] = error
            continue
        keys = found.views.keys()
        if "items" in keys and ("categories" in keys or found.damage) and not keys & {"images", "annotations"}:
            names.append(name)
        elif found.damage and not keys & {"images", "annotations"}:
            damaged[name] = found.damage
    return names, damaged


def _occurrences(path: Path) -> int:
    """An estimate of the items and annotations in a file."""
    try:
        with open_regular(path) as file:
            pieces = iter(lambda: file.read(1 << 22), b"")
            return sum(piece.count(b'"id"') for piece in pieces)
    except (InputError, OSError):
        return 0


def _merged(files: list[DatumaroFile]) -> Taxonomy:
    """The taxonomy of all files: that of one where the others have no more, else the labels of all in order."""
    labels: dict[str, Label] = {}
    metadata: dict[str, Scalar] = {}
    for file in files:
        for label in file.taxonomy.labels:
            labels.setdefault(label.name, label)
        for key, value in file.taxonomy.metadata.items():
            metadata.setdefault(key, value)
    first = files[0].taxonomy
    if len(files) == 1 or all(file.taxonomy == first for file in files):
        return first
    return Taxonomy(labels=tuple(labels.values()), metadata=metadata)


FORMAT = Datumaro()
