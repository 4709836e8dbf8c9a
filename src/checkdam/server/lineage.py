"""Lineage as a graph for views."""

from collections.abc import Sequence

from checkdam.datasets import Datasets
from checkdam.lineage import Lineage
from checkdam.schema import LimitError, LineageEdge, NotFoundError
from checkdam.server.wire.lineage import EdgeOut, LineageOut, NodeOut

MOST_EDGES = 2000


def graph(lineage: Lineage, datasets: Datasets, urn: str, depth: int) -> LineageOut:
    """What lies within `depth` steps up and down of a URN. NotFoundError for one that no edge knows."""
    edges, truncated = _edges(lineage, urn, depth)
    if not edges:
        raise NotFoundError(
            "nothing is known of where this came from", "check the URN: version:DATASET@N, import:ID, …"
        )
    urns = dict.fromkeys([urn, *(end for edge in edges for end in (edge.parent, edge.child))])
    names: dict[str, str] = {}
    return LineageOut(
        nodes=[NodeOut(urn=each, title=_title(each, datasets, names), kind=each.partition(":")[0]) for each in urns],
        edges=[EdgeOut(parent=edge.parent, child=edge.child, relation=edge.relation) for edge in edges],
        truncated=truncated,
    )


def _edges(lineage: Lineage, urn: str, depth: int) -> tuple[Sequence[LineageEdge], bool]:
    """The edges, fewer steps of them where there are too many to draw, and whether there is more."""
    for steps in range(depth, 0, -1):
        try:
            edges = lineage.walk(urn, "both", steps, MOST_EDGES)
        except LimitError:
            continue
        return edges, steps < depth or _goes_on(lineage, urn, depth, len(edges))
    raise LimitError(f"more than {MOST_EDGES} things were made from or into this", "look at one of them")


def _goes_on(lineage: Lineage, urn: str, depth: int, shown: int) -> bool:
    try:
        return len(lineage.walk(urn, "both", depth + 1, MOST_EDGES)) > shown
    except LimitError:
        return True


def _title(urn: str, datasets: Datasets, names: dict[str, str]) -> str:
    """For people: the dataset's name and number for a version, else the kind and the beginning of the id."""
    kind, _, rest = urn.partition(":")
    if kind == "version":
        dataset, _, number = rest.rpartition("@")
        if dataset not in names:
            try:
                names[dataset] = datasets.resolve(dataset).name
            except NotFoundError:
                names[dataset] = "deleted dataset"
        return f"{names[dataset]} v{number}"
    if kind == "run":
        return f"run {rest[:40]}"
    return f"{kind} {rest.rpartition('/')[2][:12]}"
