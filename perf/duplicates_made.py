"""Makes folders of pictures of which it is known which are copies of one another: real pictures and drawn scenes, and
cropped, mirrored, recompressed, resized and brightened copies of them."""

from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

PARTS = ("tune", "report")
"""Halves of the real pictures, by the parity of their place in the sorted list; scenes differ by their seeds."""

OVERLAPPING = (38, 247, 249, 250, 252, 253, 256, 257, 258, 260, 261, 263, 277, 278, 391, 393, 395)
"""The numbers of blood pictures that show the same cells as an earlier one (each was looked at: docs/judged): they are
left out, since it must be known of every two pictures whether they are copies."""


@dataclass
class Made:
    """A folder of pictures. `groups` gives each file's original; `how` what was done to a copy."""

    folder: Path
    groups: dict[str, int] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)

    def add(self, picture: Image.Image, name: str, group: int, *, quality: int, how: str) -> None:
        picture.save(self.folder / name, quality=quality)
        self.groups[name], self.how[name] = group, how

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Every two files that come from one original, in the order of names."""
        members: dict[int, list[str]] = {}
        for name, group in self.groups.items():
            members.setdefault(group, []).append(name)
        return {pair for names in members.values() for pair in combinations(sorted(names), 2)}


def make(folder: Path, real: list[Path], part: str, seed: int, *, total: int = 2000, copies: int = 3) -> Made:
    """Writes `total` pictures: originals (the real ones of the part, then scenes), two thirds of them with copies."""
    random = np.random.default_rng([seed, PARTS.index(part)])
    folder.mkdir(parents=True, exist_ok=True)
    made = Made(folder)
    mine = [path for place, path in enumerate(sorted(real)) if place % 2 == PARTS.index(part)]
    random.shuffle(mine)
    originals = round(total / (1 + copies * 2 / 3))
    copied = (total - originals) // copies
    spare = total - originals - copied * copies
    chosen = set(random.permutation(originals)[:copied].tolist())
    for group in range(originals + spare):
        if group < min(len(mine), originals * 3 // 4):
            picture = Image.open(mine[group]).convert("RGB")
        else:
            picture = scene(random)
        made.add(picture, f"{random.integers(1 << 40):010x}.jpg", group, quality=92, how="original")
        for _ in range(copies if group in chosen else 0):
            copy, how, quality = altered(picture, random)
            made.add(copy, f"{random.integers(1 << 40):010x}.jpg", group, quality=quality, how=how)
    return made


def altered(picture: Image.Image, random: Generator) -> tuple[Image.Image, str, int]:
    """A copy with one to three changes, what they are, and the JPEG quality to save it with."""
    kinds = ["crop", "flip", "recompress", "resize", "brightness"]
    chosen = random.choice(kinds, size=random.choice([1, 2, 3], p=[0.6, 0.25, 0.15]), replace=False).tolist()
    words, quality = [], 90
    for kind in (kind for kind in kinds if kind in chosen):
        match kind:
            case "crop":
                picture, word = cropped(picture, random)
            case "flip":
                mirror = Image.Transpose.FLIP_LEFT_RIGHT if random.random() < 0.75 else Image.Transpose.FLIP_TOP_BOTTOM
                picture, word = picture.transpose(mirror), f"flip {mirror.name.lower()}"
            case "recompress":
                quality = int(random.integers(30, 91))
                word = f"quality {quality}"
            case "resize":
                scale = float(np.exp(random.uniform(np.log(0.25), np.log(2))))
                size = (max(round(picture.width * scale), 16), max(round(picture.height * scale), 16))
                picture, word = picture.resize(size, Image.Resampling.BICUBIC), f"resize {scale:.2f}"
            case _:
                light, contrast = random.uniform(0.7, 1.3, 2)
                picture = ImageEnhance.Contrast(ImageEnhance.Brightness(picture).enhance(light)).enhance(contrast)
                word = f"brightness {light:.2f} contrast {contrast:.2f}"
        words.append(word)
    return picture, ", ".join(words), quality


def cropped(picture: Image.Image, random: Generator) -> tuple[Image.Image, str]:
    """Cuts 5 to 25 % off the width and off the height, at a random place."""
    keep = 1 - random.uniform(0.05, 0.25, 2)
    width, height = round(picture.width * keep[0]), round(picture.height * keep[1])
    left, top = random.integers(0, picture.width - width + 1), random.integers(0, picture.height - height + 1)
    box = (int(left), int(top), int(left) + width, int(top) + height)
    return picture.crop(box), f"crop {keep[0]:.2f} x {keep[1]:.2f}"


def scene(random: Generator, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """A drawn picture: a ground of slow noise, then rectangles, discs, lines and polygons, softened a little."""
    width, height = size
    ground = random.integers(0, 256, (int(random.integers(3, 9)), int(random.integers(3, 9)), 3), dtype=np.uint8)
    picture = Image.fromarray(ground).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for shape in random.choice(["box", "disc", "line", "polygon"], size=int(random.integers(4, 30))):
        colour = tuple(random.integers(0, 256, 3).tolist())
        x, y = int(random.integers(width)), int(random.integers(height))
        w, h = (int(part) for part in random.integers(8, width // 3, 2))
        match shape:
            case "box":
                draw.rectangle((x, y, x + w, y + h), fill=colour)
            case "disc":
                draw.ellipse((x, y, x + w, y + h), fill=colour)
            case "line":
                draw.line((x, y, x + w, y - h), fill=colour, width=int(random.integers(1, 9)))
            case _:
                points = (random.random((int(random.integers(3, 7)), 2)) * [w, h] + [x, y]).tolist()
                draw.polygon([tuple(point) for point in points], fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(float(random.uniform(0, 1.5))))


def real_pictures(shared: Path) -> list[Path]:
    """The pictures of the two real sets with images: blood cells, which all look alike, and street scenes."""
    folders = (shared / "bccd" / "JPEGImages", shared / "vehicles_openimages")
    left_out = {f"BloodImage_{number:05d}.jpg" for number in OVERLAPPING}
    return [path for folder in folders for path in sorted(folder.rglob("*.jpg")) if path.name not in left_out]
