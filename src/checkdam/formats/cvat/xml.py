"""The XML of CVAT, read by expat piece by piece: no document type, no entities, bounded depth and size of one element.

What the file says of itself, its images and their shapes come one after the other, so that memory depends neither on
the length of the file nor on the number of shapes of one image.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from xml.parsers import expat

from msgspec import Struct, field

from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, LimitError


class Node(Struct):
    """An element of `<meta>`: its name, attributes, text and children."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def child(self, tag: str) -> "Node | None":
        return next((each for each in self.children if each.tag == tag), None)

    def text_at(self, tag: str) -> str:
        """The text of the first child of that name; empty where there is none."""
        found = self.child(tag)
        return found.text if found else ""


class Element(Struct):
    """An `<image>`, or what stands in one: a shape, or the `<points>` of a skeleton's joint.

    `line` is where it begins, and `nth` (from 0) which of those of its kind that begin there it is. `fields` are its
    `<attribute>`s. `start` and `stop` are the bytes at which its first and its last tag begin; of an element of one
    tag, `stop` is its end.
    """

    tag: str
    attributes: dict[str, str]
    line: int = 0
    nth: int = 0
    fields: list[tuple[str, str]] = field(default_factory=list)
    joints: list["Element"] = field(default_factory=list)
    start: int = 0
    stop: int = 0


class Closed(Struct, frozen=True):
    """The end of an image; by now its `stop` is known."""

    image: Element


Event = Node | Element | Closed
"""`<meta>` as a whole; an image when it begins, and when it ends; a shape when it ends; a `<track>` when it ends."""


def parse(blocks: Iterable[bytes], limits: InputLimits) -> Iterator[Event]:
    """The events of a file given in blocks. Raises `InputError`, after what comes before the damage; its message begins
    with the line."""
    builder = _Builder(limits)
    for block in blocks:
        yield from builder.taken(block, last=False)
    yield from builder.taken(b"", last=True)


class _Builder:
    def __init__(self, limits: InputLimits) -> None:
        self._limits = limits
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._fed = 0
        self._depth = 0
        self._events: deque[Event] = deque()
        self._meta: list[Node] = []  # those that are open
        self._image: Element | None = None
        self._shape: Element | None = None
        self._joint: Element | None = None
        self._field: str | None = None
        self._texts: list[str] | None = None
        self._begins = 0  # byte at which the element began that is kept whole
        self._places: dict[str, tuple[int, int]] = {}

    def taken(self, block: bytes, *, last: bool) -> Iterator[Event]:
        damage = None
        self._fed += len(block)
        try:
            self._parser.Parse(block, last)
            if self._fed - max(self._parser.CurrentByteIndex, 0) > self._limits.document_bytes:
                self._too_large()
        except expat.ExpatError as error:
            damage = InputError(f"line {error.lineno}: is no well-formed XML: {expat.ErrorString(error.code)}")
        except (ValueError, LookupError) as error:
            damage = InputError(f"line 1: the encoding is not known: {error}", "save it as UTF-8")
        except InputError as error:
            damage = error
        yield from self._events
        self._events.clear()
        if damage is not None:
            raise damage

    def _refuse(self, *_: object) -> None:
        raise InputError(f"line {self._parser.CurrentLineNumber}: declares a document type", "remove the <!DOCTYPE>")

    def _too_large(self) -> None:
        what = f"holds an element of more than {self._limits.document_bytes:,} bytes"
        raise LimitError(f"line {self._parser.CurrentLineNumber}: {what}", "split it")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._depth >= self._limits.xml_depth:
            line = self._parser.CurrentLineNumber
            raise LimitError(f"line {line}: is nested deeper than {self._limits.xml_depth} levels", "write it flat")
        depth, self._depth = self._depth, self._depth + 1
        if depth == 0 and tag != "annotations":
            raise InputError(f"line {self._parser.CurrentLineNumber}: begins with <{tag[:40]}>, not <annotations>")
        if depth <= 1:
            self._begins = self._parser.CurrentByteIndex
        elif self._parser.CurrentByteIndex - self._begins > self._limits.document_bytes and (
            self._meta or self._shape is not None
        ):
            self._too_large()
        if self._meta or (depth == 1 and tag == "meta"):
            node = Node(tag, attributes)
            if self._meta:
                self._meta[-1].children.append(node)
            self._meta.append(node)
            self._texts = []
        elif depth == 1 and tag in ("image", "track"):
            self._image = self._element(tag, attributes)
            if tag == "image":
                self._events.append(self._image)
        elif self._image is not None and self._image.tag == "image":
            self._inside(depth, tag, attributes)

    def _inside(self, depth: int, tag: str, attributes: dict[str, str]) -> None:
        """What begins in an image: a shape, an `<attribute>` of it, a joint of a skeleton, or an attribute of that."""
        if depth == 2:
            self._begins = self._parser.CurrentByteIndex
            self._shape = self._element("shape", attributes)
            self._shape.tag = tag
        elif depth == 3 and tag == "points" and self._shape is not None:
            self._joint = Element(tag, attributes)
            self._shape.joints.append(self._joint)
        elif tag == "attribute" and depth == (3 if self._joint is None else 4):
            self._field, self._texts = attributes.get("name", ""), []

    def _element(self, kind: str, attributes: dict[str, str]) -> Element:
        line, before = self._parser.CurrentLineNumber, self._places.get(kind, (0, 0))
        nth = before[1] + 1 if before[0] == line else 0
        self._places[kind] = line, nth
        return Element(kind, attributes, line, nth, start=self._parser.CurrentByteIndex)

    def _text(self, text: str) -> None:
        if self._texts is not None:
            self._texts.append(text)
            if self._parser.CurrentByteIndex - self._begins > self._limits.document_bytes:
                self._too_large()

    def _end(self, tag: str) -> None:
        self._depth -= 1
        depth = self._depth
        if self._meta:
            node = self._meta.pop()
            if not node.children:
                node.text = "".join(self._texts or ())
            self._texts = None
            if not self._meta:
                self._events.append(node)
        elif self._field is not None and tag == "attribute":
            owner = self._joint or self._shape
            if owner is not None:
                owner.fields.append((self._field, "".join(self._texts or ())))
            self._field = self._texts = None
        elif depth == 3:
            self._joint = None
        elif depth == 2 and self._shape is not None:
            self._shape.stop = self._parser.CurrentByteIndex
            self._events.append(self._shape)
            self._shape = None
        elif depth == 1 and self._image is not None:
            self._image.stop = self._parser.CurrentByteIndex
            self._events.append(Closed(self._image) if self._image.tag == "image" else self._image)
            self._image = None
