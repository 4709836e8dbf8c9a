"""The XML of Pascal VOC, read by expat: no document type, no entities, bounded depth; with the place of every element.

Fields nested in one another are flattened: `<source><database>` becomes `source.database`.
"""

from xml.parsers import expat

from msgspec import Struct, field

from checkdam.formats.xmlvalues import START_TAG, trimmed
from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, LimitError


class Element(Struct):
    """An `<object>`, a `<part>` of one, or the `<annotation>` itself: its line, its bytes `[start, end)`, the text of
    its leaves, and the bytes of that text. `computed` names the fields that our writer marked as its own, whose bytes
    are not told: what changes them takes the mark away."""

    line: int
    start: int
    end: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)
    part_of: int | None = None


class Document(Struct):
    """A parsed file: its own fields, and its objects and their parts in the order in which they begin."""

    head: Element
    objects: list[Element]


class _Builder:
    def __init__(self, data: bytes, limits: InputLimits) -> None:
        self._data, self._limits = data, limits
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._path: list[str] = []
        self._holders: list[tuple[int, Element]] = []  # depth at which each began
        self._whole = 0  # the place of the object that began last
        self._leaf: list[str] | None = None
        self._leaf_start: int | None = None
        self._computed = False
        self.document: Document | None = None

    def parse(self) -> Document:
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            raise InputError(f"line {error.lineno}: is no well-formed XML: {expat.ErrorString(error.code)}") from error
        except (ValueError, LookupError) as error:
            raise InputError(f"line 1: the encoding is not known: {error}", "save it as UTF-8") from error
        if self.document is None:
            raise InputError("line 1: holds no <annotation>")
        return self.document

    def _refuse(self, *_: object) -> None:
        raise InputError(f"line {self._parser.CurrentLineNumber}: declares a document type", "remove the <!DOCTYPE>")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line, start = self._parser.CurrentLineNumber, self._parser.CurrentByteIndex
        if len(self._path) >= self._limits.xml_depth:
            raise LimitError(f"line {line}: is nested deeper than {self._limits.xml_depth} levels", "write it flat")
        depth = len(self._path)
        self._path.append(name)
        self._leaf, self._computed = [], attributes.get("computed") == "true"
        tag = None if self._computed else START_TAG.match(self._data, start)
        self._leaf_start = tag.end() if tag else None
        if self.document is None:
            if name != "annotation":
                raise InputError(f"line {line}: begins with <{name[:40]}>, not <annotation>")
            self.document = Document(Element(line, start), [])
            self._holders.append((depth, self.document.head))
        elif name == "object" and depth == 1:
            self._whole = len(self.document.objects)
            self._hold(Element(line, start), depth)
        elif name == "part" and depth == 2 and self._holders[-1][0] == 1:
            self._hold(Element(line, start, part_of=self._whole), depth)

    def _hold(self, element: Element, depth: int) -> None:
        assert self.document is not None  # noqa: S101 (for the type checker: the root came first)
        self.document.objects.append(element)
        self._holders.append((depth, element))

    def _text(self, text: str) -> None:
        if self._leaf is not None:
            self._leaf.append(text)

    def _end(self, _: str) -> None:
        stop = self._parser.CurrentByteIndex
        depth, holder = self._holders[-1]
        if len(self._path) - 1 == depth:
            holder.end = self._data.find(b">", stop) + 1
            self._holders.pop()
        elif self._leaf is not None:
            key = ".".join(self._path[depth + 1 :])
            if key not in holder.fields:  # of fields given twice, the first counts
                holder.fields[key] = trimmed("".join(self._leaf))
                if self._leaf_start is not None and self._leaf_start <= stop:
                    holder.spans[key] = (self._leaf_start, stop)
                if self._computed:
                    holder.computed.add(key)
        self._path.pop()
        self._leaf = None


def parse(data: bytes, limits: InputLimits) -> Document:
    """Parses a VOC file. The message of an `InputError` begins with the line."""
    return _Builder(data, limits).parse()
