"""Imports: counted against the real set, all problems at once, and nothing half done visible."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checkdam.datasets import Check, CheckSubject, ImportResult, importing, reading
from checkdam.formats import Detection, Entry, Event, LossReport
from checkdam.guard.limits import InputLimits
from checkdam.schema import (
    Annotation,
    CheckdamError,
    ForbiddenError,
    InputError,
    Item,
    Job,
    Label,
    NotFoundError,
    Problems,
    StorageError,
    Taxonomy,
)
from checkdam.workspace import Workspace
from unit.datasets.making import MakeVersion, box, image

TAXONOMY = Taxonomy(labels=(Label(name="cell"),))


@dataclass
class Told:
    """A format that yields what it is told to; `reads` counts how often it was asked."""

    events: Sequence[Event | Exception] = ()
    bad: Sequence[str] = ()
    on_event: Callable[[int], None] = lambda _: None
    name: str = "told"
    title: str = "told events"
    kinds: tuple[Any, ...] = ("image", "text")
    reads: int = field(default=0)

    def detect(self, root: Path) -> Detection | None:
        return None

    def read(self, root: Path, problems: Problems, limits: InputLimits) -> Iterator[Event]:
        self.reads += 1
        for where in self.bad:
            problems.add(where, "is wrong")
        for number, event in enumerate(self.events):
            self.on_event(number)
            if isinstance(event, Exception):
                raise event
            yield event

    def count(self, root: Path) -> int | None:
        return len(self.events)

    def write(self, *_: Any) -> LossReport:
        raise NotImplementedError

    def patch(self, *_: Any) -> bytes:
        raise NotImplementedError


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """The format that the imports of this test use."""
    format = Told()
    monkeypatch.setattr(importing, "format_named", lambda _: format)
    monkeypatch.setattr("checkdam.datasets.service.format_named", lambda _: format)
    return format


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "labels.txt").write_text("1")
    return folder


def run(workspace: Workspace, path: Path, name: str = "cells", **options: Any) -> Job:
    return workspace.run(workspace.datasets.submit_import(name, path, actor="ada", **options))


def imported(workspace: Workspace, path: Path, name: str = "cells", **options: Any) -> ImportResult:
    job = run(workspace, path, name, **options)
    assert job.state == "succeeded", (job.error, job.log)
    return msgspec.convert(job.result, ImportResult)


def events(count: int, start: int = 0) -> list[Event]:
    """Items with one box each."""
    items = [image(f"{number:05}.png") for number in range(start, start + count)]
    return [TAXONOMY, *(Entry(item) for item in items), *(box(item, "0", (1, 1, 2, 2)) for item in items)]


def content(workspace: Workspace, name: str = "cells", number: int | None = None) -> dict[str, list[Annotation]]:
    return {item.name: annotations for item, annotations in workspace.datasets.versions.records(name, number)}


@pytest.mark.slow
def test_the_real_set_is_imported_whole(workspace: Workspace, bccd: Path) -> None:
    result = imported(workspace, bccd, "bccd")
    assert (result.version, result.item_count, result.annotation_count, result.problem_count) == (1, 364, 4888, 0)
    version = workspace.datasets.versions.get("bccd")
    assert (version.item_count, version.annotation_count, version.parent) == (364, 4888, None)
    files = {path.name: sha256(path.read_bytes()).hexdigest() for path in (bccd / "JPEGImages").glob("*.jpg")}
    records = list(workspace.datasets.versions.records("bccd"))
    assert {Path(item.name).name: item.blob for item, _ in records} == files
    assert sum(len(annotations) for _, annotations in records) == 4888
    assert sorted(workspace.blobs.all()) == sorted(set(files.values()))
    parents = workspace.lineage.parents(version.urn)
    assert {edge.relation for edge in parents} == {"imported", "labels"}
    found = next(edge for edge in parents if edge.relation == "imported")
    assert [edge.parent for edge in workspace.lineage.parents(found.parent)] == [result.source]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "counted"),
    [("vehicles_openimages", ("yolo", 439, 838)), ("coco_val2014_100_pair", ("coco", 100, 839))],
)
def test_other_real_sets_are_imported_whole(
    workspace: Workspace, shared_data: Path, folder: str, counted: tuple[str, int, int]
) -> None:
    result = imported(workspace, shared_data / folder, folder)
    assert (result.format, result.item_count, result.annotation_count) == counted
    records = list(workspace.datasets.versions.records(folder))
    assert sum(len(marks) for _, marks in records) == counted[2]
    assert len(list(workspace.blobs.all())) == (439 if folder == "vehicles_openimages" else 0)


@pytest.mark.slow
def test_the_same_source_again_makes_no_version(workspace: Workspace, bccd: Path) -> None:
    first = imported(workspace, bccd, "bccd")
    again = imported(workspace, bccd, "bccd")
    assert again.unchanged
    assert (again.version, again.content_hash, again.source) == (1, first.content_hash, first.source)
    assert len(workspace.datasets.versions.all("bccd")) == 1


def test_another_source_makes_the_next_version(workspace: Workspace, told: Told, source: Path) -> None:
    told.events = events(3)
    assert imported(workspace, source, format="told").version == 1
    told.events = events(2, start=1)
    (source / "labels.txt").write_text("22")
    result = imported(workspace, source, format="told")
    assert (result.version, result.unchanged) == (2, False)
    assert set(content(workspace)) == {"00001.png", "00002.png"}
    assert set(content(workspace, number=1)) == {"00000.png", "00001.png", "00002.png"}
    diff = workspace.datasets.versions.diff("cells", 2)
    assert (diff.items.added, diff.items.removed, diff.items.changed) == (0, 1, 0)
    assert (diff.annotations.removed, diff.changes[0].kind) == (1, "removed")


def test_the_order_of_a_version_is_that_of_the_source(workspace: Workspace, told: Told, source: Path) -> None:
    items = [image(name) for name in ("b.png", "c.png", "a.png")]
    marks = [box(items[0], key, (0, 0, 1, 1)) for key in ("z", "y", "x")]
    told.events = [TAXONOMY, marks[0], Entry(items[0]), Entry(items[1]), *marks[1:], Entry(items[2])]
    imported(workspace, source, format="told")
    assert [item.name for item, _ in workspace.datasets.versions.records("cells")] == ["b.png", "c.png", "a.png"]
    assert content(workspace)["b.png"] == marks


def broken() -> list[Event]:
    """An item that comes twice, an annotation that does, one of an unknown item, and what cannot be kept."""
    one, two = image("one.png"), image("two.png")
    mark, text = box(one, "0", (0, 0, 1, 1)), Item(id="i9", kind="text", name="t", text="lone \ud800 surrogate")
    return [
        TAXONOMY,
        Entry(one),
        Entry(two),
        Entry(one),
        mark,
        box(two, "0", (0, 0, 2, 2)),
        box(image("unknown.png"), "0", (0, 0, 3, 3)),
        mark,
        box(two, "1", (0, 0, float("nan"), 2)),
        Entry(text),
        box(text, "0", (0, 0, 1, 1)),
    ]


def test_all_problems_are_told_at_once_and_nothing_is_there(workspace: Workspace, told: Told, source: Path) -> None:
    told.events = broken()
    told.bad = ["line 7", "line 9"]
    job = run(workspace, source, format="told")
    assert job.state == "failed"
    assert "nothing was imported" in str(job.error)
    text = "\n".join(job.log)
    for part in ("line 7", "line 9", "one.png", "the same id", "not in the source", "surrogate", "not finite"):
        assert part in text
    assert workspace.datasets.catalogue() == []
    with pytest.raises(NotFoundError):
        workspace.datasets.versions.get("cells")


def test_good_rows_are_kept_with_keep_going(workspace: Workspace, told: Told, source: Path) -> None:
    told.events = broken()
    told.bad = ["line 7"]
    result = imported(workspace, source, format="told", keep_going=True)
    assert (result.item_count, result.annotation_count) == (2, 2)
    assert result.problem_count == len(result.problems) == 6
    assert {name: len(marks) for name, marks in content(workspace).items()} == {"one.png": 1, "two.png": 1}
    assert sum("surrogate" in problem.what for problem in result.problems) == 1


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("first", ["items", "annotations"])
def test_annotations_go_with_an_item_that_cannot_be_kept(
    workspace: Workspace, told: Told, source: Path, first: str
) -> None:
    """Wherever they are in the source: parts before and after that of the item."""
    bad = Item(id="i9", kind="text", name="bad", text="\ud800")
    good = image("good.png")
    marks = [box(one, str(n), (n, 0, 1, 1)) for n in range(8) for one in (bad, good)]
    entries: list[Event] = [Entry(bad), Entry(good)]
    told.events = [TAXONOMY, *(entries if first == "items" else marks), *(marks if first == "items" else entries)]
    result = imported(workspace, source, format="told", keep_going=True)
    assert (result.item_count, result.annotation_count, result.problem_count) == (1, 8, 1)


def test_a_missing_folder_and_an_unknown_format_are_told(workspace: Workspace, tmp_path: Path) -> None:
    job = run(workspace, tmp_path / "nowhere")
    assert (job.state, job.attempt) == ("failed", 1)
    assert "does not exist" in str(job.error)
    with pytest.raises(NotFoundError):
        workspace.datasets.submit_import("cells", tmp_path, format="no such format", actor="ada")


def test_nothing_is_seen_of_a_dataset_whose_only_import_failed(workspace: Workspace, tmp_path: Path) -> None:
    job = run(workspace, tmp_path / "nowhere")
    assert workspace.datasets.catalogue() == []
    datasets = workspace.datasets
    for ask in (datasets.detail, datasets.versions.all, datasets.versions.get, datasets.findings.summary):
        with pytest.raises(NotFoundError, match="there is no dataset 'cells'"):
            ask("cells")
    with pytest.raises(NotFoundError):
        datasets.rename("cells", "other", actor="ada")
    workspace.jobs.retry(job.id)
    assert datasets.detail("cells").running_job == job.id


def test_a_version_that_is_not_there_names_the_dataset(workspace: Workspace, make_version: MakeVersion) -> None:
    make_version("cells", [image("a.jpg")])
    with pytest.raises(NotFoundError) as caught:
        workspace.datasets.versions.get("cells", 7)
    assert caught.value.remedy == "see: checkdam versions cells"


UNFIT = ["", " cells", "cells ", "a\nb", "x" * 201, "d" + "0" * 20, "a/b", "a\\b", ".", "..", "<b>x</b>"]


@pytest.mark.parametrize("name", UNFIT)
def test_unfit_names_are_refused(workspace: Workspace, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        workspace.datasets.submit_import(name, tmp_path, actor="ada")


def test_media_that_cannot_be_read_is_a_problem(workspace: Workspace, told: Told, source: Path) -> None:
    (source / "good.png").write_bytes(b"good")
    (source / "folder.png").mkdir()
    told.events = [
        TAXONOMY,
        Entry(image("good.png"), source / "good.png"),
        Entry(image("gone.png"), source / "gone.png"),
        Entry(image("folder.png"), source / "folder.png"),
    ]
    job = run(workspace, source, format="told")
    assert job.state == "failed"
    result = imported(workspace, source, format="told", keep_going=True)
    assert (result.item_count, result.problem_count) == (3, 2)
    blobs = {item.name: item.blob for item, _ in workspace.datasets.versions.records("cells")}
    assert blobs == {"good.png": sha256(b"good").hexdigest(), "gone.png": None, "folder.png": None}


def test_a_source_that_changes_meanwhile_is_refused(workspace: Workspace, told: Told, source: Path) -> None:
    told.events = events(3)

    def change(number: int) -> None:
        (source / "labels.txt").write_text("x" * (number + 10))

    told.on_event = change
    job = run(workspace, source, format="told")
    assert job.state == "failed"
    assert "changed while it was read" in str(job.error)
    assert workspace.datasets.catalogue() == []


class Counting:
    """Blobs that count what is put, by name."""

    def __init__(self, blobs: Any) -> None:
        self._blobs = blobs
        self.put_names: list[str] = []

    def put(self, source: Path) -> str:
        self.put_names.append(source.name)
        return str(self._blobs.put(source))


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MEDIA_A_PART", 4)
    monkeypatch.setattr(reading, "ANNOTATIONS_A_PART", 5)


def with_media(source: Path, count: int) -> list[Event]:
    made: list[Event] = [TAXONOMY]
    for number in range(count):
        item = image(f"{number:02}.png")
        (source / item.name).write_bytes(f"picture {number}".encode())
        made += [Entry(item, source / item.name), box(item, "0", (0, 0, number + 1, 1))]
    return made


@pytest.mark.usefixtures("small_parts")
def test_an_import_that_failed_goes_on_where_it_was(workspace: Workspace, told: Told, source: Path) -> None:
    whole = with_media(source, 10)
    told.events = [*whole[:14], StorageError("the disk is full")]
    counting = Counting(workspace.blobs)
    workspace.datasets.importer.blobs = counting  # type: ignore[assignment]
    workspace.registry.get("import").__dict__["backoff_seconds"] = 0.0
    job = run(workspace, source, format="told")
    assert job.state == "failed"
    staged = len(workspace.jobs.store.get(job.id).log), list(counting.put_names)
    assert workspace.datasets.catalogue() == []
    told.events = whole
    result = imported(workspace, source, format="told")
    assert workspace.jobs.list()[1].id == job.id, "the job itself went on"
    assert (result.reused_parts, result.parts) == (1, 3)
    assert (result.item_count, result.annotation_count) == (10, 10)
    assert counting.put_names.count("00.png") == 1
    assert staged
    assert [item.name for item, _ in workspace.datasets.versions.records("cells")] == [
        f"{number:02}.png" for number in range(10)
    ]
    assert all(len(marks) == 1 for marks in content(workspace).values())


@pytest.mark.usefixtures("small_parts")
def test_a_source_that_changed_since_is_read_from_the_start(workspace: Workspace, told: Told, source: Path) -> None:
    whole = with_media(source, 10)
    told.events = [*whole[:14], StorageError("the disk is full")]
    workspace.registry.get("import").__dict__["backoff_seconds"] = 0.0
    assert run(workspace, source, format="told").state == "failed"
    told.events = with_media(source, 9)
    (source / "00.png").write_bytes(b"another picture")
    result = imported(workspace, source, format="told")
    assert (result.reused_parts, result.item_count) == (0, 9)
    first = next(workspace.datasets.versions.records("cells"))[0]
    assert first.blob == sha256(b"another picture").hexdigest()


def test_the_source_has_one_identity_wherever_it_lies(workspace: Workspace, told: Told, tmp_path: Path) -> None:
    results = []
    for number, text in enumerate(("labels", "labels", "others")):
        folder = tmp_path / f"copy {number}"
        folder.mkdir()
        (folder / "labels.txt").write_text(text)
        told.events = with_media(folder, 3)
        results.append(imported(workspace, folder, f"set {number}", format="told"))
    assert results[0].source == results[1].source != results[2].source


def test_checks_may_refuse_and_are_told_after(workspace: Workspace, told: Told, source: Path) -> None:
    told.events = events(2)
    seen: list[CheckSubject] = []
    refusals: list[CheckdamError] = [ForbiddenError("not today")]

    def refuse(_: CheckSubject) -> None:
        if refusals:
            raise refusals.pop()

    workspace.datasets.checks.add(Check("day", "import", "before", refuse))
    workspace.datasets.checks.add(Check("log", "import", "after", seen.append))
    job = run(workspace, source, format="told")
    assert (job.state, job.error) == ("failed", "not today")
    assert seen == []
    assert workspace.datasets.catalogue() == []
    imported(workspace, source, format="told")
    assert [(one.dataset.name, one.version and one.version.number, one.actor) for one in seen] == [("cells", 1, "ada")]


def test_an_import_is_followed_by_a_lint_run(workspace: Workspace, told: Told, source: Path) -> None:
    told.events = events(2)
    imported(workspace, source, format="told")
    newest = workspace.jobs.list()[0]
    assert (newest.name, newest.state) == ("lint", "queued")
    assert workspace.datasets.submit_lint("cells", actor="bob").id == workspace.jobs.list(names=("lint",))[0].id


def test_the_same_submission_is_one_job(workspace: Workspace, told: Told, source: Path) -> None:
    first = workspace.datasets.submit_import("cells", source, format="told", actor="ada")
    assert workspace.datasets.submit_import("cells", source, format="told", actor="bob").id == first.id
    assert workspace.datasets.submit_import("cells", source, keep_going=True, actor="ada").id != first.id
    assert [one.running_job for one in workspace.datasets.catalogue()] == [first.id]


def test_a_deleted_dataset_is_seen_no_more_and_its_name_is_free(
    workspace: Workspace, make_version: MakeVersion
) -> None:
    make_version("cells", [image("a.png")])
    first = workspace.datasets.resolve("cells")
    workspace.datasets.delete("cells", actor="ada")
    for call in (workspace.datasets.resolve, workspace.datasets.detail, workspace.datasets.versions.all):
        with pytest.raises(NotFoundError):
            call("cells")
        with pytest.raises(NotFoundError):
            call(first.id)
    make_version("cells", [image("b.png")])
    assert workspace.datasets.resolve("cells").id != first.id
    assert len(workspace.datasets.catalogue()) == 1


def test_a_coco_file_with_flaws_is_told_by_place(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "annotations.json").write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a.png", "width": 10, "height": 10}],
                "annotations": [
                    {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]},
                    {"id": 2, "image_id": 7, "category_id": 1, "bbox": [0, 0, 1, 1]},
                    {"id": 3, "image_id": 1, "category_id": 1, "bbox": ["x", 0, 1, 1]},
                ],
                "categories": [{"id": 1, "name": "cell"}],
            }
        )
    )
    job = run(workspace, folder)
    assert job.state == "failed"
    assert all(f"annotations[{number}]" in "\n".join(job.log) for number in (1, 2))
    result = imported(workspace, folder, keep_going=True)
    assert (result.item_count, result.annotation_count, result.problem_count) == (1, 1, 2)


def test_a_dataset_may_have_any_other_name(workspace: Workspace) -> None:
    for name in ("<b>", "ü 日本", "a.b", "...", "-x", "%2e%2e"):
        assert workspace.datasets.catalogue_store.ensure(name).name == name
