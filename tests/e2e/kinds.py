"""A small dataset of every kind, written through the formats: shapes, spans in texts, segments of sounds."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from checkdam.formats import Record, format_named
from checkdam.schema import (
    Annotation,
    AudioSegment,
    Box,
    Category,
    Cuboid,
    Geometry,
    Item,
    ItemKind,
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
    ordinal_key,
)

RATE = 8000
EMOJI = "👩\u200d👩\u200d👧 met Ada 🇫🇷 in Paris"
RTL = "אחמד נולד בירושלים."
TEXTS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "emoji": (EMOJI, [("PER", "Ada"), ("LOC", "Paris"), ("LOC", "🇫🇷")]),
    "rtl": (RTL, [("PER", "אחמד"), ("LOC", "בירושלים")]),
    "crlf": ("One\r\nTwo: Rome", [("LOC", "Rome")]),
    "combining": ("Zoe\u0308 and Ame\u0301lie", [("PER", "Zoe\u0308"), ("PER", "Ame\u0301lie")]),
    "overlapping": ("New York Times Building", [("ORG", "New York Times"), ("LOC", "York Times Buil")]),
    "control": ("A bell\x07 rings.", []),
    "empty": ("", []),
}
"""The text of each item, with the labels of its spans and the words that these cover."""

_RING = ((40.0, 10.0), (70.0, 10.0), (70.0, 40.0), (40.0, 40.0))
_HOLE = ((50.0, 20.0), (60.0, 20.0), (60.0, 30.0), (50.0, 30.0))
_JOINTS = tuple(Keypoint(20.0 + 10 * at, 70.0 + 5 * at, seen) for at, seen in enumerate((2, 1, 2, 0)))  # type: ignore[arg-type]
SHAPES: dict[str, Geometry] = {
    "car": Box(5.0, 5.0, 20.0, 15.0),
    "ship": RotatedBox(90.0, 25.0, 30.0, 10.0, 30.0),
    "lake": Polygon(((_RING, _HOLE), (((80.0, 60.0), (100.0, 60.0), (90.0, 80.0)),))),
    "blob": Mask(100, 120, (6060, *(20, 80) * 9, 20, 5020)),
    "road": Polyline(((5.0, 95.0), (60.0, 85.0), (115.0, 95.0))),
    "person": Keypoints(_JOINTS),
    "weather": Category(),
    "tags": MultiCategory(("sunny", "busy")),
    "van": Cuboid((0.0, 0.0, 0.0), (4.0, 2.0, 1.5)),
}
SEGMENTS: dict[str, Geometry] = {
    "speaker": AudioSegment(0.5, 1.5),
    "noise": AudioSegment(1.0, 2.0),
    "words": Transcript("hello there", 0.5, 1.5),
    "whole": Transcript("hello there, and goodbye"),
}


def write_kinds(root: Path) -> None:
    """Makes the folders `shapes`, `texts`, `sounds` and `mixed` below `root`."""
    media = root / "media"
    media.mkdir(parents=True)
    shapes, texts, sounds = _shapes(media), _texts(), _sounds(media)
    for name, format, records in (
        ("shapes", "parquet", shapes),
        ("texts", "jsonl", texts),
        ("sounds", "parquet", sounds),
        ("mixed", "parquet", [*shapes[:1], *texts[:2], *sounds[:1]]),
    ):
        format_named(format).write(root / name, _taxonomy(records), iter(records), lambda item: media / item.name)


def _item(name: str, kind: ItemKind, **facts: object) -> Item:
    return Item(id=item_id(name), name=name, kind=kind, **facts)  # type: ignore[arg-type]


def _labelled(item: Item, geometries: Iterable[tuple[str, Geometry]]) -> Record:
    return item, [
        Annotation(
            id=annotation_id(item.id, ordinal_key(at)),
            item_id=item.id,
            label=label,
            geometry=geometry,
            attributes={"checked": True} if label == "car" else {},
        )
        for at, (label, geometry) in enumerate(geometries)
    ]


def _taxonomy(records: Iterable[Record]) -> Taxonomy:
    used = dict.fromkeys(each.label for _, annotations in records for each in annotations)
    skeleton = Skeleton(("a", "b", "c", "d"), ((0, 1), (1, 2), (2, 3)))
    return Taxonomy(labels=tuple(Label(name=name, skeleton=skeleton if name == "person" else None) for name in used))


def _shapes(media: Path) -> list[Record]:
    rng = np.random.default_rng(5)
    records = []
    for number in range(3):
        name = f"scene{number}.png"
        Image.fromarray(rng.integers(60, 190, (100, 120, 3), dtype=np.uint8)).save(media / name)
        records.append(_labelled(_item(name, "image", width=120, height=100), SHAPES.items()))
    return records


def _texts() -> list[Record]:
    records = []
    for name, (text, spans) in TEXTS.items():
        found = [(label, Span(text.index(words), text.index(words) + len(words))) for label, words in spans]
        records.append(_labelled(_item(name, "text", text=text), [("positive", Category()), *found]))
    return records


def _sounds(media: Path) -> list[Record]:
    times = np.arange(4 * RATE) / RATE
    tone = 0.4 * np.sin(2 * np.pi * 300 * times)
    records = []
    for name, samples, geometries in (
        ("talk.wav", tone * (np.sin(3 * times) + 1.2) / 2.5, SEGMENTS),
        ("silence.flac", np.where((times > 1.5) & (times < 2.5), tone, 0), {"genre": Category()}),
        ("clipped.ogg", (8 * tone).clip(-1, 1), {"genre": Category()}),
    ):
        soundfile.write(media / name, samples, RATE)
        item = _item(name, "audio", duration=4.0, sample_rate=RATE)
        records.append(_labelled(item, geometries.items()))
    return records
