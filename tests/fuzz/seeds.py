"""Small datasets to be damaged: one with each kind of geometry, as a format writes it, and one as other tools do."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from checkdam.formats import Format, Record
from checkdam.schema import (
    Annotation,
    AudioSegment,
    Box,
    Category,
    Geometry,
    Item,
    Keypoint,
    Keypoints,
    Label,
    Mask,
    MultiCategory,
    Polygon,
    Polyline,
    RotatedBox,
    Skeleton,
    Span,
    Taxonomy,
    Transcript,
    annotation_id,
    item_id,
)
from fuzz.foreign import FOREIGN, WAV, picture

WRITTEN, MADE = "written", "foreign"
ENDINGS = {"image": ".png", "text": ".txt", "audio": ".wav"}

TAXONOMY = Taxonomy(
    labels=(
        Label(name="cat", color="#ff0000", source_id="1"),
        Label(name="dog", parent="cat", skeleton=Skeleton(joints=("left", "right"), bones=((0, 1),))),
    )
)
RING = ((1.0, 1.0), (9.0, 1.0), (5.0, 8.0))
GEOMETRIES: dict[str, tuple[Geometry, ...]] = {
    "image": (
        Box(1.5, 2.0, 3.0, 4.0),
        RotatedBox(10.0, 10.0, 4.0, 2.0, 30.0),
        Polygon(((RING,),)),
        Polyline(RING),
        Keypoints((Keypoint(1.0, 2.0, 2), Keypoint(3.0, 4.0, 1))),
        Mask(4, 4, (5, 2, 9)),
        Category(),
        MultiCategory(("cat", "dog")),
    ),
    "text": (Span(0, 5), Category(), MultiCategory(("cat", "dog"))),
    "audio": (Transcript("hello"), AudioSegment(0.1, 0.4), Category()),
}


class Seed(NamedTuple):
    """A file of a dataset at `root`, to be replaced by something else."""

    root: Path
    dataset: str
    name: str

    @property
    def path(self) -> Path:
        return self.root / self.name


def seeds(format: Format, base: Path) -> list[Seed]:
    """Writes the datasets below `base`, an empty folder, and gives their files, at most 256."""
    found: list[Seed] = []
    for dataset in (WRITTEN, MADE):
        root = base / dataset
        if dataset == WRITTEN:
            write(format, root)
        else:
            for name, content in FOREIGN.get(format.name, {}).items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        found += [Seed(root, dataset, name) for name in names]
    return found[:256]


def kept(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """The inputs that once broke a format's reader: `DATASET/PATH OF THE FILE/WHAT IT DOES` below its folder in
    `tests/cases/fuzz`, as the dataset, the file's name, and what is read in its place."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        dataset, *parts = path.relative_to(folder).parent.parts
        yield dataset, "/".join(parts), path.read_bytes()


def write(format: Format, root: Path) -> None:
    """Writes a dataset with its media to `root`, which is not there yet."""
    media = root.with_name("media")
    media.mkdir(exist_ok=True)
    (media / "image").write_bytes(picture())
    (media / "audio").write_bytes(WAV)
    format.write(root, TAXONOMY, _records(format), lambda item: media / item.kind if item.kind != "text" else None)


def _records(format: Format) -> Iterator[Record]:
    for kind in format.kinds:
        for number in range(3):
            name = f"folder/{number}{ENDINGS[kind]}"
            item = Item(
                id=item_id(name),
                kind=kind,
                name=name,
                width=16 if kind == "image" else None,
                height=16 if kind == "image" else None,
                text="Hello wörld \U0001f415 again" if kind == "text" else None,
                duration=1.0 if kind == "audio" else None,
                sample_rate=8_000 if kind == "audio" else None,
                split=("train", "val", None)[number],
                metadata={"weather": "fog", "night": True, "speed": 1.5},
            )
            yield item, list(_annotations(item, 2 + 3 * number))


def _annotations(item: Item, count: int) -> Iterator[Annotation]:
    for at, geometry in enumerate(GEOMETRIES[item.kind][:count]):
        yield Annotation(
            id=annotation_id(item.id, f"n:{at}"),
            item_id=item.id,
            label=("cat", "dog")[at % 2],
            geometry=geometry,
            attributes={"occluded": True, "note": "x"},
        )
