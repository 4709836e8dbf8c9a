"""Datasets to write and read back: strategies, and what it means that two are the same."""

import json
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st
from PIL import Image

from checkdam.formats import Entry, Event, Format, LossReport, Record
from checkdam.guard import DEFAULT_LIMITS
from checkdam.schema import (
    Annotation,
    Box,
    Category,
    Cuboid,
    Geometry,
    Item,
    Keypoint,
    Keypoints,
    Label,
    Mask,
    MultiCategory,
    Polygon,
    Polyline,
    Problems,
    RotatedBox,
    Span,
    Taxonomy,
    Transcript,
    annotation_id,
    item_id,
    ordinal_key,
    own_key,
)

coordinates = st.one_of(
    st.floats(-1000, 2000),
    st.integers(0, 640).map(float),
    st.floats(allow_nan=False, allow_infinity=False),
)
near_coordinates = st.one_of(st.floats(-1000, 2000), st.integers(0, 640).map(float))
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
plain_words = st.sampled_from(["cat", "dog", "traffic light", " RBC ", "naïve", "猫", "no", "7", "a&b<c>"])
boxes = st.builds(Box, coordinates, coordinates, coordinates, coordinates)
points = st.tuples(coordinates, coordinates)
rings = st.lists(points, min_size=3, max_size=6).map(tuple)
polygons = st.lists(rings.map(lambda ring: (ring,)), min_size=1, max_size=3).map(tuple).map(Polygon)
joints = st.builds(Keypoint, coordinates, coordinates, st.sampled_from([0, 1, 2]))
keypoints = st.lists(joints, min_size=1, max_size=4).map(tuple).map(Keypoints)


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    cuts = sorted(draw(st.lists(st.integers(0, height * width), max_size=6)))
    ends = [*cuts, height * width]
    return Mask(height, width, tuple(end - start for start, end in zip([0, *cuts], ends, strict=True)))


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    words,
    st.just(""),
)
values = st.one_of(scalars, st.lists(scalars, max_size=3).map(tuple))
attributes = st.dictionaries(
    st.one_of(words, st.sampled_from(["iscrowd", "area", "score", "pose", "difficult", "id", "name", "a.b"])),
    values,
    max_size=3,
)
image_geometries = st.one_of(boxes, polygons, masks(), keypoints)
any_geometry: st.SearchStrategy[Geometry] = st.one_of(
    image_geometries,
    st.builds(RotatedBox, *([coordinates] * 5)),
    st.builds(Polygon, st.just((((((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))), ((1.0, 1.0), (2.0, 1.0), (2.0, 2.0))),))),
    st.builds(Polyline, st.lists(points, max_size=3).map(tuple)),
    st.just(Category()),
    st.builds(MultiCategory, st.lists(words, max_size=2).map(tuple)),
    st.builds(Span, st.integers(0, 9), st.integers(0, 9)),
    st.builds(Transcript, words),
    st.just(Cuboid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))),
)

_parts = st.sampled_from(["images", "JPEGImages", "train", "val", "labels", "Annotations", "a b", "ü", "x"])
_files = st.sampled_from(["1", "a", "photo 1", "b.c", "0007", "ß", "train"])
_endings = st.sampled_from([".jpg", ".png", ".JPG", ".jpeg"])
image_names = st.builds(
    lambda folders, file, ending: "/".join([*folders, file + ending]), st.lists(_parts, max_size=3), _files, _endings
)
all_words = st.one_of(plain_words, words)
some_metadata = st.dictionaries(words, scalars, max_size=2)
maybe_boxes = st.none() | boxes
maybe_sizes = st.none() | st.integers(1, 64)
durations = st.none() | st.floats(0, 1e5)
rates = st.none() | st.integers(1, 192_000)
sound_names = image_names.map(lambda name: name.rpartition(".")[0] + ".wav")
splits = st.sampled_from([None, "train", "val", "test", "valid", "trainval", "fold 1", "ünsplit", "a/b"])


@st.composite
def datasets(
    draw: st.DrawFn,
    *,
    names: st.SearchStrategy[str] = image_names,
    geometries: st.SearchStrategy[Geometry] = any_geometry,
    labels: st.SearchStrategy[str] = all_words,
    known_labels: bool = False,
    source_ids: bool = False,
    attributes: st.SearchStrategy[dict[str, Any]] = attributes,
    metadata: st.SearchStrategy[dict[str, Any]] = some_metadata,
    declared: st.SearchStrategy[Box | None] = maybe_boxes,
    sizes: st.SearchStrategy[int | None] = maybe_sizes,
    splits: st.SearchStrategy[str | None] = splits,
    kind: str = "image",
) -> tuple[Taxonomy, list[Record]]:
    """A taxonomy and items with annotations. `known_labels` uses labels of the taxonomy alone."""
    label_names = draw(st.lists(labels, min_size=1, max_size=4, unique=True))
    taxonomy = Taxonomy(
        labels=tuple(
            Label(name=name, source_id=str(at + 1) if source_ids else None) for at, name in enumerate(label_names)
        )
    )
    records: list[Record] = []
    count = 0
    for at, name in enumerate(
        draw(st.lists(names, max_size=4, unique_by=lambda each: each.rpartition(".")[0].lower()))
    ):
        identity = item_id(name)
        item = Item(
            id=identity,
            kind=kind,  # type: ignore[arg-type]
            name=name,
            width=draw(sizes) if kind == "image" else None,
            height=draw(sizes) if kind == "image" else None,
            text=draw(words) if kind == "text" else None,
            duration=draw(durations) if kind == "audio" else None,
            sample_rate=draw(rates) if kind == "audio" else None,
            split=draw(splits),
            metadata=draw(metadata),
            source_id=str(at + 10) if source_ids else None,
        )
        annotations: list[Annotation] = []
        for ordinal in range(draw(st.integers(0, 3))):
            count += 1
            geometry = draw(geometries)
            key = own_key(str(count)) if source_ids else ordinal_key(ordinal)
            annotations.append(
                Annotation(
                    id=annotation_id(identity, key),
                    item_id=identity,
                    label=draw(st.sampled_from(label_names) if known_labels else st.sampled_from(label_names) | labels),
                    geometry=geometry,
                    box=None if isinstance(geometry, Box) else draw(declared),
                    attributes=draw(attributes),
                    source_id=str(count) if source_ids else None,
                )
            )
        records.append((item, annotations))
    return taxonomy, records


SOUND = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\x08\0\0\0" + bytes(8)
"""A WAV of four samples at 8 kHz."""

_PICTURES: dict[tuple[int, int], bytes] = {}


def picture(width: int, height: int) -> bytes:
    """A PNG of that size."""
    if (width, height) not in _PICTURES:
        stream = BytesIO()
        Image.new("L", (width, height)).save(stream, "PNG")
        _PICTURES[width, height] = stream.getvalue()
    return _PICTURES[width, height]


def read_all(format: Format, root: Path) -> tuple[Taxonomy, list[Entry], list[Annotation], Problems]:
    """Everything that a format reads, checked for the rules of the protocol."""
    problems = Problems()
    return (*sorted_events(format.read(root, problems, DEFAULT_LIMITS)), problems)


def sorted_events(events: Iterable[Event]) -> tuple[Taxonomy, list[Entry], list[Annotation]]:
    """The events by kind: the taxonomy came first and alone, ids are unique, annotations belong to entries."""
    listed = list(events)
    assert isinstance(listed[0], Taxonomy)
    assert not any(isinstance(event, Taxonomy) for event in listed[1:])
    entries = [event for event in listed if isinstance(event, Entry)]
    annotations = [event for event in listed if isinstance(event, Annotation)]
    ids = {entry.item.id for entry in entries}
    assert len(ids) == len(entries) == len({entry.item.name for entry in entries})
    assert len({annotation.id for annotation in annotations}) == len(annotations)
    assert {annotation.item_id for annotation in annotations} <= ids
    return listed[0], entries, annotations


def write_and_read(
    format: Format, folder: Path, dataset: tuple[Taxonomy, Sequence[Record]], *, media: bool
) -> tuple[LossReport, tuple[Any, Any]]:
    """Writes a dataset and reads it back: the loss report, and both datasets to be compared."""
    taxonomy, records = dataset
    source = folder / "media"
    source.mkdir()

    def find(item: Item) -> Path | None:
        path = source / f"{item.id}.{item.kind}"
        path.write_bytes(SOUND if item.kind == "audio" else picture(item.width or 7, item.height or 5))
        return path

    report = format.write(folder / "out", taxonomy, iter(records), find if media else None)
    read_taxonomy, entries, annotations, problems = read_all(format, folder / "out")
    assert [str(problem) for problem in problems] == []
    by_item: dict[str, list[Annotation]] = {entry.item.id: [] for entry in entries}
    for annotation in annotations:
        by_item[annotation.item_id].append(annotation)
    got = read_taxonomy, [(entry.item, by_item[entry.item.id]) for entry in entries]
    return report, (plain(dataset, dataset), plain(got, dataset))


def plain(dataset: tuple[Taxonomy, Sequence[Record]], given: tuple[Taxonomy, Sequence[Record]]) -> Any:
    """A dataset as JSON, without what an export does not owe: the places things were read from, blobs, the order of the
    items, and ids and sizes where the `given` dataset has none (a writer may have to give one)."""
    given_items = {item.name: (item, list(annotations)) for item, annotations in given[1]}
    given_labels = {label.name: label for label in given[0].labels}
    labels = []
    for label in dataset[0].labels:
        model = given_labels.get(label.name)
        labels.append(msgspec.structs.replace(label, source_id=label.source_id if model and model.source_id else None))
    items = {}
    for item, annotations in dataset[1]:
        original, models = given_items.get(item.name, (None, []))
        kept = msgspec.structs.replace(
            item,
            origin=None,
            blob=None,
            source_id=item.source_id if original and original.source_id else None,
            width=item.width if original and original.width else None,
            height=item.height if original and original.height else None,
            duration=item.duration if original and original.duration is not None else None,
            sample_rate=item.sample_rate if original and original.sample_rate is not None else None,
        )
        rows = []
        for at, annotation in enumerate(annotations):
            has_id = at < len(models) and models[at].source_id
            row = msgspec.structs.replace(annotation, origin=None)
            rows.append(row if has_id else msgspec.structs.replace(row, source_id=None, id=""))
        items[item.name] = (kept, rows)
    return msgspec.to_builtins((msgspec.structs.replace(dataset[0], labels=tuple(labels)), items))


def typed(value: Any) -> Any:
    """Builtins with their types, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return {key: typed(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [typed(each) for each in value]
    return type(value).__name__, value


def make(root: Path, files: dict[str, Any]) -> Path:
    """Writes files from texts, bytes, or what is to become JSON; images without content become pictures."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not content and path.suffix.lower() in (".jpg", ".jpeg", ".png"):
            path.write_bytes(picture(40, 20))
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return root


def xml(filename: str = "", objects: int = 1) -> str:
    """A VOC file; each object is on a line of its own, the first on line 3."""
    corners = "<xmin>1</xmin><ymin>2</ymin><xmax>4.5</xmax><ymax>8</ymax>"
    one = f"<object><name>cat</name><bndbox>{corners}</bndbox></object>\n"
    return f"<annotation>\n<filename>{filename}</filename>\n{one * objects}</annotation>"


def cvat(filename: str, shapes: int = 1) -> str:
    """A CVAT file; each box is on a line of its own, the first on line 3."""
    one = '<box label="cat" occluded="1" xtl="1" ytl="2" xbr="4.5" ybr="8"><attribute name="a">b</attribute></box>\n'
    head = f'<image id="0" name="{filename}" width="40" height="20">'
    return f"<annotations>\n{head}\n{one * shapes}</image>\n</annotations>"


def coco(*images: str) -> dict[str, Any]:
    """A COCO document with one box on each image."""
    return {
        "images": [{"id": at, "file_name": name, "width": 40, "height": 20} for at, name in enumerate(images, 1)],
        "annotations": [
            {"id": at, "image_id": at, "category_id": 3, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}
            for at, _ in enumerate(images, 1)
        ],
        "categories": [{"id": 3, "name": "cat"}],
    }


def task(name: str, *values: dict[str, Any], size: tuple[int, int] = (40, 20)) -> dict[str, Any]:
    """A task of Label Studio with a result for each value; where there is none, with the box (1, 2, 3, 4)."""
    box = {"x": 2.5, "y": 10, "width": 7.5, "height": 20, "rotation": 0, "rectanglelabels": ["cat"]}
    results = [
        {
            "id": f"r{at}",
            "type": next((key for key in value if key.endswith("labels") or key == "choices"), "rectanglelabels"),
            "from_name": "label",
            "to_name": "image",
            "original_width": size[0],
            "original_height": size[1],
            "value": value,
        }
        for at, value in enumerate(values or (box,))
    ]
    return {"id": 7, "data": {"image": f"/data/local-files/?d={name}"}, "annotations": [{"id": 1, "result": results}]}


def datum(*names: str, boxes: int = 1) -> dict[str, Any]:
    """A document of Datumaro with boxes (1, 2, 3, 4) on each image."""
    row = {"id": 0, "type": "bbox", "attributes": {}, "group": 0, "label_id": 0, "z_order": 0, "bbox": [1, 2, 3, 4]}
    items = [
        {"id": name.rpartition(".")[0], "image": {"path": name, "size": [20, 40]}, "annotations": [row] * boxes}
        for name in names
    ]
    labels = [{"name": "cat", "parent": "", "attributes": []}]
    return {"infos": {}, "categories": {"label": {"labels": labels}}, "items": items}
