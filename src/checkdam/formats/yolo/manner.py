"""Which of YOLO's kinds of line an annotation becomes, given the others in its file and in the set.

Readers take all lines of a file for one kind, and all files of a set of poses or oriented boxes for such. What fits
neither is written as a box.
"""

from collections.abc import Iterator, Sequence

from checkdam.formats.base import LossReport
from checkdam.formats.output import finite, where
from checkdam.formats.values import BadValueError
from checkdam.formats.yolo.lines import Size, box_fields, oriented_fields, outline_fields, pose_fields, read_line
from checkdam.formats.yolo.oriented import TOLERANCE, far, rectangle
from checkdam.schema import Annotation, Box, Geometry, Item, Keypoints, Polygon, RotatedBox, extent, geometry_kind
from checkdam.schema.geometry import corners


class Manner:
    """What is written in a set so far. `joints` is the number that the poses of the set have, if it is one of poses.

    Four corners are an oriented box or an outline in the whole set: whichever comes first is written so.
    """

    def __init__(self, joints: int | None) -> None:
        self.oriented = False
        self._rectangles = False  # outlines that would be read as oriented boxes, if there were any
        self._joints = joints

    def lines(
        self, item: Item, annotations: Sequence[Annotation], size: Size | None, report: LossReport
    ) -> Iterator[tuple[Annotation, str]]:
        """The annotations that the item's file holds, each with its coordinates."""
        if size is None:
            for annotation in annotations:
                report.add("annotations on images of unknown size", where(item, annotation))
            return
        geometries = [each.geometry for each in annotations]
        outlines = self._are_outlines(geometries, size)
        turned = not outlines and self._are_oriented(geometries, size)
        for annotation in annotations:
            place = where(item, annotation)
            fields = self._fields(annotation, size, place, report, outlines=outlines, turned=turned)
            if fields is not None:
                yield annotation, fields
                for name in annotation.attributes:
                    report.add("attributes", f"{place}: {name}")
                if annotation.source_id is not None:
                    report.add("annotations' source_id", place)

    def _are_outlines(self, geometries: Sequence[Geometry], size: Size) -> bool:
        """Whether a file holds outlines: only if it holds nothing else, and no poses are in the set."""
        outlines = [each for each in geometries if isinstance(each, Polygon) and outline_fields(each, size)]
        if self._joints or not outlines or len(outlines) < len(geometries):
            return False
        rectangles = any(rectangle(each.parts[0][0]) for each in outlines)
        if rectangles and self.oriented:
            return False
        self._rectangles = self._rectangles or rectangles
        return True

    def _are_oriented(self, geometries: Sequence[Geometry], size: Size) -> bool:
        """Whether a file holds oriented boxes: only if it holds them, and else plain boxes at most."""
        turned = [_turned(each) for each in geometries]
        some = any(isinstance(each, RotatedBox) for each in geometries)
        if self._joints or self._rectangles or not some or not all(each and _reads(each, size) for each in turned):
            return False
        self.oriented = True
        return True

    def _fields(
        self, annotation: Annotation, size: Size, place: str, report: LossReport, *, outlines: bool, turned: bool
    ) -> str | None:
        geometry = annotation.geometry
        if outlines and isinstance(geometry, Polygon):
            if annotation.box is not None:
                report.add("boxes declared beside outlines", place)
            return outline_fields(geometry, size)
        if turned and (box := _turned(geometry)):
            return _oriented(annotation, box, size, place, report)
        if self._joints and isinstance(geometry, Keypoints) and len(geometry.points) == self._joints:
            fields = _pose(annotation, size)
            if fields is not None:
                if annotation.box is None:
                    report.add("poses without a declared box, which get one", place)
                return fields
        return _box(annotation, size, place, report)


def _turned(geometry: Geometry) -> RotatedBox | None:
    """A box as one that may be turned."""
    if isinstance(geometry, Box):
        width, height = geometry.width, geometry.height
        return RotatedBox(geometry.x + width / 2, geometry.y + height / 2, width, height, 0.0)
    return geometry if isinstance(geometry, RotatedBox) else None


def _reads(box: RotatedBox, size: Size) -> bool:
    """Whether the corners of a box are read as one again."""
    return finite(box) and isinstance(_read_turned(box, size), RotatedBox)


def _read_turned(box: RotatedBox, size: Size) -> Geometry | None:
    try:
        return read_line(f"0 {oriented_fields(box, size)}", size, None, oriented=True).geometry
    except (BadValueError, ArithmeticError):
        return None


def _oriented(annotation: Annotation, box: RotatedBox, size: Size, place: str, report: LossReport) -> str:
    read = _read_turned(box, size)
    if isinstance(annotation.geometry, Box):
        report.add("boxes beside rotated boxes, written as such", place)
    elif read != box:
        near = isinstance(read, RotatedBox) and far(read, corners(box)) <= TOLERANCE
        digits = "last digits of rotated boxes, whose size and angle follow from their corners"
        report.add(digits if near else "senses of rotated boxes, of which the corners are kept", place)
    if annotation.box is not None:
        report.add("boxes declared beside boxes", place)
    return oriented_fields(box, size)


def _pose(annotation: Annotation, size: Size) -> str | None:
    geometry = annotation.geometry
    box = annotation.box or extent(geometry)
    if box is None or not isinstance(geometry, Keypoints) or not (finite(geometry) and finite(box)):
        return None
    try:
        return pose_fields(box, geometry.points, size)
    except (ArithmeticError, ValueError, BadValueError):
        return None


def _box(annotation: Annotation, size: Size, place: str, report: LossReport) -> str | None:
    """A box line, whatever the annotation is."""
    geometry = annotation.geometry
    kind = geometry_kind(geometry)
    box = geometry if isinstance(geometry, Box) else annotation.box or extent(geometry)
    if box is None:
        report.add(f"annotations of kind {kind}", place)
        return None
    if not isinstance(geometry, Box):
        report.add(f"annotations of kind {kind}, written as boxes", place)
    elif annotation.box is not None:
        report.add("boxes declared beside boxes", place)
    try:
        fields = box_fields(box, size)
    except (ArithmeticError, ValueError, BadValueError):
        fields = None
    if fields is None:
        report.add("annotations whose coordinates take too many digits", place)
    return fields


def changed_fields(annotation: Annotation, before: Geometry, size: Size, place: str) -> str | None:
    """The coordinates of a line that becomes another annotation, of the kind it was if that can be."""
    geometry = annotation.geometry
    if isinstance(geometry, Polygon) and isinstance(before, Polygon):
        return outline_fields(geometry, size)
    if isinstance(geometry, RotatedBox):
        return oriented_fields(geometry, size) if _reads(geometry, size) else None
    if isinstance(geometry, Keypoints):
        return _pose(annotation, size)
    return _box(annotation, size, place, LossReport())
