"""YOLO's oriented boxes and poses: told from outlines, written so that they are read as what they are."""

import tempfile
from math import cos, radians, sin
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.formats import PatchEdit, Record, format_named
from checkdam.formats.yolo.oriented import far, rectangle
from checkdam.schema import (
    Annotation,
    Box,
    Item,
    Keypoint,
    Keypoints,
    Label,
    Polygon,
    RotatedBox,
    Skeleton,
    Taxonomy,
    annotation_id,
    item_id,
    ordinal_key,
)
from checkdam.schema.geometry import corners
from unit.formats.making import any_geometry, boxes, datasets, joints, make, picture, polygons, read_all, write_and_read

FORMAT = format_named("yolo")
relaxed = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
turned = st.builds(
    RotatedBox, st.floats(-50, 700), st.floats(-50, 700), st.floats(1, 300), st.floats(1, 300), st.floats(-179, 179)
)


def record(name: str, *geometries: Any, box: Box | None = None, label: str = "cat") -> Record:
    identity = item_id(name)
    item = Item(id=identity, kind="image", name=name, width=40, height=20)
    marks = [
        Annotation(
            id=annotation_id(identity, ordinal_key(at)), item_id=identity, label=label, geometry=geometry, box=box
        )
        for at, geometry in enumerate(geometries)
    ]
    return item, marks


@given(turned)
def test_a_rectangle_is_known_by_its_corners(box: RotatedBox) -> None:
    for points in (corners(box), corners(box)[::-1], (*corners(box)[1:], corners(box)[0])):
        read = rectangle(points)
        assert read is not None
        assert max(min(abs(x - a) + abs(y - b) for a, b in corners(read)) for x, y in points) < 1e-9 * 1000
    assert far(rectangle(corners(box)) or box, corners(box)) < 1e-6


@pytest.mark.parametrize(
    "points", [(), ((0, 0),) * 3, ((0, 0), (9, 0), (9, 9), (1, 9)), ((0, 0), (9, 9), (9, 0), (0, 9)), ((0, 0),) * 5]
)
def test_other_points_are_none(points: tuple[tuple[float, float], ...]) -> None:
    assert rectangle(points) is None


@relaxed
@given(datasets(geometries=turned, known_labels=True, attributes=st.just({}), metadata=st.just({})), st.booleans())
def test_rotated_boxes_survive_but_for_last_digits(dataset: tuple[Taxonomy, list[Record]], media: bool) -> None:
    records = [
        (item, [msgspec.structs.replace(one, box=None) for one in marks]) for item, marks in dataset[1] if item.width
    ]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "a.png"
        source.write_bytes(picture(640, 480))
        report = FORMAT.write(Path(folder) / "out", dataset[0], records, lambda _: source)
        _, _, annotations, problems = read_all(FORMAT, Path(folder) / "out")
    assert not problems
    by_id = {one.id: one.geometry for one in annotations}
    given_boxes = [(one.id, one.geometry) for _, marks in records for one in marks]
    assert len(annotations) == len(given_boxes)
    for key, box in given_boxes:
        read = by_id[key]
        assert isinstance(read, RotatedBox)
        assert isinstance(box, RotatedBox)
        assert far(read, corners(box)) < 1e-9
        assert (read.center_x, read.width) == pytest.approx((box.center_x, box.width), abs=1e-9)
        assert (read.angle - box.angle + 180) % 360 - 180 == pytest.approx(0, abs=1e-9)
    assert not [what for what in report.losses if "box" in what and "last digits" not in what]


shapes = st.one_of(
    turned,
    st.one_of(turned, boxes),
    st.sampled_from([Polygon((((((0.0, 0.0), (9.0, 3.0), (6.0, 12.0), (-3.0, 9.0))),),)), RotatedBox(9, 9, 4, 2, 0)]),
    st.lists(joints, min_size=2, max_size=3).map(tuple).map(Keypoints),
    any_geometry,
    polygons,
)
skeletons = st.sampled_from([None, Skeleton(("left eye", "right eye"), ((0, 1),)), Skeleton(("a", "b", "c"))])


@relaxed
@given(st.data())
def test_the_loss_report_is_empty_if_and_only_if_nothing_is_lost(data: st.DataObject) -> None:
    geometries = data.draw(st.sampled_from([turned, shapes, shapes.filter(lambda one: not isinstance(one, Polygon))]))
    taxonomy, records = data.draw(datasets(geometries=geometries, sizes=st.integers(1, 700), attributes=st.just({})))
    labels = tuple(msgspec.structs.replace(each, skeleton=data.draw(skeletons)) for each in taxonomy.labels)
    flip = data.draw(st.sampled_from([{}, {"flip_idx": "[1, 0]"}, {"flip_idx": "[0]"}]))
    given_ = msgspec.structs.replace(taxonomy, labels=labels, metadata=flip), records
    with tempfile.TemporaryDirectory() as folder:
        report, (before, after) = write_and_read(FORMAT, Path(folder), given_, media=True)
    assert bool(report) == (before != after), str(report)


def line(angle: float = 30, width: float = 8, x: float = 20, y: float = 10) -> str:
    points = corners(RotatedBox(x, y, width, 4, angle))
    return "0 " + " ".join(f"{px / 40:.6f} {py / 20:.6f}" for px, py in points) + "\n"


@pytest.mark.parametrize(
    ("config", "lines", "kind"),
    [
        ("", line() + line(angle=-70), RotatedBox),
        ("", line() + line(angle=0), RotatedBox),
        ("", line(angle=0) + line(angle=90), Polygon),  # no one is turned: boxes drawn as outlines
        ("", line() + "0 .1 .1 .9 .2 .8 .9 .2 .8\n", Polygon),  # one is no rectangle
        ("", line() + "0 .1 .1 .9 .2 .8 .9\n", Polygon),
        ("task: obb", line(angle=0), RotatedBox),
        ("task: obb", "0 .1 .1 .9 .2 .8 .9 .2 .8\n", Polygon),
    ],
)
def test_eight_numbers_are_an_oriented_box_if_all_of_the_set_are(
    tmp_path: Path, config: str, lines: str, kind: type
) -> None:
    make(tmp_path, {"data.yaml": f"names: [cat]\n{config}", "1.jpg": "", "1.txt": lines, "2.jpg": "", "2.txt": "\n"})
    _, _, annotations, problems = read_all(FORMAT, tmp_path)
    assert not problems
    assert {type(one.geometry) for one in annotations} == {kind}


def test_corners_say_center_size_and_angle(tmp_path: Path) -> None:
    make(tmp_path, {"1.jpg": "", "1.txt": line(angle=30)})
    (one,) = read_all(FORMAT, tmp_path)[2]
    assert isinstance(one.geometry, RotatedBox)
    assert msgspec.structs.astuple(one.geometry) == pytest.approx((20, 10, 8, 4, 30), abs=1e-3)
    right = 20 + 4 * cos(radians(30)) - 2 * sin(radians(30))
    assert corners(one.geometry)[2][0] == pytest.approx(right + 4 * sin(radians(30)) - 2 * sin(radians(30)), abs=3)


def test_whichever_comes_first_has_the_four_corners(tmp_path: Path) -> None:
    taxonomy = Taxonomy(labels=(Label(name="cat"),))
    square = Polygon(((corners(RotatedBox(20, 10, 8, 4, 30)),),))
    first, second = record("1.jpg", RotatedBox(20, 10, 8, 4, 30)), record("2.jpg", square)
    for name, records in (("a", [first, second]), ("b", [second, first])):
        report = FORMAT.write(tmp_path / name, taxonomy, records, None)
        assert any("written as boxes" in what for what in report.losses)
        _, _, annotations, _ = read_all(FORMAT, tmp_path / name)
        kinds = [type(one.geometry) for one in sorted(annotations, key=lambda one: str(one.origin))]
        assert kinds == ([RotatedBox, Box] if name == "a" else [Box, Polygon])


POSE = Taxonomy(
    labels=(
        Label(name="cat", skeleton=Skeleton(("nose", "left ear", "right ear"), ((0, 1), (0, 2)))),
        Label(name="mat"),
    )
)


def test_poses_are_written_with_names_and_mirror(tmp_path: Path) -> None:
    points = Keypoints((Keypoint(0.1, 2 / 3, 2), Keypoint(7, 8, 1), Keypoint(0, 0, 0)))
    records = [record("1.jpg", points, box=Box(0.1 + 0.2, 1, 2 / 3, 9)), record("2.jpg", Box(1, 2, 3, 4), label="mat")]
    report = FORMAT.write(tmp_path / "out", POSE, records, None)
    assert not report, str(report)
    config = yaml.safe_load((tmp_path / "out" / "data.yaml").read_text())
    assert config["kpt_shape"] == [3, 3]
    assert config["flip_idx"] == [0, 2, 1]
    assert config["kpt_names"] == {0: ["nose", "left ear", "right ear"]}
    taxonomy, _, annotations, problems = read_all(FORMAT, tmp_path / "out")
    assert not problems
    assert [(one.label, one.geometry, one.box) for one in annotations] == [
        ("cat", points, Box(0.1 + 0.2, 1, 2 / 3, 9)),
        ("mat", Box(1, 2, 3, 4), None),
    ]
    assert [label.skeleton for label in taxonomy.labels] == [label.skeleton for label in POSE.labels]
    assert taxonomy.metadata == {}


def test_what_a_mirror_swaps_is_kept(tmp_path: Path) -> None:
    config = "kpt_shape: [2, 2]\nflip_idx: [1, 0]\nnames: [cat]"
    make(tmp_path, {"a/data.yaml": config, "a/1.jpg": "", "a/1.txt": "0 .5 .5 .5 .5 .25 .25 .75 .75\n"})
    taxonomy, (entry,), annotations, _ = read_all(FORMAT, tmp_path / "a")
    assert taxonomy.metadata == {"flip_idx": "[1, 0]"}
    report = FORMAT.write(tmp_path / "b", taxonomy, [(entry.item, annotations)], None)
    assert not report, str(report)
    assert "flip_idx" in (tmp_path / "b" / "data.yaml").read_text()
    again = read_all(FORMAT, tmp_path / "b")
    assert again[0] == taxonomy
    assert [one.geometry for one in again[2]] == [one.geometry for one in annotations]


@pytest.mark.parametrize(
    "config",
    [
        "kpt_shape: [2, 3]\nflip_idx: [0, 0]",
        "kpt_shape: [2, 3]\nflip_idx: x\nkpt_names: [a]",
        "kpt_shape: [2, 3]\nkpt_names: {x: [a, b], 0: [a], 1: [[a], b]}",
        "kpt_shape: [2, 3]\nkpt_names: {0: [a, b]}\ncheckdam: {bones: {0: [[0, 9], x, [a, b]]}}",
        "flip_idx: [1, 0]\nkpt_names: {0: [a, b]}",
        "checkdam: [oriented]\ntask: [obb]",
    ],
)
def test_what_does_not_fit_of_a_pose_is_passed_over(tmp_path: Path, config: str) -> None:
    make(tmp_path, {"data.yaml": f"names: [cat]\n{config}", "1.jpg": "", "1.txt": "0 .5 .5 .5 .5\n"})
    _, _, annotations, problems = read_all(FORMAT, tmp_path)
    assert [type(one.geometry) for one in annotations] == [Box]
    assert not problems


@pytest.mark.parametrize("kind", ["oriented", "pose"])
def test_such_lines_are_changed_in_place(tmp_path: Path, kind: str) -> None:
    pose = "0 .5 .5 .5 .5 .25 .25 2 0 0 0\n"
    config = "names: [cat]\n" + ("kpt_shape: [2, 3]" if kind == "pose" else "")
    make(tmp_path, {"data.yaml": config, "1.jpg": "", "1.txt": (pose if kind == "pose" else line()) * 2})
    path = tmp_path / "1.txt"
    _, (entry,), (one, _), _ = read_all(FORMAT, tmp_path)
    label = Label(name="cat", source_id="0")
    edit = PatchEdit(at=1, annotation=one, label=label, item=entry.item)
    assert FORMAT.patch(path, [edit]) == path.read_bytes()
    renamed = msgspec.structs.replace(edit, label=Label(name="dog", source_id="5"))
    assert FORMAT.patch(path, [renamed]) == b"5" + path.read_bytes()[1:]
    new: Any = RotatedBox(20, 10, 6, 4, 45)
    if kind == "pose":
        new = Keypoints((Keypoint(1, 2, 1), Keypoint(3, 4, 2)))
    moved = msgspec.structs.replace(edit, annotation=msgspec.structs.replace(one, geometry=new))
    path.write_bytes(FORMAT.patch(path, [moved]))
    again, other = read_all(FORMAT, tmp_path)[2]
    assert other.geometry == one.geometry
    if kind == "pose":
        assert (again.geometry, again.box) == (new, one.box)
    else:
        assert isinstance(again.geometry, RotatedBox)
        assert far(again.geometry, corners(new)) < 1e-9
