"""A loader as a `datasets.IterableDataset`. Imported only when it is asked for.

Columns. Always: `id`, `name`, `split`, `label` (the category, as a ClassLabel; None where there is none). Images:
`image`, and `objects` with `bbox` (x, y, width, height in pixels, the convention of COCO and of the Hub) and `label`.
Texts: `text`, and `spans` with `start`, `end`, `label`. Sounds: `audio`, `transcript`.
"""

from collections.abc import Iterator
from typing import Any

from checkdam.guard.files import read_bytes
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.schema import InputError, ItemKind
from checkdam.sdk.example import UNKNOWN, Example
from checkdam.sdk.stream import Stream

try:
    import datasets
except ImportError as error:
    raise InputError(
        "Hugging Face datasets is not installed", "install datasets, or iterate over the loader itself"
    ) from error


def iterable_dataset(loader: Stream, shards: int = 1) -> "datasets.IterableDataset":
    """In `shards` parts. InputError where the version's items are of several kinds: their columns differ."""
    kinds = loader.kinds()
    if len(kinds) > 1:
        raise InputError(f"the items are of several kinds: {', '.join(kinds)}", 'give a slice, {"kind": "image"}')
    kind: ItemKind = kinds[0] if kinds else "image"
    return datasets.IterableDataset.from_generator(
        _rows,
        features=_features(kind, loader),
        gen_kwargs={"loaders": [loader.shard(n, shards) for n in range(shards)]},
    )


def _rows(loaders: list[Stream]) -> Iterator[dict[str, Any]]:
    for loader in loaders:
        for example in loader:
            yield _row(example)


def _features(kind: ItemKind, loader: Stream) -> "datasets.Features":
    text = datasets.Value("string")
    label = datasets.ClassLabel(names=list(loader.labels)) if loader.labels else text
    features: dict[str, Any] = {"id": text, "name": text, "split": text, "label": label}
    if kind == "image":
        box = datasets.List(datasets.Value("float32"), length=4)
        features |= {
            "image": datasets.Image(),
            "objects": {"bbox": datasets.List(box), "label": datasets.List(label)},
        }
    elif kind == "audio":
        features |= {"audio": {"path": text, "bytes": datasets.Value("binary")}, "transcript": text}
    else:
        number = datasets.List(datasets.Value("int64"))
        features |= {"text": text, "spans": {"start": number, "end": number, "label": datasets.List(text)}}
    return datasets.Features(features)


def _row(example: Example) -> dict[str, Any]:
    item, category = example.item, example.category()
    row: dict[str, Any] = {
        "id": item.id,
        "name": item.name,
        "split": item.split,
        "label": None if category == UNKNOWN else category,
    }
    if item.kind == "image":
        boxes = [[box.x, box.y, box.width, box.height] for box in example.extents()]
        objects = {"bbox": boxes, "label": example.labels().tolist()}
        return row | {"image": _media(example), "objects": objects}
    if item.kind == "audio":
        return row | {"audio": _media(example), "transcript": example.transcript()}
    spans = example.spans()
    columns = {name: [span[at] for span in spans] for at, name in enumerate(("start", "end", "label"))}
    return row | {"text": item.text or "", "spans": columns}


def _media(example: Example) -> dict[str, Any] | None:
    if example.media is None:
        return None
    return {"path": example.item.name, "bytes": read_bytes(example.media, DEFAULT_LIMITS.image_bytes)}
