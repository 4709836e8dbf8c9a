"""Texts and plain values in XML: what can stand there, how it is escaped, and which value a text stands for."""

import re

from checkdam.formats.exact import NUMBER
from checkdam.formats.values import whole_number
from checkdam.schema import AttributeValue

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that no XML document can hold, escaped or not."""

START_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
"""A start tag in the bytes of a file; the value of an attribute may hold a `>`."""

_ATTRIBUTE_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)


def escaped(text: str) -> str:
    """A text between tags, which a parser gives back as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def escaped_attribute(text: str) -> str:
    """The value of an attribute, for either kind of quotes. Line ends are escaped: a parser makes spaces of plain
    ones."""
    return text.translate(_ATTRIBUTE_ESCAPES)


def value_of(text: str) -> str | int | float | bool:
    """The value that a text stands for: a whole number, a float, `true` or `false` where it is written exactly as
    `text_of` writes them, else the text itself."""
    if (number := whole_number(text)) is not None:
        return number
    if text in ("true", "false"):
        return text == "true"
    if NUMBER.fullmatch(text) and len(text) < 40 and repr(float(text)) == text:
        return float(text)
    return text


def text_of(value: AttributeValue) -> str | None:
    """How a value is written; None where XML has no way to."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return repr(value)
        case str():
            return value
        case _:
            return None


def trimmed(text: str) -> str:
    """Space around a value counts, unless it comes from the printing of the XML on several lines."""
    return text.strip() if "\n" in text or "\r" in text else text
