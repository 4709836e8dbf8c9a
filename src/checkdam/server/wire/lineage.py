"""Lineage."""

from checkdam.server.wire.base import Answer


class NodeOut(Answer):
    """`kind` is the part of the URN before the colon: import, version, lint, finding, edit, source, export, …"""

    urn: str
    title: str
    kind: str


class EdgeOut(Answer):
    parent: str
    child: str
    relation: str


class LineageOut(Answer):
    """What the thing was made from and what was made from it, with all edges among these. `truncated`: there is more
    than the depth or number shown."""

    nodes: list[NodeOut]
    edges: list[EdgeOut]
    truncated: bool
