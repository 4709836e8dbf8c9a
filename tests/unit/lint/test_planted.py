"""Flaws planted in real pictures and sounds: how many of them the rules find, and what they say of the untouched ones.

Most real sets hold few of these flaws, so that judging what is reported says little of what is missed. The page
docs/judged holds the numbers.
"""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from msgspec import Struct
from PIL import Image, ImageFilter

from checkdam.lint import FrameBuilder, LintConfig, lint
from checkdam.schema import Item, ItemKind, item_id

PAGE = Path(__file__).resolve().parents[3] / "docs" / "judged" / "README.md"
EACH = 60


def jpeg(image: Image.Image) -> bytes:
    stream = BytesIO()
    image.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def wav(samples: np.ndarray, rate: int) -> bytes:
    stream = BytesIO()
    soundfile.write(stream, samples, rate, format="WAV", subtype="PCM_16")
    return stream.getvalue()


def scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.point([min(255, round(value * factor)) for value in range(256)] * 3)


def of_picture(change: Callable[[Image.Image], Image.Image]) -> Callable[[bytes], bytes]:
    return lambda data: jpeg(change(Image.open(BytesIO(data)).convert("RGB")))


def of_sound(change: Callable[[np.ndarray, int], tuple[np.ndarray, int]]) -> Callable[[bytes], bytes]:
    return lambda data: wav(*change(*soundfile.read(BytesIO(data))))


class Planted(Struct, frozen=True):
    """A flaw: its rule, what was done, in words and as a change of a file's bytes, and the files it is done to."""

    rule: str
    words: str
    change: Callable[[bytes], bytes]
    files: str = "vehicles_openimages/train/images/*.jpg"


SOUNDS = "fsdd_subset/recordings/*.wav"
PLANTED = [
    Planted("blurred", "Gaussian blur, sigma 3 px", of_picture(lambda one: one.filter(ImageFilter.GaussianBlur(3)))),
    Planted("blurred", "Gaussian blur, sigma 2 px", of_picture(lambda one: one.filter(ImageFilter.GaussianBlur(2)))),
    Planted("dark", "brightness times 0.2", of_picture(lambda one: scaled(one, 0.2))),
    Planted("overexposed", "brightness times 8", of_picture(lambda one: scaled(one, 8))),
    Planted(
        "low-information",
        "contrast times 0.02",
        of_picture(lambda one: one.point([round(128 + (value - 128) * 0.02) for value in range(256)] * 3)),
    ),
    Planted("corrupt-tail", "half of the file, and an end marker", lambda data: data[: len(data) // 2] + b"\xff\xd9"),
    Planted("corrupt-tail", "1,000 bytes behind the end", lambda data: data + bytes(1000)),
    Planted("clipping", "as loud that 2 % of the samples are cut", of_sound(lambda x, rate: (
        np.clip(x / np.quantile(np.abs(x), 0.98), -1, 1), rate)), SOUNDS),
    Planted("near-silent", "1 % of full scale", of_sound(lambda x, rate: (x / np.abs(x).max() * 0.0098, rate)), SOUNDS),
    Planted("silence-at-ends", "0.6 s of zeros in front", of_sound(lambda x, rate: (
        np.concatenate([np.zeros(rate * 6 // 10), x]), rate)), SOUNDS),
    Planted("sound-length", "the first 0.08 s", of_sound(lambda x, rate: (x[: rate * 8 // 100], rate)), SOUNDS),
]  # fmt: skip


def found(rule: str, files: dict[str, Path], kind: ItemKind) -> set[str]:
    builder = FrameBuilder()
    for name in files:
        builder.add(Item(id=item_id(name), kind=kind, name=name))
    frame = builder.build()
    findings = lint(frame, lambda item: files[item.name], LintConfig(select=(rule,)))
    return {frame.items[frame.item_rows[one.subject.ids[0]]].name for one in findings}


def chosen(pattern: str, root: Path) -> list[Path]:
    every = sorted(root.glob(pattern))
    return every[:: len(every) // EACH][:EACH]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: f"{planted.rule}: {planted.words}")
def test_planted_flaws_are_found(planted: Planted, shared_data: Path, tmp_path: Path) -> None:
    kind: ItemKind = "audio" if planted.files == SOUNDS else "image"
    untouched = chosen(planted.files, shared_data)
    files = {}
    for number, path in enumerate(untouched):
        files[str(number)] = tmp_path / f"{number}{path.suffix}"
        files[str(number)].write_bytes(planted.change(path.read_bytes()))
    hits = len(found(planted.rule, files, kind))
    alarms = len(found(planted.rule, {path.name: path for path in untouched}, kind))
    row = f"| {planted.rule} | {planted.words} | {hits} of {len(files)} | {alarms} of {len(files)} |"
    assert row in PAGE.read_text("utf-8").splitlines()
