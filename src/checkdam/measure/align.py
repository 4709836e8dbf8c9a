"""Lays small pictures upon one another, and says how well they fit.

A pose says where one picture lies in the other: mirrored, scaled along each side, moved. It is refined by least
squares (B. Lucas and T. Kanade, An Iterative Image Registration Technique, 1981) together with a gain and an offset of
the grey values, so that brightness and contrast do not matter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from checkdam.measure.signature import SIDE, THUMB

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

_STAGES = ((2, 0, 0.2), (2, 3, 0.6), (1, 1, 0.0))
"""Every how many pixels one looks, rounds of refining, and the least correlation to go on with: most wrong proposals
fall at the first look."""

_LEAST_SHARE = 0.35  # of the first picture: less is a chance likeness of a corner
_LEAST_SPREAD = 1.0  # variance of the grey values: a plain area is like every other
_DAMPING = np.diag(np.array([1, 1, 0.1, 0.1, 0.01, 0.01], dtype=np.float32))
_PIXELS = np.arange(THUMB, dtype=np.float32)
_LAST = THUMB - 1.001
_LONGEST_STEP = np.array([0.1, 0.1, 2, 2], dtype=np.float32)


@dataclass(frozen=True)
class Poses:
    """How pictures lie in others: `mirror` (n,) (bit 0 left to right, bit 1 top to bottom), then `scale` (n,), then
    where the centre is, `x` and `y` (n,) in pixels of the square of `SIDE`."""

    mirror: NDArray[np.int64]
    scale: Floats
    x: Floats
    y: Floats

    def take(self, rows: NDArray[np.int64]) -> "Poses":
        return Poses(self.mirror[rows], self.scale[rows], self.x[rows], self.y[rows])


def aligned(first: NDArray[np.uint8], second: NDArray[np.uint8], poses: Poses) -> tuple[Floats, Floats]:
    """For pairs of thumbnails (n, THUMB, THUMB) and first guesses of their poses: the correlation (n,) of the part
    that they share, 0 where the guess came to nothing, and the shares (n, 2) of the first and of the second."""
    similarity, shares = np.zeros(len(first)), np.zeros((len(first), 2))
    rows = np.arange(len(first))
    source, target = _mirrored(first, poses.mirror), second.astype(np.float32)
    factor = THUMB / SIDE
    centre = [(place + 0.5) * factor - 0.5 for place in (poses.x, poses.y)]
    pose = np.stack([poses.scale, poses.scale, *centre], axis=1).astype(np.float32)
    for every, rounds, least in _STAGES:
        look = _Look(source, target, every)
        for _ in range(rounds):
            pose = look.refined(pose)
        fit, share = look.fit(pose)
        good = fit >= least
        rows, fit, share = rows[good], fit[good], share[good]
        source, target, pose = source[good], target[good], pose[good]
    similarity[rows], shares[rows, 0] = fit, share
    shares[rows, 1] = np.minimum(share * pose[:, 0] * pose[:, 1], 1)
    return similarity, shares


def _mirrored(thumbs: NDArray[np.uint8], mirror: NDArray[np.int64]) -> Floats32:
    turned = thumbs.astype(np.float32)
    across, down = (mirror & 1).astype(np.bool_), (mirror & 2).astype(np.bool_)
    turned[across] = turned[across][:, :, ::-1]
    turned[down] = turned[down][:, ::-1]
    return turned


class _Look:
    """Pairs of thumbnails, looked at at every few pixels of the first. A pose here is (n, 4): scale along x and y, and
    where the first's centre lies in the second, in pixels of the thumbnail."""

    def __init__(self, source: Floats32, target: Floats32, every: int) -> None:
        at = np.arange(every // 2, THUMB, every)
        self.count, self.points = len(source), len(at) ** 2
        self.grey = source[:, at[:, None], at].reshape(self.count, self.points)
        self.target = target
        self.place = (at - (THUMB - 1) / 2).astype(np.float32)

    def refined(self, pose: Floats32) -> Floats32:
        """One step towards the pose at which gain x grey + offset is the second picture, by least squares."""
        across, down = self._row(pose, 0), self._row(pose, 1)
        seen = self._seen(across.weights, down.weights)
        slope_x, slope_y = self._seen(across.slopes(), down.weights), self._seen(across.weights, down.slopes())
        inside = self._inside(across, down)
        jacobian = np.empty((self.count, 6, self.points), dtype=np.float32)
        jacobian[:, 0] = slope_x * np.tile(self.place, len(self.place))
        jacobian[:, 1] = slope_y * np.repeat(self.place, len(self.place))
        jacobian[:, 2], jacobian[:, 3], jacobian[:, 4], jacobian[:, 5] = slope_x, slope_y, -self.grey, -1
        weighted = jacobian * inside[:, None]
        normal = weighted @ jacobian.transpose(0, 2, 1) + _DAMPING
        step = -np.linalg.solve(normal, weighted @ seen[:, :, None])[:, :4, 0]
        moved: Floats32 = pose + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        moved[:, :2] = np.clip(moved[:, :2], 0.5, 2)
        return moved

    def fit(self, pose: Floats32) -> tuple[Floats, Floats]:
        """The correlation (n,) within the shared part, 0 where that is small or plain, and its share of the first."""
        across, down = self._row(pose, 0), self._row(pose, 1)
        seen, inside = self._seen(across.weights, down.weights), self._inside(across, down)
        total = np.maximum(inside.sum(axis=1), 1)
        mine = (self.grey - (_dot(self.grey, inside) / total)[:, None]) * inside
        theirs = (seen - (_dot(seen, inside) / total)[:, None]) * inside
        spread, other = _dot(mine, mine), _dot(theirs, theirs)
        share = total / self.points
        least = np.minimum(spread, other) / total
        fit = np.where(
            (share < _LEAST_SHARE) | (least < _LEAST_SPREAD),
            0,
            _dot(mine, theirs) / np.sqrt(np.maximum(spread * other, 1e-6)),
        )
        return fit.astype(np.float64), share.astype(np.float64)

    def _row(self, pose: Floats32, axis: int) -> "_Row":
        return _Row(pose[:, 2 + axis, None] + pose[:, axis, None] * self.place)

    def _seen(self, across: Floats32, down: Floats32) -> Floats32:
        """What the second picture shows (n, points) where the points of the first lie, by weights along both sides."""
        seen = down @ self.target @ across.transpose(0, 2, 1)
        return seen.reshape(self.count, self.points).astype(np.float32, copy=False)

    def _inside(self, across: "_Row", down: "_Row") -> Floats32:
        inside: Floats32 = (down.inside[:, :, None] * across.inside[:, None, :]).reshape(self.count, self.points)
        return inside


class _Row:
    """Places (n, m) along one side of thumbnails: how much each of its pixels counts there (n, m, THUMB), by linear
    interpolation, and whether the place lies inside (n, m), 0 or 1. The two sides are independent, since no pose
    turns a picture; so looking is two products of matrices."""

    def __init__(self, places: Floats32) -> None:
        self.inside = ((places >= -0.5) & (places <= THUMB - 0.5)).astype(np.float32)
        self._away = np.clip(places, 0, _LAST)[:, :, None] - _PIXELS
        self.weights: Floats32 = np.maximum(1 - np.abs(self._away), 0)

    def slopes(self) -> Floats32:
        """How the weights change as the place moves on: from a pixel to its right neighbour."""
        right = (self._away < 0) & (self._away >= -1)
        left = (self._away >= 0) & (self._away < 1)
        return right.astype(np.float32) - left


def _dot(one: Floats32, other: Floats32) -> Floats32:
    """The scalar products (n,) of rows."""
    product: Floats32 = np.vecdot(one, other)
    return product
