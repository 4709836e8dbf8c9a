"""COCO results: a list of detections with scores, beside a COCO file with the images and categories they speak of.

See https://cocodataset.org/#format-results. The annotations of that other file are not read; `coco` reads those.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.coco import FORMAT as COCO
from checkdam.formats.coco import changed_row, documents, is_results, merged, occurrences
from checkdam.formats.coco.reader import CocoFile
from checkdam.formats.coco.writer import write_coco
from checkdam.formats.coco_results.reader import ROWS, Results
from checkdam.formats.coco_results.rows import written_result
from checkdam.formats.jsonstream import array_spans, map_file, replaced, rewritten
from checkdam.formats.tree import DETECT_FILES, Beside, Tree
from checkdam.guard.files import read_bytes
from checkdam.guard.images import IMAGE_SUFFIXES
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, Item, ItemKind, Origin, Problems, Taxonomy

_DETECT_DOCUMENTS = 200
_MOST_BESIDE = 200
_PATCHED_BYTES = 1 << 32
_REMEDY = "put the COCO file with its images and categories beside the results"


class CocoResults:
    """The format. `root` is a folder with both kinds of file, or one file of results with the other kind beside it."""

    name = "coco-results"
    title = "COCO results"
    kinds: tuple[ItemKind, ...] = ("image",)

    def detect(self, root: Path) -> Detection | None:
        """A folder is rather one of annotations with results beside them, unless our writer made it of results."""
        try:
            tree = Tree(root, at_most=DETECT_FILES) if root.is_dir() else None
            truths, results = _files(root, tree, _DETECT_DOCUMENTS)
            if not truths or not results:
                return None
            home = tree or Beside(root.parent)
            passed = Problems()
            marked = any(CocoFile(home, name, {}, passed, DEFAULT_LIMITS).results for name in truths)
        except InputError:
            return None
        confidence = 0.97 if marked else 0.5 if tree else 0.9
        return Detection(self.name, confidence, f"{results[0]}: detections on the images of {truths[0]}")

    def near_misses(self, root: Path, problems: Problems) -> None:
        if root.is_file() and _is_results(root) and not _files(root, None)[0]:
            problems.add(root.name, "is a list of detections without the images and categories it speaks of", _REMEDY)

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        truths, results = _opened(root, problems, limits)
        yield merged(truths)
        for truth in truths:
            yield from truth.entries()
        yield from results.annotations()

    def count(self, root: Path) -> int | None:
        base = root if root.is_dir() else root.parent
        truths, results = _files(root, Tree(base) if root.is_dir() else None)
        return sum(occurrences(base / name, b'"file_name"') for name in truths) + sum(
            occurrences(base / name, b'"image_id"') for name in results
        )

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        return write_coco(target, taxonomy, records, media, written_result)

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:
        found: dict[str, list[Origin]] = {item.id: [] for item in items}
        truths, results = _opened(root, Problems(), DEFAULT_LIMITS)
        for truth in truths:
            for item, place in truth.places(found):
                found[item].append(place)
        for item, place in results.places(found):
            found[item].append(place)
        return found

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        if not _is_results(file):
            return COCO.patch(file, edits)
        return _patched(file, edits)


def _is_results(path: Path) -> bool:
    try:
        view = map_file(path)
        return is_results(view) or bytes(view[:64]).strip() == b"[]"
    except InputError:
        return False


def _files(root: Path, tree: Tree | None, at_most: int | None = None) -> tuple[list[str], list[str]]:
    """The files of images, and the lists of results."""
    if tree is not None:
        truths = documents(root, tree, at_most)[0]
        return truths, [name for name in tree.with_suffix(".json")[:at_most] if _is_results(tree.path(name))]
    if not _is_results(root):
        return [], []
    beside = sorted(path for path in root.parent.glob("*.json") if path != root)[:_MOST_BESIDE]
    return [path.name for path in beside if documents(path, None)[0]], [root.name]


def _opened(root: Path, problems: Problems, limits: InputLimits) -> tuple[list[CocoFile], Results]:
    tree = Tree(root, limits) if root.is_dir() else None
    truths, results = _files(root, tree)
    if not results:
        raise InputError(f"{root} holds no COCO results", "give a folder or file with a list of detections")
    if not truths:
        raise InputError(f"{root} holds detections without the images they speak of", _REMEDY)
    if tree:
        tree.tell_refused(problems, {".json", *IMAGE_SUFFIXES})
    home = tree or Beside(root.parent)
    taken: dict[str, str | None] = {}
    files = [CocoFile(home, name, taken, problems, limits) for name in truths]
    return files, Results(home, results, files, problems, limits)


def _patched(file: Path, edits: Sequence[PatchEdit]) -> bytes:
    """The bytes of a list with some of its rows changed or deleted."""
    try:
        text = read_bytes(file, _PATCHED_BYTES).decode()
        spans = array_spans(text, len(text) - len(text.lstrip("\ufeff \t\r\n")))
        changes: dict[int, str | None] = {}
        for edit in edits:
            at = edit.at if edit.array == ROWS else None
            if at is None or not 0 <= at < len(spans) or at in changes:
                raise InputError(f"{file} has nothing at {edit.array}[{edit.at}] to change", "lint it anew")
            start, end = spans[at]
            changes[at] = changed_row(text[start:end], edit, written_result) if edit.annotation is not None else None
    except (ValueError, KeyError, RecursionError) as error:
        raise InputError(f"{file} is no list that can be changed: {error}", "write it anew") from error
    return replaced(text, rewritten(spans, changes)).encode()


FORMAT = CocoResults()
