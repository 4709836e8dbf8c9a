"""YOLO: a text file of boxes for each image, class names and splits in `data.yaml`.

See https://docs.ultralytics.com/datasets/detect/. Outlines (segments), oriented boxes and, where `kpt_shape` says so,
poses are read as well; the writer writes boxes and outlines.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.tree import DETECT_FILES, Tree
from checkdam.formats.yolo.reader import YoloFolder, find_config, label_files, looks_like_labels
from checkdam.formats.yolo.writer import patch_yolo, write_yolo
from checkdam.guard.files import read_bytes
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, Item, ItemKind, Origin, Problems, Taxonomy

_SAMPLE = 20


class Yolo:
    """The format. `root` is a folder; label files lie beside the images, or in `labels` where those lie in `images`."""

    name = "yolo"
    title = "YOLO"
    kinds: tuple[ItemKind, ...] = ("image",)

    def detect(self, root: Path) -> Detection | None:
        if not root.is_dir():
            return None
        tree = Tree(root, at_most=DETECT_FILES)
        images = tree.images[:: max(len(tree.images) // _SAMPLE, 1)][:_SAMPLE]
        found = [label for name in images if (label := next(label_files(tree, name), None))]
        sure = [label for label in found if looks_like_labels(tree, label)]
        config = find_config(tree, Problems())
        if config and (sure or "labels" in {part for name in tree.names for part in name.lower().split("/")[:-1]}):
            return Detection(self.name, 0.85, f"{config.file} with class names, and label files")
        if sure:
            return Detection(self.name, 0.6, f"label files such as {sure[0]}")
        return (
            Detection(self.name, 0.3, f"{config.file} with class names and paths") if config and config.paths else None
        )

    def near_misses(self, root: Path, problems: Problems) -> None:
        if root.is_dir():
            tree = Tree(root, at_most=DETECT_FILES)
            find_config(tree, problems)
            for name in tree.images[:: max(len(tree.images) // _SAMPLE, 1)][:_SAMPLE]:
                for label in label_files(tree, name):
                    problems.add(label, "none of its first lines is a class and coordinates", "give class x y w h")

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        if not root.is_dir():
            raise InputError(f"{root} is no folder", "give the folder that holds the images and label files")
        yield from YoloFolder(root, problems, limits).events()

    def count(self, root: Path) -> int | None:
        tree = Tree(root)
        sample = tree.images[:: max(len(tree.images) // _SAMPLE, 1)][:_SAMPLE]
        labels = [label for name in sample if (label := next(label_files(tree, name), None))]
        lines = sum(read_bytes(tree.path(label), DEFAULT_LIMITS.document_bytes).count(b"\n") + 1 for label in labels)
        return round(len(tree.images) * (1 + lines / len(sample))) if sample else None

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        return write_yolo(target, taxonomy, records, media)

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:
        return YoloFolder(root, Problems(), DEFAULT_LIMITS).places(items)

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        return patch_yolo(read_bytes(file, DEFAULT_LIMITS.document_bytes), edits, str(file))


FORMAT = Yolo()
