"""The sizes of a frame's boxes, as the geometry rules compare them."""

from functools import cached_property

import numpy as np

from checkdam.lint.frame import Bools, Floats, Frame
from checkdam.lint.media import Facts
from checkdam.measure.boxes import corners, sides
from checkdam.measure.robust import robust_z
from checkdam.schema import Annotation

MINIMUM_COUNT = 20
"""A label with fewer boxes has no typical size: no z-score is given for it."""

MINIMUM_SCALE = 0.2
"""The smallest standard deviation (of a natural logarithm) that sizes and shapes are taken to have: about 22 %."""

EDGE = 1.0
"""An object is taken as cut off by the image's edge if its box comes within this many pixels of it."""

_LARGEST_SIDE = 1e12
"""A side beyond this is no size of anything; its square must stay finite."""


def shapes_of(frame: Frame) -> "Shapes":
    """The frame's shapes: made once, however many rules ask."""
    return frame.once("shapes", lambda: Shapes(frame))


class Shapes:
    """Corners (n, 4), width, height and area (pixels) of each box of a frame, at the resolution of
    `checkdam.measure.boxes.DECIMALS`. `solid` marks those whose sides are positive and finite, of kinds that cover an
    area; the other values say nothing where it is False."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.corners = corners(frame.x, frame.y, frame.width, frame.height)
        self.width, self.height = sides(self.corners)
        with np.errstate(invalid="ignore"):
            self.solid: Bools = frame.areal & (self.width > 0) & (self.height > 0)
            self.solid &= (self.width < _LARGEST_SIDE) & (self.height < _LARGEST_SIDE)
        self.width = np.where(self.solid, self.width, 1.0)
        self.height = np.where(self.solid, self.height, 1.0)

    @cached_property
    def area(self) -> Floats:
        return self.width * self.height

    @cached_property
    def upright(self) -> Bools:
        """Marks the solid boxes whose extent is the object's own: not that of a box turned by an angle."""
        return self.solid & (~self._frame.is_kind("rotated_box") | self._frame.declared)

    def cut_off(self, facts: Facts) -> Bools:
        """Marks the boxes that reach the edge of their image, where the object may go on unseen."""
        frame = self._frame
        width, height = (size[frame.item] for size in facts.sizes(frame))
        left, top, right, bottom = self.corners.T
        with np.errstate(invalid="ignore"):
            cut: Bools = (left <= EDGE) | (top <= EDGE) | (right >= width - EDGE) | (bottom >= height - EDGE)
        return cut

    def z_scores(self, logarithms: Floats, among: Bools) -> tuple[Floats, Floats]:
        """The robust z-score of each value among those of its label, and their median; NaN where `among` is False or
        the label has fewer than `MINIMUM_COUNT` such values."""
        z, medians = np.full(len(logarithms), np.nan), np.full(len(logarithms), np.nan)
        labels = self._frame.label[among].astype(np.int64)
        z[among], medians[among] = robust_z(logarithms[among], labels, MINIMUM_COUNT, MINIMUM_SCALE)
        return z, medians


def is_crowd(annotation: Annotation) -> bool:
    """Whether one annotation stands for many objects (COCO's `iscrowd`), so that its size is not that of one."""
    return bool(annotation.attributes.get("iscrowd"))
