"""What is written comes back, and the loss report names what does not: no more and no less."""

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.formats import LossReport, Record, format_named
from checkdam.schema import (
    Annotation,
    AudioSegment,
    Box,
    Category,
    Item,
    Keypoint,
    Keypoints,
    Label,
    MultiCategory,
    Polygon,
    Polyline,
    RotatedBox,
    Span,
    Taxonomy,
    Transcript,
    annotation_id,
    item_id,
    ordinal_key,
)
from unit.formats.making import (
    any_geometry,
    attributes,
    boxes,
    datasets,
    image_geometries,
    keypoints,
    masks,
    near_coordinates,
    plain_words,
    polygons,
    sound_names,
    splits,
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
visibilities = st.sampled_from([0, 1, 2])
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


@pytest.mark.parametrize("name", ["imagefolder", "parquet", "croissant"])
@relaxed
@given(dataset=datasets(geometries=any_geometry) | datasets(source_ids=True), media=st.booleans())
def test_tables_hold_everything(name: str, dataset: Dataset, media: bool) -> None:
    report, before, after = round_trip(name, dataset, media=media)
    assert not report, str(report)
    assert after == before


tokens = st.lists(st.sampled_from(["Ada", "Löwe", "#", "42", ".", "-", "O", "B-PER", "\ufeff", "a\u00a0b"]), min_size=1)


@st.composite
def tagged_datasets(draw: st.DrawFn) -> Dataset:
    """Texts of words with spans of whole words that do not overlap, and metadata as the reader gives it."""
    scheme = draw(st.sampled_from(["IOB1", "IOB2", "BIOES", "BILOU"]))
    names = draw(st.lists(words | st.sampled_from(["t.conll:1", "a/train.txt:1", "t.conll:9", "x.txt:1"]), unique=True))
    records: list[Record] = []
    for name in names:
        rows = draw(tokens)
        borders = sorted(draw(st.sets(st.integers(0, len(rows)), max_size=5)))
        starts = [sum(len(each) + 1 for each in rows[:at]) for at in range(len(rows) + 1)]
        spans = [
            Annotation(
                id=annotation_id(item_id(name), ordinal_key(at)),
                item_id=item_id(name),
                label=draw(st.sampled_from(["PER", "B-LOC", "é"])),
                geometry=Span(starts[begin], starts[end] - 1),
            )
            for at, (begin, end) in enumerate(pairwise(borders))
        ]
        metadata = draw(st.dictionaries(words, st.none() | st.integers(-9, 9) | words, max_size=1))
        if draw(st.booleans()):
            metadata["conll.column.1"] = " ".join("NN" for _ in rows)
        item = Item(
            id=item_id(name),
            kind="text",
            name=name,
            text=" ".join(rows),
            split=draw(splits),
            source_id=draw(st.none() | words),
            metadata=metadata,
        )
        records.append((item, spans))
    labels = tuple(Label(name=each) for each in ("PER", "B-LOC", "é"))
    return Taxonomy(labels=labels, metadata={"conll.scheme": scheme}), records


@relaxed
@given(tagged_datasets())
def test_conll_holds_spans_of_whole_words_in_every_scheme(dataset: Dataset) -> None:
    report, before, after = round_trip("conll", dataset, media=False)
    assert set(report.losses) <= {"that sentences have no further columns"}, str(report)
    if not report:
        assert after == before


audio_datasets = datasets(
    names=st.sampled_from(["a.wav", "b/c.mp3", "d.flac"]),
    geometries=st.one_of(
        st.builds(AudioSegment, near_coordinates, near_coordinates),
        st.builds(Transcript, words, near_coordinates, near_coordinates),
        st.builds(Transcript, words),
        st.just(Category()),
        st.builds(MultiCategory, st.lists(words, max_size=2).map(tuple)),
    ),
    declared=no_box,
    kind="audio",
)
drawn = st.one_of(
    near_boxes,
    st.builds(RotatedBox, *([near_coordinates] * 5)),
    st.lists(st.tuples(near_coordinates, near_coordinates), max_size=5).map(lambda ring: Polygon(((tuple(ring),),))),
    st.lists(st.tuples(near_coordinates, near_coordinates), max_size=5).map(tuple).map(Polyline),
    st.builds(lambda x, y, seen: Keypoints((Keypoint(x, y, seen),)), near_coordinates, near_coordinates, visibilities),
    masks(),
    st.builds(Transcript, words),
    st.just(Category()),
    st.builds(MultiCategory, st.lists(words, max_size=2).map(tuple)),
)
said = attributes | st.fixed_dictionaries(
    {},
    optional={
        "shape": st.just("ellipse"),
        "completed_by": st.integers(0, 9) | words,
        "annotation_id": st.integers(0, 2),
        "ground_truth": st.booleans(),
        "score": st.floats(0, 1),
        "from_name": st.sampled_from(["rectangle", "box", "a b", "question"]),
        "relations": st.sampled_from([("x",), ('{"to": "1", "direction": "right", "labels": ["a"]}',)]),
        "group": st.integers(-1, 2),
        "z_order": st.integers(-1, 2) | words,
    },
)


@relaxed
@given(
    dataset=st.one_of(
        datasets(geometries=drawn, sizes=st.integers(1, 700), attributes=said),
        datasets(geometries=drawn, sizes=st.integers(1, 700), attributes=said, source_ids=True),
        datasets(names=words, geometries=text_geometries, kind="text", attributes=said),
        audio_datasets,
    )
)
def test_label_studio_holds_every_kind_of_item(dataset: Dataset) -> None:
    report, before, after = round_trip("label-studio", dataset, media=False)
    assert not report, str(report)
    assert after == before


@relaxed
@given(
    datasets(
        geometries=st.one_of(
            st.builds(RotatedBox, *([near_coordinates] * 5)),
            st.just(Category()),
            st.builds(Transcript, words),
            near_boxes,
            polygons,
            masks(),
            keypoints,
        ),
        attributes=said,
        source_ids=True,
    ),
    st.booleans(),
)
def test_datumaro_holds_everything_of_images(dataset: Dataset, media: bool) -> None:
    report, before, after = round_trip("datumaro", dataset, media=media)
    assert not report, str(report)
    assert after == before


@relaxed
@given(st.one_of(datasets(geometries=drawn), text_datasets, audio_datasets), st.booleans())
def test_csv_holds_everything(dataset: Dataset, media: bool) -> None:
    images = all(item.kind == "image" for item, _ in dataset[1])
    report, before, after = round_trip("csv", dataset, media=media and images)
    assert not report, str(report)
    assert after == before


sounds = datasets(names=sound_names, kind="audio", geometries=any_geometry | st.builds(Transcript, words))


@pytest.mark.parametrize("name", ["audio", "imagefolder", "parquet"])
@relaxed
@given(dataset=sounds, media=st.booleans())
def test_tables_hold_sounds(name: str, dataset: Dataset, media: bool) -> None:
    report, before, after = round_trip(name, dataset, media=media)
    assert not report, str(report)
    assert after == before


@st.composite
def transcribed(draw: st.DrawFn) -> Dataset:
    """Sounds with at most a transcript and its normal form."""
    taxonomy, records = draw(
        datasets(names=sound_names, kind="audio", metadata=nothing, splits=st.none(), geometries=st.just(Category()))
    )
    made = []
    for item, _ in records:
        texts = draw(st.lists(words.filter(lambda word: not set(word) & set("|\r\n")), max_size=2))
        marks = [
            Annotation(id="", item_id=item.id, label=label, geometry=Transcript(each))
            for label, each in zip(("transcript", "normalised"), texts, strict=False)
        ]
        made.append((item, marks))
    return taxonomy, made


@relaxed
@given(transcribed(), st.booleans())
def test_ljspeech_holds_transcripts(dataset: Dataset, media: bool) -> None:
    report, before, after = round_trip("ljspeech", dataset, media=media)
    assert set(report.losses) <= {"items' duration", "items' sample_rate"}, str(report)
    if not report:
        assert after == before


hostile = datasets(geometries=any_geometry)


@pytest.mark.parametrize(
    "name",
    [
        "coco",
        "voc",
        "yolo",
        "jsonl",
        "cvat",
        "coco-results",
        "label-studio",
        "datumaro",
        "csv",
        "imagefolder",
        "parquet",
        "croissant",
        "conll",
        "audio",
        "ljspeech",
    ],
)
@relaxed
@given(dataset=st.one_of(hostile, text_datasets, sounds, datasets(geometries=image_geometries, source_ids=True)))
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
