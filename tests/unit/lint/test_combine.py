"""Fixes put together: against a twin that applies them one after the other, and the rules one by one."""

from collections.abc import Sequence
from itertools import permutations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from checkdam.lint.combine import Combined, Present, Repair, changed, combine, mentioned, merged
from checkdam.schema import (
    AddAnnotation,
    Annotation,
    Box,
    DeleteAnnotation,
    DeleteItem,
    Edit,
    Fix,
    Item,
    Polygon,
    ReplaceAnnotation,
    ReplaceItem,
    Subject,
)

ITEMS = {key: Item(id=key, kind="image", name=f"{key}.png", width=10, height=10) for key in ("i1", "i2")}


def box(key: str, item: str = "i1", **more: object) -> Annotation:
    values: dict[str, object] = {"label": "cell", "geometry": Box(1.0, 2.0, 3.0, 4.0), **more}
    return Annotation(id=key, item_id=item, **values)  # type: ignore[arg-type]


ANNOTATIONS = {one.id: one for one in (box("a"), box("b"), box("c"), box("d", "i2"))}
PRESENT = Present(ANNOTATIONS, ITEMS)


def repair(key: str, ids: Sequence[str], *edits: Edit) -> Repair:
    items = tuple(ANNOTATIONS[one].item_id for one in ids if one in ANNOTATIONS)
    return Repair(key, Subject("annotation", tuple(ids), items), Fix("mend", tuple(edits)))


def delete(key: str, of: str, *others: str) -> Repair:
    """`of` is removed because of the others, which stay."""
    return repair(key, (of, *others), DeleteAnnotation(of))


def replace(key: str, one: Annotation) -> Repair:
    return repair(key, (one.id,), ReplaceAnnotation(one))


def test_deleting_one_of_two() -> None:
    assert combine([delete("f1", "a", "b")], PRESENT) == Combined((DeleteAnnotation("a"),), ("f1",), (), ())


def test_deleting_wins_over_replacing_in_any_order() -> None:
    repairs = [delete("f1", "a"), replace("f2", box("a", label="other"))]
    for ordered in permutations(repairs):
        assert combine(ordered, PRESENT) == Combined((DeleteAnnotation("a"),), ("f1",), ("f2",), ())


def test_deleting_the_item_takes_its_annotations_along() -> None:
    whole = Repair("f1", Subject("item", ("i1",), ("i1",)), Fix("drop", (DeleteItem("i1"),)))
    for ordered in permutations([whole, delete("f2", "a"), replace("f3", box("b", label="x"))]):
        found = combine(ordered, PRESENT)
        assert found.edits == (DeleteItem("i1"),)
        assert "f1" in found.fixed
        assert "f3" in found.gone


def test_a_subject_that_is_not_there_any_more_is_gone() -> None:
    found = combine([delete("f1", "vanished", "b"), delete("f2", "a", "vanished")], PRESENT)
    assert found == Combined((), (), ("f1", "f2"), ())


def test_two_findings_that_ask_for_the_same_deletion_are_both_fixed() -> None:
    found = combine([delete("f1", "a", "b"), delete("f2", "a", "c")], PRESENT)
    assert found == Combined((DeleteAnnotation("a"),), ("f1", "f2"), (), ())


def test_of_three_that_are_alike_one_stays_in_any_order() -> None:
    repairs = [delete("f1", "a", "b"), delete("f2", "a", "c"), delete("f3", "b", "c")]
    for ordered in permutations(repairs):
        found = combine(ordered, PRESENT)
        assert found.edits == (DeleteAnnotation("a"), DeleteAnnotation("b"))
        assert set(found.fixed) == {"f1", "f2", "f3"}


def test_two_that_would_remove_each_other_leave_one() -> None:
    found = combine([delete("f1", "a", "b"), delete("f2", "b", "a")], PRESENT)
    assert found == Combined((DeleteAnnotation("a"),), ("f1",), ("f2",), ())


def test_a_circle_of_three_leaves_one() -> None:
    found = combine([delete("f1", "a", "b"), delete("f2", "b", "c"), delete("f3", "c", "a")], PRESENT)
    assert len(found.edits) < 3
    assert len(found.fixed) + len(found.gone) == 3


def test_replacements_of_different_fields_are_merged() -> None:
    moved, named = box("a", geometry=Box(0.0, 0.0, 3.0, 4.0)), box("a", label="other")
    for ordered in permutations([replace("f1", moved), replace("f2", named)]):
        found = combine(ordered, PRESENT)
        assert found.edits == (ReplaceAnnotation(box("a", geometry=Box(0.0, 0.0, 3.0, 4.0), label="other")),)
        assert set(found.fixed) == {"f1", "f2"}


def test_replacements_of_different_attributes_are_merged() -> None:
    start = {"a": box("a", attributes={"pose": "left", "old": 1})}
    one = box("a", attributes={"pose": "right", "old": 1})
    two = box("a", attributes={"pose": "left", "new": True})
    found = combine([replace("f1", one), replace("f2", two)], Present(start, ITEMS))
    assert found.edits == (ReplaceAnnotation(box("a", attributes={"pose": "right", "new": True})),)


def test_contradicting_replacements_are_told_and_neither_is_made() -> None:
    repairs = [replace("f1", box("a", label="x")), replace("f2", box("a", label="y")), delete("f3", "b")]
    found = combine(repairs, PRESENT)
    assert found.edits == (DeleteAnnotation("b"),)
    assert found.fixed == ("f3",)
    assert found.gone == ()
    assert [(conflict.subject, conflict.findings) for conflict in found.conflicts] == [("a", ("f1", "f2"))]
    assert "label" in found.conflicts[0].reason


def test_a_geometry_and_another_ones_declared_box_are_a_contradiction() -> None:
    ring = (((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)),)
    start = {"a": box("a", geometry=Polygon((ring,)), box=Box(0.0, 0.0, 4.0, 4.0))}
    one = msgspec.structs.replace(start["a"], box=Box(0.0, 0.0, 5.0, 5.0))
    two = msgspec.structs.replace(start["a"], geometry=Polygon(((((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)),),)))
    found = combine([replace("f1", one), replace("f2", two)], Present(start, ITEMS))
    assert found.edits == ()
    assert found.conflicts


def test_the_same_replacement_twice_is_no_contradiction() -> None:
    found = combine([replace("f1", box("a", label="x")), replace("f2", box("a", label="x"))], PRESENT)
    assert found.edits == (ReplaceAnnotation(box("a", label="x")),)
    assert found.fixed == ("f1", "f2")


def test_a_replacement_that_changes_nothing_any_more_needs_no_edit() -> None:
    found = combine([replace("f1", box("a"))], PRESENT)
    assert found == Combined((), ("f1",), (), ())


def test_items_are_replaced_and_merged_too() -> None:
    wide = msgspec.structs.replace(ITEMS["i1"], width=20)
    split = msgspec.structs.replace(ITEMS["i1"], split="train")
    repairs = [
        Repair(key, Subject("item", ("i1",), ("i1",)), Fix("mend", (ReplaceItem(item),)))
        for key, item in (("f1", wide), ("f2", split))
    ]
    found = combine(repairs, PRESENT)
    assert found.edits == (ReplaceItem(msgspec.structs.replace(ITEMS["i1"], width=20, split="train")),)


def test_adding_twice_under_one_id_is_a_contradiction_unless_alike() -> None:
    add = [repair(f"f{n}", (), AddAnnotation(box("new", label=label))) for n, label in enumerate(("x", "x", "y"))]
    assert combine(add[:2], PRESENT).edits == (AddAnnotation(box("new", label="x")),)
    assert combine(add, PRESENT).edits == ()
    assert len(combine(add, PRESENT).conflicts) == 1


def test_mentioned_names_all_that_must_be_known() -> None:
    annotations, items = mentioned([delete("f1", "a", "d"), replace("f2", box("b"))])
    assert annotations == {"a", "b", "d"}
    assert items == {"i1", "i2"}


KEYS = st.sampled_from("abcdefgh")


@st.composite
def deletions(draw: st.DrawFn) -> list[Repair]:
    pairs = draw(st.lists(st.lists(KEYS, min_size=1, max_size=3, unique=True), max_size=6))
    return [
        Repair(
            f"f{number}",
            Subject("annotation", tuple(keys), ("i1",) * len(keys)),
            Fix("mend", (DeleteAnnotation(keys[0]),)),
        )
        for number, keys in enumerate(pairs)
    ]


@settings(max_examples=300, deadline=None)
@given(deletions())
def test_what_is_fixed_could_be_applied_one_after_the_other(repairs: list[Repair]) -> None:
    """There is an order in which every fix that was made finds all of its subject there, or its own work done."""
    present = Present({key: box(key) for key in "abcdef"}, ITEMS)
    found = combine(repairs, present)
    deleted = {edit.id for edit in found.edits if isinstance(edit, DeleteAnnotation)}
    by_id = {one.id: one for one in repairs}
    assert set(found.fixed) | set(found.gone) == set(by_id)
    assert not set(found.fixed) & set(found.gone)
    assert deleted <= set(present.annotations)
    # Nothing is deleted unless a finding that was fixed asked for it, and all that those asked for is.
    assert deleted == {edit.id for key in found.fixed for edit in by_id[key].fix.edits}  # type: ignore[union-attr]
    assert any(_can_be_applied(order) for order in permutations([by_id[key] for key in found.fixed]))
    if all(len(one.subject.ids) > 1 for one in repairs):
        for group in _groups([by_id[key] for key in found.fixed]):
            assert group - deleted, "each was to be removed for another's sake, and none is left"


def _can_be_applied(order: Sequence[Repair]) -> bool:
    gone: set[str] = set()
    for one in order:
        deleted = {edit.id for edit in one.fix.edits}  # type: ignore[union-attr]
        if set(one.subject.ids) & gone and not deleted <= gone:
            return False
        gone |= deleted
    return True


def _groups(repairs: list[Repair]) -> list[set[str]]:
    """The annotations that hang together by the findings."""
    groups: list[set[str]] = []
    for one in repairs:
        touching = [group for group in groups if group & set(one.subject.ids)]
        groups = [group for group in groups if group not in touching]
        groups.append(set(one.subject.ids).union(*touching))
    return groups


FIELDS = st.fixed_dictionaries(
    {
        "label": st.sampled_from(["cell", "x", "y"]),
        "geometry": st.sampled_from([Box(1.0, 2.0, 3.0, 4.0), Box(0.0, 0.0, 1.0, 1.0)]),
        "source_id": st.sampled_from([None, "7"]),
        "attributes": st.dictionaries(st.sampled_from(["p", "q"]), st.integers(0, 1), max_size=2),
    }
)


@settings(max_examples=300, deadline=None)
@given(FIELDS, FIELDS, FIELDS)
def test_merging_keeps_what_either_changed(base: dict, one: dict, two: dict) -> None:  # type: ignore[type-arg]
    start, first, second = (box("a", **fields) for fields in (base, one, two))
    result = merged(start, first, second)
    changes = {**changed(start, first), **changed(start, second)}
    assert changed(start, result) == {
        place: value for place, value in changes.items() if place in changed(start, result)
    }
    for place, value in changed(start, second).items():
        assert changed(start, result)[place] == value
    if not changed(start, first).keys() & changed(start, second).keys():
        assert merged(start, second, first) == result
