"""CVAT: what its files hold comes back; those of other hands are read as they are meant."""

import re
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkdam.formats import PatchEdit, Record, format_named
from checkdam.formats.cvat.masks import canonical, cropped, whole_mask
from checkdam.guard import DEFAULT_LIMITS
from checkdam.schema import (
    Annotation,
    AttributeSpec,
    Box,
    Category,
    Item,
    Keypoint,
    Keypoints,
    Label,
    Mask,
    Polygon,
    Polyline,
    Problems,
    RotatedBox,
    Skeleton,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
)
from unit.formats.making import (
    boxes,
    coordinates,
    image_names,
    make,
    masks,
    plain_words,
    points,
    read_all,
    rings,
    splits,
    typed,
    write_and_read,
)

FORMAT = format_named("cvat")
SKELETON = Skeleton(("nose", "left & right", "tail"), ((0, 1), (1, 2)))
SPECS = (
    AttributeSpec(name="pose", type="choice", choices=("left", "right", "1"), default="left"),
    AttributeSpec(name="hidden", type="boolean", default=False),
    AttributeSpec(name="age", type="number", minimum=0.0, maximum=99.5, default=1),
    AttributeSpec(name="note", type="text", default="?"),
)
values = st.fixed_dictionaries(
    {},
    optional={
        "pose": st.sampled_from(["left", "1"]),
        "hidden": st.booleans(),
        "age": st.integers(0, 9) | st.floats(allow_nan=False, allow_infinity=False),
        "note": st.sampled_from(["", "7", "true", "a <b> & c\nd", "猫"]),
        "free": st.booleans() | st.integers(0, 9) | st.just("x"),
        "occluded": st.booleans(),
        "z_order": st.integers(-9, 9),
        "group_id": st.integers(0, 9),
        "source": st.sampled_from(["manual", "auto", ""]),
    },
)
joints = st.builds(Keypoint, coordinates, coordinates, st.sampled_from([0, 1, 2]))
shapes = st.one_of(
    boxes,
    st.builds(RotatedBox, *([coordinates] * 5)),
    rings.map(lambda ring: Polygon(((ring,),))),
    st.lists(points, min_size=1, max_size=3).map(lambda line: Polyline(tuple(line))),
    st.tuples(joints, joints, joints).map(Keypoints),
    masks().map(canonical),
    st.just(Category()),
)


@st.composite
def datasets(draw: st.DrawFn) -> tuple[Taxonomy, list[Record]]:
    names = draw(st.lists(plain_words, min_size=1, max_size=4, unique=True))
    color = st.none() | st.just("#00ff7f")
    taxonomy = Taxonomy(
        labels=tuple(Label(name=name, attributes=SPECS, skeleton=SKELETON, color=draw(color)) for name in names),
        metadata=draw(st.just({}) | st.just({"task.name": "a", "task.id": 4, "dumped": "2024-05-06 07:08"})),
    )
    records: list[Record] = []
    for at, name in enumerate(draw(st.lists(image_names, max_size=3, unique=True))):
        shape = draw(st.none() | shapes)
        width, height = (shape.width, shape.height) if isinstance(shape, Mask) else (draw(st.none() | st.just(9)), 7)
        item = Item(
            id=item_id(name),
            kind="image",
            name=name,
            width=width,
            height=height,
            split=draw(splits),
            source_id=draw(st.none() | st.just(str(7 * at))),
            metadata=draw(st.just({}) | st.just({"task_id": 3, "note": "a\t'b'"})),
        )
        marks = [
            Annotation(
                id=annotation_id(item.id, ordinal_key(number)),
                item_id=item.id,
                label=draw(st.sampled_from(names)),
                geometry=shape,
                attributes=draw(values),
            )
            for number in range(2 if shape else 0)
        ]
        records.append((item, marks))
    return taxonomy, records


@settings(deadline=None, max_examples=200)
@given(datasets(), st.booleans())
def test_cvat_holds_every_shape_with_attributes_and_skeletons(
    dataset: tuple[Taxonomy, list[Record]], media: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report, (before, after) = write_and_read(FORMAT, Path(folder), dataset, media=media)
    far = [each for _, marks in dataset[1] for one in marks for each in numbers_of(one.geometry) if abs(each) > 1e307]
    if far and report:
        return  # a far corner may be beyond every float
    assert not report, str(report)
    assert typed(after) == typed(before)


def numbers_of(geometry: Any) -> list[float]:
    return [each for each in msgspec.structs.astuple(geometry) if isinstance(each, float)]


@given(masks())
def test_masks_are_cropped_row_by_row(mask: Mask) -> None:
    pixels = np.repeat(np.arange(len(mask.counts)) % 2, mask.counts).reshape(mask.width, mask.height).T
    left, top, width, height, runs = cropped(mask)
    crop = np.repeat(np.arange(len(runs)) % 2, runs).reshape(height, width)
    again = np.zeros_like(pixels)
    again[top : top + height, left : left + width] = crop
    assert np.array_equal(again, pixels)
    assert whole_mask((left, top, width, height, runs), mask.width, mask.height) == canonical(mask)


FILE = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>7</id>
      <name>street</name>
      <size>2</size>
      <labels>
        <label>
          <name>car</name>
          <color>#fa3253</color>
          <type>rectangle</type>
          <attributes>
            <attribute>
              <name>make</name>
              <mutable>False</mutable>
              <input_type>select</input_type>
              <default_value>none</default_value>
              <values>none
a &amp; b
2</values>
            </attribute>
            <attribute>
              <name>parked</name>
              <mutable>True</mutable>
              <input_type>checkbox</input_type>
              <default_value>true</default_value>
              <values>true</values>
            </attribute>
            <attribute>
              <name>age</name>
              <mutable>False</mutable>
              <input_type>number</input_type>
              <default_value>3</default_value>
              <values>0
10
1</values>
            </attribute>
          </attributes>
        </label>
        <label>
          <name>person</name>
          <color>#34d1b7</color>
          <type>skeleton</type>
          <attributes></attributes>
          <svg>&lt;line x1="1" y1="2" x2="3" y2="4" data-type="edge" data-node-from="2" data-node-to="1"&gt;&lt;/line&gt;
&lt;circle r="1.5" cx="1" cy="2" data-type="element node" data-element-id="1" data-node-id="1" data-label-name="head"&gt;
&lt;/circle&gt;&lt;circle r="1.5" cx="3" cy="4" data-node-id="2" data-label-name="foot"&gt;&lt;/circle&gt;</svg>
        </label>
        <label><name>head</name><color>#1</color><type>points</type><attributes></attributes><parent>person</parent></label>
        <label><name>foot</name><color>#2</color><type>points</type><attributes></attributes><parent>person</parent></label>
      </labels>
    </task>
  </meta>
  <image id="0" name="sub/1.jpg" subset="Validation" task_id="7" width="40" height="20">
    <box label="car" source="manual" occluded="1" xtl="1.50" ytl="2.00" xbr="31.25" ybr="18.00" z_order="2">
      <attribute name="make">2</attribute>
      <attribute name="parked">false</attribute>
      <attribute name="age">3</attribute>
    </box>
    <box label="car" source="manual" occluded="0" xtl="10" ytl="2" xbr="20" ybr="8" rotation="90.00" z_order="0"></box>
    <ellipse label="car" source="auto" occluded="0" cx="10" cy="9" rx="5" ry="2.5" rotation="30" z_order="0"></ellipse>
    <polygon label="sky" source="manual" occluded="0" points="0.00,0.00;9.00,0.00;9.00,9.00" z_order="0"/>
    <polyline label="car" source="manual" occluded="0" points="0,0;1e1,2" z_order="0"/>
    <points label="car" source="manual" occluded="0" points="3,4" z_order="0"/>
    <mask label="car" source="semi-auto" occluded="0" rle="1, 3, 1, 1" left="2" top="1" width="3" height="2" z_order="0"/>
    <skeleton label="person" source="manual" z_order="0" group_id="3">
      <points label="foot" source="manual" outside="0" occluded="1" points="5,6"><attribute name="bare">true</attribute></points>
      <points label="head" source="manual" outside="1" occluded="0" points="1,2"></points>
    </skeleton>
    <tag label="car" source="manual"></tag>
    <cuboid label="car" source="manual" occluded="0" xtl1="1" ytl1="2"/>
  </image>
  <image id="1" name="2.jpg" subset="default"/>
</annotations>
"""  # noqa: E501


def test_a_file_of_cvat_itself(tmp_path: Path) -> None:
    make(tmp_path, {"annotations.xml": FILE, "images/sub/1.jpg": "", "images/2.jpg": ""})
    taxonomy, (first, second), annotations, problems = read_all(FORMAT, tmp_path)
    assert [str(problem.where) for problem in problems] == ["annotations.xml:73"]
    assert "cuboid" in next(iter(problems)).what
    assert taxonomy.metadata == {"task.id": 7, "task.name": "street", "task.size": 2}
    car, person = taxonomy.labels
    assert (car.name, car.color, car.geometry) == ("car", "#fa3253", ("box", "rotated_box"))
    assert car.attributes == (
        AttributeSpec(name="make", type="choice", choices=("none", "a & b", "2"), default="none"),
        AttributeSpec(name="parked", type="boolean", default=True),
        AttributeSpec(name="age", type="number", minimum=0, maximum=10, default=3),
    )
    assert person.skeleton == Skeleton(("head", "foot"), ((1, 0),))
    assert (first.item.name, first.item.split, first.item.source_id) == ("images/sub/1.jpg", "val", "0")
    assert (first.item.width, first.item.height, first.item.metadata) == (40, 20, {"task_id": 7})
    assert (second.item.name, second.item.split, second.item.width) == ("images/2.jpg", None, None)
    assert first.media == tmp_path / "images/sub/1.jpg"
    assert [one.geometry for one in annotations] == [
        Box(1.5, 2, 29.75, 16),
        RotatedBox(15, 5, 10, 6, 90),
        RotatedBox(10, 9, 10, 5, 30),
        Polygon(((((0, 0), (9, 0), (9, 9)),),)),
        Polyline(((0, 0), (10, 2))),
        Keypoints((Keypoint(3, 4, 2),)),
        Mask(20, 40, (42, 1, 18, 1, 19, 2, 717)),
        Keypoints((Keypoint(1, 2, 0), Keypoint(5, 6, 1))),
        Category(),
    ]
    assert annotations[0].attributes == {
        "source": "manual",
        "occluded": True,
        "z_order": 2,
        "make": "2",
        "parked": False,
        "age": 3,
    }
    assert annotations[2].attributes["cvat_shape"] == "ellipse"
    assert annotations[3].label == "sky"  # not declared: kept, for a rule to tell
    assert annotations[7].attributes == {"source": "manual", "z_order": 0, "group_id": 3, "foot.bare": True}
    assert [str(one.origin) for one in annotations[:2]] == ["annotations.xml:57", "annotations.xml:62"]


def test_it_is_written_back_as_it_was(tmp_path: Path) -> None:
    make(tmp_path / "a", {"annotations.xml": FILE})
    taxonomy, entries, annotations, _ = read_all(FORMAT, tmp_path / "a")
    records = [(entry.item, [one for one in annotations if one.item_id == entry.item.id]) for entry in entries]
    assert not FORMAT.write(tmp_path / "b", taxonomy, records, None)
    again = read_all(FORMAT, tmp_path / "b")
    assert not again[3]
    assert again[0] == taxonomy

    def bare(rows: Any) -> list[Any]:
        return [msgspec.structs.replace(row, origin=None) for row in rows]

    assert bare(again[2]) == bare(annotations)
    assert bare(entry.item for entry in again[1]) == bare(entry.item for entry in entries)
    text = (tmp_path / "b" / "annotations.xml").read_text()
    assert "<ellipse" in text
    assert re.search(r'rle="1, 3, 1, 1" left="2" top="1" width="3" height="2"', text)


def test_a_video_is_told_once_and_what_to_do(tmp_path: Path) -> None:
    track = '<track id="0" label="car"><box frame="0" xtl="1" ytl="1" xbr="2" ybr="2"/></track>\n'
    make(tmp_path, {"a.xml": f"<annotations>\n{track * 3}</annotations>"})
    _, entries, annotations, problems = read_all(FORMAT, tmp_path)
    assert (entries, annotations) == ([], [])
    (problem,) = problems
    assert problem.where == "a.xml:2"
    assert "CVAT for images 1.1" in problem.remedy


def test_labels_that_no_meta_declares_are_those_that_occur(tmp_path: Path) -> None:
    box = '<box label="{}" xtl="1" ytl="1" xbr="2" ybr="2"/>'
    make(
        tmp_path,
        {"train.xml": f'<annotations><image name="1.jpg">{box.format("b")}{box.format("a")}</image></annotations>'},
    )
    taxonomy, (entry,), annotations, problems = read_all(FORMAT, tmp_path / "train.xml")
    assert not problems
    assert taxonomy.names() == ("a", "b")
    assert entry.item.split == "train"
    assert [str(one.origin) for one in annotations] == ["train.xml:1", "train.xml#line 1[1]"]
    assert annotations[0].attributes == {}


NEW: list[dict[str, Any]] = [
    {"label": "Löwe & <Co>"},
    {"attributes": {"make": "none", "parked": True, "age": 4.5, "occluded": False, "z_order": -1, "source": "x"}},
    {"attributes": {}},
    {"attributes": {"new": "a 'b' \"c\"", "group_id": 4}},
    {"geometry": Box(0.1 + 0.2, 1, 2 / 3, 4)},
    {"geometry": RotatedBox(9, 8, 7, 6, 5), "attributes": {"cvat_shape": "ellipse"}},
    {"geometry": Polygon(((((1, 2), (3, 4), (5, 6.5)),),))},
    {"geometry": Mask(20, 40, (0, 5, 795))},
    {"geometry": Category()},
]


@pytest.mark.parametrize("style", ["as it is", "Windows", "one line", "quotes"])
@pytest.mark.parametrize("at", range(9))
def test_a_shape_becomes_any_other_and_no_other_changes(tmp_path: Path, at: int, style: str) -> None:
    text = FILE.replace("    <cuboid", "    <!-- a > b -->\n<!--").replace('ytl1="2"/>', "-->")
    text = {"Windows": text.replace("\n", "\r\n"), "one line": text.replace(">\n", ">"), "quotes": text}.get(
        style, text
    )
    if style == "quotes":
        text = text.replace('label="car"', "label = 'car'").replace('occluded="0"', "occluded='0' note='>'")
    path = tmp_path / "annotations.xml"
    path.write_bytes(text.encode())
    _, (entry, _), annotations, problems = read_all(FORMAT, tmp_path)
    assert not problems
    one = annotations[at]
    assert one.origin is not None
    edit = PatchEdit(at=one.origin.at, array=one.origin.array, annotation=one, item=entry.item, label=Label(name="x"))
    assert FORMAT.patch(path, [edit]) == path.read_bytes()
    for changes in NEW[1:] if at in (0, 7) else NEW:  # another label has no such attributes or joints
        new = msgspec.structs.replace(one, **changes)
        after = FORMAT.patch(path, [msgspec.structs.replace(edit, annotation=new)])
        (tmp_path / "b").mkdir(exist_ok=True)
        (tmp_path / "b" / "annotations.xml").write_bytes(after)
        again = read_all(FORMAT, tmp_path / "b")[2]
        assert (again[at].label, again[at].geometry) == (new.label, new.geometry)
        assert again[at].attributes == new.attributes
        rest = [[meaning(each) for n, each in enumerate(rows) if n != at] for rows in (again, annotations)]
        assert rest[0] == rest[1]


def meaning(annotation: Annotation) -> Any:
    return annotation.label, annotation.geometry, annotation.attributes


def rows(path: Path, count: int) -> Path:
    box = '<box label="car" source="manual" occluded="0" xtl="1.5" ytl="2" xbr="{}.25" ybr="9" z_order="0"></box>\n'
    with path.open("w") as out:
        out.write('<annotations><image id="0" name="1.jpg" width="40" height="20">\n')
        for at in range(count):
            out.write(box.format(at % 30 + 2))
        out.write("</image></annotations>")
    return path


@pytest.mark.slow
def test_memory_is_flat_in_the_number_of_shapes(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = rows(tmp_path / f"{count}.xml", count)
        problems = Problems()
        tracemalloc.start()
        read = sum(isinstance(event, Annotation) for event in FORMAT.read(path, problems, DEFAULT_LIMITS))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (read, list(problems)) == (count, [])
        return most

    assert peak(40_000) < peak(8_000) + 300_000
