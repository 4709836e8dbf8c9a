"""Writes Datumaro: `annotations/<subset>.json` for each split, media in `images/<subset>/` at the items' names."""

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from checkdam.formats.base import LossReport, MediaSource, Record
from checkdam.formats.datumaro.reader import MARK, NATIVE
from checkdam.formats.datumaro.shapes import ELLIPSE, read_shape, written_shapes
from checkdam.formats.output import check_item, finite, new_folder, place_media, report_item, where
from checkdam.formats.seen import Seen
from checkdam.formats.taxonomies import encoded_taxonomy
from checkdam.formats.tree import stem
from checkdam.formats.values import unfit, whole_number, writable
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.guard.paths import contained, safe_name
from checkdam.schema import (
    Annotation,
    AttributeValue,
    Box,
    Geometry,
    InputError,
    Item,
    Label,
    RotatedBox,
    Taxonomy,
    Transcript,
    geometry_kind,
)

_MOST_SPLITS = 100
_VERSION = "1.0"
_IMAGE = 2  # of Datumaro's kinds of media
_HELD = frozenset({"width", "height", "split", "source_id", "metadata"})


def write_datumaro(
    target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
) -> LossReport:
    """Writes the folder `target`; memory does not grow with the number of annotations."""
    report = LossReport()
    labels = _Labels(taxonomy)
    splits: dict[str | None, _Split] = {}
    taken: set[str] = set()
    with new_folder(target) as folder:
        for item, annotations in records:
            if item.kind != "image":
                report.add("items that are no images", item.name)
                continue
            check_item(item)
            if item.split not in splits:
                if len(splits) == _MOST_SPLITS:
                    raise InputError(f"there are more than {_MOST_SPLITS} splits", "join some, or choose JSON Lines")
                splits[item.split] = _Split(folder, _free_name(item.split, taken))
            split = splits[item.split]
            place_media(folder / "images" / split.name, item, media, report)
            split.add(item, annotations, labels, report)
        parts = splits or {None: _Split(folder, "default")}
        mark = {
            "splits": {part.name: split for split, part in parts.items()},
            "taxonomy": json.loads(encoded_taxonomy(taxonomy, report)),
        }
        for part in parts.values():  # Datumaro demands that infos and categories are the same in every file
            part.finish(folder, _infos(taxonomy) | {MARK: mark}, labels.categories())
    return report


def _infos(taxonomy: Taxonomy) -> dict[str, Any]:
    return {
        name.removeprefix("info."): value
        for name, value in taxonomy.metadata.items()
        if name.startswith("info.") and writable(name) and writable(value)
    }


def _free_name(split: str | None, taken: set[str]) -> str:
    base = "default" if split is None else safe_name(split)
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name.lower())
    return name


class _Labels:
    """The numbers of the labels: those of the taxonomy in order, then others that were met."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._labels: dict[str, Label] = {}
        for label in taxonomy.labels:
            if not unfit(label.name):
                self._labels.setdefault(label.name, label)
        self._numbers = {name: at for at, name in enumerate(self._labels)}

    def number(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self._numbers)
            self._labels[name] = Label(name=name)
        return self._numbers[name]

    def categories(self) -> dict[str, Any]:
        """The categories of a file. The names of attributes are those that the taxonomy declares."""
        rows = [
            {"name": label.name, "parent": label.parent or "", "attributes": [each.name for each in label.attributes]}
            for label in self._labels.values()
        ]
        found: dict[str, Any] = {"label": {"labels": rows, "label_groups": [], "attributes": []}}
        joints = [
            {
                "label_id": at,
                "labels": list(label.skeleton.joints),
                "joints": [[first + 1, second + 1] for first, second in label.skeleton.bones],
                "positions": [],
            }
            for at, label in enumerate(self._labels.values())
            if label.skeleton
        ]
        colors = [
            {"label_id": at} | {part: int(label.color[1 + 2 * n : 3 + 2 * n], 16) for n, part in enumerate("rgb")}
            for at, label in enumerate(self._labels.values())
            if label.color
        ]
        return (
            found
            | ({"points": {"items": joints}} if joints else {})
            | ({"mask": {"colormap": colors}} if colors else {})
        )


class _Split:
    """The items of a split, in a temporary file until all labels are known."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._rows = _scratch(folder)
        self._seen = Seen()

    def add(self, item: Item, annotations: Sequence[Annotation], labels: _Labels, report: LossReport) -> None:
        report_item(item, report, _HELD)
        row, mark = self._item(item, report)
        rows: list[dict[str, Any]] = []
        count = 0
        ids: set[str] = set()
        for annotation in annotations:
            place = where(item, annotation)
            if annotation.source_id in ids:
                report.add("annotations' ids, which are given twice", place)
                annotation = msgspec.structs.replace(annotation, source_id=None)  # noqa: PLW2901 (it stands for it)
            ids.add(annotation.source_id or "")
            written = written_rows(annotation, place, report, group=len(rows) + 1)
            for each in written:
                each["label_id"] = labels.number(annotation.label) if each["type"] != "caption" else None
            rows += written
            count += bool(written)
        row |= {"annotations": rows} | ({MARK: mark} if mark else {})
        self._rows.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
        report.wrote(count)

    def _item(self, item: Item, report: LossReport) -> tuple[dict[str, Any], dict[str, Any]]:
        mark: dict[str, Any] = {}
        key = item.source_id
        if not key or unfit(key) or not self._seen.add(key):
            if key is not None:
                report.add("items' ids, which are given twice", item.name)
            mark["numbered"] = True
            key = stem(item.name) if self._seen.add(stem(item.name)) else item.name
            self._seen.add(key)
        row: dict[str, Any] = {"id": key, "image": {"path": item.name}}
        attributes = {name: value for name, value in item.metadata.items() if writable(name) and writable(value)}
        for name in item.metadata.keys() - attributes.keys():
            report.add("items' metadata", f"{item.name}: {name}")
        if attributes:
            row["attr"] = attributes
        sizes = {"height": item.height, "width": item.width}
        for side, value in sizes.items():
            if value is not None and not 0 <= value < 2**31:
                report.add(f"items' {side}", item.name)
                sizes[side] = None
        if None not in sizes.values():
            row["image"]["size"] = list(sizes.values())
        else:
            mark |= {side: value for side, value in sizes.items() if value is not None}
        return row, mark

    def finish(self, folder: Path, infos: dict[str, Any], categories: dict[str, Any]) -> None:
        path = contained(folder, f"annotations/{self.name}.json")
        path.parent.mkdir(exist_ok=True)
        head = {"dm_format_version": _VERSION, "media_type": _IMAGE, "infos": infos, "categories": categories}
        self._rows.seek(0)
        with self._rows, path.open("w", encoding="utf-8", newline="\n") as out:
            out.write(json.dumps(head, ensure_ascii=False, allow_nan=False)[:-1] + ', "items": [')
            for at, line in enumerate(self._rows):
                out.write(("," if at else "") + "\n" + line.removesuffix("\n"))
            out.write("\n]}\n")


def written_rows(annotation: Annotation, place: str, report: LossReport, group: int) -> list[dict[str, Any]]:
    """The rows for an annotation, without the numbers of labels; none (and a loss) if Datumaro cannot hold it. The
    parts of a polygon are rows of one `group`, that number where the annotation has none."""
    geometry = annotation.geometry
    texts = [annotation.label, annotation.source_id or "", geometry.text if isinstance(geometry, Transcript) else ""]
    if reason := next((reason for each in texts if (reason := unfit(each))), None):
        raise InputError(f"an annotation of {place!r} {reason}", "remove the character")
    ellipse = annotation.attributes.get("shape") == ELLIPSE and isinstance(geometry, Box)
    shapes = written_shapes(geometry, ellipse) if finite(geometry) and finite(annotation.box) else []
    if not shapes or not all(finite(_read(shape)) for shape in shapes):
        report.add(f"annotations of kind {geometry_kind(geometry)}", place)
        return []
    attributes = {key: value for key, value in annotation.attributes.items() if not (ellipse and key == "shape")}
    native = {
        key: attributes.pop(key) if _says(attributes.get(key), nothing) else nothing for key, nothing in NATIVE.items()
    }
    mark = _mark(annotation, shapes)
    if len(shapes) > 1 and native["group"] == 0:
        native["group"], mark["grouped"] = group, True
    if native["object_id"] == NATIVE["object_id"]:
        del native["object_id"]
    held = {key: value for key, value in attributes.items() if writable(key) and writable(value)}
    for key in attributes.keys() - held.keys():
        report.add("attributes", f"{place}: {key}")
    number = whole_number(annotation.source_id) if annotation.source_id else None
    rows: list[dict[str, Any]] = []
    for shape in shapes:
        kept = {"part": True} if rows else mark
        row: dict[str, Any] = {"id": number or 0, "attributes": held} | native | shape
        rows.append(row | ({MARK: kept} if kept else {}))
    return rows


def _says(value: AttributeValue, nothing: int) -> bool:
    """Whether an attribute can stand in a field of whole numbers, where `nothing` means that it is not given."""
    return isinstance(value, int) and not isinstance(value, bool) and value != nothing and writable(value)


def _mark(annotation: Annotation, shapes: list[dict[str, Any]]) -> dict[str, Any]:
    """What Datumaro's fields do not give back of an annotation."""
    geometry = annotation.geometry
    mark: dict[str, Any] = {}
    if isinstance(geometry, RotatedBox) or len(shapes) > 1 or _read(shapes[0]) != geometry:
        mark["geometry"] = msgspec.to_builtins(geometry)
    if annotation.box is not None:
        mark["box"] = msgspec.to_builtins(annotation.box)
    if isinstance(geometry, Transcript) and annotation.label != "caption":
        mark["label"] = annotation.label
    if annotation.source_id is not None and not whole_number(annotation.source_id):
        mark["source_id"] = annotation.source_id
    return mark


def _scratch(folder: Path) -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=folder)


def _read(shape: dict[str, Any]) -> Geometry:
    return read_shape(shape, DEFAULT_LIMITS)
