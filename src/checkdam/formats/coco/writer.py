"""Writes COCO: `annotations/instances_<split>.json` for each split, media at the items' own names."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from checkdam.formats.base import LossReport, MediaSource, Record
from checkdam.formats.coco.reader import MARK, RESULTS
from checkdam.formats.coco.shapes import NUMERIC_FIELDS, is_number, outline_is_kept, written_shape
from checkdam.formats.output import check_item, finite, new_folder, place_media, report_item, report_taxonomy, where
from checkdam.formats.seen import Seen
from checkdam.formats.values import whole_number, writable, written_identifier
from checkdam.guard.paths import contained, safe_name
from checkdam.schema import Annotation, AttributeValue, InputError, Item, Label, Scalar, Taxonomy

_MOST_SPLITS = 100
_encode = msgspec.json.Encoder().encode
_IMAGE_FIELDS = frozenset({"id", "file_name", "width", "height"})


Written = Callable[[Annotation, str, LossReport], dict[str, Any] | None]
"""Makes the fields of an annotation's row but for its ids; None (and a loss) if it cannot be held. The text is where
the annotation is, for the report."""


def write_coco(
    target: Path,
    taxonomy: Taxonomy,
    records: Iterable[Record],
    media: MediaSource | None,
    written: Written | None = None,
) -> LossReport:
    """Writes the folder `target`; memory does not grow with the number of annotations. With `written`, the rows that it
    makes of annotations become lists of results beside files without annotations."""
    report = LossReport()
    report_taxonomy(taxonomy, report, frozenset({"skeleton", "parent", "color", "source_id"}))
    categories = _Categories(taxonomy, report)
    splits: dict[str | None, _Split] = {}
    with new_folder(target) as folder:
        for item, annotations in records:
            if item.kind != "image":
                report.add("items that are no images", item.name)
                continue
            check_item(item)
            place_media(folder, item, media, report)
            if item.split not in splits:
                if len(splits) == _MOST_SPLITS:
                    raise InputError(f"there are more than {_MOST_SPLITS} splits", "join some, or choose JSON Lines")
                splits[item.split] = _Split(folder, written or written_annotation)
            splits[item.split].add(item, annotations, categories, report)
        taken: set[str] = set()
        for split, part in (splits or {None: _Split(folder, written or written_annotation)}).items():
            ending = _free_ending(split, taken)
            results = f"results{ending}" if written else None
            head = _head(split, taxonomy, report)
            part.finish(folder, f"annotations/instances{ending}", head, categories, results)
    return report


def _free_ending(split: str | None, taken: set[str]) -> str:
    base = "" if split is None else f"_{safe_name(split)}"
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name.lower())
    return f"{name}.json"


def _head(split: str | None, taxonomy: Taxonomy, report: LossReport) -> dict[str, Any]:
    """The fields before the images: what reading put into the taxonomy's metadata goes back to its place."""
    info: dict[str, Any] = {}
    licenses: dict[str, dict[str, Any]] = {}
    rest: dict[str, Scalar] = {}
    for key, value in taxonomy.metadata.items():
        if not (writable(key) and writable(value)):
            report.add("the taxonomy's metadata", key)
        elif key.startswith("info.") and key != f"info.{MARK}":
            info[key.removeprefix("info.")] = value
        elif key.startswith("license.") and key.count(".") > 1 and not key.endswith(".id") and key[8] != ".":
            number, _, name = key.removeprefix("license.").rpartition(".")
            licenses.setdefault(number, {"id": written_identifier(number)})[name] = value
        else:
            rest[key] = value
    info[MARK] = {"split": split} | ({"metadata": rest} if rest else {})
    return {"info": info, "licenses": list(licenses.values())}


class _Categories:
    """The category ids: those of the source where they are given and differ, else free ones."""

    def __init__(self, taxonomy: Taxonomy, report: LossReport) -> None:
        self.rows: list[dict[str, Any]] = []
        self._ids: dict[str, int | str] = {}
        self._taken = {label.source_id for label in taxonomy.labels if label.source_id}
        self._report = report
        given: set[str] = set()
        for label in taxonomy.labels:
            if label.name in self._ids:
                report.add("labels of the same name", label.name)
                continue
            key = label.source_id
            if key is not None and (key in given or not key or not writable(key)):
                report.add("labels' ids, which are given twice", label.name)
                key = None
            given.add(key := key or self._free())
            self._add(label, key)

    def _free(self) -> str:
        numbers = (number for each in self._taken if isinstance(number := written_identifier(each), int))
        found = str(max(max(numbers, default=0), 0) + 1)
        self._taken.add(found)
        return found

    def _add(self, label: Label, key: str) -> None:
        row: dict[str, Any] = {
            "id": written_identifier(key),
            "name": label.name,
            "supercategory": label.parent or "",
        }
        if label.color:
            row["color"] = label.color
        if label.skeleton:
            row["keypoints"] = list(label.skeleton.joints)
            row["skeleton"] = [[first + 1, second + 1] for first, second in label.skeleton.bones]
        self.rows.append(row)
        self._ids[label.name] = row["id"]

    def id_of(self, label: str) -> int | str:
        """The id for an annotation's label. A number that no category has stands for itself, as it was read; another
        label that the taxonomy lacks becomes a category."""
        if label not in self._ids:
            if label not in self._taken and isinstance(number := written_identifier(label), int):
                self._taken.add(label)
                self._ids[label] = number
            else:
                self._report.add("labels that the taxonomy lacks, added to it", label)
                self._add(Label(name=label), self._free())
        return self._ids[label]


class _Split:
    """The images and annotations of a split, in two temporary files until all ids are known. A line is: the id or
    nothing, for annotations the number of the image, then the row's JSON without ids."""

    def __init__(self, folder: Path, written: Written) -> None:
        self._written = written
        self._images = _scratch(folder)
        self._annotations = _scratch(folder)
        self._image_ids = _Ids("items' ids, which are given twice")
        self._annotation_ids = _Ids("annotations' ids, which are given twice")
        self._count = 0

    def add(self, item: Item, annotations: Sequence[Annotation], categories: _Categories, report: LossReport) -> None:
        report_item(item, report, frozenset({"width", "height", "split", "source_id", "metadata"}))
        row = {"file_name": item.name} | _sizes(item, report)
        for key, value in item.metadata.items():
            if key in _IMAGE_FIELDS or not (writable(key) and writable(value)):
                report.add("items' metadata", f"{item.name}: {key}")
            else:
                row[key] = value
        key = self._image_ids.take(item.source_id, item.name, report)
        self._images.write(f"{key}\t{_dumped(row)}\n")
        written = 0
        for annotation in annotations:
            place = where(item, annotation)
            fields = self._written(annotation, place, report)
            if fields is not None:
                written += 1
                fields["category_id"] = categories.id_of(annotation.label)
                key = self._annotation_ids.take(annotation.source_id, place, report)
                self._annotations.write(f"{key}\t{self._count}\t{_dumped(fields)}\n")
        self._count += 1
        report.wrote(written)

    def finish(
        self, folder: Path, name: str, head: dict[str, Any], categories: _Categories, results: str | None
    ) -> None:
        """Writes the file of the split, or with `results` two: the annotations then become a list in that file. Arrays
        whose ids are all of our giving are named in the mark."""
        ids = {"images": self._image_ids, "annotations": self._annotation_ids}
        if numbered := [array for array, each in ids.items() if each.gave_all()]:
            head["info"][MARK]["numbered"] = numbered
        if results:
            head["info"][MARK][RESULTS] = results
        path = contained(folder, name)
        path.parent.mkdir(exist_ok=True)
        images: list[str] = []
        with path.open("w", encoding="utf-8", newline="\n") as out:
            out.write(_dumped(head)[:-1] + ',"images":[')
            for line in _lines(self._images):
                key, _, row = line.partition("\t")
                images.append(self._image_ids.final(key))
                out.write(f'{"," if len(images) > 1 else ""}\n{{"id":{images[-1]},{row[1:]}')
            out.write('],\n"annotations":[')
            out.writelines(() if results else self._rows(images, numbered=True))
            out.write(f'],\n"categories":{_dumped(categories.rows)}}}\n')
        if results:
            with contained(folder, results).open("w", encoding="utf-8", newline="\n") as out:
                out.write("[")
                out.writelines(self._rows(images, numbered=False))
                out.write("]\n")

    def _rows(self, images: Sequence[str], *, numbered: bool) -> Iterator[str]:
        """The annotations, each with its image's id and its own: one of its source or, if `numbered`, a new one."""
        for at, line in enumerate(_lines(self._annotations)):
            key, image, row = line.split("\t", 2)
            final = self._annotation_ids.final(key) if numbered else key
            own = f'"id":{final},' if final else ""
            yield f'{"," if at else ""}\n{{{own}"image_id":{images[int(image)]},{row[1:]}'


class _Ids:
    """Gives ids to the rows of an array: the source's own where it is new, else one above all of those."""

    def __init__(self, loss: str) -> None:
        self._seen = Seen()
        self._next = 1
        self._loss = loss
        self._given = self._missing = False

    def gave_all(self) -> bool:
        """Whether there are rows, none of which had an id."""
        return self._missing and not self._given

    def take(self, source_id: str | None, place: str, report: LossReport) -> str:
        """The JSON of the id, or nothing where one is to be given at the end."""
        if source_id is None:
            self._missing = True
            return ""
        self._given = True
        number = whole_number(source_id)
        if number is not None and self._seen.add_number(number):
            self._next = max(self._next, number + 1)
            return source_id
        if number is not None or not source_id or not writable(source_id) or not self._seen.add(source_id):
            report.add(self._loss, place)
            return ""
        return _dumped(source_id)

    def final(self, key: str) -> str:
        if key:
            return key
        self._next += 1
        return str(self._next - 1)


def written_annotation(annotation: Annotation, place: str, report: LossReport) -> dict[str, Any] | None:
    """The fields of an annotation's row but for its ids; None (and a loss) if COCO cannot hold it."""
    if not (finite(annotation.geometry) and (annotation.box is None or finite(annotation.box))):
        report.add("annotations whose coordinates are no finite numbers", place)
        return None
    numeric: dict[str, AttributeValue] = {
        name: value
        for name in NUMERIC_FIELDS
        if (value := annotation.attributes.get(name)) is not None and is_number(value) and writable(value)
    }
    fields = written_shape(annotation, numeric, place, report)
    if fields is None:
        return None
    others: dict[str, Any] = {}
    for name, value in () if len(numeric) == len(annotation.attributes) else annotation.attributes.items():
        if name in numeric or (name == "segmentation" and outline_is_kept(annotation)):
            continue
        if writable(name) and writable(value):
            others[name] = value
        else:
            report.add("attributes", f"{place}: {name}")
    return fields | ({"attributes": others} if others else {})


def _sizes(item: Item, report: LossReport) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name in ("width", "height"):
        value = getattr(item, name)
        if value is not None and 0 <= value < 2**31:
            row[name] = value
        elif value is not None:
            report.add(f"items' {name}", item.name)
    return row


def _scratch(folder: Path) -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=folder)


def _lines(file: IO[str]) -> Iterable[str]:
    file.seek(0)
    with file:
        for line in file:
            yield line.removesuffix("\n")


def _dumped(value: object) -> str:
    """Compact JSON. What comes here was looked at before: finite numbers and text that is Unicode."""
    return _encode(value).decode()
