"""Cases of rules as data: what is in a dataset, and what a rule must find in it. See docs/recipes/add-a-rule.md."""

import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct, field
from PIL import Image, ImageFilter

from checkdam.lint import Frame, FrameBuilder, LintConfig, RuleConfig, lint, rule
from checkdam.schema import (
    Annotation,
    Box,
    Category,
    DeleteAnnotation,
    DeleteItem,
    Edit,
    Finding,
    Geometry,
    Item,
    Label,
    Origin,
    ReplaceAnnotation,
    ReplaceItem,
    Scalar,
    Taxonomy,
    annotation_id,
    item_id,
)


class Picture(Struct, forbid_unknown_fields=True):
    """A synthetic picture: soft random shapes from `seed`, or one grey (`plain`), or a changed `copy_of` another item's
    picture. `exif` is its EXIF orientation."""

    size: tuple[int, int] = (64, 48)
    seed: int = 0
    plain: int | None = None
    copy_of: str | None = None
    brightness: float = 1.0
    noise: int = 0
    format: str = "PNG"
    exif: int | None = None


class Many(Struct, forbid_unknown_fields=True):
    """`count` boxes of a label with sizes drawn from the ranges, placed away from the image's edge."""

    label: str
    count: int
    width: tuple[float, float]
    height: tuple[float, float]
    seed: int = 0


class Marked(Struct, forbid_unknown_fields=True):
    """One annotation in full."""

    label: str
    geometry: Geometry
    box: Box | None = None
    attributes: dict[str, str | int | float | bool | None] = field(default_factory=dict)


class Thing(Struct, forbid_unknown_fields=True):
    """One item. Its annotations are numbered in the order `boxes`, `categories`, `annotations`, `many`."""

    name: str
    size: tuple[int, int] | None = None
    split: str | None = None
    text: str | None = None
    metadata: dict[str, Scalar] = field(default_factory=dict)
    picture: Picture | None = None
    file: str | None = None
    boxes: list[tuple[str, float, float, float, float]] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    annotations: list[Marked] = field(default_factory=list)
    many: list[Many] = field(default_factory=list)


class Expected(Struct, forbid_unknown_fields=True):
    """One finding. `annotations` are written `item/number`; a `*` in the message stands for anything."""

    message: str
    annotations: list[str] | None = None
    items: list[str] | None = None
    severity: str | None = None
    fix: str | None = None
    safe: bool = False
    fixed: list[str] = field(default_factory=list)


class Case(Struct, forbid_unknown_fields=True):
    name: str
    items: list[Thing] = field(default_factory=list)
    taxonomy: list[str] = field(default_factory=list)
    labels: list[str] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    findings: list[Expected] = field(default_factory=list)


def parse(data: Any) -> list[Case]:
    return msgspec.convert(data, list[Case])


def run(case: Case, rule_name: str, folder: Path) -> tuple[Frame, list[Finding]]:
    """Writes the case's media to the folder and runs the rule over it."""
    pictures = {}
    for thing in case.items:
        if thing.picture is not None:
            pictures[thing.name] = _draw(thing.picture, pictures)
            _save(thing.picture, pictures[thing.name], folder / thing.name)
        elif thing.file is not None:
            (folder / thing.name).write_text(thing.file, "utf-8")
    with_media = any(thing.picture is not None or thing.file is not None for thing in case.items)

    def media(item: Item) -> Path | None:
        return folder / item.name if (folder / item.name).exists() else None

    config = LintConfig(
        select=(rule_name,),
        rules={rule_name: RuleConfig(options=case.options)},
        labels=None if case.labels is None else tuple(case.labels),
    )
    frame = _frame(case)
    return frame, lint(frame, media if with_media else None, config)


def check(case: Case, rule_name: str, folder: Path) -> None:
    """Asserts that the rule finds what the case expects, in that order, and nothing else."""
    frame, findings = run(case, rule_name, folder)
    found = [_described(frame, finding) for finding in findings]
    assert len(found) == len(case.findings), "\n".join(f"{one.message}" for one in found) or "nothing was found"
    for one, expected in zip(found, case.findings, strict=True):
        pattern = ".*".join(re.escape(part) for part in expected.message.split("*"))
        assert re.fullmatch(pattern, one.message), f"{one.message!r} is not {expected.message!r}"
        assert one == msgspec.structs.replace(
            expected, message=one.message, severity=expected.severity or rule(rule_name).severity
        )


def _frame(case: Case) -> Frame:
    builder = FrameBuilder()
    builder.add(Taxonomy(labels=tuple(Label(name=name) for name in case.taxonomy)))
    for thing in case.items:
        key = item_id(thing.name)
        width, height = thing.size or (None, None)
        builder.add(
            Item(
                id=key,
                kind="image" if thing.text is None else "text",
                name=thing.name,
                width=width,
                height=height,
                text=thing.text,
                split=thing.split,
                metadata=thing.metadata,
            )
        )
        for number, marked in enumerate(_annotations(thing)):
            builder.add(
                Annotation(
                    id=annotation_id(key, str(number)),
                    item_id=key,
                    label=marked.label,
                    geometry=marked.geometry,
                    box=marked.box,
                    attributes=marked.attributes,
                    origin=Origin(thing.name + ".txt", number + 1),
                )
            )
    return builder.build()


def _annotations(thing: Thing) -> list[Marked]:
    marked = [Marked(label, Box(*box)) for label, *box in thing.boxes]
    marked += [Marked(label, Category()) for label in thing.categories]
    marked += thing.annotations
    for many in thing.many:
        random = np.random.default_rng(many.seed)
        for width, height in zip(
            random.uniform(*many.width, many.count), random.uniform(*many.height, many.count), strict=True
        ):
            x, y = random.uniform(10, 1000, 2)
            marked.append(Marked(many.label, Box(float(x), float(y), float(width), float(height))))
    return marked


def _draw(picture: Picture, others: dict[str, Image.Image]) -> Image.Image:
    random = np.random.default_rng(picture.seed)
    if picture.copy_of is not None:
        image = others[picture.copy_of]
    elif picture.plain is not None:
        image = Image.new("RGB", picture.size, (picture.plain,) * 3)
    else:
        shapes = Image.fromarray(random.integers(30, 200, (6, 7, 3), dtype=np.uint8))
        image = shapes.resize(picture.size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1))
    pixels = np.asarray(image, dtype=np.float64) * picture.brightness
    if picture.noise:
        pixels = pixels + random.integers(-picture.noise, picture.noise + 1, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _save(picture: Picture, image: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    if picture.exif is not None:
        exif[0x0112] = picture.exif
    image.save(path, picture.format, exif=exif)


def _described(frame: Frame, finding: Finding) -> Expected:
    annotations = finding.subject.kind == "annotation"
    return Expected(
        message=finding.message,
        annotations=[_place(frame, key) for key in finding.subject.ids] if annotations else None,
        items=[frame.items[frame.item_rows[key]].name for key in finding.subject.ids]
        if finding.subject.kind == "item"
        else None,
        severity=finding.severity,
        fix=None if finding.fix is None else finding.fix.description,
        safe=finding.fix is not None and finding.fix.safe,
        fixed=[] if finding.fix is None else [_edit(frame, edit) for edit in finding.fix.edits],
    )


def _place(frame: Frame, annotation: str) -> str:
    row = frame.annotation_rows[annotation]
    rows = frame.rows_of_items[int(frame.item[row])].tolist()
    return f"{frame.item_of(row).name}/{rows.index(row)}"


def _edit(frame: Frame, edit: Edit) -> str:
    match edit:
        case DeleteAnnotation(id=key):
            return f"delete {_place(frame, key)}"
        case DeleteItem(id=key):
            return f"delete {frame.items[frame.item_rows[key]].name}"
        case ReplaceItem(item=item):
            return f"replace {item.name}: size {item.width} {item.height}"
        case ReplaceAnnotation(annotation=new):
            old = frame.annotation(frame.annotation_rows[new.id])
            changes = [] if new.label == old.label else [f"label {new.label}"]
            if new.geometry != old.geometry and isinstance(new.geometry, Box):
                box = new.geometry
                changes.append("box " + " ".join(f"{value:g}" for value in (box.x, box.y, box.width, box.height)))
            return f"replace {_place(frame, new.id)}: {', '.join(changes)}"
        case _:
            return type(edit).__name__
