"""What is written comes back, and the loss report names what does not: no more and no less."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.formats import LossReport, Record, format_named
from checkdam.schema import Box, Category, MultiCategory, Span, Taxonomy
from unit.formats.making import (
    any_geometry,
    boxes,
    datasets,
    image_geometries,
    near_coordinates,
    plain_words,
    typed,
    words,
    write_and_read,
)

Dataset = tuple[Taxonomy, list[Record]]

relaxed = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
nothing: st.SearchStrategy[dict[str, Any]] = st.just({})
no_box: st.SearchStrategy[Box | None] = st.none()
near_boxes = st.builds(Box, near_coordinates, near_coordinates, near_coordinates, near_coordinates)


def round_trip(name: str, dataset: Dataset, *, media: bool) -> tuple[Any, Any, Any]:
    with tempfile.TemporaryDirectory() as folder:
        report, (given_, got) = write_and_read(format_named(name), Path(folder), dataset, media=media)
    return report, typed(given_), typed(got)


@relaxed
@given(datasets(geometries=image_geometries, known_labels=True, source_ids=True), st.booleans())
def test_coco_holds_images_boxes_polygons_masks_and_keypoints(dataset: Dataset, media: bool) -> None:
    report, before, after = round_trip("coco", dataset, media=media)
    lost = {what for what in report.losses if what != "items' metadata"}  # a key may be the name of a COCO field
    assert not lost
    if not report:
        assert after == before


@relaxed
@given(
    datasets(
        geometries=boxes,
        known_labels=True,
        labels=plain_words.filter(lambda word: word != "a&b<c>"),
        attributes=st.dictionaries(
            st.sampled_from(["pose", "truncated", "difficult", "occluded", "actions.jumping", "score"]),
            st.one_of(st.integers(-9, 9), st.floats(0, 1), st.just("Left"), st.booleans()),
        ),
        metadata=st.dictionaries(
            st.sampled_from(["folder", "path", "source.database", "size.depth", "segmented"]),
            st.one_of(st.integers(-9, 9), st.just("Unknown")),
        ),
    ),
    st.booleans(),
)
def test_voc_holds_boxes_and_plain_fields(dataset: Dataset, media: bool) -> None:
    report, before, after = round_trip("voc", dataset, media=media)
    if any(abs(value) > 1e308 for _, each in dataset[1] for a in each for value in (a.geometry.x, a.geometry.y)):
        return  # the far corner may be beyond every float
    assert not report, str(report)
    assert after == before


@relaxed
@given(
    datasets(
        geometries=near_boxes,
        known_labels=True,
        labels=plain_words,
        attributes=nothing,
        metadata=nothing,
        declared=no_box,
        sizes=st.integers(1, 700),
    )
)
def test_yolo_holds_boxes_to_the_last_bit(dataset: Dataset) -> None:
    report, before, after = round_trip("yolo", dataset, media=True)
    assert set(report.losses) <= {"annotations whose coordinates take too many digits"}, str(report)
    if not report:
        assert after == before


text_geometries = st.one_of(
    st.just(Category()),
    st.builds(MultiCategory, st.lists(words, max_size=2).map(tuple)),
    st.builds(Span, st.integers(-2, 9), st.integers(0, 9)),
)
text_datasets = datasets(
    names=words, geometries=text_geometries, declared=no_box, kind="text", source_ids=True, splits=st.none() | words
)


@relaxed
@given(text_datasets)
def test_jsonl_holds_texts_with_labels_and_spans(dataset: Dataset) -> None:
    report, before, after = round_trip("jsonl", dataset, media=False)
    assert set(report.losses) <= {"the order of labels and spans"}, str(report)
    if not report:
        assert after == before


hostile = datasets(geometries=any_geometry)


@pytest.mark.parametrize("name", ["coco", "voc", "yolo", "jsonl"])
@relaxed
@given(dataset=st.one_of(hostile, text_datasets, datasets(geometries=image_geometries, source_ids=True)))
def test_the_loss_report_is_empty_if_and_only_if_nothing_is_lost(name: str, dataset: Dataset) -> None:
    report, before, after = round_trip(name, dataset, media=True)
    assert bool(report) == (before != after), str(report)


def test_a_report_names_what_is_lost_and_where() -> None:
    report = LossReport()
    assert not report
    assert str(report) == ""
    for number in range(7):
        report.add("holes of polygons", f"{number}.jpg: cat")
    assert report
    assert str(report).startswith("holes of polygons: 7 (0.jpg: cat, 1.jpg: cat")
