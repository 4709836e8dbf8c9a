"""What two copies of an item have in common, and what not: their splits and what is said of them."""

from collections import Counter

from checkdam.lint.frame import Frame
from checkdam.schema import Geometry


def across(frame: Frame, row: int, other: int) -> bool:
    """Whether both items are in a split, and not in the same."""
    a, b = frame.items[row].split, frame.items[other].split
    return a is not None and b is not None and a != b


def splits_note(frame: Frame, row: int, other: int, who: str = "the copies") -> str:
    """The part of a message that names the splits of two items, empty where they are in one."""
    if not across(frame, row, other):
        return ""
    return f"; {who} are in the splits {frame.items[row].split} and {frame.items[other].split}"


def statements(frame: Frame, row: int) -> Counter[tuple[str, Geometry]]:
    """What an item's annotations say, whatever their ids and order."""
    annotations = (frame.annotation(int(one)) for one in frame.rows_of_items[row])
    return Counter((annotation.label, annotation.geometry) for annotation in annotations)


def labels_of(frame: Frame, row: int) -> list[str]:
    """The distinct labels of an item in order."""
    return list(dict.fromkeys(frame.label_of(int(one)) for one in frame.rows_of_items[row]))
