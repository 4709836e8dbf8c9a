"""Datasets that are written for other projects' readers."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from PIL import Image

from checkdam.formats import LossReport, format_named
from checkdam.schema import Annotation, Geometry, Item, Label, Taxonomy, annotation_id, item_id, ordinal_key
from conftest import missing

SIZE = (64, 48)


def peer(name: str) -> ModuleType:
    """The library of that name; where it is not installed, the test is skipped, or fails in CI."""
    try:
        return import_module(name)
    except ImportError:
        missing(f"{name} is not installed")


def write(
    format: str, target: Path, shapes: dict[str, Sequence[tuple[str, Geometry]]], **fields: Any
) -> tuple[LossReport, list[Annotation]]:
    """Writes images of `SIZE` with these labels and shapes, by name. `fields` are further ones of every annotation, and
    `taxonomy`, if the labels need more than names."""
    labels = dict.fromkeys(label for rows in shapes.values() for label, _ in rows)
    taxonomy = fields.pop("taxonomy", Taxonomy(labels=tuple(Label(name=name) for name in labels)))
    splits = fields.pop("splits", {})
    records = []
    for name, rows in shapes.items():
        item = Item(id=item_id(name), kind="image", name=name, width=SIZE[0], height=SIZE[1], split=splits.get(name))
        marks = [
            Annotation(
                id=annotation_id(item.id, ordinal_key(at)), item_id=item.id, label=label, geometry=shape, **fields
            )
            for at, (label, shape) in enumerate(rows)
        ]
        records.append((item, marks))
    picture = target.parent / "picture.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", SIZE).save(picture)
    report = format_named(format).write(target, taxonomy, records, lambda _: picture)
    return report, [mark for _, marks in records for mark in marks]
