"""The lake against plain Python: what goes in comes out, edits do what a dictionary would, versions stay for ever."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.schema import (
    AddAnnotation,
    AddItem,
    Annotation,
    Box,
    ConflictError,
    DeleteAnnotation,
    DeleteItem,
    Edit,
    InputError,
    Item,
    LimitError,
    NotFoundError,
    Origin,
    ReplaceAnnotation,
    ReplaceItem,
    StorageError,
)
from checkdam.storage import lake as lake_module
from checkdam.storage import lance_table
from checkdam.storage.lake import Lake, LakeRef, StagedPart
from checkdam.storage.refs import parse
from unit.storage.lake_strategies import annotation_ids, annotations, item_ids, items, states

replace = msgspec.structs.replace
State = tuple[list[Item], list[Annotation]]
ENGINE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def fresh(lake: Lake, numbers: list[int] = [0]) -> str:  # noqa: B006  # the counter is meant
    numbers[0] += 1
    return f"d{numbers[0]}"


def put(lake: Lake, dataset: str, state: State) -> LakeRef:
    return lake.publish(dataset, [lake.stage(dataset, *state)])


def some(count: int) -> State:
    made = [Item(id=f"i{n}", kind="image", name=f"{n}.jpg", metadata={"n": n}) for n in range(count)]
    boxes = [
        Annotation(id=f"a{n}.{k}", item_id=f"i{n}", label=f"l{k}", geometry=Box(n, k, 1.5, 2))
        for n in range(count)
        for k in range(n % 3)
    ]
    return made, boxes


@ENGINE
@given(states())
def test_what_is_published_comes_back_in_its_order(lake: Lake, state: State) -> None:
    ref = put(lake, fresh(lake), state)
    assert (lake.read_items(ref), lake.read_annotations(ref)) == state
    assert (ref.item_count, ref.annotation_count) == (len(state[0]), len(state[1]))
    lake.verify(ref)


@ENGINE
@given(states(), st.randoms(use_true_random=False))
def test_the_content_hash_ignores_order_origin_and_how_it_was_cut(lake: Lake, state: State, chance: object) -> None:
    one = put(lake, fresh(lake), state)
    shuffled = [list(rows) for rows in state]
    for rows in shuffled:
        chance.shuffle(rows)  # type: ignore[attr-defined]
    moved = [replace(row, origin=Origin("elsewhere", 1)) for row in shuffled[1]]
    dataset = fresh(lake)
    first = lake.stage(dataset, shuffled[0], moved[:2])
    other = lake.publish(dataset, [first, lake.stage(dataset, [], moved[2:], after=first)])
    assert other.content_hash == one.content_hash
    if state[0]:
        changed = [replace(state[0][0], name=state[0][0].name + "!"), *state[0][1:]]
        assert put(lake, fresh(lake), (changed, state[1])).content_hash != one.content_hash


def model(state: State, edits: list[Edit]) -> State:
    """What the edits do, said with dictionaries; KeyError where one does not fit."""
    kept = {item.id: item for item in state[0]}
    marks = {one.id: one for one in state[1]}

    def require(condition: bool) -> None:
        if not condition:
            raise KeyError

    for edit in edits:
        match edit:
            case AddItem(item=item):
                require(item.id not in kept)
                kept[item.id] = item
            case ReplaceItem(item=item):
                require(item.id in kept)
                kept[item.id] = item
            case DeleteItem(id=gone):
                require(gone in kept)
                del kept[gone]
                marks = {key: one for key, one in marks.items() if one.item_id != gone}
            case AddAnnotation(annotation=one):
                require(one.id not in marks and one.item_id in kept)
                marks[one.id] = one
            case ReplaceAnnotation(annotation=one):
                require(one.id in marks and one.item_id in kept)
                marks[one.id] = one
            case DeleteAnnotation(id=gone):
                require(gone in marks)
                del marks[gone]
    return list(kept.values()), list(marks.values())


edits = st.lists(
    st.one_of(
        st.builds(AddItem, items),
        st.builds(ReplaceItem, items),
        st.builds(DeleteItem, item_ids),
        st.builds(AddAnnotation, annotations),
        st.builds(ReplaceAnnotation, annotations),
        st.builds(DeleteAnnotation, annotation_ids),
    ),
    max_size=6,
)


def fitting(state: State, wanted: list[Edit]) -> list[Edit]:
    """The edits, without those that do not fit what the ones before left."""
    kept: list[Edit] = []
    for edit in wanted:
        try:
            model(state, [*kept, edit])
        except KeyError:
            continue
        kept.append(edit)
    return kept


def by_id(rows: list[Item] | list[Annotation]) -> dict[str, Item | Annotation]:
    return {row.id: row for row in rows}


@settings(ENGINE, max_examples=40)
@given(states(), edits, edits)
def test_edits_do_what_a_dictionary_would_and_older_versions_stay(
    lake: Lake, state: State, wanted: list[Edit], more: list[Edit]
) -> None:
    dataset = fresh(lake)
    first = put(lake, dataset, state)
    chosen = fitting(state, wanted)
    second = lake.apply(dataset, first, chosen)
    after = model(state, chosen)
    chosen_more = fitting(after, more)
    third = lake.apply(dataset, second, chosen_more)
    branch = lake.apply(dataset, first, fitting(state, more))  # from a version that is not the newest
    for ref, content in (
        (first, state),
        (second, after),
        (third, model(after, chosen_more)),
        (branch, model(state, fitting(state, more))),
    ):
        assert by_id(lake.read_items(ref)) == by_id(content[0])
        assert by_id(lake.read_annotations(ref)) == by_id(content[1])
        assert ref.content_hash == put(lake, fresh(lake), content).content_hash
        assert (ref.item_count, ref.annotation_count) == (len(content[0]), len(content[1]))
    assert lake.apply(dataset, first, chosen) == second


@settings(ENGINE, max_examples=40)
@given(states(), edits)
def test_a_diff_is_the_difference_of_sets(lake: Lake, state: State, wanted: list[Edit]) -> None:
    dataset = fresh(lake)
    chosen = fitting(state, wanted)
    first = put(lake, dataset, state)
    second = lake.apply(dataset, first, chosen)
    after = model(state, chosen)
    for one, other, before, later in ((first, second, state, after), (second, first, after, state)):
        found = lake.diff(one, other)
        for changes, old_rows, new_rows in (
            (found.items, before[0], later[0]),
            (found.annotations, before[1], later[1]),
        ):
            old, new = by_id(old_rows), by_id(new_rows)
            assert changes.added == {key: new[key] for key in new.keys() - old.keys()}
            assert changes.removed == {key: old[key] for key in old.keys() - new.keys()}
            unlike = {key for key in old.keys() & new.keys() if content(old[key]) != content(new[key])}
            assert changes.changed == {key: (old[key], new[key]) for key in unlike}
    assert not lake.diff(first, first)


def test_a_diff_of_too_much_is_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    made, marks = some(10)
    first = put(lake, "d", (made, marks))
    second = lake.apply("d", first, [DeleteItem(item.id) for item in made[:5]])
    monkeypatch.setattr(lake_module, "MOST_UNLIKE", 3)
    with pytest.raises(LimitError, match="differ in 9 rows") as told:
        lake.diff(first, second)
    assert told.value.remedy


def test_a_version_of_many_parts_is_compacted_and_reads_the_same(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lance_table, "COMPACT_ABOVE", 4)
    made, marks = some(12)
    whole = put(lake, "one", (made, marks))
    parts: list[StagedPart] = []
    for item in made:
        own = [mark for mark in marks if mark.item_id == item.id]
        parts.append(lake.stage("d", [item], own, after=parts[-1] if parts else None))
    ref = lake.publish("d", parts)
    assert len(lake._items("d").at(parse(ref.items).version).get_fragments()) == 1
    assert (lake.read_items(ref), lake.read_annotations(ref)) == (made, marks)
    assert ref.content_hash == whole.content_hash
    assert lake.publish("d", parts) == ref
    assert lake.read_items(lake.apply("d", ref, [DeleteItem("i3")])) == made[:3] + made[4:]


def content(row: Item | Annotation) -> object:
    """Without the origin, and with 1 told from 1.0 and from True, as JSON tells them."""
    return msgspec.json.encode(replace(row, origin=None), order="deterministic").replace(b"-0.0", b"0.0")


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (AddItem(Item(id="i1", kind="text", name="x")), ConflictError),
        (ReplaceItem(Item(id="new", kind="text", name="x")), NotFoundError),
        (DeleteItem("new"), NotFoundError),
        (AddAnnotation(Annotation(id="a1.0", item_id="i1", label="l", geometry=Box(0, 0, 1, 1))), ConflictError),
        (AddAnnotation(Annotation(id="new", item_id="new", label="l", geometry=Box(0, 0, 1, 1))), NotFoundError),
        (ReplaceAnnotation(Annotation(id="new", item_id="i1", label="l", geometry=Box(0, 0, 1, 1))), NotFoundError),
        (DeleteAnnotation("new"), NotFoundError),
        (ReplaceItem(Item(id="i1", kind="text", name="\ud800")), InputError),
    ],
)
def test_an_edit_that_does_not_fit_is_told_and_nothing_is_written(
    lake: Lake, edit: Edit, error: type[Exception]
) -> None:
    base = put(lake, "d", some(3))
    with pytest.raises(error):
        lake.apply("d", base, [DeleteAnnotation("a2.0"), edit])
    assert len(lake.read_annotations(base)) == 3
    good = lake.apply("d", base, [DeleteAnnotation("a2.0")])
    assert good.annotation_count == 2


def test_publishing_again_gives_the_same_version(lake: Lake) -> None:
    parts = [lake.stage("d", *some(4))]
    first = lake.publish("d", parts)
    kept = msgspec.convert(json.loads(msgspec.json.encode(parts)), list[StagedPart])
    assert lake.publish("d", kept) == first
    assert put(lake, "d", some(2)) != first
    assert lake.read_items(first) == some(4)[0]


def test_many_parts_keep_one_order(lake: Lake) -> None:
    made, boxes = some(10)
    parts: list[StagedPart] = []
    for number, item in enumerate(made):
        on = [box for box in boxes if box.item_id == f"i{number}"]
        parts.append(lake.stage("d", [item], on, after=parts[-1] if parts else None))
    ref = lake.publish("d", parts)
    assert lake.read_items(ref) == made
    assert lake.read_annotations(ref) == boxes


def test_ids_that_are_there_twice_and_annotations_without_item_are_told(lake: Lake) -> None:
    made, boxes = some(3)
    stray = replace(boxes[0], id="stray", item_id="nowhere")
    part = lake.stage("d", [*made, made[1]], [*boxes, boxes[0], stray])
    with pytest.raises(InputError) as told:
        lake.publish("d", [part])
    assert [problem.where for problem in told.value.problems] == ["item i1", "annotation a1.0", "item nowhere"]


def test_rows_are_found_by_id_and_by_item(lake: Lake) -> None:
    made, boxes = some(9)
    ref = put(lake, "d", (made, boxes))
    assert lake.read_items(ref, ["i7", "i2", "absent"]) == [made[2], made[7]]
    assert lake.read_annotations(ref, ["a8.1"]) == [box for box in boxes if box.id == "a8.1"]
    assert lake.read_annotations(ref, item_ids=["i8", "i1"]) == [box for box in boxes if box.item_id in {"i1", "i8"}]
    assert lake.read_annotations(ref, ["a8.1"], item_ids=["i1"]) == []
    assert lake.read_items(ref, []) == []
    labels = pa.Table.from_batches(lake.annotations(ref, columns=["label"]))
    assert labels.column_names == ["label"]
    assert sorted(labels.column("label").to_pylist()) == sorted(box.label for box in boxes)


def test_an_apply_that_was_interrupted_can_be_repeated(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two tables' commits, and before anything was named."""
    base = put(lake, "d", some(6))
    wanted: list[Edit] = [DeleteItem("i5"), DeleteAnnotation("a4.0")]
    real = Lake._name
    monkeypatch.setattr(Lake, "_name", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            lake.apply("d", base, wanted)
    monkeypatch.setattr(Lake, "_name", real)
    ref = lake.apply("d", base, wanted)
    assert (ref.item_count, ref.annotation_count) == (5, base.annotation_count - 3)
    assert lake.read_items(base) == some(6)[0]
    lake.verify(base)


def test_staged_parts_survive_the_death_of_their_process(lake: Lake, tmp_path: Path) -> None:
    """A process is killed while it stages; another goes on from the parts that were kept."""
    script = """
import os, sys, pathlib, msgspec
sys.path.insert(0, sys.argv[2])
from unit.storage.test_lake import some
from checkdam.storage.lake import Lake
lake, kept = Lake(pathlib.Path(sys.argv[1]) / "lake"), pathlib.Path(sys.argv[1]) / "kept.json"
made, boxes = some(12)
parts = []
for start in range(0, 12, 3):
    ids = {item.id for item in made[start:start + 3]}
    on = [box for box in boxes if box.item_id in ids]
    part = lake.stage("d", made[start:start + 3], on, after=parts[-1] if parts else None)
    if start == 6:
        os.kill(os.getpid(), 9)
    parts.append(part)
    kept.write_bytes(msgspec.json.encode(parts))
"""
    command = [sys.executable, "-c", script, str(tmp_path), str(Path(__file__).parents[2])]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    parts = msgspec.json.decode((tmp_path / "kept.json").read_bytes(), type=list[StagedPart])
    assert [part.next_item for part in parts] == [3, 6]
    made, boxes = some(12)
    rest = [box for box in boxes if int(box.item_id[1:]) >= 6]
    parts.append(lake.stage("d", made[6:], rest, after=parts[-1]))
    ref = lake.publish("d", parts)
    assert lake.read_items(ref) == made
    assert lake.read_annotations(ref) == boxes
    lake.sweep({"d": [ref]}, timedelta(0))  # what the killed process left
    assert lake.read_annotations(ref) == boxes
    lake.verify(ref)


def test_a_sweep_removes_orphans_and_nothing_else(lake: Lake, tmp_path: Path) -> None:
    base = put(lake, "d", some(50))
    named = lake.apply("d", base, [DeleteItem("i3")])
    orphan = lake.apply("d", named, [DeleteItem("i4")])
    put(lake, "gone", some(5))
    live = {"d": [base, named]}
    assert lake.sweep(live).refs == 0  # all of it is younger than a day
    assert lake.read_items(orphan)
    swept = lake.sweep(live, timedelta(0))
    assert (swept.datasets, swept.refs) == (1, 1)
    assert not (tmp_path / "lake" / "gone").exists()
    for ref in (base, named):
        lake.verify(ref)
    assert [item.id for item in lake.read_items(base)] == [item.id for item in some(50)[0]]
    with pytest.raises(NotFoundError):
        lake.read_items(orphan)
    again = lake.apply("d", named, [DeleteItem("i4")])  # the job is repeated after the sweep
    assert again.content_hash == orphan.content_hash
    lake.verify(again)
    lake.sweep({"d": [base, named, again]}, timedelta(0))
    lake.verify(again)


def test_a_sweep_leaves_a_long_import_alone(lake: Lake, tmp_path: Path) -> None:
    """Its folder was made long ago; what it staged last is young."""
    first = lake.stage("d", *some(2))
    for path in (tmp_path / "lake").rglob("*"):
        os.utime(path, (0, 0))
    second = lake.stage("d", [Item(id="last", kind="text", name="last")], [], after=first)
    assert lake.sweep({}).datasets == 0
    assert lake.publish("d", [first, second]).item_count == 3


def test_many_small_commits_are_compacted_and_read_the_same(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lance_table.LanceTable.replace, "__defaults__", (4,))
    ref = base = put(lake, "d", some(3))
    added = []
    for number in range(10):
        added.append(Item(id=f"new{number}", kind="text", name=f"new{number}"))
        ref = lake.apply("d", ref, [AddItem(added[-1])])
    assert lake.read_items(ref) == some(3)[0] + added
    assert set(lake.diff(base, ref).items.added) == {item.id for item in added}
    fragments = lake._items("d").at().get_fragments()
    assert len(fragments) <= 5


def test_only_what_changes_is_written(lake: Lake) -> None:
    base = put(lake, "d", some(20))
    ref = lake.apply("d", base, [ReplaceItem(some(20)[0][4])])
    assert ref == base
    ref = lake.apply("d", base, [DeleteAnnotation("a2.0")])
    assert ref.items == base.items
    assert ref.annotations != base.annotations


@pytest.mark.parametrize(
    "ref", ["", "d/items", "d/items@0", "../d/items@1", "d/other@1", "d/items@1\n", "d/../items@1"]
)
def test_a_ref_never_leads_out_of_the_lake(lake: Lake, ref: str) -> None:
    with pytest.raises(InputError):
        parse(ref)
    with pytest.raises(InputError):
        lake.read_items(LakeRef(ref, ref, "", 0, 0))


@pytest.mark.parametrize("dataset", ["", "../x", "a/b", "x" * 65, "a\x00"])
def test_an_id_never_leads_out_of_the_lake(lake: Lake, dataset: str) -> None:
    with pytest.raises(InputError):
        lake.stage(dataset, [], [])


def test_versions_of_two_datasets_are_not_compared(lake: Lake) -> None:
    with pytest.raises(InputError):
        lake.diff(put(lake, "one", some(1)), put(lake, "two", some(1)))


def test_a_missing_or_damaged_version_is_told(lake: Lake, tmp_path: Path) -> None:
    ref = put(lake, "d", some(20))
    with pytest.raises(NotFoundError) as told:
        lake.read_items(replace(ref, items="d/items@99"))
    assert "backup" in told.value.remedy
    for file in (tmp_path / "lake" / "d" / "items.lance" / "data").iterdir():
        file.write_bytes(b"\0" * 100)
    with pytest.raises(StorageError):
        lake.read_items(ref)
    with pytest.raises(StorageError):
        lake.verify(replace(ref, content_hash="0"))


def test_a_dropped_dataset_is_gone(lake: Lake) -> None:
    ref = put(lake, "d", some(2))
    lake.drop("d")
    with pytest.raises(NotFoundError):
        lake.read_items(ref)
