"""Pages, facets and single items, against the same questions answered by hand over plain structs."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkdam.datasets import ItemFilter, ItemSort
from checkdam.schema import Annotation, Finding, InputError, Item, NotFoundError, Polygon, Severity, Subject
from checkdam.storage.sql import transaction
from checkdam.workspace import Workspace
from unit.datasets.making import MakeVersion, box, image

NAMES = ("b.png", "A.png", "sub/c.png", "d'; DROP TABLE items; --.png", "100%.png", "e_f.png", "ü.png", "notes")


def items() -> list[Item]:
    made = [
        image(
            name,
            split=(None, "train", "val")[number % 3],
            width=None if number == 4 else 100 + number % 3,
            metadata={"night": number % 2 == 0, "city": ("Ulm", "Bonn")[number % 2], "speed": number / 2}
            if number != 5
            else {},
        )
        for number, name in enumerate(NAMES[:-1])
    ]
    return [*made, Item(id="i9", kind="text", name="notes", text="Some Text about cells")]


ITEMS = items()
MARKS = [
    box(item, str(key), (key, key, 5.5, 4.25), ("cell", "other", "third")[(number + key) % 3])
    for number, item in enumerate(ITEMS[:-1])
    for key in range(number % 4)
]
FOUND: list[tuple[str, Severity, list[int]]] = [
    ("near", "warning", [0, 2]),
    ("zero", "error", [1]),
    ("zero", "error", [3]),
    ("near", "info", [2, 3]),
]


@pytest.fixture
def cells(workspace: Workspace, make_version: MakeVersion) -> Workspace:
    version = make_version("cells", ITEMS, MARKS)
    findings = [
        Finding(
            rule=rule,
            subject=Subject("item", tuple(ids), tuple(ids)),
            severity=severity,
            message="wrong",
        )
        for rule, severity, rows in FOUND
        for ids in [[ITEMS[row].id for row in rows]]
    ]
    with transaction(workspace.engine) as connection:
        store = workspace.datasets.findings.store
        store.record(connection, version.dataset_id, 1, findings, rules=("near", "zero"), actor="lint")
    return workspace


def of(item: Item) -> list[Annotation]:
    return [mark for mark in MARKS if mark.item_id == item.id]


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def passes(item: Item, wanted: ItemFilter) -> bool:
    """The meaning of a filter, in plain words."""
    found_by = {rule for rule, _, rows in FOUND if item in [ITEMS[row] for row in rows]}
    checks: list[bool] = [
        not wanted.label or any(mark.label in wanted.label for mark in of(item)),
        not wanted.split or (item.split or "") in wanted.split,
        not wanted.rule or bool(found_by & set(wanted.rule)),
        not wanted.kind or item.kind in wanted.kind,
        not wanted.q or wanted.q.lower() in item.name.lower() or wanted.q.lower() in (item.text or "").lower(),
        *(not values or text(item.metadata.get(key)) in values for key, values in wanted.metadata.items()),
    ]
    return all(checks)


FILTERS = st.builds(
    ItemFilter,
    label=st.lists(st.sampled_from(["cell", "other", "third", "unknown"]), max_size=2).map(tuple),
    split=st.lists(st.sampled_from(["train", "val", "", "x"]), max_size=2).map(tuple),
    rule=st.lists(st.sampled_from(["near", "zero", "none"]), max_size=2).map(tuple),
    kind=st.lists(st.sampled_from(["image", "text", "audio"]), max_size=2).map(tuple),
    q=st.sampled_from([None, "", "png", "PNG", "%", "_", "'", "sub/", "TEXT", "ü"]),
    metadata=st.fixed_dictionaries(
        {},
        optional={
            "night": st.lists(st.sampled_from(["true", "false", ""]), max_size=2).map(tuple),
            "city": st.lists(st.sampled_from(["Ulm", "Bonn", "' OR 1=1 --"]), max_size=2).map(tuple),
            "speed": st.lists(st.sampled_from(["0.0", "1.5", "9.0"]), max_size=2).map(tuple),
        },
    ),
)
SORTS: dict[str, Callable[[Item], Any]] = {
    "position": ITEMS.index,
    "name": lambda item: item.name,
    "annotations": lambda item: len(of(item)),
    "findings": lambda item: sum(item in [ITEMS[row] for row in rows] for _, _, rows in FOUND),
    "width": lambda item: item.width,
    "height": lambda item: item.height,
    "meta.city": lambda item: item.metadata.get("city"),
    "meta.speed": lambda item: item.metadata.get("speed"),
    "meta.night": lambda item: item.metadata.get("night"),
}


def ordered(kept: list[Item], sort: ItemSort) -> list[Item]:
    key = SORTS[sort.by]
    known = [item for item in kept if key(item) is not None]
    known.sort(key=key, reverse=sort.descending)
    if sort.descending:  # ties go by position all the same
        values = sorted({key(item) for item in known}, reverse=True)
        known = [item for value in values for item in kept if key(item) == value]
    return known + [item for item in kept if key(item) is None]


ORDERS = st.builds(ItemSort, by=st.sampled_from(sorted(SORTS)), descending=st.booleans())


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILTERS, ORDERS, st.integers(0, 5), st.integers(1, 5))
def test_a_page_is_what_the_filter_and_sort_say(
    cells: Workspace, wanted: ItemFilter, sort: ItemSort, offset: int, limit: int
) -> None:
    right = ordered([item for item in ITEMS if passes(item, wanted)], sort)
    page = cells.datasets.items.page("cells", wanted, sort, offset=offset, limit=limit)
    assert page.total == len(right)
    assert [view.name for view in page.items] == [item.name for item in right[offset : offset + limit]]
    for view in page.items:
        assert [one.id for one in view.annotations] == [mark.id for mark in of(ITEMS[view.position])]
        assert ITEMS[view.position].id == view.id


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILTERS)
def test_facets_count_all_but_their_own_field(cells: Workspace, wanted: ItemFilter) -> None:
    facets = cells.datasets.items.facets("cells", wanted)

    def kept(**without: Any) -> list[Item]:
        values = {name: getattr(wanted, name) for name in ItemFilter.__struct_fields__} | without
        return [item for item in ITEMS if passes(item, ItemFilter(**values))]

    assert facets.total == len(kept())
    items = Counter(label for item in kept(label=()) for label in {mark.label for mark in of(item)})
    marks = Counter(mark.label for item in kept(label=()) for mark in of(item))
    assert {one.value: one.items for one in facets.labels} == items
    assert {one.value: one.annotations for one in facets.labels} == marks
    assert {one.value: one.items for one in facets.kinds} == Counter(item.kind for item in kept(kind=()))
    splits = Counter(item.split or "" for item in kept(split=()))
    assert {one.value: one.items for one in facets.splits} == ({} if set(splits) == {""} else splits)
    found = Counter(
        rule
        for item in kept(rule=())
        for rule in {rule for rule, _, rows in FOUND if item in [ITEMS[row] for row in rows]}
    )
    assert {one.value: one.items for one in facets.rules} == found
    for facet in facets.metadata:
        rest = {key: values for key, values in wanted.metadata.items() if key != facet.key}
        right = Counter(
            text(item.metadata[facet.key]) for item in kept(metadata=rest) if item.metadata.get(facet.key) is not None
        )
        assert {one.value: one.items for one in facet.values} == right
        assert facet.more == 0


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILTERS, ORDERS, st.integers(0, len(ITEMS) - 1))
def test_an_item_knows_its_neighbours(cells: Workspace, wanted: ItemFilter, sort: ItemSort, row: int) -> None:
    right = [item.id for item in ordered([item for item in ITEMS if passes(item, wanted)], sort)]
    detail = cells.datasets.items.detail("cells", ITEMS[row].id, wanted, sort)
    assert detail.total == len(right)
    if ITEMS[row].id not in right:
        assert (detail.index, detail.previous, detail.next) == (None, None, None)
        return
    at = right.index(ITEMS[row].id)
    assert detail.index == at
    assert detail.previous == (right[at - 1] if at else None)
    assert detail.next == (right[at + 1] if at + 1 < len(right) else None)


def test_an_item_in_full(cells: Workspace) -> None:
    detail = cells.datasets.items.detail("cells", ITEMS[3].id)
    assert detail.metadata == ITEMS[3].metadata
    assert detail.item.name == ITEMS[3].name
    assert [one.label for one in detail.annotations] == [mark.label for mark in of(ITEMS[3])]
    assert {(one.rule, one.severity) for one in detail.findings} == {("zero", "error"), ("near", "info")}
    assert detail.item.finding_counts.error == detail.item.finding_counts.info == 1
    assert cells.datasets.items.detail("cells", "i9").item.text == "Some Text about cells"


def test_counts_follow_the_decisions(cells: Workspace) -> None:
    items, findings = cells.datasets.items, cells.datasets.findings

    def counted() -> dict[str, int]:
        return {one.value: one.items for one in items.facets("cells").rules}

    assert counted() == {"near": 3, "zero": 2}
    (near,) = [one for one in findings.page("cells").findings if one.severity == "warning"]
    action = findings.act("cells", "dismiss", (near.id,), actor="ada").action_id
    assert counted() == {"near": 2, "zero": 2}
    assert items.page("cells", ItemFilter(rule=("near",))).total == 2
    assert action is not None
    findings.undo("cells", action, actor="ada")
    assert counted() == {"near": 3, "zero": 2}


def test_mistakes_are_told(cells: Workspace) -> None:
    items = cells.datasets.items
    for wanted in (
        {"sort": ItemSort(by="blob")},
        {"sort": ItemSort(by='name"; DROP TABLE items; --')},
        {"sort": ItemSort(by="meta.nothing")},
        {"filter": ItemFilter(metadata={'x" OR 1=1': ("1",)})},
        {"offset": -1},
        {"limit": 0},
        {"limit": 201},
    ):
        with pytest.raises(InputError):
            items.page("cells", **wanted)
    with pytest.raises(NotFoundError):
        items.detail("cells", "nothing")
    with pytest.raises(NotFoundError):
        items.page("cells", version=7)


def test_shapes_are_shown_with_their_extent(workspace: Workspace, make_version: MakeVersion) -> None:
    item = image("a.png")
    ring = ((1.0, 2.0), (5.0, 2.0), (5.0, 9.5))
    mark = Annotation(id="a1", item_id=item.id, label="cell", geometry=Polygon(((ring,),)), attributes={"crowd": True})
    make_version("shapes", [item], [mark])
    (view,) = workspace.datasets.items.page("shapes").items[0].annotations
    assert (view.kind, view.box, view.attributes) == ("polygon", (1.0, 2.0, 4.0, 7.5), {"crowd": True})
    assert view.geometry == {"type": "polygon", "parts": (((*ring,),),)}


def test_an_empty_version_has_empty_pages(workspace: Workspace, make_version: MakeVersion) -> None:
    make_version("empty", [])
    items = workspace.datasets.items
    assert items.page("empty").items == ()
    assert items.facets("empty").total == 0
    assert workspace.datasets.detail("empty").kind is None
    assert list(workspace.datasets.versions.records("empty")) == []


def test_the_catalogue_shows_kind_cover_and_labels(workspace: Workspace, make_version: MakeVersion) -> None:
    blobs = [workspace.blobs.put(str(number).encode()) for number in range(5)]
    pictures = [image(f"{number}.png", blob=blob) for number, blob in enumerate(blobs)]
    make_version("zoo", [*pictures, Item(id="i9", kind="text", name="t")], [box(pictures[0], "0", (0, 0, 1, 1), "ape")])
    (summary,) = workspace.datasets.catalogue()
    assert (summary.kind, summary.cover) == ("image", tuple(blobs[:4]))
    detail = workspace.datasets.detail("zoo")
    assert [(one.name, one.count) for one in detail.labels] == [("cell", 0), ("other", 0), ("ape", 1)]
    assert (detail.versions, detail.latest) == (1, 1)
    assert detail.version == summary.version
