"""Label Studio's own SDK takes what is written: the configuration, the tasks, the boxes, the brush."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from checkdam.formats import Record, format_named
from checkdam.formats.label_studio.brush import decode, encode
from checkdam.schema import (
    Annotation,
    Box,
    Category,
    Geometry,
    Item,
    Keypoint,
    Keypoints,
    Label,
    Mask,
    MultiCategory,
    Polygon,
    RotatedBox,
    Span,
    Taxonomy,
    annotation_id,
    extent,
    item_id,
    ordinal_key,
)
from conftest import missing
from unit.formats.making import picture

try:
    from label_studio_sdk.converter import brush
    from label_studio_sdk.converter.converter import Converter
    from label_studio_sdk.label_interface import LabelInterface
except ImportError as error:  # pragma: no cover
    missing(f"label-studio-sdk is not there: {error}")

SIDE = 200
RING = ((10.0, 20.0), (60.0, 20.0), (60.0, 70.5))
SHAPES: list[Geometry] = [
    Box(10, 20, 30.5, 40),
    Box(-5, 0, 300, 0.1),
    RotatedBox(100, 80, 60, 20, 30),
    RotatedBox(100, 80, 60, 20, -75),
    RotatedBox(50, 50, 20, 40, 200),
    Polygon(((RING,),)),
]


def record(name: str, geometries: list[Geometry], kind: str = "image", text: str | None = None) -> Record:
    identity = item_id(name)
    image = kind == "image"
    item = Item(
        id=identity,
        kind=kind,  # type: ignore[arg-type]
        name=name,
        text=text,
        width=SIDE if image else None,
        height=SIDE if image else None,
    )
    annotations = [
        Annotation(
            id=annotation_id(identity, ordinal_key(at)),
            item_id=identity,
            label="cat" if at % 2 else "traffic light",
            geometry=geometry,
        )
        for at, geometry in enumerate(geometries)
    ]
    return item, annotations


def written(folder: Path, records: list[Record]) -> Path:
    picture_file = folder / "source.png"
    picture_file.write_bytes(picture(SIDE, SIDE))
    taxonomy = Taxonomy(labels=(Label(name="traffic light", color="#ff0000"), Label(name="cat")))
    media = (lambda _: picture_file) if records[0][0].kind == "image" else None
    format_named("label-studio").write(folder / "out", taxonomy, records, media)
    return folder / "out"


def coco_of(folder: Path, tmp_path: Path) -> dict[str, Any]:
    converter = Converter((folder / "config.xml").read_text(), project_dir=str(folder), download_resources=False)
    converter.convert_to_coco(str(folder / "tasks.json"), str(tmp_path / "coco"), is_dir=False)
    found: dict[str, Any] = json.loads((tmp_path / "coco" / "result.json").read_text())
    return found


def test_its_converter_gives_the_same_boxes(tmp_path: Path) -> None:
    """Rotated ones too. The image is a square: the converter turns boxes in percent, which is right there only."""
    folder = written(tmp_path, [record("a/1.jpg", SHAPES), record("2.jpg", [])])
    document = coco_of(folder, tmp_path)
    names = {row["id"]: row["name"] for row in document["categories"]}
    found = {
        (names[row["category_id"]], *(round(value, 6) for value in row["bbox"])) for row in document["annotations"]
    }
    expected = set()
    for at, geometry in enumerate(SHAPES):
        box = extent(geometry)
        assert box is not None
        sides = (box.x, box.y, box.width, box.height)
        expected.add(("cat" if at % 2 else "traffic light", *(round(value, 6) for value in sides)))
    assert found == expected
    assert len(document["images"]) == 2


def test_it_accepts_the_configuration_and_the_tasks(tmp_path: Path) -> None:
    mask = Mask(SIDE, SIDE, (5, 3, SIDE * SIDE - 8))
    more: list[Geometry] = [mask, Keypoints((Keypoint(3, 4, 2),)), Category(), MultiCategory(("a", "b"))]
    inside = [each for each in SHAPES if each != SHAPES[1]]  # it takes no percentages below 0
    folder = written(tmp_path, [record("1.jpg", [*inside, *more])])
    interface = LabelInterface((folder / "config.xml").read_text())
    interface.validate()
    for task in json.loads((folder / "tasks.json").read_text()):
        assert interface.validate_task({"data": task["data"]})
        for annotation in task["annotations"]:
            for region in annotation["result"]:
                assert interface.validate_region(region, return_errors=True) == []


def test_it_cuts_texts_where_we_do(tmp_path: Path) -> None:
    text = "😀 Ada met 👩‍🚀 Löwe."
    spans = [Span(text.index("Ada"), text.index("Ada") + 3), Span(text.index("Löwe"), text.index("Löwe") + 4)]
    folder = written(tmp_path, [record("t", list(spans), "text", text)])
    converter = Converter((folder / "config.xml").read_text(), project_dir=str(folder))
    converter.convert_to_conll2003(str(folder / "tasks.json"), str(tmp_path / "conll"), is_dir=False)
    lines = (tmp_path / "conll" / "result.conll").read_text("utf-8").splitlines()
    tagged = {line.split()[0]: line.split()[-1] for line in lines if line.strip() and not line.endswith("O")}
    assert {token.strip(".") for token in tagged} == {"Ada", "Löwe"}, lines


@st.composite
def pixels(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    height, width = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    if draw(st.booleans()):
        return np.full((height, width), draw(st.integers(0, 1)), dtype=np.uint8)
    rows = draw(st.lists(st.integers(0, 1), min_size=height * width, max_size=height * width))
    return np.array(rows, dtype=np.uint8).reshape(height, width)


def mask_of(image: np.ndarray[Any, Any]) -> Mask:
    flat = image.T.ravel() > 0
    cuts = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate(([0], cuts, [len(flat)]))).tolist()
    return Mask(*image.shape, tuple([0, *runs] if flat[0] else runs))


@settings(deadline=None, max_examples=100)
@given(pixels())
def test_brushes_are_those_of_its_own_module(image: np.ndarray[Any, Any]) -> None:
    height, width = image.shape
    theirs = brush.mask2rle(image * 255)
    mask = mask_of(image)
    assert decode([int(each) for each in theirs], width, height, "") == mask
    back = brush.decode_rle(encode(mask)).reshape(height, width, 4)[:, :, 3]
    assert np.array_equal(back > 0, image > 0)


def test_a_long_brush_is_read_as_its_own_module_does() -> None:
    image = np.zeros((300, 700), dtype=np.uint8)
    image[40:290, 3:650] = 1
    mask = mask_of(image)
    assert decode([int(each) for each in brush.mask2rle(image * 255)], 700, 300, "") == mask
    assert np.array_equal(brush.decode_rle(encode(mask)).reshape(300, 700, 4)[:, :, 3] > 0, image > 0)


def test_runs_of_single_values_are_read() -> None:
    """A stream of values one by one, as the editor writes colours."""
    head = f"{4:032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    bits = head + "0" + "00" + "011" + "".join(f"{each:08b}" for each in (9, 8, 7, 200))
    data = [int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8)]
    assert brush.decode_rle(data).tolist() == [9, 8, 7, 200]
    assert decode(data, 1, 1, "") == Mask(1, 1, (0, 1))
