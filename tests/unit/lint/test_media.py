"""What is read of images: against a plain twin with Pillow and hashlib."""

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from checkdam.compute import PoolExecutor
from checkdam.lint import FrameBuilder, LintConfig, lint
from checkdam.lint.config import RuleConfig
from checkdam.lint.image_facts import PERCENTILES, ImageFacts, Thumbnail, image_facts, thumbnail
from checkdam.lint.media import MemoryFacts, gather
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
        pixels = np.asarray(image.convert("L")).ravel()
        assert facts.greys == tuple(np.percentile(pixels, PERCENTILES, method="inverted_cdf"))
        assert (facts.format, facts.trailing, facts.unfilled) == ("PNG", 0, 0)
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
    for images in ("media", "thumbnail", "size"):
        facts = gather(items, lambda item: None if item.name == "nowhere.png" else folder / item.name, images=images)
        assert facts.images[0] is not None
        assert facts.images[0].error is None
        assert facts.missing.tolist() == [False, False, False, False, True]
        for image in facts.images[2 if images == "size" else 1 : 4]:
            assert image is not None
            assert image.error
            assert str(folder) not in image.error


def test_facts_are_read_once_and_known_blobs_not_even_opened(folder: Path) -> None:
    store = MemoryFacts()
    items = [image_item(f"{number}.png") for number in range(6)]
    first = gather(items, lambda item: folder / item.name, store=store, executor=PoolExecutor(3))
    assert len(store) == 6
    stored = [
        msgspec.structs.replace(item, blob=one.sha256) for item, one in zip(items, first.images, strict=True) if one
    ]
    again = gather(stored, lambda _: folder / "gone.png", store=store)
    assert again.images == first.images


def test_headers_give_the_sizes(folder: Path) -> None:
    items = [image_item(f"{number}.png") for number in range(6)]
    told: list[tuple[int, int, str]] = []
    facts = gather(items, lambda item: folder / item.name, images="size", progress=lambda *step: told.append(step))
    assert [(one.width, one.height) for one in facts.images if one] == [(40, 30 + number) for number in range(6)]
    assert told == [(number + 1, 6, "reading image sizes") for number in range(6)]


def test_a_thumbnail_says_of_the_looks_what_all_facts_say(folder: Path) -> None:
    for path in sorted(folder.glob("*.png")):
        if path.is_file():
            data = path.read_bytes()
            every, some = msgspec.structs.asdict(image_facts(data)), msgspec.structs.asdict(thumbnail(data))
            assert {name for name, value in some.items() if value is not None} >= {"sha256", "orientation"}
            assert all(value in (None, every[name]) for name, value in some.items())
            assert some["signature"] == every["signature"]
            assert some["dhash"] == every["dhash"]


def test_thumbnails_are_kept_apart_from_all_facts(folder: Path) -> None:
    store = MemoryFacts()
    items = [image_item(f"{number}.png") for number in range(3)]
    first = gather(items, lambda item: folder / item.name, images="thumbnail", store=store)
    items = [
        msgspec.structs.replace(item, blob=one.sha256) for item, one in zip(items, first.images, strict=True) if one
    ]
    again = gather(items, lambda _: folder / "gone.png", images="thumbnail", store=store)
    assert again.images == first.images
    assert all(isinstance(one, Thumbnail) and one.pixels is None for one in again.images)
    full = gather(items, lambda item: folder / item.name, store=store)
    assert all(one and one.pixels and not isinstance(one, Thumbnail) for one in full.images)
    assert gather(items, lambda _: None, images="thumbnail", store=store).missing.all()
    assert gather(items, lambda _: folder / "gone.png", images="thumbnail", store=store).images == full.images


def test_a_rule_that_looks_at_thumbnails_finds_what_it_finds_beside_all_rules(tmp_path: Path) -> None:
    """Pixels that are the same in another format are told from pixels that are nearly the same."""
    random = np.random.default_rng(8)
    small = Image.fromarray(random.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    picture = small.resize((320, 240), Image.Resampling.BICUBIC)
    picture.save(tmp_path / "a.jpg", quality=90)
    decoded = Image.open(tmp_path / "a.jpg").convert("RGB")
    decoded.save(tmp_path / "b.png")
    decoded.save(tmp_path / "c.bmp")
    pixels = np.array(decoded)
    pixels[100, 100] ^= 1
    Image.fromarray(pixels).save(tmp_path / "d.png")
    (tmp_path / "e.jpg").write_bytes((tmp_path / "a.jpg").read_bytes())
    builder = FrameBuilder()
    for path in sorted(tmp_path.iterdir()):
        builder.add(image_item(path.name))
    frame = builder.build()
    found = {}
    for chosen in (("near-duplicate-image",), ("near-duplicate-image", "duplicate-image")):
        for options in ({}, {"distance": 2}):
            config = LintConfig(select=chosen, rules={"near-duplicate-image": RuleConfig(options=options)})
            findings = lint(frame, lambda item: tmp_path / item.name, config)
            found[chosen, len(options)] = [one for one in findings if one.rule == "near-duplicate-image"]
    by_both, alone = ("near-duplicate-image", "duplicate-image"), ("near-duplicate-image",)
    for options in (0, 1):
        pairs = {
            frozenset(frame.items[frame.item_rows[key]].name for key in one.subject.ids)
            for one in found[alone, options]
        }
        assert pairs == {frozenset({"d.png", name}) for name in ("a.jpg", "b.png", "c.bmp", "e.jpg")}
        assert found[alone, options] == found[by_both, options]
