"""CVAT's shapes, and the geometries and attributes they stand for."""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite

from msgspec import Struct, field

from checkdam.formats.cvat.labels import Specs, text_in, value_in
from checkdam.formats.cvat.masks import cropped, whole_mask
from checkdam.formats.cvat.xml import Element
from checkdam.formats.exact import EXACT, NUMBER, decimal, plain, sum_text
from checkdam.formats.output import finite
from checkdam.formats.values import BadValueError, shown, unfit, whole_number
from checkdam.formats.xmlvalues import NOT_XML, text_of, value_of
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import (
    Annotation,
    AttributeValue,
    Box,
    Category,
    Geometry,
    Keypoint,
    Keypoints,
    Mask,
    Point,
    Polygon,
    Polyline,
    RotatedBox,
    Skeleton,
    geometry_kind,
)

ELLIPSE = "cvat_shape"
"""The attribute, with the value `ellipse`, of a rotated box that stands for the ellipse in it."""

FLAGS: dict[str, type] = {"occluded": bool, "z_order": int, "group_id": int, "source": str}
"""The attributes that CVAT keeps in the shape's own tag."""

_CORNERS = ("xtl", "ytl", "xbr", "ybr")
PLACES = frozenset(
    {"label", "points", "rotation", "cx", "cy", "rx", "ry", "rle", "left", "top", "width", "height", *_CORNERS}
)
"""The attributes of a tag that say what is where; the others are those of the annotation."""

_COMPUTED = "computed"  # names the flags that our writer added for readers that expect them


class Names(Struct):
    """What a file's labels say of attributes and joints. `exact` where our writer made the file."""

    specs: Specs = field(default_factory=dict)
    skeletons: Mapping[str, Skeleton] = field(default_factory=dict)
    exact: bool = False


Size = tuple[int, int]
"""Width and height in pixels."""

Shape = tuple[str, Geometry, dict[str, AttributeValue]]
"""Label, geometry and attributes."""


def read_shape(element: Element, names: Names, size: Size | None, limits: InputLimits) -> Shape:
    """What a shape says, in an image of that size. Raises `BadValueError`."""
    label = _label(element)
    geometry = _geometry(element, label, names, size, limits)
    attributes = _flags(element)
    if element.tag == "ellipse":
        attributes[ELLIPSE] = "ellipse"
    specs = names.specs.get(label, {})
    for name, text in element.fields:
        _check(name, text)
        attributes[name] = value_in(text, specs.get(name))
    for joint in element.joints:
        for name, text in joint.fields:
            key = f"{joint.attributes.get('label', '')}.{name}"
            _check(key, text)
            attributes.setdefault(key, value_in(text, specs.get(key)))
    return label, geometry, attributes


def _label(element: Element) -> str:
    label = element.attributes.get("label", "")
    if not label or unfit(label):
        raise BadValueError("label", f"is {shown(label)}, no name of a label", "name the shape's label")
    return label


def _check(name: str, text: str) -> None:
    for each in (name, text):
        if reason := unfit(each):
            raise BadValueError(name, reason, "remove the character")


def _flags(element: Element) -> dict[str, AttributeValue]:
    computed = element.attributes.get(_COMPUTED, "").split()
    found: dict[str, AttributeValue] = {}
    for name, text in element.attributes.items():
        if name in PLACES or name == _COMPUTED or name in computed:
            continue
        _check(name, text)
        if name == "occluded" and text in ("0", "1"):
            found[name] = text == "1"
        else:
            found[name] = text if name == "source" else value_of(text)
    return found


def _geometry(element: Element, label: str, names: Names, size: Size | None, limits: InputLimits) -> Geometry:
    geometry: Geometry
    match element.tag:
        case "box":
            geometry = _box(element, names.exact, limits)
        case "ellipse":
            geometry = _ellipse(element, limits)
        case "polygon":
            geometry = Polygon(((_points(element),),))
        case "polyline":
            geometry = Polyline(_points(element))
        case "points":
            geometry = Keypoints(tuple(Keypoint(x, y, 2) for x, y in _points(element)))
        case "skeleton":
            geometry = Keypoints(_joints(element, names.skeletons.get(label)))
        case "mask":
            geometry = _mask(element, size, limits)
        case "tag":
            geometry = Category()
        case "cuboid":
            raise BadValueError("", "is a cuboid drawn in an image, which has no place here", "draw a box or polygon")
        case other:
            raise BadValueError("", f"is <{other[:40]}>, no shape that is known", "remove it")
    return geometry


def _decimal(element: Element, key: str, limits: InputLimits) -> Decimal:
    text = element.attributes.get(key)
    value = None if text is None else decimal(text, limits)
    if value is None:
        what = "is missing" if text is None else f"is {shown(text)}, not a finite number"
        raise BadValueError(key, what, "give a number of pixels")
    return value


def _float(key: str, value: Decimal) -> float:
    if not isfinite(float(value)):
        raise BadValueError(key, "gives a size that is larger than any number", "give a number of pixels")
    return float(value)


def _rotation(element: Element, limits: InputLimits) -> float:
    return float(_decimal(element, "rotation", limits)) if "rotation" in element.attributes else 0.0


def _box(element: Element, exact: bool, limits: InputLimits) -> Box | RotatedBox:
    left, top, right, bottom = (_decimal(element, key, limits) for key in _CORNERS)
    width, height = (
        _float(key, EXACT.subtract(far, near)) for key, far, near in (("xbr", right, left), ("ybr", bottom, top))
    )
    angle = _rotation(element, limits)
    if not angle and not (exact and "rotation" in element.attributes):
        return Box(float(left), float(top), width, height)
    x, y = (float(EXACT.divide(EXACT.add(near, far), Decimal(2))) for near, far in ((left, right), (top, bottom)))
    return RotatedBox(x, y, width, height, angle)


def _ellipse(element: Element, limits: InputLimits) -> RotatedBox:
    x, y = (_decimal(element, key, limits) for key in ("cx", "cy"))
    width, height = (_float(key, EXACT.multiply(_decimal(element, key, limits), Decimal(2))) for key in ("rx", "ry"))
    return RotatedBox(float(x), float(y), width, height, _rotation(element, limits))


def _points(element: Element) -> tuple[Point, ...]:
    text = element.attributes.get("points", "")
    points: list[Point] = []
    for at, pair in enumerate(text.split(";") if text else ()):
        x, comma, y = pair.partition(",")
        if not comma:
            raise BadValueError(f"points[{at}]", f"is {shown(pair)}, not x,y", "give x,y;x,y;...")
        points.append((_coordinate(x, at), _coordinate(y, at)))
    if not points:
        raise BadValueError("points", "holds no point", "give x,y;x,y;...")
    return tuple(points)


def _coordinate(text: str, at: int) -> float:
    text = text.strip()
    value = float(text) if len(text) <= DEFAULT_LIMITS.number_characters and NUMBER.fullmatch(text) else None
    if value is None or not isfinite(value):
        raise BadValueError(f"points[{at}]", f"is {shown(text)}, not a finite number", "give x,y;x,y;...")
    return value


def _joints(element: Element, skeleton: Skeleton | None) -> tuple[Keypoint, ...]:
    """The joints in the order of the skeleton; one that is not there is not labelled. Without a skeleton, as listed."""
    read: list[tuple[str, Keypoint]] = []
    for joint in element.joints:
        (x, y), *more = _points(joint)
        if more:
            raise BadValueError("points", "gives a joint several points", "give one point for each joint")
        hidden = joint.attributes.get("occluded") == "1"
        seen = 0 if joint.attributes.get("outside") == "1" else 1 if hidden else 2
        read.append((joint.attributes.get("label", ""), Keypoint(x, y, seen)))  # type: ignore[arg-type]  # 0, 1 or 2
    if not read:
        raise BadValueError("", "is a skeleton without joints", "remove it or give it points")
    by_name = dict(reversed(read))
    known = skeleton.joints if skeleton else ()
    rest = [point for at, (name, point) in enumerate(read) if name not in known or by_name[name] is not point]
    return (*(by_name.get(name, Keypoint(0.0, 0.0, 0)) for name in known), *rest)


def _mask(element: Element, size: Size | None, limits: InputLimits) -> Mask:
    if size is None:
        raise BadValueError("", "is a mask on an image of unknown size", "give the image's width and height")
    crop = [whole_number(element.attributes.get(key, "").strip()) for key in ("left", "top", "width", "height")]
    left, top, width, height = (-1 if each is None else each for each in crop)
    if min(left, top, width, height) < 0 or left + width > size[0] or top + height > size[1]:
        what = f"does not lie in the image of {size[0]} x {size[1]} pixels"
        raise BadValueError("left, top, width, height", what, "give whole numbers of pixels within the image")
    if max(size[0] * size[1], width * height) > limits.pixels:
        raise BadValueError("", f"asks for more than {limits.pixels:,} pixels", "give a smaller mask")
    text = element.attributes.get("rle", "").strip()
    runs = tuple(_run(each) for each in text.split(",")) if text else ()
    if min(runs, default=0) < 0 or sum(runs) != width * height:
        raise BadValueError("rle", f"does not add up to {width} x {height} pixels", "write it anew")
    return whole_mask((left, top, width, height, runs), *size)


def _run(text: str) -> int:
    value = whole_number(text.strip())
    return -1 if value is None else value


def written_shapes(annotation: Annotation, names: Names, size: Size | None, group: int) -> list[Element]:
    """The shapes that stand for an annotation: one, but for a polygon of several parts, which become so many of one
    group (`group`, where the annotation names none). Raises `BadValueError`, whose words are the loss, where there is
    none."""
    for text in (annotation.label, *annotation.attributes):
        if not annotation.label or NOT_XML.search(text):
            raise BadValueError("", "annotations with a label or attribute whose name XML cannot hold")
    places = _written_geometry(annotation, names, size)
    flags, fields = _written_attributes(annotation, names.specs, group if len(places) > 1 else None)
    for each in places:
        each.attributes = {"label": annotation.label} | flags | each.attributes
        each.fields = fields
    return places


def _written_attributes(
    annotation: Annotation, specs: Specs, group: int | None
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The flags in the tag, and the `<attribute>`s; what no text stands for is left out."""
    geometry, given = annotation.geometry, annotation.attributes
    ellipse = isinstance(geometry, RotatedBox) and given.get(ELLIPSE) == "ellipse"
    flags: dict[str, str] = {}
    fields: list[tuple[str, str]] = []
    for name, value in given.items():
        text = _flag(name, value)
        if text is not None and not NOT_XML.search(text):
            flags[name] = text
        elif not (ellipse and name == ELLIPSE):
            text = text_in(value, specs.get(annotation.label, {}).get(name))
            if text is not None and not NOT_XML.search(text):
                fields.append((name, text))
    computed = {"source": "manual", "occluded": "0", "z_order": "0"}
    if isinstance(geometry, Category):
        del computed["occluded"], computed["z_order"]
    if group is not None:
        computed["group_id"] = str(group)
    added = {name: text for name, text in computed.items() if name not in flags}
    flags |= added
    return (flags | {_COMPUTED: " ".join(added)} if added else flags), fields


def _flag(name: str, value: AttributeValue) -> str | None:
    if name not in FLAGS or type(value) is not FLAGS[name]:
        return None
    if isinstance(value, bool):
        return str(int(value))
    text = text_of(value)
    return text if name == "source" or (text is not None and value_of(text) == value) else None


def _written_geometry(annotation: Annotation, names: Names, size: Size | None) -> list[Element]:
    try:
        elements = _elements(annotation, names, size) if finite(annotation.geometry) else None
    except OverflowError:
        elements = None
    if elements is None:
        raise BadValueError("", "annotations whose coordinates are no finite numbers")
    if not elements:
        raise BadValueError("", f"annotations of kind {geometry_kind(annotation.geometry)}")
    return elements


def _elements(annotation: Annotation, names: Names, size: Size | None) -> list[Element]:
    """The shapes without label and attributes; none where CVAT has no such."""
    elements: list[Element] = []
    match annotation.geometry:
        case Box(x=x, y=y, width=width, height=height):
            elements = [Element("box", _corners(x, y, width, height))]
        case RotatedBox() as turned:
            elements = [_turned(turned, annotation.attributes.get(ELLIPSE) == "ellipse")]
        case Polygon(parts=parts) if all(part and part[0] for part in parts):
            elements = [Element("polygon", {"points": _listed(part[0])}) for part in parts]
        case Polyline(points=points) if points:
            elements = [Element("polyline", {"points": _listed(points)})]
        case Keypoints(points=joints) if joints:
            elements = [_written_joints(joints, names.skeletons.get(annotation.label))]
        case Mask() as mask:
            elements = [_written_mask(mask, size)]
        case Category():
            elements = [Element("tag", {})]
    return elements


def _written_mask(mask: Mask, size: Size | None) -> Element:
    if size != (mask.width, mask.height):
        raise BadValueError("", "masks on images of unknown or another size")
    left, top, columns, rows, runs = cropped(mask)
    places = {"left": left, "top": top, "width": columns, "height": rows}
    return Element("mask", {"rle": ", ".join(map(str, runs))} | {key: str(each) for key, each in places.items()})


def _corners(x: float, y: float, width: float, height: float) -> dict[str, str]:
    return {
        "xtl": plain(Decimal(repr(x))),
        "ytl": plain(Decimal(repr(y))),
        "xbr": sum_text(x, width),
        "ybr": sum_text(y, height),
    }


def _turned(box: RotatedBox, ellipse: bool) -> Element:
    halves = [EXACT.divide(Decimal(repr(each)), Decimal(2)) for each in (box.width, box.height)]
    centers = [Decimal(repr(each)) for each in (box.center_x, box.center_y)]
    rotation = {"rotation": plain(Decimal(repr(box.angle)))}
    if ellipse:
        values = (*centers, *halves)
        return Element("ellipse", dict(zip(("cx", "cy", "rx", "ry"), map(plain, values), strict=True)) | rotation)
    near = [EXACT.subtract(center, half) for center, half in zip(centers, halves, strict=True)]
    far = [EXACT.add(center, half) for center, half in zip(centers, halves, strict=True)]
    if not all(isfinite(float(each)) for each in (*near, *far)):
        raise OverflowError("a corner is larger than any number")
    return Element("box", dict(zip(_CORNERS, map(plain, (*near, *far)), strict=True)) | rotation)


def _listed(points: tuple[Point, ...]) -> str:
    return ";".join(f"{plain(Decimal(repr(x)))},{plain(Decimal(repr(y)))}" for x, y in points)


def _written_joints(points: tuple[Keypoint, ...], skeleton: Skeleton | None) -> Element:
    names = skeleton.joints if skeleton else ()
    if len(names) != len(points) or len(set(names)) != len(names):
        return Element("points", {"points": _listed(tuple((each.x, each.y) for each in points))})
    joints = [
        Element(
            "points",
            {
                "label": name,
                "source": "manual",
                "outside": str(int(point.visibility == 0)),
                "occluded": str(int(point.visibility == 1)),
                "points": _listed(((point.x, point.y),)),
            },
        )
        for name, point in zip(names, points, strict=True)
    ]
    return Element("skeleton", {}, joints=joints)
