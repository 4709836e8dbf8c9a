"""The engine: order, selection, errors; every rule on hostile data; speed."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, json

from checkdam.lint import Facts, Frame, FrameBuilder, LintConfig, RuleConfig, lint, registry, rules
from checkdam.lint.rule import NoOptions, annotation_finding, is_default
from checkdam.schema import (
    Annotation,
    AttributeSpec,
    Box,
    CheckdamError,
    Finding,
    Geometry,
    InputError,
    Item,
    Keypoint,
    Keypoints,
    Label,
    LimitError,
    Limits,
    Mask,
    NotFoundError,
    Polygon,
    Polyline,
    RotatedBox,
    Skeleton,
    Taxonomy,
)

OFF = tuple(name for name, rule in rules().items() if not is_default(rule))
GEOMETRY_RULES = ("zero-area", "duplicate-box", "out-of-frame", "box-too-large", "box-too-small", "odd-aspect-ratio")


def frame_of(boxes: list[tuple[str, float, float, float, float]], width: int = 640, height: int = 480) -> Frame:
    builder = FrameBuilder()
    builder.add(Item(id="i", kind="image", name="a.jpg", width=width, height=height))
    for number, (label, *box) in enumerate(boxes):
        builder.add(Annotation(id=f"a{number}", item_id="i", label=label, geometry=Box(*box)))
    return builder.build()


def test_findings_come_in_the_order_of_the_dataset() -> None:
    frame = frame_of([("RBC", 5, 5, 0, 0), ("RBC", 5, 5, 900, 0), ("RBC", 5, 5, 0, 0), ("RBC", 9, 9, 1000, 50)])
    found = [(finding.rule, finding.subject.ids) for finding in lint(frame)]
    assert found == [
        ("zero-area", ("a0",)),
        ("out-of-frame", ("a1",)),
        ("zero-area", ("a1",)),
        ("zero-area", ("a2",)),
        ("out-of-frame", ("a3",)),
    ]
    assert lint(frame) == lint(frame)


def test_the_same_finding_has_the_same_id_whatever_stands_around_it() -> None:
    alone = lint(frame_of([("RBC", 5, 5, 0, 0)]))
    among = lint(frame_of([("RBC", 5, 5, 0, 0), ("RBC", 50, 50, 30, 30), ("RBC", 9, 9, 1000, 50)]))
    assert alone[0].id in {finding.id for finding in among}
    assert len({finding.id for finding in among}) == len(among)


def test_selection_by_name_and_pattern() -> None:
    frame = frame_of([("RBC", 5, 5, 0, 0), ("RBC", 5, 5, 900, 50)])

    def names(**settings: Any) -> set[str]:
        return {finding.rule for finding in lint(frame, config=LintConfig(**settings))}

    assert names() == {"zero-area", "out-of-frame"}
    assert names(select=("zero-*",)) == {"zero-area"}
    assert names(ignore=("zero-area",)) == {"out-of-frame"}
    assert names(select=("box-*",)) == set()


def test_severity_is_a_threshold_and_can_be_set_for_a_rule() -> None:
    frame = frame_of([("RBC", 5, 5, 0, 0)])
    mild = {"zero-area": RuleConfig(severity="info")}
    assert [finding.severity for finding in lint(frame, config=LintConfig(rules=mild))] == ["info"]
    assert lint(frame, config=LintConfig(rules=mild, severity="warning")) == []
    assert len(lint(frame, config=LintConfig(severity="error"))) == 1


def test_unknown_names_are_told_together_with_the_nearest() -> None:
    config = LintConfig(select=("zero-aera",), ignore=("nothing",), rules={"duplicate-boxes": RuleConfig()})
    with pytest.raises(InputError) as caught:
        lint(frame_of([]), config=config)
    assert len(caught.value.problems) == 3
    assert "did you mean zero-area?" in str(caught.value)
    assert "did you mean duplicate-box?" in str(caught.value)


class Failing:
    """A plugin's rule that fails on some data."""

    name: ClassVar[str] = "failing"
    severity: ClassVar[Any] = "error"
    subject: ClassVar[Any] = "annotation"
    needs: ClassVar[Any] = frozenset()
    fixable: ClassVar[bool] = False
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: Struct) -> Iterator[Finding]:
        yield annotation_finding(self, frame, [0], "before the failure")
        raise ZeroDivisionError("division by zero")


def test_a_rule_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {**rules(), "failing": Failing()}
    monkeypatch.setattr("checkdam.lint.config.rules", lambda: known)
    with pytest.raises(CheckdamError, match=r"rule failing failed: ZeroDivisionError") as caught:
        lint(frame_of([("RBC", 0, 0, 1, 1)]))
    assert "--ignore failing" in caught.value.remedy


def test_more_doubles_than_anyone_reads_are_an_error_not_a_flood() -> None:
    frame = frame_of([("RBC", 5.0, 5.0, 50.0, 50.0)] * 2000)
    with pytest.raises(LimitError, match="rule duplicate-box: more than"):
        lint(frame)


def test_the_accessors_keep_their_names_once_the_rules_are_loaded() -> None:
    import checkdam.lint

    assert checkdam.lint.rules()["zero-area"] is checkdam.lint.rule("zero-area")
    with pytest.raises(NotFoundError, match="no rule 'zero-aera'") as caught:
        checkdam.lint.rule("zero-aera")
    assert caught.value.remedy == "did you mean zero-area?"


def test_rules_are_found_by_entry_point_and_a_clash_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    doors = [registry._BUILTIN, registry.EntryPoint("plugin", __name__, registry.GROUP)]
    monkeypatch.setattr(registry, "entry_points", lambda group: doors)
    assert "failing" in registry.rules.__wrapped__()
    doors.append(registry.EntryPoint("other", "checkdam.lint.rules.zero_area", registry.GROUP))
    with pytest.raises(InputError, match="two rules are named 'zero-area'"):
        registry.rules.__wrapped__()
    doors[-1] = registry.EntryPoint("broken", "no.such.module", registry.GROUP)
    with pytest.raises(InputError, match="'broken'"):
        registry.rules.__wrapped__()


def test_an_annotation_of_no_item_is_refused() -> None:
    builder = FrameBuilder()
    builder.add(Annotation(id="a", item_id="nowhere", label="x", geometry=Box(0, 0, 1, 1)))
    with pytest.raises(InputError, match="nowhere"):
        builder.build()


number = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, 1e154, 2.0**53]),
    st.integers(-5, 700).map(float),
)
point = st.tuples(number, number)
geometry: st.SearchStrategy[Geometry] = st.one_of(
    st.builds(Box, number, number, number, number),
    st.builds(RotatedBox, number, number, number, number, st.floats(-360, 360)),
    st.lists(point, max_size=4).map(lambda points: Polyline(tuple(points))),
    st.lists(point, max_size=4).map(lambda points: Polygon(((tuple(points),),))),
    st.lists(point, max_size=4).map(lambda ps: Keypoints(tuple(Keypoint(x, y, 2) for x, y in ps))),
    st.just(Mask(0, 0, ())),
    st.just(Mask(3, 4, (2, 5, 5))),
    st.just(Mask(-3, 2**40, (2**70, 5, -5))),
)
SPECIFIED = Label(
    name="RBC",
    geometry=("box", "keypoints"),
    attributes=(
        AttributeSpec(name="n", type="number", required=True, minimum=0, maximum=5),
        AttributeSpec(name="c", type="choice", choices=("a", "b")),
    ),
    limits=Limits(minimum=1, maximum=2),
    skeleton=Skeleton(("left_eye", "right_eye", "left_ear", "right_ear")),
)
annotation = st.tuples(
    st.integers(0, 2),
    st.sampled_from(["", "RBC", "rbc", "\ud800", "\x1b[31m", "a" * 300]),
    geometry,
    st.none() | st.builds(Box, number, number, number, number),
    st.dictionaries(st.sampled_from(["n", "c", "area", "iscrowd"]), number | st.sampled_from(["a", "", None, 10**400])),
)
item = st.tuples(
    st.none() | st.integers(-1, 2**40),
    st.none() | st.integers(-1, 2**40),
    st.none() | st.sampled_from(["", "same", "\0"]),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(item, min_size=3, max_size=3), st.lists(annotation, max_size=30), st.booleans())
def test_no_rule_fails_on_hostile_values(
    items: list[tuple[Any, ...]], annotations: list[tuple[Any, ...]], declared: bool
) -> None:
    builder = FrameBuilder()
    builder.add(Taxonomy(labels=(SPECIFIED, Label(name="unused")) if declared else ()))
    for key, (width, height, text) in enumerate(items):
        kind: Any = "image" if text is None else "text"
        builder.add(Item(id=str(key), kind=kind, name=f"{key}", width=width, height=height, text=text))
    for key, (row, label, shape, box, attributes) in enumerate(annotations):
        builder.add(
            Annotation(id=f"a{key}", item_id=str(row), label=label, geometry=shape, box=box, attributes=attributes)
        )
    frame = builder.build()
    low = {name: RuleConfig(options={"z": 0.1}) for name in ("box-too-large", "box-too-small", "odd-aspect-ratio")}
    explicit = {
        "box-too-large": RuleConfig(options={"max_fraction": 0.0}),
        "box-too-small": RuleConfig(options={"min_side": 1e300, "min_area": 1e300}),
        "odd-aspect-ratio": RuleConfig(options={"max_ratio": 1.0}),
        "duplicate-box": RuleConfig(options={"identical": True, "label": "any", "kind": "any"}),
        "touching-frame": RuleConfig(options={"distance": 1e300}),
        "self-intersecting-polygon": RuleConfig(options={"share": 0.0}),
        "sliver": RuleConfig(options={"thickness": 1e300}),
        "mask-box-mismatch": RuleConfig(options={"tolerance": 0.0}),
        "area-mismatch": RuleConfig(options={"relative": 0.0, "edge": 0.0}),
        "nested-same-class": RuleConfig(options={"share": 0.01, "kind": "any"}),
        "keypoint-outside-box": RuleConfig(options={"tolerance": 0.0, "visible": False}),
        "rare-label": RuleConfig(options={"total": 0}),
        "unannotated-item": RuleConfig(options={"few": 1.0}),
    }
    for settings_ in ({}, low, explicit):
        for finding in lint(frame, lambda _: None, LintConfig(select=("*", *OFF), rules=settings_)):
            json.decode(json.encode(finding.evidence))
            assert finding.subject.ids or finding.subject.kind == "dataset"
            assert "nan z" not in finding.message


def test_a_dataset_of_nothing() -> None:
    assert lint(FrameBuilder().build(), lambda _: None) == []


def many_boxes(count: int) -> Frame:
    """About ten boxes an image, in ten labels, with the flaws that the geometry rules look for here and there."""
    random = np.random.default_rng(7)
    images = count // 10
    boxes = np.column_stack([random.uniform(0, 560, (count, 2)), random.lognormal(3.5, 0.6, (count, 2))])
    boxes[::1000, 2] = 0
    boxes[500::1000, 2:] *= 10
    labels = [f"label {number}" for number in range(10)]
    items = [Item(id=f"i{row}", kind="image", name=f"{row}.jpg", width=640, height=640) for row in range(images)]
    return Frame(
        items=items,
        annotation_ids=[f"a{row}" for row in range(count)],
        item=random.integers(0, images, count).astype(np.int32),
        label=random.integers(0, 10, count).astype(np.int32),
        labels=labels,
        kind=np.zeros(count, dtype=np.int32),
        kinds=["box"],
        boxes=boxes,
        declared=np.zeros(count, dtype=np.bool_),
        taxonomy=Taxonomy(labels=tuple(Label(name=label) for label in labels)),
        annotation=lambda row: Annotation(
            id=f"a{row}", item_id=items[row % images].id, label="label 0", geometry=Box(*map(float, boxes[row]))
        ),
    )


def seconds(frame: Frame) -> float:
    """Of the processor, so that other programs do not count."""
    begun = time.process_time()
    lint(frame, config=LintConfig(select=GEOMETRY_RULES))
    return time.process_time() - begun


@pytest.mark.slow
def test_a_hundred_thousand_boxes_take_less_than_two_seconds() -> None:
    frames = [many_boxes(count) for count in (25_000, 100_000)]
    small, large = (min(seconds(frame) for _ in range(3)) for frame in frames)
    found = len(lint(frames[1], config=LintConfig(select=GEOMETRY_RULES)))
    print(f"\ngeometry rules: 25,000 boxes {small:.2f} s, 100,000 boxes {large:.2f} s, {found:,} findings")
    assert large < 2
    assert large < 10 * small  # four times the boxes: linear, with a margin for caches


@pytest.mark.slow
def test_many_boxes_in_one_image_do_not_take_the_square_of_the_time() -> None:
    frame = many_boxes(50_000)
    frame.item[:] = 0
    for row in range(0, 50_000, 2):
        frame.x[row] *= 100
    begun = time.process_time()
    lint(frame, config=LintConfig(select=("duplicate-box",)))
    print(f"\n50,000 boxes in one image: {time.process_time() - begun:.2f} s")
    assert time.process_time() - begun < 5


def test_from_arrow_is_the_frame_that_events_make() -> None:
    import pyarrow as pa

    builder = FrameBuilder()
    taxonomy = Taxonomy(labels=(Label(name="b"),))
    items = [Item(id="i", kind="image", name="i"), Item(id="j", kind="image", name="j")]
    annotations = [
        Annotation(id="a", item_id="j", label="b", geometry=Box(1, 2, 3, 4)),
        Annotation(id="c", item_id="i", label="d", geometry=Polyline(((0, 0), (5, 6)))),
        Annotation(id="e", item_id="j", label="b", geometry=Mask(1, 1, (1,))),
    ]
    for event in itertools.chain([taxonomy], items, annotations):
        builder.add(event)
    frame = builder.build()
    columns = {
        "id": [one.id for one in annotations],
        "item_id": [one.item_id for one in annotations],
        "label": [one.label for one in annotations],
        "kind": ["box", "polyline", "mask"],
        "x": [1.0, 0.0, None],
        "y": [2.0, 0.0, None],
        "width": [3.0, 5.0, None],
        "height": [4.0, 6.0, None],
        "declared_box": [False, False, False],
    }
    by_id = {one.id: one for one in annotations}
    other = Frame.from_arrow(items, pa.table(columns), taxonomy, lambda row: by_id[row["id"]])
    for name in ("item", "label", "kind", "x", "y", "width", "height", "declared"):
        np.testing.assert_array_equal(getattr(frame, name), getattr(other, name))
    assert (frame.labels, frame.kinds) == (other.labels, other.kinds)
    assert list(frame.annotation_ids) == list(other.annotation_ids)
    assert [other.annotation(row) for row in range(3)] == annotations
    assert [rows.tolist() for rows in other.rows_of_items] == [[1], [0, 2]]


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    lint(frame_of([("RBC", 0, 0, 9, 9)]), lambda _: None, progress=lambda *step: told.append(step))
    assert told[-1][0] == told[-1][1]
    assert any(status == "reading images" for *_, status in told)
