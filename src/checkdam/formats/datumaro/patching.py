"""Changes a file of Datumaro in place: an annotation is rewritten or goes, an item goes or gets another size."""

import json
import re
from collections.abc import Sequence
from typing import Any

from checkdam.formats.base import LossReport, PatchEdit
from checkdam.formats.datumaro.reader import MARK, NATIVE
from checkdam.formats.datumaro.writer import written_rows
from checkdam.formats.jsonstream import Span, array_spans, member_spans, replaced, rewritten
from checkdam.formats.values import BadValueError
from checkdam.schema import InputError, Item

_ARRAY = re.compile(r"items\[(\d+)\]\.annotations")
_SHAPE = ("bbox", "points", "visibility", "rle", "caption", "attributes", MARK, *NATIVE)


def patch_datumaro(data: bytes, edits: Sequence[PatchEdit], file: str) -> bytes:
    """The file with the edits made. Raises `InputError` if one does not fit."""
    try:
        return _patched(data.decode(), edits, file).encode()
    except (ValueError, KeyError, IndexError, TypeError, RecursionError, BadValueError) as error:
        raise InputError(f"{file} cannot be changed: {error}", "change it by hand") from error


def _patched(text: str, edits: Sequence[PatchEdit], file: str) -> str:
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    items = array_spans(text, member_spans(text, start)["items"][1][0])
    gone: dict[int, str | None] = {}
    replacements: list[tuple[Span, str]] = []
    inside: dict[int, list[PatchEdit]] = {}
    for edit in edits:
        if edit.at is None or edit.at < 0:
            raise _unfit(edit, file)
        if edit.array == "items" and edit.at < len(items) and (edit.whole_item or edit.item) and not edit.annotation:
            if edit.whole_item:
                gone[edit.at] = None
            elif edit.item:
                replacements += _resized(text, items[edit.at][0], edit.item)
        elif (match := _ARRAY.fullmatch(edit.array or "")) and int(match[1]) < len(items):
            inside.setdefault(int(match[1]), []).append(edit)
        else:
            raise _unfit(edit, file)
    for at in inside.keys() - gone.keys():
        spans = array_spans(text, member_spans(text, items[at][0])["annotations"][1][0])
        replacements += rewritten(spans, _rows(text, spans, inside[at], file))
    return replaced(text, replacements + rewritten(items, gone))


def _unfit(edit: PatchEdit, file: str) -> InputError:
    return InputError(f"{file} has nothing at {edit.array or ''}[{edit.at}] to change", "lint it anew")


def _resized(text: str, at: int, item: Item) -> list[tuple[Span, str]]:
    """The two numbers of an image's declared size alone, changed."""
    image = member_spans(text, at)["image"][1][0]
    height, width = array_spans(text, member_spans(text, image)["size"][1][0])
    return [(height, str(item.height)), (width, str(item.width))]


def _rows(text: str, spans: list[Span], edits: list[PatchEdit], file: str) -> dict[int, str | None]:
    """What becomes of the rows of an item. With the first part of a polygon go the others."""
    changes: dict[int, str | None] = {}
    for edit in edits:
        at = edit.at
        if at is None or at >= len(spans) or at in changes or (edit.annotation is None and edit.item):
            raise _unfit(edit, file)
        parts = at + 1
        while parts < len(spans) and _mark(text, spans[parts]).get("part") is True:
            parts += 1
        changes |= dict.fromkeys(range(at, parts), None)
        if edit.annotation is not None:
            begin, end = spans[at]
            changes[at] = _rewritten(text[begin:end], edit, at + 1)
    return changes


def _mark(text: str, span: Span) -> dict[str, Any]:
    row = json.loads(text[span[0] : span[1]])
    mark = row.get(MARK) if isinstance(row, dict) else None
    return mark if isinstance(mark, dict) else {}


def _rewritten(row_text: str, edit: PatchEdit, group: int) -> str:
    """The rows of the new annotation in the style of the old one, whose fields unknown to us are kept."""
    row = json.loads(row_text)
    if edit.annotation is None or edit.label is None or not isinstance(row, dict):
        raise BadValueError("", "a changed annotation needs its label")
    report = LossReport()
    written = written_rows(edit.annotation, "", report, group)
    if not written or report:
        raise BadValueError("", f"the change cannot be written: {report}")
    label = edit.label.source_id
    style = (", ", ": ") if '": ' in row_text else (",", ":")
    rows = []
    for new in written:
        kept = {key: value for key, value in row.items() if key not in _SHAPE}
        if new["type"] != "caption":
            if label is None or not label.isdecimal():
                raise BadValueError("", "a changed annotation needs its label's number")
            new["label_id"] = int(label)
        rows.append(json.dumps(kept | new, ensure_ascii=row_text.isascii(), separators=style, allow_nan=False))
    return style[0].join(rows)
