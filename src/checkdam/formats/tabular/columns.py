"""What the columns of a table mean, by their names and, where there is no header, by what stands in them."""

import csv
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from checkdam.formats.media import kind_named
from checkdam.schema import ItemKind

DELIMITERS = (",", ";", "\t", "|")

_ALIASES: dict[str, tuple[str, ...]] = {
    "file": (
        *("filename", "file_name", "image_filename", "image_path", "image_name", "image_file", "image", "img_path"),
        *("img", "imagename", "audio_path", "audio_file", "audio", "filepath", "file_path", "file", "path"),
    ),
    "text": ("text", "sentence", "content", "review", "comment", "message", "tweet", "utterance", "document", "body"),
    "label": (
        "label",
        "class",
        "class_name",
        "classname",
        "label_name",
        "category",
        "category_name",
        "target",
        "labels",
    ),
    "split": ("split", "subset", "set"),
    "id": ("id", "text_id", "item_id", "row_id"),
    "source_id": ("source_id",),
    "annotation_id": ("annotation_id",),
    "width": ("image_width", "img_width", "width"),
    "height": ("image_height", "img_height", "height"),
    "duration": ("duration",),
    "sample_rate": ("sample_rate",),
    "geometry": ("geometry",),
    "attributes": ("attributes",),
    "metadata": ("metadata",),
    "guarded": ("guarded",),
}
_MORE_LABELS = ("sentiment", "polarity")
_CORNERS = (
    ("xmin", "ymin", "xmax", "ymax"),
    ("x_min", "y_min", "x_max", "y_max"),
    ("x1", "y1", "x2", "y2"),
    ("left", "top", "right", "bottom"),
)
_SIZED = (
    ("x", "y", "w", "h"),
    ("x", "y", "width", "height"),
    ("bbox_x", "bbox_y", "bbox_width", "bbox_height"),
    ("xmin", "ymin", "width", "height"),
    ("left", "top", "width", "height"),
)
_FLAGS = frozenset({"0", "1", "0.0", "1.0", "true", "false"})
_MOST_CLASSES = 20
_SAMPLE_OF_TEXT = 20


class Columns(Struct):
    """A table's columns by what they mean, as places in a row. `corners` are the places of two corners, or of a corner
    and a size where `sized`; `flags` are columns of 0 and 1 named after labels; `others` mean nothing we know."""

    delimiter: str
    names: list[str]
    places: dict[str, int] = field(default_factory=dict)
    corners: tuple[int, int, int, int] | None = None
    sized: bool = False
    flags: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    headed: bool = True

    @property
    def kind(self) -> ItemKind | None:
        """The kind of item that the header says, where it says one."""
        if "file" not in self.places:
            return "text"
        name = _plain(self.names[self.places["file"]])
        return "audio" if name.startswith("audio") else "image" if name.startswith(("image", "img")) else None

    @property
    def complete(self) -> bool:
        """Whether the table says what it is about and something about it."""
        about_file = self.corners or "geometry" in self.places
        labelled = "label" in self.places or bool(self.flags)
        return bool(("file" in self.places and (about_file or labelled)) or ("text" in self.places and labelled))


def split_row(line: str, delimiter: str) -> list[str]:
    """The cells of one line; none where it is no line of a table."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def sniffed(lines: Sequence[str]) -> Columns | None:
    """The columns of the table whose first lines these are; None where they are none that we know."""
    if not lines:
        return None
    best: Columns | None = None
    for delimiter in DELIMITERS:
        names = split_row(lines[0], delimiter)
        rows = [row for line in lines[1:] if len(row := split_row(line, delimiter)) == len(names)]
        found = named_columns(names, delimiter, rows)
        if len(names) > 1 and found.complete and (best is None or len(names) > len(best.names)):
            best = found
    if best is not None and not _plausible(best, lines):
        return None
    return best or headerless(lines)


def _plausible(columns: Columns, lines: Sequence[str]) -> bool:
    """Whether the files that a table names are images or sounds, as far as it names any."""
    if "file" not in columns.places or len(lines) == 1:
        return True
    rows = [split_row(line, columns.delimiter) for line in lines[1:]]
    place = columns.places["file"]
    return any(kind_named(row[place]) for row in rows if len(row) > place)


def named_columns(names: Sequence[str], delimiter: str, rows: Iterable[Sequence[str]]) -> Columns:
    """The columns of a header. `rows` are some of the rows below it."""
    plain = [_plain(name) for name in names]
    found = Columns(delimiter, list(names))
    for corners, sized in (*((each, False) for each in _CORNERS), *((each, True) for each in _SIZED)):
        if all(each in plain for each in corners):
            found.corners, found.sized = tuple(plain.index(each) for each in corners), sized  # type: ignore[assignment]  # four each
            break
    taken = set(found.corners or ())
    for role, aliases in _ALIASES.items():
        more = _MORE_LABELS if role == "label" and "text" in found.places else ()
        for alias in (*aliases, *more):
            at = plain.index(alias) if alias in plain else None
            if at is not None and at not in taken:
                found.places[role] = at
                taken.add(at)
                break
    rest = tuple(at for at in range(len(names)) if at not in taken)
    if "label" not in found.places and "geometry" not in found.places:
        if found.corners and len(rest) == 1:  # `cell_type` and the like
            found.places["label"] = rest[0]
            rest = ()
        elif not found.corners:
            found.flags = _flags(rest, rows)
            rest = tuple(at for at in rest if at not in found.flags)
    found.others = rest
    return found


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_").replace(".", "_")


def _flags(places: Sequence[int], rows: Iterable[Sequence[str]]) -> tuple[int, ...]:
    """The columns in which there is nothing but 0 and 1."""
    listed = list(rows)
    if not listed:
        return ()
    return tuple(at for at in places if all(row[at].strip().lower() in _FLAGS for row in listed))


def headerless(lines: Sequence[str]) -> Columns | None:
    """A table without header of a text, a tab and a label: sentences before the tab, few short words after it."""
    rows = [line.rstrip("\r\n").split("\t") for line in lines if line.strip()]
    if len(rows) < 2 or any(len(row) != 2 for row in rows):
        return None
    texts, labels = zip(*rows, strict=True)
    classes = set(labels)
    few = len(classes) <= min(_MOST_CLASSES, max(2, len(rows) // 5)) and len(classes) < len(rows)
    short = all(label and len(label) <= _SAMPLE_OF_TEXT and not any(map(str.isspace, label)) for label in classes)
    sentences = sum(" " in text.strip() for text in texts) >= 0.8 * len(texts)
    if not (few and short and sentences):
        return None
    return Columns("\t", ["text", "label"], {"text": 0, "label": 1}, headed=False)
