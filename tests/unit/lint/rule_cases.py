"""Cases of rules as data: what is in a dataset, and what a rule must find in it. See docs/recipes/add-a-rule.md."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import soundfile
from msgspec import Struct, field
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from checkdam.lint import Frame, FrameBuilder, LintConfig, RuleConfig, lint, rule
from checkdam.schema import (
    Annotation,
    AttributeValue,
    Box,
    Category,
    DeleteAnnotation,
    DeleteItem,
    Edit,
    Finding,
    Geometry,
    Item,
    ItemKind,
    Keypoint,
    Keypoints,
    Label,
    Origin,
    ReplaceAnnotation,
    ReplaceItem,
    Scalar,
    Span,
    Taxonomy,
    annotation_id,
    item_id,
)


class Picture(Struct, forbid_unknown_fields=True):
    """A synthetic picture: soft random shapes from `seed`, or one grey (`plain`), or a changed `copy_of` another item's
    picture: `crop` is left, top, right and bottom, `mirror` is `across` or `down`. `exif` is its EXIF orientation.
    `blur` is the sigma of a Gaussian. `cut` is the share of the file that is kept, `closed` puts JPEG's end marker
    behind it, `append` so many bytes."""

    size: tuple[int, int] = (64, 48)
    seed: int = 0
    plain: int | None = None
    copy_of: str | None = None
    crop: tuple[int, int, int, int] | None = None
    mirror: Literal["across", "down"] | None = None
    brightness: float = 1.0
    noise: int = 0
    blur: float = 0.0
    format: str = "PNG"
    exif: int | None = None
    cut: float | None = None
    closed: bool = False
    append: int = 0


class Sound(Struct, forbid_unknown_fields=True):
    """A synthetic sound: a sine of `tone` hertz for `seconds`, `gain` times full scale (clipped there), with so many
    seconds of `silence` before and after; or a `copy_of` another item's sound. `cut` is the share of the file that is
    kept."""

    tone: float = 440.0
    seconds: float = 0.5
    gain: float = 0.5
    silence: tuple[float, float] = (0.0, 0.0)
    rate: int = 8000
    channels: int = 1
    copy_of: str | None = None
    format: str = "WAV"
    subtype: str = "PCM_16"
    cut: float | None = None


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
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


class Skeletons(Struct, forbid_unknown_fields=True):
    """`count` skeletons of a label with visible joints near `points`."""

    label: str
    count: int
    points: list[tuple[float, float]]
    seed: int = 0


class Thing(Struct, forbid_unknown_fields=True):
    """One item. Its annotations are numbered in the order `boxes`, `categories`, `annotations`, `many`, `skeletons`.
    Where there are `copies` of it, the name holds `{}` for their number."""

    name: str
    copies: int = 1
    size: tuple[int, int] | None = None
    split: str | None = None
    text: str | None = None
    metadata: dict[str, Scalar] = field(default_factory=dict)
    picture: Picture | None = None
    sound: Sound | None = None
    duration: float | None = None
    rate: int | None = None
    file: str | None = None
    boxes: list[tuple[str, float, float, float, float]] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    annotations: list[Marked] = field(default_factory=list)
    many: list[Many] = field(default_factory=list)
    skeletons: list[Skeletons] = field(default_factory=list)


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
    taxonomy: list[str | Label] = field(default_factory=list)
    labels: list[str] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    findings: list[Expected] = field(default_factory=list)


def parse(data: Any) -> list[Case]:
    return msgspec.convert(data, list[Case])


def run(case: Case, rule_name: str, folder: Path) -> tuple[Frame, list[Finding]]:
    """Writes the case's media to the folder and runs the rule over it."""
    pictures: dict[str, Image.Image] = {}
    sounds: dict[str, NDArray[np.float64]] = {}
    for thing in case.items:
        if thing.picture is not None:
            pictures[thing.name] = _draw(thing.picture, pictures)
            _save(thing.picture, pictures[thing.name], folder / thing.name)
        elif thing.sound is not None:
            sounds[thing.name] = _played(thing.sound, sounds)
            _record(thing.sound, sounds[thing.name], folder / thing.name)
        elif thing.file is not None:
            (folder / thing.name).write_text(thing.file, "utf-8")
    with_media = any(thing.picture or thing.sound or thing.file is not None for thing in case.items)

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
    labels = (Label(name=label) if isinstance(label, str) else label for label in case.taxonomy)
    builder.add(Taxonomy(labels=tuple(labels)))
    for thing in _copied(case.items):
        key = item_id(thing.name)
        width, height = thing.size or (None, None)
        builder.add(
            Item(
                id=key,
                kind=_kind(thing),
                name=thing.name,
                width=width,
                height=height,
                text=thing.text,
                duration=thing.duration,
                sample_rate=thing.rate,
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


def _kind(thing: Thing) -> ItemKind:
    if thing.text is not None:
        return "text"
    sounds = thing.sound is not None or thing.duration is not None or thing.name.endswith((".wav", ".flac"))
    return "audio" if sounds else "image"


def _copied(things: list[Thing]) -> Iterator[Thing]:
    for thing in things:
        for number in range(thing.copies):
            name = thing.name.replace("{}", str(number))
            yield thing if thing.copies == 1 else msgspec.structs.replace(thing, name=name)


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
    for several in thing.skeletons:
        random = np.random.default_rng(several.seed)
        for shift in random.uniform(-3, 3, (several.count, len(several.points), 2)).tolist():
            joints = [Keypoint(x + dx, y + dy, 2) for (x, y), (dx, dy) in zip(several.points, shift, strict=True)]
            marked.append(Marked(several.label, Keypoints(tuple(joints))))
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
    if picture.crop is not None:
        image = image.crop(picture.crop)
    if picture.mirror is not None:
        across = picture.mirror == "across"
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT if across else Image.Transpose.FLIP_TOP_BOTTOM)
    pixels = np.asarray(image, dtype=np.float64) * picture.brightness
    if picture.noise:
        pixels = pixels + random.integers(-picture.noise, picture.noise + 1, pixels.shape)
    drawn = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return drawn.filter(ImageFilter.GaussianBlur(picture.blur)) if picture.blur else drawn


def _save(picture: Picture, image: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    if picture.exif is not None:
        exif[0x0112] = picture.exif
    image.save(path, picture.format, exif=exif)
    data = path.read_bytes()
    if picture.cut is not None:
        data = data[: int(len(data) * picture.cut)]
    path.write_bytes(data + b"\xff\xd9" * picture.closed + b"x" * picture.append)


def _played(sound: Sound, others: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    if sound.copy_of is not None:
        return others[sound.copy_of]
    time = np.arange(round(sound.seconds * sound.rate)) / sound.rate
    wave = np.clip(sound.gain * np.sin(2 * np.pi * sound.tone * time), -1, 1)
    before, after = (np.zeros(round(seconds * sound.rate)) for seconds in sound.silence)
    return np.repeat(np.concatenate([before, wave, after])[:, None], sound.channels, axis=1)


def _record(sound: Sound, samples: NDArray[np.float64], path: Path) -> None:
    if sound.subtype == "PCM_16":  # the same whole numbers in every format
        samples = np.round(samples * 32767).astype(np.int16)  # type: ignore[assignment]
    soundfile.write(path, samples, sound.rate, format=sound.format, subtype=sound.subtype)
    if sound.cut is not None:
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * sound.cut)])


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
            return f"replace {item.name}: {_item_change(item)}"
        case ReplaceAnnotation(annotation=new):
            old = frame.annotation(frame.annotation_rows[new.id])
            return f"replace {_place(frame, new.id)}: {', '.join(_changes(old, new))}"
        case _:
            return type(edit).__name__


def _changes(old: Annotation, new: Annotation) -> Iterator[str]:
    if new.label != old.label:
        yield f"label {new.label}"
    match new.geometry:
        case same if same == old.geometry:
            pass
        case Box() as box:
            yield f"box {_numbers(box)}"
        case Span(start=start, end=end):
            yield f"span {start} {end}"
        case Keypoints(points=points):
            yield "keypoints " + ", ".join(f"{joint.x:g} {joint.y:g}" for joint in points)
        case other:
            yield type(other).__name__
    if new.box is not None and new.box != old.box:
        yield f"declared {_numbers(new.box)}"
    for key, value in new.attributes.items():
        if old.attributes.get(key) != value:
            yield f"attribute {key} {msgspec.json.encode(value).decode()}"


def _numbers(box: Box) -> str:
    return " ".join(f"{value:g}" for value in (box.x, box.y, box.width, box.height))


def _item_change(item: Item) -> str:
    if item.kind == "text":
        return f"text {item.text!r}"
    if item.kind == "audio":
        changes = {"duration": item.duration, "rate": item.sample_rate}
        return " ".join(f"{name} {value:g}" for name, value in changes.items() if value is not None)
    return f"size {item.width} {item.height}"
