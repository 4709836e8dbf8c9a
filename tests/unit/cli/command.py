"""What the tests of the command line share: how a command ended, and a Pascal VOC file."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Done]

CELL = """\t<object>
\t\t<name>RBC</name>
\t\t<bndbox>
\t\t\t<xmin>{0}</xmin>
\t\t\t<ymin>{1}</ymin>
\t\t\t<xmax>{2}</xmax>
\t\t\t<ymax>{3}</ymax>
\t\t</bndbox>
\t</object>
"""


def voc_xml(name: str, boxes: list[tuple[int, int, int, int]], size: tuple[int, int] = (64, 48)) -> str:
    """A Pascal VOC file with tabs, as the original tools write it."""
    return (
        f"<annotation>\n\t<filename>{name}</filename>\n\t<size>\n\t\t<width>{size[0]}</width>\n"
        f"\t\t<height>{size[1]}</height>\n\t\t<depth>3</depth>\n\t</size>\n"
        + "".join(CELL.format(*box) for box in boxes)
        + "</annotation>\n"
    )
