"""JSON documents of any size: found section by section, read element by element, edited in place.

Memory does not grow with the length of an array: the file is mapped, not read, and a piece of it is decoded at a time.
"""

import codecs
import mmap
import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any

import msgspec

from checkdam.guard.files import open_regular
from checkdam.schema import InputError, LimitError

_CHUNK = 1 << 18
_AT_ONCE = 1 << 15
"""Bytes that msgspec decodes at once. With more, what was decoded outlives Python's youngest generation of objects."""
_SINGLY = 500
"""Elements decoded one by one before msgspec is tried again."""
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = JSONDecoder()
_REMEDY = "write the file anew with a JSON library"


def _lenient_int(digits: str) -> float:
    """An integer of any length; Python refuses thousands of digits, and this value would stop the whole file."""
    return int(digits) if len(digits) < 100 else float("inf")


_LENIENT_DECODER = JSONDecoder(parse_int=_lenient_int)


def map_file(path: Path) -> memoryview:
    """The bytes of a file without reading them, after a byte-order mark if there is one. `InputError` if empty."""
    with open_regular(path) as file:
        try:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (ValueError, OSError) as error:
            raise InputError(f"{path.name} is empty", "remove it or write it anew") from error
    return view[3:] if bytes(view[:3]) == codecs.BOM_UTF8 else view


class JsonText:
    """A position in a JSON text that is decoded piece by piece from `view`."""

    def __init__(self, view: memoryview, limit: int, start: int = 0) -> None:
        self._view = view
        self._limit = limit
        self._read = start
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0

    def offset(self) -> int:
        """The position in bytes from the start of the view."""
        waiting = len(self._utf8.getstate()[0])
        return self._read - waiting - len(self._text[self._at :].encode("utf-8", "surrogatepass"))

    def _more(self) -> bool:
        rest = self._text[self._at :]
        if len(rest) > self._limit:
            raise LimitError(f"one element is larger than {self._limit:,} characters", "split it")
        piece = bytes(self._view[self._read : self._read + max(_CHUNK, len(rest))])
        self._read += len(piece)
        try:
            self._text, self._at = rest + self._utf8.decode(piece, final=not piece), 0
        except UnicodeDecodeError as error:
            raise InputError(f"is not UTF-8 near byte {self._read - len(piece) + error.start}", _REMEDY) from error
        return bool(piece)

    def peek(self) -> str:
        """The next character that is no space, left in place; empty at the end of the text."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """Takes the next character, which has to be one of those `wanted`."""
        found = self.peek()
        if not found or found not in wanted:
            raise self._wrong(f"expected one of {wanted!r}", found)
        self._at += 1
        return found

    def value(self) -> Any:
        """Takes the next value, whatever it is."""
        found = self.peek()
        decode = _DECODER.raw_decode
        while True:
            try:
                value, end = decode(self._text, self._at)
            except JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - 16
                if not (cut and self._more()):
                    raise self._wrong(error.msg, found) from error
                continue
            except RecursionError as error:
                raise LimitError("a value is nested too deep", "write it flat") from error
            except ValueError:
                decode = _LENIENT_DECODER.raw_decode
                continue
            if end + 3 <= len(self._text):  # else a number may go on: 1 is the beginning of 1e+5
                self._at = end
                return value
            length = end - self._at
            if not self._more():  # which moved the text to begin at this value
                self._at = length
                return value

    def _wrong(self, what: str, found: str) -> InputError:
        if not found or self._read >= len(self._view):
            return InputError(f"the file breaks off or is damaged: {what}", "get it again")
        return InputError(f"is not JSON near byte {self.offset():,}: {what}", _REMEDY)


def elements(view: memoryview, limit: int) -> Iterator[Any]:
    """The elements of the array that begins at the start of `view`, one after the other.

    Many at once are decoded by msgspec where it takes the text; where it does not (NaN, half of a surrogate pair,
    damage) they are decoded one by one. Raises `InputError` where the text is damaged, after the elements before it.
    """
    text = JsonText(view, limit)
    text.take("[")
    if text.peek() == "]":
        return
    at = text.offset()
    while True:
        found, after = _several(view, at, limit)
        yield from found
        if after == len(view):
            return
        if not found:
            text = JsonText(view, limit, start=at)
            for _ in range(_SINGLY):
                yield text.value()
                if text.take(",]") == "]":
                    return
            after = text.offset()
        at = after


def _several(view: memoryview, at: int, limit: int) -> tuple[list[Any], int]:
    """Elements of an array from `at` on, which is the start of one, and where the next begins: at the end of `view` if
    these were the last. None where msgspec does not take the text, or an element is longer than `_AT_ONCE`.

    A text that is sound between brackets is the same elements in the array: JSON has one reading from the left.
    """
    piece = bytes(view[at : at + min(_AT_ONCE, limit)])
    whole = at + len(piece) == len(view)
    # What msgspec reads are whole objects and the comma after them, or all that is left with the closing bracket.
    end = len(piece) if whole else piece.rfind(b"},") + 1
    if not end:
        return [], at
    try:
        found: list[Any] = msgspec.json.decode(b"[" + piece[:end] + (b"" if whole else b"]"), type=list[Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
        return [], at
    return found, (len(view) if whole else at + end + 1) if found else at


class Sections(msgspec.Struct):
    """Where the values of an object's known keys begin. `damage` says what is wrong with the text, `within` in which
    section it was met (None: between them)."""

    views: dict[str, memoryview]
    damage: InputError | None = None
    within: str | None = None


def sections(view: memoryview, limit: int) -> Sections:
    """Finds the top-level keys of the object in `view`.

    A sound text is scanned by msgspec, without building anything. In one it refuses (NaN, broken off, ...) the
    sections are walked element by element, up to the damage.
    """
    try:
        raw = msgspec.json.decode(view, type=dict[str, msgspec.Raw])
        return Sections({key: memoryview(value) for key, value in raw.items()})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _walked(view, limit)


def _walked(view: memoryview, limit: int) -> Sections:
    found = Sections({})
    text = JsonText(view, limit)
    try:
        text.take("{")
        while text.peek() != "}":
            key = text.value()
            text.take(":")
            opening = text.peek()
            found.within = str(key)
            found.views.setdefault(found.within, view[text.offset() :])
            if opening == "[":
                text.take("[")
                _pass_over(text)
            else:
                text.value()
            found.within = None
            if text.take(",}") == "}":
                return found
    except InputError as damage:
        found.damage = damage
    return found


def _pass_over(text: JsonText) -> None:
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        text.value()
        if text.take(",]") == "]":
            return


Span = tuple[int, int]
"""Start and end of a value in a text, in characters."""


def array_spans(text: str, at: int) -> list[Span]:
    """The elements of the array at `at` of a text."""
    spans: list[Span] = []
    at = _after(text, at, "[")
    while text[at : at + 1] != "]":
        end = _DECODER.raw_decode(text, at)[1]
        spans.append((at, end))
        at = _space(text, end)
        if text[at : at + 1] == ",":
            at = _space(text, at + 1)
    return spans


def member_spans(text: str, at: int) -> dict[str, tuple[Span, Span]]:
    """The members of the object at `at` of a text: for each key the span of the member and that of its value."""
    spans: dict[str, tuple[Span, Span]] = {}
    at = _after(text, at, "{")
    while text[at : at + 1] != "}":
        key, end = _DECODER.raw_decode(text, at)
        start = _after(text, _space(text, end), ":")
        stop = _DECODER.raw_decode(text, start)[1]
        spans[str(key)] = (at, stop), (start, stop)
        at = _space(text, stop)
        if text[at : at + 1] == ",":
            at = _space(text, at + 1)
    return spans


def _after(text: str, at: int, opening: str) -> int:
    if text[at : at + 1] != opening:
        raise InputError(f"expected {opening!r} at character {at:,}", _REMEDY)
    return _space(text, at + 1)


def _space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def rewritten(siblings: list[Span], changes: dict[int, str | None]) -> list[tuple[Span, str]]:
    """The replacements in a text that change some of an array's elements or an object's members (None: remove), with
    the commas between those that stay. The place of each sibling is its index in `siblings`."""
    edits = [(siblings[at], new) for at, new in changes.items() if new is not None]
    gone = {at for at, new in changes.items() if new is None}
    last_kept = next((at for at in range(len(siblings) - 1, -1, -1) if at not in gone), -1)
    for at in sorted(gone):
        start, end = siblings[at]
        if at + 1 < len(siblings):
            end = siblings[at + 1][0]  # with the comma and the space after it
        if at and at == last_kept + 1:
            start = siblings[at - 1][1]  # the last one that stays loses its comma
        edits.append(((start, end), ""))
    return edits


def replaced(text: str, edits: list[tuple[Span, str]]) -> str:
    """The text with disjoint spans replaced."""
    pieces: list[str] = []
    at = 0
    for (start, end), new in sorted(edits):
        pieces += (text[at:start], new)
        at = end
    return "".join(pieces) + text[at:]
