"""Label Studio's JSON: a list of tasks, each with its data and what people said of it.

See https://labelstud.io/guide/task_format and https://labelstud.io/guide/export.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.label_studio.patching import patch_tasks
from checkdam.formats.label_studio.reader import LabelStudioReader
from checkdam.formats.label_studio.tasks import LINES, SUFFIXES, Refused, TaskFile
from checkdam.formats.label_studio.writer import write_label_studio
from checkdam.formats.taxonomies import TAXONOMY_FILE
from checkdam.formats.tree import DETECT_FILES, Beside, Tree
from checkdam.guard.files import open_regular, read_bytes
from checkdam.guard.images import IMAGE_SUFFIXES
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, Item, ItemKind, Origin, Problems, Taxonomy

_DETECT_DOCUMENTS = 50
_PATCHED_BYTES = 1 << 32


class LabelStudio:
    """The format. `root` is a folder with files of tasks anywhere in it, or one such file."""

    name = "label-studio"
    title = "Label Studio JSON"
    kinds: tuple[ItemKind, ...] = ("image", "text", "audio")

    def detect(self, root: Path) -> Detection | None:
        try:
            names, _ = _files(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None, _DETECT_DOCUMENTS)
        except InputError:
            return None
        return Detection(self.name, 0.95, f"{names[0]}: tasks with data and annotations") if names else None

    def near_misses(self, root: Path, problems: Problems) -> None:
        with suppress(InputError):
            tree = Tree(root, at_most=DETECT_FILES) if root.is_dir() else None
            for name, why in _files(root, tree, _DETECT_DOCUMENTS)[1].items():
                if why.damaged:
                    problems.add(name, why.what, why.remedy)

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        tree = Tree(root, limits) if root.is_dir() else None
        names, refused = _files(root, tree)
        if not names:
            nearly = Problems()
            for name, why in refused.items():
                nearly.add(name, why.what, why.remedy)
            raise InputError(f"{root} holds no tasks of Label Studio", "give a folder or file of tasks", nearly)
        for name, why in refused.items():
            if why.damaged:
                problems.add(name, why.what, why.remedy)
        if tree:
            tree.tell_refused(problems, {*SUFFIXES, *IMAGE_SUFFIXES})
        yield from LabelStudioReader(tree or Beside(root.parent), names, problems, limits).events()

    def count(self, root: Path) -> int | None:
        base = root if root.is_dir() else root.parent
        names, _ = _files(root, Tree(root) if root.is_dir() else None)
        return sum(_occurrences(base / name) for name in names)

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        return write_label_studio(target, taxonomy, records, media)

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:  # noqa: ARG002
        return {item.id: [item.origin] for item in items if item.origin is not None}

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        by_line = file.name.lower().endswith(LINES)
        return patch_tasks(read_bytes(file, _PATCHED_BYTES), edits, str(file), by_line=by_line)


def _files(root: Path, tree: Tree | None, at_most: int | None = None) -> tuple[list[str], dict[str, Refused]]:
    """The files of tasks below a root, and the other JSON files with the reason."""
    listed = tree.with_suffix(*SUFFIXES)[:at_most] if tree else [root.name] if root.is_file() else []
    base = root if tree else root.parent
    names: list[str] = []
    refused: dict[str, Refused] = {}
    for name in listed:
        if name.rpartition("/")[2] == TAXONOMY_FILE:
            continue
        why = TaskFile(base / name, name, DEFAULT_LIMITS).refused()
        if why is None:
            names.append(name)
        else:
            refused[name] = why
    return names, refused


def _occurrences(path: Path) -> int:
    """An estimate of the tasks and results in a file."""
    try:
        with open_regular(path) as file:
            pieces = iter(lambda: file.read(1 << 22), b"")
            return sum(piece.count(b'"from_name"') + piece.count(b'"annotations"') for piece in pieces)
    except (InputError, OSError):
        return 0


FORMAT = LabelStudio()
