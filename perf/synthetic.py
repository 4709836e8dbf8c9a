"""A COCO dataset of any size, made the same way each time, without pictures."""

import json
from pathlib import Path

import numpy as np

LABELS = ("person", "car", "truck", "bus", "bicycle", "dog", "cat", "bird", "chair", "bottle")
BOXES_PER_ITEM = 10
WIDTH, HEIGHT = 1280, 720


def write_coco(path: Path, items: int, seed: int = 7) -> None:
    """Writes `items` image entries with ten boxes each; labels follow a Zipf-like law, sizes a log-normal one. In every
    hundredth image the first box stands twice."""
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(LABELS) + 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"images":[')
        for first in range(0, items, 10_000):
            block = range(first, min(first + 10_000, items))
            file.write("," * (first > 0) + ",".join(_image(number) for number in block))
        file.write('],"annotations":[')
        for first in range(0, items, 10_000):
            block = range(first, min(first + 10_000, items))
            file.write("," * (first > 0) + ",".join(_annotations(random, block, weights / weights.sum())))
        categories = [{"id": number + 1, "name": name} for number, name in enumerate(LABELS)]
        file.write('],"categories":' + json.dumps(categories) + "}")


def _image(number: int) -> str:
    return f'{{"id":{number + 1},"file_name":"{number:07d}.jpg","width":{WIDTH},"height":{HEIGHT}}}'


def _annotations(random: np.random.Generator, block: range, weights: np.ndarray) -> list[str]:
    count = len(block) * BOXES_PER_ITEM
    sides = np.minimum(np.exp(random.normal(4.0, 0.6, (count, 2))), (WIDTH - 2, HEIGHT - 2))
    corners = random.random((count, 2)) * ((WIDTH, HEIGHT) - sides)
    labels = random.choice(len(LABELS), count, p=weights)
    boxes: list[list[float]] = np.hstack((corners, sides)).round(2).tolist()
    codes: list[int] = (labels + 1).tolist()
    written = []
    for row in range(count):
        image = block[row // BOXES_PER_ITEM]
        source = row - 1 if row % BOXES_PER_ITEM == 1 and image % 100 == 0 else row
        x, y, width, height = boxes[source]
        written.append(
            f'{{"id":{block[0] * BOXES_PER_ITEM + row + 1},"image_id":{image + 1},"category_id":{codes[source]},'
            f'"bbox":[{x},{y},{width},{height}],"area":{width * height:.3f},"iscrowd":0}}'
        )
    return written
