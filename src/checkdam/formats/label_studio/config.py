"""Label Studio's labeling configuration: which controls there are, what they offer, and which field of a task they are
about. See https://labelstud.io/guide/setup.html.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from msgspec import Struct, field

from checkdam.formats.values import unfit
from checkdam.guard.files import read_bytes
from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, Label, LimitError, Problems, Taxonomy

NAMES = ("config.xml", "label_config.xml", "labeling_config.xml")
"""The files that are taken for a configuration, beside the tasks or in the root."""

CONTROLS = {
    "rectanglelabels": "RectangleLabels",
    "ellipselabels": "EllipseLabels",
    "polygonlabels": "PolygonLabels",
    "keypointlabels": "KeyPointLabels",
    "brushlabels": "BrushLabels",
    "labels": "Labels",
    "choices": "Choices",
    "textarea": "TextArea",
}
"""The control tag for the type of a result."""

_OBJECTS = {"image": "Image", "text": "Text", "audio": "Audio"}
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KEY = re.compile(r"\$\{?(\w+)")


class Control(Struct):
    """A control: its tag, the object it is about, what it offers in order (with colours), and whether several choices
    may be made."""

    tag: str
    to_name: str
    offers: dict[str, str | None] = field(default_factory=dict)
    multiple: bool = False


class Config(Struct):
    """A configuration: controls by name, and the object tags by name with the field of `data` that each shows."""

    controls: dict[str, Control] = field(default_factory=dict)
    objects: dict[str, tuple[str, str]] = field(default_factory=dict)

    def taxonomy(self) -> Taxonomy:
        """What is offered, in order. A text field and a question with several answers are labels by their own names."""
        found: dict[str, Label] = {}
        for name, control in self.controls.items():
            if control.multiple or control.tag == "TextArea":
                found.setdefault(name, Label(name=name))
            for offer, color in control.offers.items():
                known = found.setdefault(offer, Label(name=offer, color=color))
                if known.color is None and color is not None:
                    found[offer] = Label(name=offer, color=color)
        return Taxonomy(labels=tuple(found.values()))


def read_config(path: Path, name: str, problems: Problems, limits: InputLimits) -> Config | None:
    """The configuration in that file; None where there is none, or (with a problem) one that cannot be read."""
    if not path.is_file() or path.is_symlink():
        return None
    try:
        return _Parser(limits).parse(read_bytes(path, limits.document_bytes))
    except InputError as error:
        problems.add(name, error.detail, error.remedy or "mend or remove the file")
        return None


class _Parser:
    def __init__(self, limits: InputLimits) -> None:
        self._limits = limits
        self._config = Config()
        self._open: list[Control | None] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse

    def parse(self, data: bytes) -> Config:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise InputError(f"is no well-formed XML: {error}", "mend or remove the file") from error
        except (ValueError, LookupError) as error:
            raise InputError(f"the encoding is not known: {error}", "save it as UTF-8") from error
        return self._config

    def _refuse(self, *_: object) -> None:
        raise InputError("declares a document type", "remove the <!DOCTYPE>")

    def _start(self, tag: str, given: dict[str, str]) -> None:
        if len(self._open) >= self._limits.xml_depth:
            raise LimitError(f"is nested deeper than {self._limits.xml_depth} levels", "write it flat")
        control = None
        if any(unfit(value) for value in given.values()):
            raise InputError("holds a character that cannot be stored", "remove it")
        if "name" in given and "toName" in given:
            control = Control(tag, given["toName"], multiple=given.get("choice") == "multiple")
            self._config.controls.setdefault(given["name"], control)
        elif "name" in given and (key := _KEY.match(given.get("value", ""))):
            self._config.objects[given["name"]] = tag, key[1]
        elif tag in ("Label", "Choice") and (offer := given.get("alias") or given.get("value")):
            owner = next((each for each in reversed(self._open) if each is not None), None)
            color = given.get("background", "")
            if owner is not None:
                owner.offers.setdefault(offer, color if _COLOR.fullmatch(color) else None)
        self._open.append(control)

    def _end(self, _: str) -> None:
        self._open.pop()


def written_config(controls: dict[str, Control], kinds: Iterable[str]) -> str:
    """The XML of a configuration. What XML cannot hold is left out of the offers."""
    lines = ["<View>", *(f'  <{_OBJECTS[kind]} name="{kind}" value="${kind}"/>' for kind in kinds)]
    for name, control in controls.items():
        head = f'  <{control.tag} name={quoteattr(name)} toName="{control.to_name}"'
        head += ' choice="multiple"' if control.multiple else ""
        item = "Choice" if control.tag == "Choices" else "Label"
        offers = [(offer, color) for offer, color in control.offers.items() if offer and not _NOT_XML.search(offer)]
        if not offers:
            lines.append(f"{head}/>" if control.tag == "TextArea" else f"{head}></{control.tag}>")
            continue
        lines.append(f"{head}>")
        for offer, color in offers:
            shade = f' background="{color}"' if color and item == "Label" else ""
            lines.append(f"    <{item} value={_quoted(offer)}{shade}/>")
        lines.append(f"  </{control.tag}>")
    return "\n".join([*lines, "</View>", ""])


def _quoted(text: str) -> str:
    """An attribute's value; line ends and tabs as references, which a parser does not turn into spaces."""
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
