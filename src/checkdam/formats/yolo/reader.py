"""Reads a folder of YOLO label files."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct, field

from checkdam.formats.base import Entry, Event
from checkdam.formats.tree import Tree, hidden, is_image_name, plain_name, split_named, split_of_path, stem
from checkdam.formats.values import BadValueError, shown, unfit
from checkdam.formats.yolo.lines import read_line
from checkdam.formats.yolo.oriented import is_turned
from checkdam.guard.files import read_text
from checkdam.guard.images import IMAGE_SUFFIXES, image_size
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Annotation,
    InputError,
    Item,
    Label,
    Origin,
    Problems,
    RotatedBox,
    Skeleton,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
)

MARK = "checkdam"
"""The key in `data.yaml` under which our writer lists every split; with it, no folder's name is taken for one."""

_CONFIG_BYTES = 4 * 1024 * 1024
_YAML_DEPTH = 20
_SAMPLE_BYTES = 1 << 14
_SAMPLE_LINES = 20
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # builds texts, lists and dictionaries only
_MISSING_LINE = re.compile(r"(?:([0-9]{1,10}) ([0-9]{1,10})|- -) (.+)")
_NAME_FILES = frozenset({"classes.txt", "obj.names", "_darknet.labels", "predefined_classes.txt"})
_LABEL_LINE = re.compile(r"\s*\d+(\.0+)?(\s+[-+.\deE]+){4,}\s*")


class Config(Struct):
    """What the YAML file says: class names by number, paths by split, the joints of poses, the folders that paths
    start from."""

    file: str = ""
    names: dict[int, str] = field(default_factory=dict)
    paths: dict[str, list[str]] = field(default_factory=dict)
    joints: tuple[int, int] | None = None
    base: str = ""
    marked: bool = False
    missing: str = ""  # our writer's list of images that were not there, with their sizes
    oriented: bool | None = None  # None where it is not said
    skeletons: dict[int, Skeleton] = field(default_factory=dict)
    flip: str = ""  # the numbers of the joints in a mirrored image, as JSON


def load_yaml(text: str) -> Any:
    """A YAML document with every scalar as text (so that `no` stays a name). No aliases, whose expansion can take
    exponential time. Raises `InputError`."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _YAML_DEPTH:
                raise InputError(f"is nested deeper than {_YAML_DEPTH} levels", "write it flat")
            if isinstance(event, yaml.AliasEvent):
                raise InputError("holds an alias (*name)", "write the value out")
        return _LOADER(text).get_single_data()
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"is no YAML: {' '.join(str(error).split())[:200]}", "mend the file") from error


def find_config(tree: Tree, problems: Problems) -> Config | None:
    """The shallowest YAML file with class names."""
    files = sorted(tree.with_suffix(".yaml", ".yml"), key=lambda name: (name.count("/"), name))
    for name in files[:100]:
        try:
            document = load_yaml(read_text(tree.path(name), _CONFIG_BYTES))
        except InputError as error:
            problems.add(name, error.detail, error.remedy)
            continue
        if isinstance(document, dict) and "names" in document:
            return _config(name, document, problems)
    return None


def _config(name: str, document: dict[Any, Any], problems: Problems) -> Config:
    config = Config(file=name)
    names = document["names"]
    pairs = (
        list(enumerate(names)) if isinstance(names, list) else list(names.items() if isinstance(names, dict) else ())
    )
    if not isinstance(names, dict | list):
        problems.add(f"{name}#names", f"is {shown(names)}, not a list of class names", "list the names")
    for key, label in pairs:
        number = int(key) if re.fullmatch(r"[0-9]{1,9}", str(key)) else None
        if number is None or not isinstance(label, str) or not label or unfit(label):
            problems.add(f"{name}#names[{shown(key)}]", f"is {shown(label)}, not a class name", "give number and name")
        elif number in config.names or label in config.names.values():
            problems.add(f"{name}#names[{number}]", f"{shown(label)} is given twice", "give each class its own name")
            config.names.setdefault(number, label)
        else:
            config.names[number] = label
    mark = document.get(MARK)
    splits = mark.get("splits") if isinstance(mark, dict) else None
    config.marked = isinstance(splits, dict)
    missing = mark.get("missing") if isinstance(mark, dict) else None
    config.missing = missing if isinstance(missing, str) else ""
    for key, value in (splits if isinstance(splits, dict) else document).items():
        split = key if config.marked else split_named(str(key))
        paths = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        if isinstance(split, str) and not unfit(split):
            config.paths.setdefault(split, []).extend(path for path in paths if isinstance(path, str) and path)
    base = document.get("path")
    config.base = base if isinstance(base, str) else ""
    config.joints = _joints(document.get("kpt_shape"), name, problems)
    _read_pose(config, document, mark if isinstance(mark, dict) else {})
    task = document.get("task")
    oriented = mark.get("oriented") if isinstance(mark, dict) else None
    config.oriented = oriented == "true" if oriented or config.marked else True if task == "obb" else None
    return config


def _read_pose(config: Config, document: dict[Any, Any], mark: dict[Any, Any]) -> None:
    """The joints' names and what a mirrored image makes of them, where they are given and fit `kpt_shape`."""
    count = config.joints[0] if config.joints else 0
    names, bones = document.get("kpt_names"), mark.get("bones")
    for key, joints in names.items() if isinstance(names, dict) and count else ():
        fits = isinstance(joints, list) and len(joints) == count and re.fullmatch(r"[0-9]{1,9}", str(key))
        if fits and all(isinstance(one, str) and not unfit(one) for one in joints):
            pairs = bones.get(key) if isinstance(bones, dict) else None
            config.skeletons[int(key)] = Skeleton(tuple(joints), tuple(_bones(pairs, count)))
    flip = document.get("flip_idx")
    numbers = [int(one) for one in flip if re.fullmatch(r"[0-9]{1,4}", str(one))] if isinstance(flip, list) else []
    if count and sorted(numbers) == list(range(count)) and mark.get("flip") != "computed":
        config.flip = json.dumps(numbers)


def _bones(pairs: object, count: int) -> Iterator[tuple[int, int]]:
    for pair in pairs if isinstance(pairs, list) else ():
        ends = [int(one) for one in pair if re.fullmatch(r"[0-9]{1,4}", str(one))] if isinstance(pair, list) else []
        if len(ends) == 2 and max(ends) < count:
            yield ends[0], ends[1]


def _joints(value: object, name: str, problems: Problems) -> tuple[int, int] | None:
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 2 and all(re.fullmatch(r"[0-9]{1,4}", str(each)) for each in value):
        count, step = int(value[0]), int(value[1])
        if count and step in (2, 3):
            return count, step
    problems.add(f"{name}#kpt_shape", f"is {shown(value)}, not a number of joints and 2 or 3", "give [joints, 3]")
    return None


def label_files(tree: Tree, image: str) -> Iterator[str]:
    """The label files that may belong to an image, in the order in which they are looked for: in the folder `labels`
    that corresponds to the last folder `images`, then beside it."""
    parts = stem(image).split("/")
    for at in range(len(parts) - 2, -1, -1):
        if parts[at].lower() == "images":
            if found := tree.find("/".join([*parts[:at], "labels", *parts[at + 1 :]]) + ".txt"):
                yield found
            break
    if (found := tree.find(stem(image) + ".txt")) and found.rpartition("/")[2] not in _NAME_FILES:
        yield found


def looks_like_labels(tree: Tree, name: str) -> bool:
    """Whether one of the first lines of a file is a class and coordinates."""
    try:
        with tree.path(name).open("rb") as file:
            head = file.read(_SAMPLE_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        return False
    return any(_LABEL_LINE.fullmatch(line[:1000]) for line in head.lstrip().split("\n")[:_SAMPLE_LINES])


def _rectangle_of(line: str, size: tuple[int, int]) -> RotatedBox | None:
    try:
        geometry = read_line(line, size, None, oriented=True).geometry
    except BadValueError:
        return None
    return geometry if isinstance(geometry, RotatedBox) else None


class YoloFolder:
    """A root while it is read."""

    def __init__(self, root: Path, problems: Problems, limits: InputLimits) -> None:
        self._problems, self._limits = problems, limits
        self._tree = Tree(root, limits)
        self._tree.tell_refused(problems, {".txt", *IMAGE_SUFFIXES})
        self._config = find_config(self._tree, problems) or Config()
        self._oriented = False
        self._lists: set[str] = set()
        self._claimed: set[str] = set()

    def events(self) -> Iterator[Event]:
        """The taxonomy, then each image's item and annotations."""
        images = self._images()
        labels = {name: next(label_files(self._tree, name), None) for name in images}
        self._oriented = self._are_oriented(labels)
        yield self._names([label for label in labels.values() if label])
        for name, split in images.items():
            yield from self._image(name, split, labels[name])
        self._tell_unclaimed()

    def places(self, items: Sequence[Item]) -> dict[str, list[Origin]]:
        """Of each item its image, its label files unless an image that stays has them too (`a.jpg` and `a.png` share
        theirs), and its lines in the lists that the YAML file names."""
        found: dict[str, list[Origin]] = {item.name: [] for item in items}
        images = self._images()
        kept = {label for name in images if name not in found for label in label_files(self._tree, name)}
        for name in found.keys() & images.keys():
            labels = [label for label in label_files(self._tree, name) if label not in kept]
            found[name] += [Origin(file) for file in (name, *labels) if file in self._tree]
        for each in sorted(self._lists):
            for at, name in self._listed(each):
                if name in found:
                    found[name].append(Origin(each, at))
        for name, (at, _) in self._missing.items():
            if name in found:
                found[name].append(Origin(self._missing_list, at))
        return {item.id: found[item.name] for item in items}

    def _images(self) -> dict[str, str | None]:
        """The images of the dataset with their splits, sorted."""
        splits: dict[str, str | None] = {}
        for split, paths in self._config.paths.items():
            for path in paths:
                for name in self._at(path):
                    splits.setdefault(name, split)
        by_folder = not splits and not self._config.marked
        for name in self._tree.images:
            in_place = "images" in name.lower().split("/")[:-1]
            if name not in splits and (in_place or next(label_files(self._tree, name), None)):
                splits[name] = split_of_path(name) if by_folder else None
        for name in self._missing:
            splits.setdefault(name, None)
        return dict(sorted(splits.items()))

    @property
    def _missing_list(self) -> str:
        return f"{self._config.file.rpartition('/')[0]}/{self._config.missing}".lstrip("/")

    @cached_property
    def _missing(self) -> dict[str, tuple[int, tuple[int, int] | None]]:
        """The images of the list of those that were not there and are not now: line and size."""
        found: dict[str, tuple[int, tuple[int, int] | None]] = {}
        folder, list_name = self._config.file.rpartition("/")[0], self._missing_list
        for at, line in enumerate(
            self._lines(list_name) if self._config.missing and list_name in self._tree else (), 1
        ):
            match = _MISSING_LINE.fullmatch(line)
            try:
                plain = plain_name(match[3]) if match else ""
            except InputError:
                plain = ""
            if match is None or not is_image_name(plain) or hidden(plain):
                if line:
                    self._problems.add(f"{list_name}:{at}", f"is no size and image: {shown(line)}", "remove the line")
            elif (name := f"{folder}/{plain}".lstrip("/")) not in self._tree:
                width, height = int(match[1] or 0), int(match[2] or 0)
                found[name] = at, (width, height) if min(width, height) > 0 and max(width, height) < 2**31 else None
        return found

    def _at(self, path: str) -> list[str]:
        """The images that a path of the YAML file stands for: those of a folder, or of a list."""
        for candidate in self._candidates(path):
            if candidate.lower().endswith(".txt"):
                if name := self._tree.find(candidate):
                    return [image for _, image in self._listed(name)]
                continue
            prefix = candidate.rstrip("/") + "/" if candidate not in ("", ".") else ""
            inside = [name for name in self._tree.images if name.startswith(prefix)]
            if inside:
                return inside
        return []

    def _candidates(self, path: str) -> Iterator[str]:
        """A path from its bases to the root; without the `../` that Roboflow writes; of an absolute path of another
        machine, ends of at least two parts."""
        plain = path.replace("\\", "/")
        absolute = plain.startswith("/") or bool(re.match(r"[A-Za-z]:", plain))
        parts = [part for part in plain.split("/") if part not in ("", ".")]
        while parts and parts[0] == "..":
            parts.pop(0)
        if ".." in parts:
            self._problems.add(self._config.file, f"the path {shown(path)} climbs out of its folder", "mend the path")
            return
        own = "/".join(parts)
        if absolute:
            yield from ("/".join(parts[at:]) for at in range(len(parts) - 1))
            return
        folder = self._config.file.rpartition("/")[0]
        base = self._config.base.replace("\\", "/").strip("/").removeprefix("./")
        for start in dict.fromkeys((f"{folder}/{base}".strip("/"), folder, base, base.rpartition("/")[2], "")):
            yield f"{start}/{own}".strip("/")

    def _listed(self, name: str) -> Iterator[tuple[int, str]]:
        """The lines of a list with the images that they name."""
        self._lists.add(name)
        folder = name.rpartition("/")[0]
        for at, line in enumerate(self._lines(name), 1):
            path = line.replace("\\", "/") if "\\" in line else line
            if not path.strip():
                continue
            plain = path.removeprefix("./")
            found = (
                self._tree.find(f"{folder}/{plain}".lstrip("/"))
                or self._tree.find(plain)
                or self._tree.find(plain.strip())
                or next((each for each in (f"{folder}/{plain}".lstrip("/"),) if each in self._missing), None)
                or self._far(plain.strip())
            )
            if found:
                yield at, found
            else:
                self._problems.add(f"{name}:{at}", f"names no image of the dataset: {shown(line)}", "remove the line")

    def _far(self, path: str) -> str | None:
        """A path of another machine, by its end."""
        try:
            parts = plain_name(path.lstrip("/").removeprefix("../")).split("/")
        except InputError:
            return None
        ends = ("/".join(parts[at:]) for at in range(len(parts)))
        return next((found for end in ends if "/" in end and (found := self._tree.find(end))), None)

    def _lines(self, name: str) -> list[str]:
        try:
            text = read_text(self._tree.path(name), self._limits.document_bytes)
        except InputError as error:
            self._problems.add(name, error.detail, error.remedy)
            return []
        return [line.removesuffix("\r") for line in text.split("\n")]

    def _names(self, labels: list[str]) -> Taxonomy:
        """The classes: of the YAML file, else of a list of names, else the numbers that occur."""
        if not self._config.file:
            lists = [name for name in self._tree.names if name.rpartition("/")[2].lower() in _NAME_FILES]
            for name in lists[:1]:
                lines = [line.strip() for line in self._lines(name)]
                for number, label in enumerate(lines):
                    if label and not unfit(label) and label not in self._config.names.values():
                        self._config.names[number] = label
            if not lists:
                found = {category for label in labels for category in self._categories(label)}
                self._config.names = {category: str(category) for category in sorted(found)}
        joints, skeletons = self._config.joints, self._config.skeletons
        numbered = Skeleton(tuple(str(joint) for joint in range(1, joints[0] + 1))) if joints else None
        others = None if skeletons or self._config.marked else numbered
        unique = {label: number for number, label in reversed(self._config.names.items())}
        return Taxonomy(
            labels=tuple(
                Label(name=label, source_id=str(number), skeleton=skeletons.get(number, others))
                for label, number in sorted(unique.items(), key=lambda each: each[1])
            ),
            metadata={"flip_idx": self._config.flip} if self._config.flip else {},
        )

    def _are_oriented(self, labels: Mapping[str, str | None]) -> bool:
        """Whether the set is one of oriented boxes: see `checkdam.formats.yolo.oriented`. Stops at the first line that
        is none."""
        if self._config.oriented is not None or self._config.joints:
            return bool(self._config.oriented)
        turned = False
        for image, label in labels.items():
            lines = [line for line in self._quiet_lines(label) if line.strip()] if label else []
            size = self._quiet_size(image) if lines else None
            for line in lines:
                box = _rectangle_of(line, size) if size else None
                if box is None:
                    return False
                turned = turned or is_turned(box)
        return turned

    def _quiet_lines(self, name: str) -> list[str]:
        try:
            return read_text(self._tree.path(name), self._limits.document_bytes).split("\n")
        except InputError:
            return []  # told when the file is read for its boxes

    def _quiet_size(self, name: str) -> tuple[int, int] | None:
        try:
            return self._missing[name][1] if name in self._missing else image_size(self._tree.path(name), self._limits)
        except InputError:
            return None

    def _categories(self, name: str) -> Iterator[int]:
        for line in self._quiet_lines(name):
            if match := re.match(r"\s*([0-9]{1,9})\s", line):
                yield int(match[1])

    def _image(self, name: str, split: str | None, label: str | None) -> Iterator[Event]:
        path = None if name in self._missing else self._tree.path(name)
        try:
            size = image_size(path, self._limits) if path else self._missing[name][1]
        except InputError as error:
            size = None
            if label and any(line.strip() for line in self._lines(label)):
                what = f"the image has no readable size, so that its boxes cannot be placed: {error.detail}"
                self._problems.add(name, what, error.remedy)
        width, height = size or (None, None)
        item = Item(
            id=item_id(name),
            kind="image",
            name=name,
            width=width,
            height=height,
            split=split,
            origin=Origin(label or name),
        )
        yield Entry(item, path)
        if label:
            self._claimed.add(label)
            if size:
                yield from self._annotations(label, item, size)

    def _annotations(self, file: str, item: Item, size: tuple[int, int]) -> Iterator[Annotation]:
        ordinal = -1
        for at, text in enumerate(self._lines(file), 1):
            if not text.strip():
                continue
            try:
                line = read_line(text, size, self._config.joints, oriented=self._oriented)
            except BadValueError as error:
                self._problems.add(f"{file}:{at}", f"{error.path} {error.what}".strip(), error.remedy)
                continue
            ordinal += 1
            yield Annotation(
                id=annotation_id(item.id, ordinal_key(ordinal)),
                item_id=item.id,
                label=self._config.names.get(line.category, str(line.category)),
                geometry=line.geometry,
                box=line.box,
                attributes=line.attributes,
                origin=Origin(file, at),
            )

    @cached_property
    def _label_folders(self) -> frozenset[str]:
        return frozenset(name.rpartition("/")[0] for name in self._claimed)

    def _tell_unclaimed(self) -> None:
        for name in self._tree.with_suffix(".txt"):
            folder, _, file = name.rpartition("/")
            if name in self._claimed or name in self._lists or file.lower() in _NAME_FILES:
                continue
            in_place = "labels" in folder.lower().split("/") or folder in self._label_folders
            if in_place and looks_like_labels(self._tree, name):
                self._problems.add(name, "there is no image for this label file", "add the image or remove the file")
