"""COCO: one JSON file for each split, with arrays of images, annotations and categories.

A scan finds the sections and the categories; then images and annotations are streamed, in this order whatever the order
in the file. See https://cocodataset.org/#format-data.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.coco.reader import CocoFile
from checkdam.formats.coco.writer import Written, write_coco, written_annotation
from checkdam.formats.jsonstream import Span, array_spans, map_file, member_spans, replaced, rewritten, sections
from checkdam.formats.tree import DETECT_FILES, Beside, Tree
from checkdam.formats.values import written_identifier
from checkdam.guard.files import read_bytes
from checkdam.guard.images import IMAGE_SUFFIXES
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, Item, ItemKind, Label, Origin, Problems, Scalar, Taxonomy

_KINDS = ("instances_", "person_keypoints_", "stuff_", "panoptic_", "image_info_")
_DETECT_DOCUMENTS = 200
_PATCHED_BYTES = 1 << 32
_TOLD = 10  # of the files that are ignored


class Coco:
    """The format. `root` is a folder with COCO files anywhere in it, or one such file."""

    name = "coco"
    title = "COCO JSON"
    kinds: tuple[ItemKind, ...] = ("image",)

    def detect(self, root: Path) -> Detection | None:
        try:
            names, ignored = documents(
                root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None, _DETECT_DOCUMENTS
            )
        except InputError:
            return None
        if not names:
            return None
        reason = f"{', '.join(names[:3])}{' and more' if len(names) > 3 else ''}: images and categories"
        if ignored:
            told = [f"{name} ({why.what})" for name, why in ignored.items()][:_TOLD]
            reason += (
                f"; ignored: {', '.join(told)}{f' and {len(ignored) - _TOLD} more' if len(ignored) > _TOLD else ''}"
            )
        return Detection(self.name, 0.95, reason)

    def near_misses(self, root: Path, problems: Problems) -> None:
        if root.is_dir() or root.suffix.lower() == ".json":
            with suppress(InputError):
                tree = Tree(root, at_most=DETECT_FILES) if root.is_dir() else None
                for name, why in documents(root, tree, _DETECT_DOCUMENTS)[1].items():
                    problems.add(name, why.what, why.remedy)

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        files = _files(root, problems, limits)
        yield merged(files)
        for file in files:
            yield from file.entries()
            yield from file.annotations()

    def count(self, root: Path) -> int | None:
        base = root if root.is_dir() else root.parent
        names, _ = documents(root, Tree(base) if root.is_dir() else None)
        return sum(occurrences(base / name, b'"file_name"') + occurrences(base / name, b'"image_id"') for name in names)

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        return write_coco(target, taxonomy, records, media)

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:
        found: dict[str, list[Origin]] = {item.id: [] for item in items}
        for file in _files(root, Problems(), DEFAULT_LIMITS):
            for item, place in file.places(found):
                found[item].append(place)
        return found

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        return _patched(file, edits)


def _files(root: Path, problems: Problems, limits: InputLimits) -> list[CocoFile]:
    """The COCO files of a root, to be read in this order."""
    tree = Tree(root, limits) if root.is_dir() else None
    names, ignored = documents(root, tree)
    damaged = [(name, why) for name, why in ignored.items() if why.damaged]
    if not names:
        nearly = Problems()
        for name, why in ignored.items():
            nearly.add(name, why.what, why.remedy)
        raise InputError(f"{root} holds no COCO file", "give a folder or file with images and categories", nearly)
    for name, why in damaged:
        problems.add(name, why.what, why.remedy)
    if tree:
        tree.tell_refused(problems, {".json", *IMAGE_SUFFIXES})
    taken: dict[str, str | None] = {}
    return [CocoFile(tree or Beside(root.parent), name, taken, problems, limits) for name in names]


class _Ignored(Struct, frozen=True):
    """Why a JSON file is no COCO dataset; `damaged` where it may be one that cannot be read."""

    what: str
    remedy: str = "write an object with images, annotations and categories"
    damaged: bool = False


def documents(root: Path, tree: Tree | None, at_most: int | None = None) -> tuple[list[str], dict[str, _Ignored]]:
    """The COCO files of a root, and the other JSON files with the reason why each is ignored."""
    if not root.is_dir() or tree is None:
        why = _not_coco(root)
        return ([root.name], {}) if why is None else ([], {root.name: why})
    ignored: dict[str, _Ignored] = {}
    names: list[str] = []
    for name in tree.with_suffix(".json")[:at_most]:
        why = _not_coco(tree.path(name))
        if why is None:
            names.append(name)
        else:
            ignored[name] = why
    return _first_kinds(names, ignored), ignored


def _not_coco(path: Path) -> _Ignored | None:
    """Why a file is no COCO dataset; None if it is one, sound or damaged."""
    try:
        view = map_file(path)
    except InputError as error:
        return _Ignored(error.detail, error.remedy, damaged=True)
    match bytes(view[:64]).lstrip()[:1]:
        case b"{":
            return _object_not_coco(view)
        case b"[":
            what = "detection results, not a dataset" if is_results(view) else "a list, not a dataset"
            return _Ignored(what)
        case _:
            return _Ignored("not a JSON object")


def _object_not_coco(view: memoryview) -> _Ignored | None:
    found = sections(view, DEFAULT_LIMITS.document_bytes)
    keys = found.views.keys()
    if {"images", "categories"} <= keys or (found.damage and "images" in keys):
        return None
    if {"images", "annotations"} <= keys and b'"category_id"' in head_of(view):
        return None
    if found.damage:
        return _Ignored(found.damage.detail, found.damage.remedy, damaged=True)
    captions = {"images", "annotations"} <= keys
    return _Ignored("captions without categories" if captions else "no images and categories")


def is_results(view: memoryview) -> bool:
    """Whether a file is a list of detections."""
    return bytes(view[:64]).lstrip()[:1] == b"[" and b'"image_id"' in head_of(view)


def head_of(view: memoryview) -> bytes:
    return bytes(view[: 1 << 20])


def _first_kinds(names: list[str], ignored: dict[str, _Ignored]) -> list[str]:
    """COCO's own folders hold the same images several times (`instances_val2017`, `person_keypoints_val2017`, ...):
    of such files the first kind is taken, and the others are ignored."""
    chosen: dict[str, str] = {}
    kept: list[str] = []
    for name in sorted(names, key=_kind_rank):
        folder, _, file = name.rpartition("/")
        prefix = next((each for each in _KINDS if file.startswith(each)), None)
        if prefix is None:
            kept.append(name)
            continue
        key = f"{folder}/{file.removeprefix(prefix)}"
        if key in chosen:
            ignored[name] = _Ignored(f"the same images as {chosen[key]}")
        else:
            chosen[key] = name
            kept.append(name)
    return sorted(kept)


def _kind_rank(name: str) -> tuple[int, str]:
    file = name.rpartition("/")[2]
    return next((at for at, kind in enumerate(_KINDS) if file.startswith(kind)), len(_KINDS)), name


def occurrences(path: Path, needle: bytes) -> int:
    """How often a text occurs in a file; one that lies across two pieces is missed, which an estimate may."""
    with path.open("rb") as file:
        return sum(piece.count(needle) for piece in iter(lambda: file.read(1 << 22), b""))


def merged(files: list[CocoFile]) -> Taxonomy:
    labels: dict[str, Label] = {}
    metadata: dict[str, Scalar] = {}
    for file in files:
        for label in file.labels:
            labels.setdefault(label.name, label)
        for key, value in file.metadata.items():
            metadata.setdefault(key, value)
    return Taxonomy(labels=tuple(labels.values()), metadata=metadata)


def _patched(file: Path, edits: Sequence[PatchEdit]) -> bytes:
    try:
        text = read_bytes(file, _PATCHED_BYTES).decode()
        start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
        members = member_spans(text, start)
        replacements: list[tuple[Span, str]] = []
        for array in ("images", "annotations"):
            spans = array_spans(text, members[array][1][0]) if array in members else []
            changes: dict[int, str | None] = {}
            for edit in (edit for edit in edits if edit.array == array):
                if edit.at is None or not 0 <= edit.at < len(spans) or edit.at in changes:
                    raise InputError(f"{file} has nothing at {array}[{edit.at}] to change", "lint it anew")
                begin, end = spans[edit.at]
                changes[edit.at] = _rewritten_row(text[begin:end], edit)
            replacements += rewritten(spans, changes)
    except (ValueError, KeyError, RecursionError) as error:
        raise InputError(f"{file} is no COCO file that can be changed: {error}", "write it anew") from error
    if any(edit.array not in ("images", "annotations") for edit in edits):
        raise InputError(f"{file} has arrays of images and annotations to change, no other", "lint it anew")
    return replaced(text, replacements).encode()


def _rewritten_row(row_text: str, edit: PatchEdit) -> str | None:
    """What becomes of an image or annotation; None where it goes."""
    if edit.annotation is not None and edit.array == "annotations":
        return changed_row(row_text, edit)
    if edit.item is not None and edit.array == "images":
        return _resized(row_text, edit.item)
    deletes = edit.annotation is None and edit.item is None
    if not deletes or (edit.array == "images" and not edit.whole_item):
        raise InputError(f"the change does not fit {edit.array}[{edit.at}]", "lint it anew")
    return None


def _resized(row_text: str, item: Item) -> str:
    """An image's row with the numbers of the declared size alone changed."""
    members = member_spans(row_text, 0)
    return replaced(
        row_text, [(members[key][1], str(size)) for key, size in (("width", item.width), ("height", item.height))]
    )


def changed_row(row_text: str, edit: PatchEdit, written: Written = written_annotation) -> str:
    """A row in the style it had, with the fields of the new annotation; fields we know nothing of are kept."""
    row = json.loads(row_text)
    if not isinstance(row, dict) or edit.annotation is None or edit.label is None or edit.label.source_id is None:
        raise InputError("a changed annotation needs its label's id", "lint it anew")
    report = LossReport()
    fields: dict[str, Any] | None = written(edit.annotation, "", report)
    if fields is None or report:
        raise InputError(f"the change cannot be written as COCO: {report}", "change it by hand")
    fields.pop("computed", None)
    style = (", ", ": ") if '": ' in row_text else (",", ":")
    row = {key: value for key, value in row.items() if key not in ("bbox", "segmentation", "keypoints", "attributes")}
    row |= {"category_id": written_identifier(edit.label.source_id)} | fields
    return json.dumps(row, ensure_ascii=row_text.isascii(), separators=style, allow_nan=False)


FORMAT = Coco()
