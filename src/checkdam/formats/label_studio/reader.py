"""Reads Label Studio's tasks, one at a time: the item of each, and what its annotations say."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from checkdam.formats.base import Entry, Event
from checkdam.formats.label_studio.config import NAMES, Config, read_config
from checkdam.formats.label_studio.media import kind_of, locate
from checkdam.formats.label_studio.results import MARK, Found, ResultReader, groups, relations, sizes
from checkdam.formats.label_studio.tasks import TaskFile, as_task, task_place
from checkdam.formats.media import with_sound
from checkdam.formats.taxonomies import read_taxonomy
from checkdam.formats.tree import Beside, Tree, plain_name, split_named, split_of_path, stem
from checkdam.formats.values import BadValueError, identifier, number, scalar, shown, size, text, unfit
from checkdam.guard.images import image_size
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Annotation,
    AttributeValue,
    InputError,
    Item,
    ItemKind,
    Label,
    Origin,
    Problems,
    Scalar,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
    own_key,
)

_KINDS: tuple[ItemKind, ...] = ("image", "audio", "text")
_OBJECT_KINDS: dict[str, ItemKind] = {"Image": "image", "Audio": "audio", "AudioPlus": "audio", "Text": "text"}


class _Source(Struct):
    """What a task is about: the field of its data, the kind of item, and the value."""

    key: str
    kind: ItemKind
    value: str


class LabelStudioReader:
    """Reads the tasks of several files. `read` is for one pass."""

    def __init__(self, tree: Tree | Beside, names: list[str], problems: Problems, limits: InputLimits) -> None:
        self._tree, self._names, self._problems, self._limits = tree, names, problems, limits
        self._taken: dict[str, str] = {}  # from an item's name to its place
        self._configs: dict[str, Config] = {}

    def events(self) -> Iterator[Event]:
        """The taxonomy, then the item and the annotations of each task."""
        yield self._taxonomy()
        for name in self._names:
            for task in TaskFile(self._tree.path(name), name, self._limits).tasks(self._problems):
                try:
                    entry = self._entry(task.value, task.origin)
                except BadValueError as error:
                    self._tell(task.origin, error)
                else:
                    yield entry
                    yield from self._annotations(task.value, task.origin, entry, self._problems)

    def _tell(self, origin: Origin, error: BadValueError, path: str = "") -> None:
        where = task_place(origin, ".".join(each for each in (path, error.path) if each))
        self._problems.add(where, error.what, error.remedy)

    def _config(self, name: str) -> Config:
        """The configuration for a file of tasks: beside it, else in the root."""
        folder = name.rpartition("/")[0]
        if folder not in self._configs:
            places = [f"{base}{each}" for base in dict.fromkeys((f"{folder}/" if folder else "", "")) for each in NAMES]
            found = (self._tree.find(place) for place in places)
            there = next((each for each in found if each), None)
            read = read_config(self._tree.path(there), there, self._problems, self._limits) if there else None
            self._configs[folder] = read or Config()
        return self._configs[folder]

    def _taxonomy(self) -> Taxonomy:
        for base in dict.fromkeys(name.rpartition("/")[0] for name in self._names):
            if found := read_taxonomy(self._tree.root / base, self._problems, self._limits):
                return found
        labels: dict[str, Label] = {}
        for name in self._names:
            for label in self._config(name).taxonomy().labels:
                labels.setdefault(label.name, label)
        if labels:
            return Taxonomy(labels=tuple(labels.values()))
        return Taxonomy(labels=tuple(Label(name=name) for name in sorted(self._labels_used())))

    def _labels_used(self) -> set[str]:
        """The labels that occur: they have to be told before the first annotation."""
        used: set[str] = set()
        passed = Problems()
        scan = LabelStudioReader(self._tree, self._names, passed, self._limits)
        scan._configs = self._configs
        for name in self._names:
            for task in TaskFile(self._tree.path(name), name, self._limits).tasks(passed):
                plain = _plain_labels(task.value)
                if plain is not None:
                    used |= plain
                    continue
                try:
                    entry = scan._entry(task.value, task.origin)
                except BadValueError:
                    continue
                used |= {each.label for each in scan._annotations(task.value, task.origin, entry, passed)}
        return {label for label in used if not unfit(label)}

    def _entry(self, row: dict[str, Any], origin: Origin) -> Entry:
        row = as_task(row, self._config(origin.file))
        data = row.get("data")
        if not isinstance(data, dict):
            raise BadValueError("data", f"is {shown(data)}, not an object", "give the task's data")
        meta = row.get("meta")
        mark = meta.get(MARK) if isinstance(meta, dict) else None
        mark = mark if isinstance(mark, dict) else {}
        source = self._source(data, mark, self._config(origin.file))
        key = None if row.get("id") is None else identifier(row["id"], "id")
        name, there = self._name(source, mark, key, origin)
        if name in self._taken:
            raise BadValueError("", f"is about {shown(name)}, as {self._taken[name]} is", "keep one task for each item")
        width, height = self._declared(row, mark) if source.kind == "image" else (None, None)
        split = mark.get("split") if mark else _split_of_file(origin.file)
        item = Item(
            id=item_id(name),
            kind=source.kind,
            name=name,
            width=width,
            height=height,
            text=text(source.value, f"data.{source.key}") if source.kind == "text" else None,
            duration=_optional_number(mark, "duration"),
            sample_rate=size(mark.get("sample_rate"), f"meta.{MARK}.sample_rate"),
            split=None if split is None else text(split, f"meta.{MARK}.split"),
            metadata=_metadata(row, data, source.key, mark),
            source_id=None if mark.get("numbered") is True else key,
            origin=origin,
        )
        self._taken[name] = task_place(origin)
        media = self._tree.path(name) if there else None
        return Entry(item if mark else with_sound(item, media, self._limits), media)

    def _source(self, data: dict[str, Any], mark: dict[str, Any], config: Config) -> _Source:
        """Which field of the data the task is about: the one the configuration shows, else by names and endings."""
        for tag, key in config.objects.values():
            kind = _OBJECT_KINDS.get(tag)
            if kind and isinstance(data.get(key), str) and mark.get("kind", kind) == kind:
                return _Source(key, kind, data[key])
        for kind in _KINDS:
            if isinstance(data.get(kind), str) and mark.get("kind", kind) == kind:
                return _Source(kind, kind, data[kind])
        texts = [(key, value) for key, value in data.items() if isinstance(value, str)]
        for key, value in texts:
            if kind := kind_of(value):
                return _Source(key, kind, value)
        if texts:
            return _Source(texts[0][0], "text", texts[0][1])
        raise BadValueError("data", "holds no image, sound or text", 'give one, such as "image": "a.jpg"')

    def _name(self, source: _Source, mark: dict[str, Any], key: str | None, origin: Origin) -> tuple[str, bool]:
        given = mark.get("name")
        if source.kind == "text":
            if isinstance(given, str) and given:
                return text(given, f"meta.{MARK}.name"), False
            return key or task_place(origin), False
        if isinstance(given, str):
            try:
                name = plain_name(given)
            except InputError as error:
                raise BadValueError(f"meta.{MARK}.name", error.detail, error.remedy) from error
            return name, name in self._tree
        return locate(self._tree, text(source.value, f"data.{source.key}"), origin.file.rpartition("/")[0])

    def _declared(self, row: dict[str, Any], mark: dict[str, Any]) -> tuple[int | None, int | None]:
        """The size that the task declares: that of its first result that gives one."""
        if mark:
            return size(mark.get("width"), f"meta.{MARK}.width"), size(mark.get("height"), f"meta.{MARK}.height")
        for annotation in _list(row.get("annotations")):
            results = annotation.get("result") if isinstance(annotation, dict) else None
            for result in _list(results):
                if isinstance(result, dict) and "original_width" in result:
                    try:
                        found = sizes(result)
                    except BadValueError:
                        continue  # told where the result is read
                    if found:
                        return found
        return None, None

    def _annotations(
        self, row: dict[str, Any], origin: Origin, entry: Entry, problems: Problems
    ) -> Iterator[Annotation]:
        config = self._config(origin.file)
        row = as_task(row, config)
        keys: set[str] = set()
        reader = ResultReader(entry.item, _size_of(entry, row, self._limits), config, self._limits)
        for number_, annotation in enumerate(_list(row.get("annotations"))):
            path = f"annotations[{number_}]"
            if not isinstance(annotation, dict) or not isinstance(annotation.get("result", []), list):
                self._tell_row(origin, path, "is no annotation with a list 'result'", problems)
                continue
            if cancelled(annotation):
                continue
            try:
                said = _annotator(annotation)
                results = annotation.get("result", [])
                related = relations(results)
            except BadValueError as error:
                self._tell_row(origin, f"{path}.{error.path}", error.what, problems, error.remedy)
                continue
            for places in groups(results):
                try:
                    found = reader.read(results, places, related)
                except BadValueError as error:
                    where = f"{path}.result[{places[0]}].{error.path}".rstrip(".")
                    self._tell_row(origin, where, error.what, problems, error.remedy)
                    continue
                found.attributes = said | found.attributes
                yield _annotation(entry.item, found, _result_origin(origin, row, number_, found.at), keys)
            for at, result in enumerate(results):
                if not isinstance(result, dict):
                    self._tell_row(origin, f"{path}.result[{at}]", f"is {shown(result)}, not an object", problems)

    def _tell_row(self, origin: Origin, path: str, what: str, problems: Problems, remedy: str = "remove it") -> None:
        problems.add(task_place(origin, path), what, remedy or "remove it")


def _plain_labels(row: dict[str, Any]) -> set[str] | None:
    """The labels of a task whose results are all parts with an id and labels of their own; None for another task."""
    found: set[str] = set()
    ids: set[str] = set()
    for annotation in _list(row.get("annotations")):
        if not isinstance(annotation, dict) or cancelled(annotation):
            continue
        for result in _list(annotation.get("result")):
            label = _plain_label(result)
            if label is None or result["id"] in ids:
                return None
            ids.add(result["id"])
            found.add(label)
    return found if ids else None


def _plain_label(result: Any) -> str | None:
    """The label of a part with an id that our writer kept nothing of; None for another result."""
    if not isinstance(result, dict) or "meta" in result or not isinstance(result.get("id"), str):
        return None
    kind, value = result.get("type"), result.get("value")
    if not isinstance(kind, str) or not kind.endswith("labels") or not isinstance(value, dict):
        return None
    labels = value.get(kind)
    if isinstance(labels, list) and labels and isinstance(labels[0], str):
        return labels[0] or None
    return None


def cancelled(annotation: dict[str, Any]) -> bool:
    """Whether the annotator passed the task over; Label Studio's own exports leave such annotations out, too."""
    return annotation.get("was_cancelled") is True or annotation.get("skipped") is True


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _size_of(entry: Entry, row: dict[str, Any], limits: InputLimits) -> tuple[int, int] | None:
    """The size by which results without one are read: the declared one, else (asked only if need be) the image's."""
    item = entry.item
    if item.width and item.height:
        return item.width, item.height
    if entry.media is None or item.kind != "image" or not row.get("annotations"):
        return None
    try:
        return image_size(entry.media, limits)
    except InputError:
        return None


def _annotation(item: Item, found: Found, origin: Origin, keys: set[str]) -> Annotation:
    key = own_key(found.source_id) if found.source_id else ordinal_key(len(keys))
    while key in keys:
        key += "#"  # copies of an annotation keep the ids of its results
    keys.add(key)
    return Annotation(
        id=annotation_id(item.id, key),
        item_id=item.id,
        label=found.label,
        geometry=found.geometry,
        box=found.box,
        attributes=found.attributes,
        source_id=found.source_id,
        origin=origin,
    )


def _result_origin(origin: Origin, row: dict[str, Any], number_: int, at: int) -> Origin:
    """The place of a result: an index in the array that its path names."""
    path = row.get("arrays", {}).get((number_, at))
    array, at = path or (f"annotations[{number_}].result", at)
    if row.get("whole"):
        array = "result"
    if origin.array is not None:
        return Origin(origin.file, at, f"[{origin.at}].{array}")
    return Origin(origin.file, at, array if origin.at is None else f"{origin.at}.{array}")


def _annotator(annotation: dict[str, Any]) -> dict[str, AttributeValue]:
    """What is kept of an annotation as attributes of each of its results: by whom it is, its id, whether it is true."""
    said: dict[str, AttributeValue] = {}
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        by = by.get("email") or by.get("id")
    if isinstance(by, int | str) and not isinstance(by, bool):
        said["completed_by"] = scalar(by, "completed_by")
    if annotation.get("ground_truth") is True:
        said["ground_truth"] = True
    if annotation.get("id") is not None:
        said["annotation_id"] = scalar(annotation["id"], "id")
    return said


def _metadata(row: dict[str, Any], data: dict[str, Any], key: str, mark: dict[str, Any]) -> dict[str, Scalar]:
    """The other fields of the data, those of `meta`, and how many annotations and predictions are not read."""
    found = {text(name, "data"): scalar(value, f"data.{name}") for name, value in data.items() if name != key}
    kept = mark.get("metadata")
    if isinstance(kept, dict):
        found |= {text(name, "meta"): scalar(value, f"meta.{MARK}.{name}") for name, value in kept.items()}
    meta = row.get("meta")
    for name, value in meta.items() if isinstance(meta, dict) else ():
        if name != MARK:
            found.setdefault(f"meta.{text(name, 'meta')}", scalar(value, f"meta.{name}"))
    passed_over = sum(isinstance(each, dict) and cancelled(each) for each in _list(row.get("annotations")))
    for name, count in (("cancelled_annotations", passed_over), ("predictions", len(_list(row.get("predictions"))))):
        if count:
            found.setdefault(name, count)
    return found


def _optional_number(mark: dict[str, Any], key: str) -> float | None:
    return None if mark.get(key) is None else number(mark[key], f"meta.{MARK}.{key}")


def _split_of_file(name: str) -> str | None:
    return split_named(stem(name).rpartition("/")[2]) or split_of_path(name)
