"""What is read of images: against a plain twin with Pillow and hashlib."""

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from checkdam.lint.media import ImageFacts, gather, image_facts
from checkdam.schema import Item, item_id


def image_item(name: str, **values: int) -> Item:
    return Item(id=item_id(name), kind="image", name=name, width=values.get("width"), height=values.get("height"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(5)
    for number in range(6):
        pixels = random.integers(0, 256, (30 + number, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    Image.fromarray(random.integers(0, 256, (30, 40), dtype=np.uint8)).save(tmp_path / "grey.png")
    Image.fromarray(random.integers(0, 256, (30, 40, 4), dtype=np.uint8)).save(tmp_path / "alpha.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "0.png").read_bytes()[:900])
    (tmp_path / "folder.png").mkdir()
    return tmp_path


def test_facts_are_those_of_a_plain_script(folder: Path) -> None:
    for path in sorted(folder.glob("[0-9ga]*.png")):
        facts = image_facts(path.read_bytes())
        image = Image.open(path)
        assert facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert (facts.width, facts.height) == image.size
        grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BILINEAR))
        bits = "".join(str(int(row[x + 1] > row[x])) for row in grey for x in range(8))
        assert facts.dhash == f"{int(bits, 2):016x}"
        assert msgspec.json.decode(msgspec.json.encode(facts), type=ImageFacts) == facts


def test_pixels_tell_sizes_apart_and_formats_not(folder: Path) -> None:
    flat = [Image.new("RGB", size, (7, 7, 7)) for size in ((4, 6), (6, 4))]
    digests = set()
    for number, image in enumerate(flat):
        for ending in ("png", "bmp"):
            image.save(folder / f"flat{number}.{ending}")
            digests.add(image_facts((folder / f"flat{number}.{ending}").read_bytes()).pixels)
    assert len(digests) == 2


def test_whatever_cannot_be_read_is_a_fact_without_a_path_of_this_machine(folder: Path) -> None:
    items = [image_item(name) for name in ("0.png", "cut.png", "folder.png", "gone.png", "nowhere.png")]
    for pixels in (True, False):
        facts = gather(items, lambda item: None if item.name == "nowhere.png" else folder / item.name, pixels=pixels)
        assert facts.images[0] is not None
        assert facts.images[0].error is None
        assert facts.missing.tolist() == [False, False, False, False, True]
        for image in facts.images[1 if pixels else 2 : 4]:
            assert image is not None
            assert image.error
            assert str(folder) not in image.error


class Store:
    def __init__(self) -> None:
        self.kept: dict[str, ImageFacts] = {}

    def get(self, sha256: str, /) -> ImageFacts | None:
        return self.kept.get(sha256)

    def put(self, sha256: str, facts: ImageFacts, /) -> None:
        self.kept[sha256] = facts


def test_facts_are_read_once_and_known_blobs_not_even_opened(folder: Path) -> None:
    store = Store()
    items = [image_item(f"{number}.png") for number in range(6)]
    first = gather(items, lambda item: folder / item.name, store=store, workers=3)
    assert len(store.kept) == 6
    stored = [
        msgspec.structs.replace(item, blob=one.sha256) for item, one in zip(items, first.images, strict=True) if one
    ]
    again = gather(stored, lambda _: folder / "gone.png", store=store)
    assert again.images == first.images


def test_headers_give_the_sizes(folder: Path) -> None:
    items = [image_item(f"{number}.png") for number in range(6)]
    told: list[tuple[int, int, str]] = []
    facts = gather(items, lambda item: folder / item.name, pixels=False, progress=lambda *step: told.append(step))
    assert [(one.width, one.height) for one in facts.images if one] == [(40, 30 + number) for number in range(6)]
    assert told == [(number + 1, 6, "reading image sizes") for number in range(6)]
