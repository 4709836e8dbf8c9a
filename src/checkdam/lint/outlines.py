"""What geometries other than boxes cover: their own extent, whatever box is declared, and the area of polygons."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from checkdam.lint.frame import Floats, Frame
from checkdam.measure.rings import distinct_points, ring_areas, ring_boxes, ring_lengths

Indices = NDArray[np.int64]


class Polygons(NamedTuple):
    """Of each polygon its `row`, `area` (pixels², holes left out), `length` of all its outlines (pixels), the number of
    its `points`, and that of the different points of its poorest ring (`fewest`; 0 without a ring)."""

    row: Indices
    area: Floats
    length: Floats
    points: Indices
    fewest: Indices


def polygons(frame: Frame) -> Polygons:
    """The measures of all polygons of a frame."""
    vertices = frame.vertices
    row = np.flatnonzero(frame.is_kind("polygon"))
    closed = np.flatnonzero(~vertices.line)
    place = np.searchsorted(row, vertices.row[closed])
    area = np.abs(ring_areas(vertices.xy, vertices.start))[closed]
    length = ring_lengths(vertices.xy, vertices.start)[closed]
    fewest = np.full(len(row), np.iinfo(np.int64).max)
    np.minimum.at(fewest, place, distinct_points(vertices.xy, vertices.start)[closed])
    with np.errstate(over="ignore", invalid="ignore"):
        return Polygons(
            row,
            np.bincount(place, np.where(vertices.hole[closed], -area, area), minlength=len(row)).astype(np.float64),
            np.bincount(place, length, minlength=len(row)).astype(np.float64),
            np.bincount(place, vertices.count[closed], minlength=len(row)).astype(np.int64),
            np.where(np.bincount(place, minlength=len(row)) > 0, fewest, 0),
        )


def outline_boxes(frame: Frame) -> tuple[Indices, Floats]:
    """The rows of all polygons, polylines and skeletons that have a point, ascending, and left, top, right and bottom
    (n, 4) of their points; joints that are not labelled do not count."""
    vertices, joints = frame.vertices, frame.joints
    xy = np.where(joints.visibility[:, None] > 0, joints.xy, np.nan)
    row = np.concatenate([vertices.row, joints.row])
    boxes = np.concatenate([ring_boxes(vertices.xy, vertices.start), _labelled(xy, joints.start)])
    there = ~np.isnan(boxes).any(axis=1)
    row, boxes = row[there], boxes[there]
    order = np.argsort(row, kind="stable")
    row, boxes = row[order], boxes[order]
    if not len(row):
        return row, boxes
    rows, starts = np.unique(row, return_index=True)
    low, high = np.minimum.reduceat(boxes[:, :2], starts), np.maximum.reduceat(boxes[:, 2:], starts)
    return rows, np.concatenate([low, high], axis=1)


def _labelled(xy: Floats, start: Indices) -> Floats:
    """Left, top, right and bottom of each skeleton's joints that are not NaN (n, 4)."""
    low = ring_boxes(np.where(np.isnan(xy), np.inf, xy), start)[:, :2]
    high = ring_boxes(np.where(np.isnan(xy), -np.inf, xy), start)[:, 2:]
    there = (low <= high).all(axis=1, keepdims=True)
    return np.where(there, np.concatenate([low, high], axis=1), np.nan)
