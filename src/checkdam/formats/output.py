"""Writing a dataset's folder: whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path

from checkdam.formats.base import LossReport, MediaSource
from checkdam.formats.values import unfit
from checkdam.guard.paths import contained, relative_name
from checkdam.schema import (
    Annotation,
    Box,
    Geometry,
    InputError,
    Item,
    Keypoints,
    Polygon,
    Polyline,
    RotatedBox,
    StorageError,
    Taxonomy,
)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `target` at the end and vanishes if anything goes wrong.

    Raises `InputError` if `target` is there and not an empty folder, `StorageError` if the disk refuses.
    """
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise InputError(f"{target} is there already and not an empty folder", "choose a new folder")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror}", "choose another folder") from error
    try:
        yield folder
        folder.chmod(0o755)
        if target.exists():
            target.rmdir()
        folder.rename(target)
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror}", "free space or choose another") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_item(item: Item) -> None:
    """`InputError` if an item's name could not be the path of a file below the export, or its split a text."""
    if str(relative_name(item.name)) != item.name or any(character in item.name for character in "\r\n"):
        raise InputError(f"the item name {item.name!r} is no path of a file", "rename the item")
    if item.split is not None and (reason := unfit(item.split)):
        raise InputError(f"the split {item.split!r} {reason}", "rename the split")


def place_media(folder: Path, item: Item, media: MediaSource | None, report: LossReport) -> Path | None:
    """Copies an item's file to its name below `folder`; a missing one is a loss. Returns where the file now lies."""
    if media is None:
        return None
    source = media(item)
    if source is None or not source.is_file():
        report.add("media files that are missing", item.name)
        return None
    path = contained(folder, item.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, path)
    return path


def write_text(folder: Path, name: str, text: str) -> None:
    """Writes a UTF-8 file with the line ends given, in folders made as needed."""
    path = contained(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def report_taxonomy(taxonomy: Taxonomy, report: LossReport, held: frozenset[str]) -> None:
    """Adds what a format without a place for it loses of a taxonomy. `held` names the fields of a label it keeps."""
    for label in taxonomy.labels:
        for field, empty in (
            ("geometry", ()),
            ("attributes", ()),
            ("limits", None),
            ("skeleton", None),
            ("parent", None),
            ("description", None),
            ("color", None),
        ):
            if field not in held and getattr(label, field) != empty:
                report.add(f"labels' {field}", label.name)
    if taxonomy.version != 1:
        report.add("the taxonomy's version", str(taxonomy.version))
    if taxonomy.instructions:
        report.add("the taxonomy's instructions", taxonomy.instructions[:40])


def report_item(item: Item, report: LossReport, held: frozenset[str]) -> None:
    """Adds what a format loses of an item. `held` names the fields it keeps."""
    for field in ("width", "height", "text", "duration", "sample_rate", "split", "source_id"):
        if field not in held and getattr(item, field) is not None:
            report.add(f"items' {field}", item.name)
    if "metadata" not in held and item.metadata:
        report.add("items' metadata", item.name)


def where(item: Item, annotation: Annotation) -> str:
    """An annotation for a loss report."""
    return f"{item.name}: {annotation.label}"


def finite(shape: Geometry | None) -> bool:
    """Whether every coordinate is a finite number."""
    match shape:
        case Box(x=x, y=y, width=width, height=height):
            return all(map(isfinite, (x, y, width, height)))
        case Polygon(parts=parts):
            return all(isfinite(value) for part in parts for ring in part for point in ring for value in point)
        case Polyline(points=line):
            return all(isfinite(value) for point in line for value in point)
        case Keypoints(points=points):
            return all(isfinite(value) for joint in points for value in (joint.x, joint.y))
        case RotatedBox(center_x=x, center_y=y, width=width, height=height, angle=angle):
            return all(map(isfinite, (x, y, width, height, angle)))
        case _:
            return True
