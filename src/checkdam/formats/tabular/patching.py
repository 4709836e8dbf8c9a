"""Changes a table in place: cells of a row are rewritten or emptied, a row goes, every other byte stays."""

import json
import re
from collections.abc import Sequence

from msgspec import Struct

from checkdam.formats.base import LossReport, PatchEdit
from checkdam.formats.jsonstream import Span, replaced
from checkdam.formats.tabular.columns import Columns
from checkdam.formats.tabular.reader import cell, row_attributes
from checkdam.formats.tabular.rows import Row
from checkdam.formats.tabular.writer import is_formula, written_annotation, written_corners
from checkdam.schema import Annotation, Box, InputError, Item

_SAID = ("label", "geometry", "annotation_id", "attributes")


class _Placed(Struct):
    """A row with the places of its cells in the text, and its own, with its line end."""

    row: Row
    cells: list[Span]
    span: Span


def patch_table(text: str, columns: Columns, edits: Sequence[PatchEdit], file: str) -> str:
    """The text of a table with the edits made. Raises `InputError` if one does not fit."""
    placed = {each.row.line: each for each in _placed(text, columns, file)}
    firsts = _firsts(placed, columns)
    groups: dict[int, list[int]] = {}
    for line, first in firsts.items():
        groups.setdefault(first, []).append(line)
    replacements: dict[Span, str] = {}
    for edit in edits:
        number, at = _line(edit)
        if number is None or number not in placed or (at is not None and at not in columns.flags):
            raise InputError(f"{file} has no row at line {number} to change", "lint it anew")
        one = placed[number]
        if edit.whole_item:
            changes = {one.span: ""}
        elif edit.item is not None and edit.annotation is None:
            changes = _resized([placed[each] for each in groups[firsts[number]]], columns, edit.item, file)
        elif at is not None:
            changes = _flagged(one, at, edit, file)
        elif edit.annotation is None:
            changes = {one.span: ""} if firsts[number] != number else _emptied(one, columns)
        else:
            changes = _rewritten(one, columns, edit.annotation, file)
        replacements |= changes
    gone = [span for span, new in replacements.items() if not new]
    inside = {
        cell_ for cell_ in replacements for start, end in gone if (start, end) != cell_ and start <= cell_[0] < end
    }
    return replaced(text, [(span, new) for span, new in replacements.items() if span not in inside])


def _line(edit: PatchEdit) -> tuple[int | None, int | None]:
    """The line that an edit is about, and the column where it is about one of several."""
    if edit.array is None:
        return edit.at, None
    line, _, rest = edit.array.partition(".")
    return (int(line), edit.at if edit.at is not None else -1) if line.isdecimal() and rest == "cells" else (None, None)


def _placed(text: str, columns: Columns, file: str) -> list[_Placed]:
    """The rows below the header."""
    plain = rf"[^{re.escape(columns.delimiter)}\r\n]*"
    one = re.compile(rf'"(?:[^"]|"")*"|{plain}' if columns.headed else plain)
    found: list[_Placed] = []
    at = 1 if text.startswith("\ufeff") else 0
    line = 1
    while at < len(text):
        start, cells = at, []
        while True:
            match = one.match(text, at)
            end = match.end() if match else at
            cells.append((at, end))
            at = end
            if text[at : at + 1] != columns.delimiter:
                break
            at += 1
        stop = re.compile(r"\r?\n|\Z").match(text, at)
        if stop is None:
            raise InputError(f"{file}:{line} is quoted in a way that cannot be changed", "change it by hand")
        at = stop.end()
        values = [_value(text[begin:end]) if columns.headed else text[begin:end] for begin, end in cells]
        if len(values) == len(columns.names) and not (columns.headed and line == 1):
            found.append(_Placed(Row(line, values), cells, (start, at)))
        line += text.count("\n", start, at)
    return found


def _value(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written


def _firsts(placed: dict[int, _Placed], columns: Columns) -> dict[int, int]:
    """The line of the first row about the same item, for each row."""
    role = "file" if "file" in columns.places else "id"
    found: dict[int, int] = {}
    known: dict[str, int] = {}
    for line, one in placed.items():
        key = cell(one.row, columns, role)
        found[line] = known.setdefault(key, line) if key else line
    return found


def _emptied(one: _Placed, columns: Columns) -> dict[Span, str]:
    """The row stays for the item that it is about, and says no more of it."""
    places = [columns.places[role] for role in _SAID if role in columns.places]
    places += [*(columns.corners or ()), *(columns.others if columns.corners else ())]
    return {one.cells[at]: "" for at in places}


def _resized(rows: list[_Placed], columns: Columns, item: Item, file: str) -> dict[Span, str]:
    if not {"width", "height"} <= columns.places.keys():
        raise InputError(f"{file} declares no sizes", "change it by hand")
    return {
        one.cells[columns.places[role]]: str(value)
        for one in rows
        for role, value in (("width", item.width), ("height", item.height))
        if one.row.cells[columns.places[role]]
    }


def _flagged(one: _Placed, at: int, edit: PatchEdit, file: str) -> dict[Span, str]:
    """A label that is a column of its own: it can be taken away, not changed."""
    if edit.annotation is not None:
        raise InputError(f"{file} has a column for each label", "change it by hand")
    return {one.cells[at]: "0"}


def _rewritten(one: _Placed, columns: Columns, annotation: Annotation, file: str) -> dict[Span, str]:
    """The cells of the new annotation, of those that differ."""
    report = LossReport()
    written = written_annotation(annotation, "", report)
    if written is None or report:
        raise InputError(f"{file} cannot hold the change: {report}", "change it by hand")
    if row_attributes(columns, one.row) == annotation.attributes:
        written["attributes"] = cell(one.row, columns, "attributes")
    elif columns.others and (columns.corners or "geometry" in columns.places):
        raise InputError(f"{file} holds attributes in columns of their own", "change it by hand")
    changes = _boxed(one, columns, annotation, file)
    for role in _SAID:
        new = written.get(role, "")
        if role not in columns.places and new:
            raise InputError(f"{file} has no column for {role}", "change it by hand")
        if cell(one.row, columns, role) != new:
            if is_formula(new):
                raise InputError(f"{file}:{one.row.line} would hold a formula", "change it by hand")
            changes[one.cells[columns.places[role]]] = _quoted(new, columns, file)
    return changes


def _boxed(one: _Placed, columns: Columns, annotation: Annotation, file: str) -> dict[Span, str]:
    """The cells of the box that differ, by their numbers."""
    box = annotation.geometry if isinstance(annotation.geometry, Box) and annotation.box is None else annotation.box
    if columns.corners is None:
        if box is not None:
            raise InputError(f"{file} has no columns for a box", "change it by hand")
        return {}
    values = zip(columns.corners, _corner_cells(box, columns), strict=True)
    return {one.cells[at]: new for at, new in values if not _same(one.row.cells[at], new)}


def _corner_cells(box: Box | None, columns: Columns) -> list[str]:
    if box is None:
        return [""] * 4
    if not columns.sized:
        return list(written_corners(box).values())
    values = written_corners(Box(box.x, box.y, 0.0, 0.0))
    sizes = written_corners(Box(box.width, box.height, 0.0, 0.0))
    return [values["xmin"], values["ymin"], sizes["xmin"], sizes["ymin"]]


def _same(old: str, new: str) -> bool:
    try:
        return old == new or (bool(old.strip()) and bool(new) and float(old) == float(new))
    except ValueError:
        return False


def _quoted(value: str, columns: Columns, file: str) -> str:
    special = any(character in value for character in (columns.delimiter, '"', "\r", "\n"))
    if special and not columns.headed:
        raise InputError(f"{file} has no quotes for {json.dumps(value)}", "change it by hand")
    return '"' + value.replace('"', '""') + '"' if special else value
