"""The rows of a list of results: detections with a score."""

from typing import Any

from msgspec.structs import replace

from checkdam.formats.base import LossReport
from checkdam.formats.coco.reader import add_attributes
from checkdam.formats.coco.shapes import Shape, read_shape
from checkdam.formats.coco.writer import written_annotation
from checkdam.formats.values import BadValueError, number, numbers
from checkdam.guard.limits import InputLimits
from checkdam.schema import Annotation, Box, Keypoints, Mask

JOINT_SCORES = "keypoint_scores"
"""The attribute that keeps what stands at the place of the joints' visibility, where that is no visibility: detectors
write scores there."""


def read_result(row: dict[str, Any], plain_keys: set[str], limits: InputLimits) -> Shape:
    """What a row says of its shape, and its attributes, `score` among them. Raises `BadValueError`."""
    if row.get("score") is None:
        raise BadValueError("score", "is missing", "give each detection its score")
    number(row["score"], "score")
    row, scores = _with_visibilities(row)
    geometry, box, attributes = read_shape(row, limits)
    add_attributes(row, attributes, plain_keys)
    if scores:
        attributes[JOINT_SCORES] = tuple(scores)
    computed = row.get("computed")
    if isinstance(computed, list) and "bbox" in computed:
        box = None
    return geometry, box, attributes


def _with_visibilities(row: dict[str, Any]) -> tuple[dict[str, Any], list[float]]:
    """The row with 2 for each joint's score above zero and 0 for others, and the scores; no scores where the row gives
    visibilities."""
    given = row.get("keypoints")
    if not given:
        return row, []
    flat = numbers(given, "keypoints")
    scores = flat[2::3]
    if len(flat) % 3 or all(score in (0, 1, 2) for score in scores):
        return row, []
    joints = list(flat)
    joints[2::3] = [2.0 if score > 0 else 0.0 for score in scores]
    return row | {"keypoints": joints}, scores


def written_result(annotation: Annotation, place: str, report: LossReport) -> dict[str, Any] | None:
    """The fields of a detection's row but for its ids; None (and a loss) if it cannot be held.

    A row holds what evaluation reads: the shape and the score. A box beside a mask would make pycocotools take its area
    for the mask's, so that it is written where it is declared, or where there would be nothing else that pycocotools
    can load.
    """
    scores, plain = _joint_scores(annotation)
    row = written_annotation(plain, place, report)
    if row is None:
        return None
    geometry = annotation.geometry
    computed = set(row.pop("computed", ()))
    for name in computed - {"bbox"}:
        del row[name]
    if isinstance(geometry, Mask | Keypoints) and "bbox" in computed:
        row.pop("bbox", None)
    if isinstance(geometry, Box) or not row.get("segmentation"):
        del row["segmentation"]
    added = [name for name in ("bbox",) if name in computed and name in row]
    if "score" not in row:
        row["score"] = 1.0
        added.append("score")
    if scores:
        row["keypoints"][2::3] = scores
    if added:
        row["computed"] = added
    return row


def _joint_scores(annotation: Annotation) -> tuple[list[float], Annotation]:
    """The scores that stand in the place of visibilities, and the annotation without their attribute."""
    scores = annotation.attributes.get(JOINT_SCORES)
    geometry = annotation.geometry
    if not isinstance(geometry, Keypoints) or not isinstance(scores, tuple) or len(scores) != len(geometry.points):
        return [], annotation
    kept = [score for score in scores if isinstance(score, float)]
    seen = [2 if score > 0 else 0 for score in kept]
    if seen != [joint.visibility for joint in geometry.points] or all(score in (0, 1, 2) for score in kept):
        return [], annotation
    rest = {name: value for name, value in annotation.attributes.items() if name != JOINT_SCORES}
    return kept, replace(annotation, attributes=rest)
