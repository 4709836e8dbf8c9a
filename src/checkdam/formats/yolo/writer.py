"""Writes YOLO, and changes single lines of its label files.

Names are kept: the labels of an image in a folder `images` go to the folder `labels` beside that, others beside the
image. The splits are lists of images, which `data.yaml` names.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from checkdam.formats.base import LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.lines import without
from checkdam.formats.output import check_item, new_folder, place_media, report_item, report_taxonomy, write_text
from checkdam.formats.tree import counterpart, hidden, is_image_name
from checkdam.formats.values import BadValueError, unfit
from checkdam.formats.yolo.lines import Size, read_line
from checkdam.formats.yolo.manner import Manner, changed_fields
from checkdam.formats.yolo.poses import poses_of
from checkdam.formats.yolo.reader import MARK
from checkdam.guard.images import image_size
from checkdam.guard.paths import safe_name
from checkdam.schema import Annotation, InputError, Item, Keypoints, RotatedBox, Taxonomy

_MOST_CLASSES = 2**31
_LINE_END = re.compile("[\x85\u2028\u2029\ufeff]")


def write_yolo(target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None) -> LossReport:
    """Writes the folder `target`. Of images whose files are not there the sizes that the items declare are kept in a
    list, without which YOLO has neither the images nor the places of their boxes."""
    report = LossReport()
    poses = poses_of(taxonomy)
    report_taxonomy(taxonomy, report, frozenset({"skeleton"}) if poses else frozenset())
    for key in taxonomy.metadata:
        if poses is None or key != "flip_idx" or not poses.flip_given:
            report.add("the taxonomy's metadata", key)
    manner = Manner(poses.count if poses else None)
    classes = _Classes(taxonomy, report)
    lists: dict[str | None, list[str]] = {}
    missing: list[str] = []
    taken: set[str] = set()
    with new_folder(target) as folder:
        for item, annotations in records:
            if item.kind != "image":
                report.add("items that are no images", item.name)
                continue
            check_item(item)
            placed = place_media(folder, item, media, report)
            _report_image(item, report)
            size = _size(item, placed)
            if placed is None:
                missing.append(f"{f'{size[0]} {size[1]}' if size else '- -'} {item.name}\n")
            lists.setdefault(item.split, []).append(item.name)
            name = counterpart(item.name, "images", "labels", ".txt")
            if name.lower() in taken:
                report.add("images that share a label file with another", item.name)
                report.wrote(0)
                continue
            taken.add(name.lower())
            _report_size(item, size, report)
            numbered = (
                (classes.number(each.label), fields) for each, fields in manner.lines(item, annotations, size, report)
            )
            lines = [f"{number} {fields}\n" for number, fields in numbered]
            write_text(folder, name, "".join(lines))
            report.wrote(len(lines))
        config, mark = _write_lists(folder, lists, missing, taken)
        config |= {"nc": len(classes.names), "names": classes.names}
        if manner.oriented:
            mark["oriented"] = True
        if poses:
            config |= poses.config(classes.names, mark)
        config[MARK] = mark
        write_text(folder, "data.yaml", _dumped(config))
    return report


def _report_image(item: Item, report: LossReport) -> None:
    report_item(item, report, frozenset({"width", "height", "split"}))
    if hidden(item.name) or not is_image_name(item.name):
        report.add("images whose names a listing passes over", item.name)


def _size(item: Item, placed: Path | None) -> Size | None:
    """The size of the image itself, by which readers scale; without it, the one that the item declares."""
    if placed is not None:
        try:
            return image_size(placed)
        except InputError:
            return None
    known = item.width and item.height and min(item.width, item.height) > 0 and max(item.width, item.height) < 2**31
    return (item.width, item.height) if known and item.width and item.height else None


def _report_size(item: Item, size: Size | None, report: LossReport) -> None:
    for name, given, own in (("width", item.width, 0), ("height", item.height, 1)):
        if given is not None and (size is None or given != size[own]):
            report.add(f"items' {name}", item.name)


class _Classes:
    """The class numbers, in the order of the taxonomy."""

    def __init__(self, taxonomy: Taxonomy, report: LossReport) -> None:
        self.names: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        self._report = report
        self._reserved: set[int] = set()
        for label in taxonomy.labels:
            if label.name in self._numbers or unfit(label.name) or not label.name:
                report.add("labels that are given twice or have no name", label.name)
                continue
            number = self._add(label.name)
            if label.source_id not in (None, str(number)):
                report.add("labels' ids, which YOLO counts from 0", label.name)

    def _add(self, label: str) -> int:
        number = next(each for each in range(len(self.names), _MOST_CLASSES) if each not in self._reserved)
        self.names[number] = label
        self._numbers[label] = number
        self._reserved.add(number)
        return number

    def number(self, label: str) -> int:
        """The number for an annotation's label. A number that no class has stands for itself, as it was read."""
        if label not in self._numbers:
            own = int(label) if label.isascii() and label.isdigit() and len(label) < 10 else -1
            if str(own) == label and own not in self._reserved:
                self._reserved.add(own)
                self._numbers[label] = own
            else:
                self._report.add("labels that the taxonomy lacks, added to it", label)
                self._add(label)
        return self._numbers[label]


def _free_name(base: str, taken: set[str]) -> str:
    file, number = f"{base}.txt", 1
    while file.lower() in taken:
        number += 1
        file = f"{base}_{number}.txt"
    taken.add(file.lower())
    return file


def _dumped(config: dict[str, Any]) -> str:
    """YAML that reads back as it was: line ends beyond ASCII, which readers fold, are escaped."""
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=10**6)
    if _LINE_END.search(text):
        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=False, width=10**6)
    return text


def _write_lists(
    folder: Path, lists: dict[str | None, list[str]], missing: list[str], taken: set[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Writes the lists of images: those that `data.yaml` names by the keys that readers know, and our mark."""
    files: dict[str | None, str] = {}
    for split, names in lists.items():
        files[split] = _free_name(safe_name(split, "split") if split is not None else "unsplit", taken)
        write_text(folder, files[split], "".join(f"./{name}\n" for name in names))
    mark: dict[str, Any] = {"splits": {split: file for split, file in files.items() if split is not None}}
    if missing:
        mark["missing"] = _free_name("missing", taken)
        write_text(folder, mark["missing"], "".join(missing))
    usual: dict[str, Any] = {split: files[split] for split in ("train", "val", "test") if split in files}
    if not usual and None in files:
        usual = {"train": files[None]}
    return usual, mark


def patch_yolo(data: bytes, edits: Sequence[PatchEdit], file: str) -> bytes:
    """The bytes of a label file, or of a list of images, with some of its lines changed or deleted."""
    lines = data.split(b"\n")
    touched: set[int] = set()
    gone: set[int] = set()
    for edit in edits:
        at = (edit.at or 0) - 1
        if edit.array or not 0 <= at < len(lines) or at in touched or not lines[at].strip():
            raise InputError(f"{file} has nothing on line {edit.at} to change", "lint it anew")
        touched.add(at)
        if edit.annotation is not None or edit.item is not None:
            lines[at] = _changed(lines[at], edit, f"{file}:{edit.at}")
        else:
            gone.add(at)
    return without(lines, gone)


def _joints_of(annotation: Annotation, fields: str) -> tuple[int, int] | None:
    """What `kpt_shape` has to be for a line to be the pose that the annotation is."""
    points = annotation.geometry.points if isinstance(annotation.geometry, Keypoints) else ()
    values = len(fields.split()) - 4
    return (len(points), values // len(points)) if points and values in (2 * len(points), 3 * len(points)) else None


def _changed(line: bytes, edit: PatchEdit, place: str) -> bytes:
    annotation, label, item = edit.annotation, edit.label, edit.item
    if annotation is None or label is None or label.source_id is None or item is None or not item.width:
        raise InputError(f"{place}: a changed box needs its class number and the image's size", "lint it anew")
    size = (item.width, item.height or 0)
    body = line.strip()
    start = line.index(body)
    try:
        text = body.decode("utf-8-sig")
        tokens = text.split(maxsplit=1)
        before = read_line(
            text, size, _joints_of(annotation, tokens[1]), oriented=isinstance(annotation.geometry, RotatedBox)
        )
        fields = tokens[1]
        if before.geometry != annotation.geometry:
            fields = changed_fields(annotation, before.geometry, size, place) or ""
    except (BadValueError, UnicodeDecodeError, IndexError) as error:
        raise InputError(f"{place}: the line cannot be changed: {error}", "change it by hand") from error
    if not fields:
        raise InputError(f"{place}: the change cannot be written as YOLO", "change it by hand")
    same = str(before.category) == label.source_id
    written = f"{tokens[0] if same else label.source_id} {fields}"
    if same and fields == tokens[1]:
        return line
    return line[:start] + written.encode() + line[start + len(body) :]
