"""The left and the right joint of a pair seem to be exchanged.

## What it catches

Skeletons in which one pair of left and right joints (shoulders, hips) points the other way than the pairs it goes
with. Which pairs go together is learned from the dataset: two pairs go together where the lines from right to left of
both point to the same side (their scalar product is positive) in at least 95 % of at least 20 skeletons of the label.
So arms and legs, which people cross, are not judged; shoulders against hips are, or eyes against ears. A pair is
reported if it disagrees with every pair that it goes with, and the lines are long enough to tell: more than a tenth of
the skeleton's scale, the root of the area of its labelled joints' extent.

Left and right are read from the joints' names in the taxonomy: `left_hip` and `right_hip`, `L.Hip` and `R.Hip`. One
finding for each skeleton.

## Why it matters

A swapped pair teaches a pose estimator that left is right, and evaluation counts a right answer as two wrong ones. It
is the commonest slip in drawing skeletons, since left on the body is right on the screen.

## Example

```yaml
- name: the shoulders of one are exchanged
  taxonomy:
    - {name: person, skeleton: {joints: [left_shoulder, right_shoulder, left_hip, right_hip, left_ear, right_ear]}}
  items:
    - name: street.jpg
      size: [416, 416]
      skeletons:
        - {label: person, count: 30, points: [[90, 40], [50, 40], [85, 90], [55, 90], [75, 20], [65, 20]]}
      annotations:
        - label: person
          geometry:
            type: keypoints
            points: [[50, 40, 2], [90, 40, 2], [85, 90, 2], [55, 90, 2], [75, 20, 2], [65, 20, 2]]
  findings:
    - annotations: [street.jpg/0]
      message: "person pair 'left_shoulder' and 'right_shoulder' points against the others, as in 1 of 31 skeletons"
      fix: exchange the two joints
      safe: false
      fixed: ["replace street.jpg/0: keypoints 90 40, 50 40, 85 90, 55 90, 75 20, 65 20"]
```

The fix exchanges the two joints. It is offered where at least two pairs speak against one, and is not safe.

## Options

- `agreement` (default `0.95`): the share of skeletons in which two pairs must point the same way to be compared.

## False alarms

People who twist their shoulders against their hips. Whole skeletons with all sides exchanged are not found: nothing in
them disagrees.
"""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from msgspec import Meta, Struct, structs
from numpy.typing import NDArray

from checkdam.lint.frame import Floats, Frame, Ints
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding, cut
from checkdam.schema import Finding, Fix, Keypoints, Label, ReplaceAnnotation, Severity, SubjectKind

MINIMUM_COUNT = 20
"""Fewer skeletons do not tell which pairs go together."""

MINIMUM_LENGTH = 0.1
"""A line from right to left shorter than this share of the scale points nowhere for sure."""

_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}


class _Pairs(NamedTuple):
    """The skeletons of one label: rows (n,), the lines from right to left of each pair (n, p, 2), NaN where one is too
    short or not labelled, and the pairs' joints (p, 2)."""

    rows: Ints
    lines: Floats
    joints: list[tuple[int, int]]


class LeftRightSwapped:
    name: ClassVar[str] = "left-right-swapped"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        agreement: Annotated[float, Meta(gt=0.5, le=1)] = 0.95

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        for label in frame.taxonomy.labels:
            joints = pairs_of(label)
            if len(joints) < 2 or label.name not in frame.labels or label.skeleton is None:
                continue
            yield from self._of_label(frame, _lines(frame, label, joints), label.skeleton.joints, options)

    def _of_label(self, frame: Frame, pairs: _Pairs, names: tuple[str, ...], options: Options) -> Iterator[Finding]:
        # Signs (n, p, p): whether two pairs point to the same side; 0 where it cannot be told.
        signs = np.sign(np.nan_to_num(np.einsum("npx,nqx->npq", pairs.lines, pairs.lines)))
        told, same = np.abs(signs).sum(axis=0), (signs > 0).sum(axis=0)
        together = (told >= MINIMUM_COUNT) & (same >= options.agreement * told)
        np.fill_diagonal(together, False)
        voters = (np.abs(signs) * together).sum(axis=2)
        against = (voters > 0) & ((signs * together).sum(axis=2) == -voters)
        for at in np.flatnonzero(against.any(axis=1)).tolist():
            row, wrong = int(pairs.rows[at]), np.flatnonzero(against[at])
            pair = int(wrong[np.argmax(voters[at][wrong])])
            left, right = pairs.joints[pair]
            alike = int(against[:, pair].sum())
            fix = self._fix(frame, row, left, right) if voters[at, pair] >= 2 else None
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} pair {cut(names[left])} and {cut(names[right])} points against the others, "
                f"as in {alike} of {int((voters[:, pair] > 0).sum())} skeletons",
                evidence={"joints": [left, right], "against": int(voters[at, pair])},
                fix=fix,
            )

    @staticmethod
    def _fix(frame: Frame, row: int, left: int, right: int) -> Fix | None:
        annotation = frame.annotation(row)
        if not isinstance(annotation.geometry, Keypoints):
            return None
        points = list(annotation.geometry.points)
        points[left], points[right] = points[right], points[left]
        replaced = structs.replace(annotation, geometry=Keypoints(tuple(points)))
        return Fix("exchange the two joints", (ReplaceAnnotation(replaced),))


def pairs_of(label: Label) -> list[tuple[int, int]]:
    """The left and the right joint of each pair in a label's skeleton, by their names."""
    sides: dict[tuple[str, ...], dict[str, int]] = {}
    for at, name in enumerate(label.skeleton.joints if label.skeleton else ()):
        words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]
        said = [word for word in words if word in _SIDES]
        if len(said) == 1:
            rest = tuple(word for word in words if word not in _SIDES)
            sides.setdefault(rest, {}).setdefault(_SIDES[said[0]], at)
    return [(both["left"], both["right"]) for both in sides.values() if len(both) == 2]


def _lines(frame: Frame, label: Label, joints: list[tuple[int, int]]) -> _Pairs:
    every = frame.joints
    length = len(label.skeleton.joints) if label.skeleton else 0
    own = (frame.label[every.row] == frame.labels.index(label.name)) & (every.count == length)
    places: NDArray[np.int64] = every.start[:-1][own][:, None] + np.arange(length)
    xy = np.where(every.visibility[places][:, :, None] > 0, every.xy[places], np.nan)
    # A joint beyond any picture says nothing of its pair.
    xy = np.where(np.abs(xy) < 1e9, xy, np.nan)
    low = np.where(np.isnan(xy), np.inf, xy).min(axis=1, initial=np.inf)
    high = np.where(np.isnan(xy), -np.inf, xy).max(axis=1, initial=-np.inf)
    with np.errstate(invalid="ignore"):
        scale = np.sqrt(np.where((high > low).all(axis=1), (high - low).prod(axis=1), np.nan))
        left, right = (xy[:, [pair[side] for pair in joints]] for side in (0, 1))
        lines = left - right
        long = np.hypot(lines[..., 0], lines[..., 1]) > MINIMUM_LENGTH * scale[:, None]
    return _Pairs(every.row[own].astype(np.int32), np.where(long[..., None], lines, np.nan), joints)
