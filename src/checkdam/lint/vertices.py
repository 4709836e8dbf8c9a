"""The vertices of a frame's polygons and lines, and the joints of its skeletons, as columns."""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from checkdam.lint.details import Details
from checkdam.schema import Keypoints, Mask, Polygon, Polyline

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Vertices:
    """The rings of polygons, and the lines of polylines. Ring `r` belongs to the annotation `row[r]`; its points are
    `xy[start[r]:start[r + 1]]` (pixels). `hole` marks a ring that is cut out of its part, `line` one that is open.
    The rings of an annotation follow one another; an annotation without a ring has none here."""

    def __init__(self, rows: Indices, details: Details) -> None:
        """`rows` are those of the polygons and polylines, ascending."""
        points, counts, row, hole, line = [], [], [], [], []
        for number, geometry in zip(rows.tolist(), details.geometries(rows), strict=True):
            match geometry:
                case Polygon(parts=parts):
                    rings = [(ring, at > 0, False) for part in parts for at, ring in enumerate(part)]
                case Polyline(points=along):
                    rings = [(along, False, True)]
                case _:
                    rings = []
            for ring, cut, opened in rings:
                points.append(ring)
                counts.append(len(ring))
                row.append(number)
                hole.append(cut)
                line.append(opened)
        self.row: Indices = np.array(row, dtype=np.int64)
        self.hole: Bools = np.array(hole, dtype=np.bool_)
        self.line: Bools = np.array(line, dtype=np.bool_)
        self.start: Indices = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
        flat = chain.from_iterable(chain.from_iterable(points))
        self.xy: Floats = np.fromiter(flat, dtype=np.float64, count=2 * int(self.start[-1])).reshape(-1, 2)

    @property
    def count(self) -> Indices:
        """The number of points of each ring."""
        return np.diff(self.start)

    @property
    def ring(self) -> Indices:
        """The ring of each point."""
        return np.repeat(np.arange(len(self.row)), self.count)


class Joints:
    """The joints of skeletons. Skeleton `s` is the annotation `row[s]`; its joints are `xy[start[s]:start[s + 1]]`
    (pixels), with `visibility` as in COCO: 0 not labelled, 1 hidden, 2 visible."""

    def __init__(self, rows: Indices, details: Details) -> None:
        """`rows` are those of the skeletons, ascending."""
        joints = [
            [(one.x, one.y, one.visibility) for one in geometry.points] if isinstance(geometry, Keypoints) else []
            for geometry in details.geometries(rows)
        ]
        self.row: Indices = rows
        counts = [len(one) for one in joints]
        self.start: Indices = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
        flat = chain.from_iterable(chain.from_iterable(joints))
        values = np.fromiter(flat, dtype=np.float64, count=3 * int(self.start[-1])).reshape(-1, 3)
        self.xy: Floats = np.ascontiguousarray(values[:, :2])
        self.visibility = values[:, 2].astype(np.int8)

    @property
    def count(self) -> Indices:
        """The number of joints of each skeleton."""
        return np.diff(self.start)

    @property
    def skeleton(self) -> Indices:
        """The skeleton of each joint."""
        return np.repeat(np.arange(len(self.row)), self.count)


class Masks:
    """The masks of a frame: of each the annotation's `row`, `width` and `height` (pixels), `area` (pixels that it
    covers), `runs` (the sum of its run lengths) and `box` (n, 4: x, y, width, height of what it covers, NaN where it is
    empty)."""

    def __init__(self, rows: Indices, details: Details) -> None:
        """`rows` are those of the masks, ascending."""
        self.row: Indices = rows
        found = [_of_mask(geometry) for geometry in details.geometries(rows) if isinstance(geometry, Mask)]
        values = np.array(found, dtype=np.float64).reshape(-1, 8)
        self.width, self.height, self.area, self.runs = (np.ascontiguousarray(values[:, at]) for at in range(4))
        self.box: Floats = np.ascontiguousarray(values[:, 4:])


def _of_mask(mask: Mask) -> tuple[float, ...]:
    nan = float("nan")
    counts = np.array(mask.counts, dtype=np.float64)
    area, total = float(counts[1::2].sum()), float(counts.sum())
    if area <= 0 or mask.height <= 0:
        return mask.width, mask.height, area, total, nan, nan, nan, nan
    ends = np.cumsum(counts)[1::2]
    starts, last = (ends - counts[1::2]), ends - 1
    used = counts[1::2] > 0
    starts, last = starts[used], last[used]
    first_column, last_column = starts // mask.height, last // mask.height
    whole = (first_column != last_column).any()  # a run that goes on in the next column touches both edges
    left, right = first_column.min(), last_column.max()
    top = 0.0 if whole else (starts % mask.height).min()
    bottom = mask.height - 1.0 if whole else (last % mask.height).max()
    return mask.width, mask.height, area, total, left, top, right - left + 1, bottom - top + 1
