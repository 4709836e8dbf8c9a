"""Pictures of the evidence: the part of the image that a finding is about, with the boxes to draw over it."""

from base64 import b64encode
from io import BytesIO

import numpy as np
from msgspec import Struct
from PIL import Image

from checkdam.guard.images import open_image
from checkdam.lint.report.base import Report
from checkdam.schema import Finding, InputError, Item

LONGEST = 360
"""The longer side of a picture in pixels."""

SMALLEST = 96.0
"""A picture shows at least this many pixels of the image to each side, so that a tiny box is seen in its place."""

ASPECT = 4 / 3
"""The ratio of a picture's width to its height, where the image is large enough."""

_OTHERS = 200
"""At most this many of the item's other boxes are drawn."""


class Mark(Struct, frozen=True):
    """A box to draw, in the image's pixels. `role` is `subject` (the first annotation), `partner` or `other`."""

    x: float
    y: float
    width: float
    height: float
    label: str
    role: str


class Picture(Struct, frozen=True):
    """A part of an image as a data URI, with the place of that part in the image and what to draw over it."""

    uri: str
    x: float
    y: float
    width: float
    height: float
    marks: tuple[Mark, ...]
    caption: str


class Pictures:
    """Makes the pictures of findings, keeping the image that was decoded last, since findings of an item follow each
    other."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._last: tuple[str, Image.Image | None] = ("", None)

    def of(self, finding: Finding) -> list[Picture]:
        """One picture for each image item that the finding is about (at most two); none where it cannot be read."""
        items = [item for item in self._report.items(finding) if item.kind == "image"][:2]
        return [picture for item in items if (picture := self._picture(finding, item)) is not None]

    def _picture(self, finding: Finding, item: Item) -> Picture | None:
        image = self._image(item)
        if image is None:
            return None
        marks = _marks(self._report, finding, item)
        named = [mark for mark in marks if mark.role != "other"]
        left, top, right, bottom = _region(named, image.width, image.height)
        part = image.crop((left, top, right, bottom))
        part.thumbnail((LONGEST, LONGEST), Image.Resampling.BILINEAR)
        buffer = BytesIO()
        part.save(buffer, "JPEG", quality=82)
        uri = "data:image/jpeg;base64," + b64encode(buffer.getvalue()).decode("ascii")
        return Picture(uri, left, top, right - left, bottom - top, tuple(marks), item.name)

    def _image(self, item: Item) -> Image.Image | None:
        if self._last[0] == item.id:
            return self._last[1]
        path = None if self._report.media is None else self._report.media(item)
        try:
            image = None if path is None else open_image(path).convert("RGB")
        except InputError:
            image = None  # unreadable-image says so
        self._last = item.id, image
        return image


def _marks(report: Report, finding: Finding, item: Item) -> list[Mark]:
    """The boxes of the item's annotations, those that the finding is about last, to be drawn on top."""
    frame, ids = report.frame, finding.subject.ids
    marks: list[Mark] = []
    for row in frame.rows_of_items[frame.item_rows[item.id]].tolist():
        box = [float(values[row]) for values in (frame.x, frame.y, frame.width, frame.height)]
        if not np.isfinite(box).all():
            continue
        key = frame.annotation_ids[row]
        role = "other" if key not in ids else "subject" if key == ids[0] else "partner"
        if role != "other" or len(marks) < _OTHERS:
            left, top = min(box[0], box[0] + box[2]), min(box[1], box[1] + box[3])
            marks.append(Mark(left, top, abs(box[2]), abs(box[3]), frame.label_of(row), role))
    return sorted(marks, key=lambda mark: ("other", "partner", "subject").index(mark.role))


def _region(marks: list[Mark], width: int, height: int) -> tuple[int, int, int, int]:
    """The part of the image to show: the marks with half their size around them, or the whole image without marks, or
    where they do not lie in it."""
    if not marks:
        return 0, 0, width, height
    left, top = min(mark.x for mark in marks), min(mark.y for mark in marks)
    right = max(mark.x + mark.width for mark in marks)
    bottom = max(mark.y + mark.height for mark in marks)
    if right < 0 or bottom < 0 or left > width or top > height:
        return 0, 0, width, height
    around = max((right - left) / 2, (bottom - top) / 2, SMALLEST)
    wide, high = right - left + 2 * around, bottom - top + 2 * around
    wide, high = min(max(wide, high * ASPECT), width), min(max(high, wide / ASPECT), height)
    x = min(max((left + right - wide) / 2, 0.0), width - wide)
    y = min(max((top + bottom - high) / 2, 0.0), height - high)
    return int(x), int(y), int(np.ceil(x + wide)), int(np.ceil(y + high))
