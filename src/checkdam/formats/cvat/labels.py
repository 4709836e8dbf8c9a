"""CVAT's `<meta>`: labels with their attributes, colours and skeletons, and what the file says of itself."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from math import cos, isfinite, pi, sin

from checkdam.formats.cvat.xml import Node
from checkdam.formats.exact import NUMBER
from checkdam.formats.values import unfit, whole_number
from checkdam.formats.xmlvalues import text_of, trimmed, value_of
from checkdam.schema import (
    AttributeSpec,
    AttributeType,
    AttributeValue,
    GeometryKind,
    Label,
    Scalar,
    Skeleton,
    Taxonomy,
)

MARK = "checkdam"
"""An element of `<meta>` that our writer leaves: the names of images are then those of the items, and a `subset` is a
split as it stands."""

Specs = Mapping[str, Mapping[str, AttributeSpec]]
"""The attributes that a label may have, by label and name."""

_TYPES: dict[str, tuple[GeometryKind, ...]] = {
    "any": (),
    "rectangle": ("box", "rotated_box"),
    "ellipse": ("rotated_box",),
    "polygon": ("polygon",),
    "polyline": ("polyline",),
    "points": ("keypoints",),
    "skeleton": ("keypoints",),
    "mask": ("mask",),
    "tag": ("category",),
}
_INPUTS: dict[str, AttributeType] = {
    "select": "choice",
    "radio": "choice",
    "checkbox": "boolean",
    "number": "number",
    "text": "text",
}
_OWN = frozenset({"labels", "segments", "subsets", MARK})  # what is not of the file's metadata
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_SVG_TAG = re.compile(r"<(line|circle)\b([^>]*)>")
_SVG_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def label_nodes(meta: Node) -> list[Node]:
    """The `<label>`s of a task, project or job."""
    found: list[Node] = []
    for node in [meta, *meta.children]:
        labels = node.child("labels")
        found += [each for each in labels.children if each.tag == "label"] if labels else []
    return found


def read_labels(meta: Node) -> Iterator[Label]:
    """The labels, as they are named, in order. Those of a skeleton's joints are part of its label."""
    nodes = label_nodes(meta)
    for node in nodes:
        if trimmed(node.text_at("parent")):
            continue
        name = trimmed(node.text_at("name"))
        joints = [
            trimmed(each.text_at("name"))
            for each in nodes
            if each.child("parent") and trimmed(each.text_at("parent")) == name
        ]
        kind = node.child("type")
        color = trimmed(node.text_at("color"))
        attributes = node.child("attributes")
        yield Label(
            name=name,
            color=color if _COLOR.fullmatch(color) else None,
            geometry=() if kind is None or "computed" in kind.attributes else _TYPES.get(trimmed(kind.text), ()),
            attributes=tuple(_spec(each) for each in (attributes.children if attributes else ())),
            skeleton=_skeleton(joints, node.text_at("svg")),
        )


def specs_of(labels: tuple[Label, ...]) -> Specs:
    return {label.name: {spec.name: spec for spec in label.attributes} for label in labels}


def _spec(node: Node) -> AttributeSpec:
    kind = _INPUTS.get(trimmed(node.text_at("input_type")), "text")
    values = [line.strip("\r") for line in node.text_at("values").split("\n")]
    default = trimmed(node.text_at("default_value"))
    spec = AttributeSpec(name=trimmed(node.text_at("name")), type=kind)
    low, high = (_finite(line) if kind == "number" else None for line in (*values, "", "")[:2])
    return AttributeSpec(
        name=spec.name,
        type=kind,
        choices=tuple(line for line in values if line) if kind == "choice" else (),
        minimum=low,
        maximum=high,
        default=_scalar(value_in(default, spec)) if default else None,
    )


def _scalar(value: AttributeValue) -> Scalar:
    return None if isinstance(value, tuple) else value


def _finite(text: str) -> float | None:
    value = float(text) if NUMBER.fullmatch(text.strip()) and len(text) < 400 else None
    return value if value is not None and isfinite(value) else None


def _skeleton(joints: list[str], svg: str) -> Skeleton | None:
    """The joints that the labels name, else those of the drawing; bones are the drawing's lines."""
    nodes: dict[str, str] = {}
    lines: list[tuple[str, str]] = []
    for tag, rest in _SVG_TAG.findall(svg):
        fields = {key: unescape(one or other) for key, one, other in _SVG_ATTRIBUTE.findall(rest)}
        if tag == "circle":
            node = fields.get("data-node-id", "")
            nodes[node] = fields.get("data-label-name", node)
        else:
            lines.append((fields.get("data-node-from", ""), fields.get("data-node-to", "")))
    joints = joints or list(dict.fromkeys(nodes.values()))
    if not joints:
        return None
    places = {joint: at for at, joint in enumerate(joints)}

    def place(node: str) -> int | None:
        number = whole_number(node)
        by_number = number - 1 if number is not None and 0 < number <= len(joints) else None
        return places.get(nodes.get(node, ""), by_number)

    pairs = ((place(first), place(second)) for first, second in lines)
    return Skeleton(tuple(joints), tuple((a, b) for a, b in pairs if a is not None and b is not None))


def value_in(text: str, spec: AttributeSpec | None) -> AttributeValue:
    """The value that the text of an `<attribute>` stands for: what its label says of it, else what it looks like."""
    match spec.type if spec else None:
        case None:
            return value_of(text)
        case "boolean" if text in ("true", "false"):
            return text == "true"
        case "number":
            number = whole_number(text)
            return number if number is not None else text if (value := _finite(text)) is None else value
        case _:
            return text


def text_in(value: AttributeValue, spec: AttributeSpec | None) -> str | None:
    """How a value is written; None where reading the text would give another."""
    text = text_of(value)
    if text is None:
        return None
    read = value_in(text, spec)
    return text if type(read) is type(value) and read == value else None


def read_metadata(meta: Node) -> dict[str, Scalar]:
    """The fields of `<meta>` but for labels, by path; of one given twice, the first."""
    found: dict[str, Scalar] = {}
    _flatten(meta, "", found)
    return found


def _flatten(node: Node, prefix: str, found: dict[str, Scalar]) -> None:
    for child in node.children:
        key = f"{prefix}{child.tag}"
        if child.tag in _OWN or "computed" in child.attributes:
            continue
        if child.children:
            _flatten(child, f"{key}.", found)
        elif not unfit(key) and not unfit(child.text):
            found.setdefault(key, value_of(trimmed(child.text)))


def label_tree(taxonomy: Taxonomy) -> Node:
    """`<labels>`: each label, and after it those of its joints."""
    tree = Node("labels")
    for label in taxonomy.labels:
        tree.children.append(_label_node(label))
        for joint in label.skeleton.joints if label.skeleton else ():
            points = [Node("name", text=joint), Node("color"), Node("type", text="points"), Node("attributes")]
            tree.children.append(Node("label", children=[*points, Node("parent", text=label.name)]))
    return tree


def _label_node(label: Label) -> Node:
    kind = next((name for name, kinds in _TYPES.items() if kinds == label.geometry), "any")
    type_node = Node("type", text=kind)
    if label.skeleton:
        type_node.text = "skeleton"
        if label.geometry != ("keypoints",):
            type_node.attributes["computed"] = "true"
    children = [
        Node("name", text=label.name),
        Node("color", text=label.color or ""),
        type_node,
        Node("attributes", children=[_spec_node(spec) for spec in label.attributes]),
    ]
    if label.skeleton:
        children.append(Node("svg", text=_svg(label.skeleton)))
    return Node("label", children=children)


def _spec_node(spec: AttributeSpec) -> Node:
    kind = next((name for name, type_ in _INPUTS.items() if type_ == spec.type), "text")
    values = list(spec.choices)
    if kind == "checkbox":
        values = ["false"]
    elif kind == "number" and (spec.minimum is not None or spec.maximum is not None):
        values = ["" if each is None else repr(each) for each in (spec.minimum, spec.maximum)] + ["1"]
    default = text_of(spec.default)
    return Node(
        "attribute",
        children=[
            Node("name", text=spec.name),
            Node("mutable", text="False"),
            Node("input_type", text=kind),
            Node("default_value", text=default or ""),
            Node("values", text="\n".join(values)),
        ],
    )


def _svg(skeleton: Skeleton) -> str:
    """A drawing of the joints on a circle, in the form that CVAT's own editor saves."""
    spots = [
        (50 + 40 * cos(2 * pi * at / len(skeleton.joints)), 50 + 40 * sin(2 * pi * at / len(skeleton.joints)))
        for at in range(len(skeleton.joints))
    ]
    lines = [
        f'<line x1="{spots[a][0]:.2f}" y1="{spots[a][1]:.2f}" x2="{spots[b][0]:.2f}" y2="{spots[b][1]:.2f}" '
        f'data-type="edge" data-node-from="{a + 1}" data-node-to="{b + 1}"></line>'
        for a, b in skeleton.bones
        if min(a, b) >= 0 and max(a, b) < len(spots)
    ]
    circles = [
        f'<circle r="1.5" cx="{x:.2f}" cy="{y:.2f}" data-type="element node" data-element-id="{at}" '
        f'data-node-id="{at}" data-label-name="{_quoted(joint)}"></circle>'
        for at, (joint, (x, y)) in enumerate(zip(skeleton.joints, spots, strict=True), 1)
    ]
    return "\n".join(lines + circles)


def _quoted(text: str) -> str:
    for character, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, name)
    return text
