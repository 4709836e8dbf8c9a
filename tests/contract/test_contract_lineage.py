"""The lineage graph, the same on both databases, against a plain search over a dictionary."""

import random

import pytest
import sqlalchemy as sa

from checkdam.lineage import Lineage
from checkdam.schema import LimitError, LineageEdge
from checkdam.storage.sql import transaction


@pytest.fixture
def lineage(engine: sa.Engine) -> Lineage:
    return Lineage(engine)


def edge(parent: str, child: str, relation: str = "made") -> LineageEdge:
    return LineageEdge(parent=parent, child=child, relation=relation)


def pairs(edges: list[LineageEdge]) -> set[tuple[str, str]]:
    return {(one.parent, one.child) for one in edges}


def test_edges_come_back_whole(lineage: Lineage) -> None:
    made = LineageEdge(
        parent="version:d@1", child="version:d@2", relation="committed", job_id="j1",
        created_at="2031-01-02T03:04:05.000678+00:00", detail={"edits": 3},
    )  # fmt: skip
    lineage.record([made])
    assert lineage.parents("version:d@2") == [made]
    assert lineage.children("version:d@1") == [made]
    assert lineage.parents("version:d@1") == lineage.children("version:d@2") == []


def test_recording_again_changes_nothing(lineage: Lineage) -> None:
    lineage.record([edge("a", "b")])
    first = lineage.children("a")
    assert first[0].created_at
    lineage.record([LineageEdge(parent="a", child="b", relation="made", detail={"later": 1}), edge("a", "b", "used")])
    assert lineage.children("a")[0] == first[0]
    assert len(lineage.children("a")) == 2


def test_edges_appear_with_the_transaction_that_recorded_them(lineage: Lineage, engine: sa.Engine) -> None:
    with pytest.raises(ZeroDivisionError), transaction(engine) as connection:  # noqa: PT012
        lineage.record([edge("a", "b")], connection)
        raise ZeroDivisionError
    assert lineage.children("a") == []
    with transaction(engine) as connection:
        lineage.record([edge("a", "b")], connection)
    assert pairs(lineage.children("a")) == {("a", "b")}


def test_a_walk_equals_a_search_over_a_dictionary(lineage: Lineage) -> None:
    chance = random.Random(3)  # noqa: S311
    graph = {(f"n{chance.randrange(40)}", f"n{chance.randrange(40)}") for _ in range(70)}  # cycles and loops included
    lineage.record(edge(parent, child) for parent, child in graph)

    def searched(start: str, depth: int, *, up: bool) -> set[tuple[str, str]]:
        level, seen, found = {start}, {start}, set()
        for _ in range(depth):
            step = {pair for pair in graph if pair[1 if up else 0] in level}
            found |= step
            level = {pair[0 if up else 1] for pair in step} - seen
            seen |= level
        return found

    for start in ("n0", "n1", "n2", "n17"):
        for depth in (1, 2, 10):
            up, down = searched(start, depth, up=True), searched(start, depth, up=False)
            assert pairs(lineage.walk(start, "up", depth)) == up
            assert pairs(lineage.walk(start, "down", depth)) == down
            assert pairs(lineage.walk(start, "both", depth)) == up | down


def test_a_cycle_is_walked_once(lineage: Lineage) -> None:
    lineage.record([edge("a", "b"), edge("b", "c"), edge("c", "a")])
    walked = lineage.walk("a", "down", depth=100)
    assert [(one.parent, one.child) for one in walked] == [("a", "b"), ("b", "c"), ("c", "a")]


def test_a_wide_graph_is_walked_whole_up_to_the_limit(lineage: Lineage) -> None:
    lineage.record(edge("root", f"child{number}") for number in range(1200))
    lineage.record(edge(f"child{number}", "leaf") for number in range(1200))
    assert len(lineage.walk("root", "down")) == 2400
    with pytest.raises(LimitError):
        lineage.walk("root", "down", limit=1000)


def test_no_edges_are_no_work(lineage: Lineage) -> None:
    lineage.record([])
    assert lineage.walk("nothing", "both") == []
