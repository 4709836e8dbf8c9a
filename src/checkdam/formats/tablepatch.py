"""Changing single annotations in a line of JSON whose columns are those of `checkdam.formats.table`."""

import json
from collections.abc import Sequence
from typing import Any

from checkdam.formats.base import LossReport, PatchEdit
from checkdam.formats.jsonstream import Span, array_spans, member_spans, replaced, rewritten
from checkdam.formats.lines import without
from checkdam.formats.table import BOX_COLUMNS, CATEGORY_COLUMNS, written_row
from checkdam.formats.values import BadValueError
from checkdam.schema import Annotation, InputError, Item, ItemKind

_COLUMNS = frozenset({"", "label", "text", "objects"})
_Replacements = list[tuple[Span, str]]


def patched_lines(data: bytes, edits: Sequence[PatchEdit], file: str, kind: ItemKind) -> bytes:
    """The bytes of a file of JSON lines with the edits made, at the places that `TableReader` gives. `InputError` if an
    edit does not fit."""
    lines = data.split(b"\n")
    by_line: dict[int, list[PatchEdit]] = {}
    for edit in edits:
        number, _, column = (edit.array or f"{edit.at}.").partition(".")
        at = int(number) - 1 if number.isdecimal() else -1
        if not (0 <= at < len(lines) and column in _COLUMNS and lines[at].strip()):
            raise InputError(f"{file} has nothing at {edit.array or 'line'} {edit.at} to change", "lint it anew")
        by_line.setdefault(at, []).append(edit)
    gone = {at for at, each in by_line.items() if any(edit.whole_item for edit in each)}
    for at in by_line.keys() - gone:
        try:
            lines[at] = _changed(lines[at].decode(), by_line[at], kind).encode()
        except (ValueError, IndexError, KeyError, RecursionError, BadValueError) as error:
            raise InputError(f"{file}:{at + 1} cannot be changed: {error}", "change it by hand") from error
    return without(lines, gone)


def _changed(line: str, edits: Sequence[PatchEdit], kind: ItemKind) -> str:
    members = member_spans(line, len(line) - len(line.lstrip("\ufeff \t\r")))
    keys, spans = list(members), [span for span, _ in members.values()]
    replacements: _Replacements = []
    whole: dict[int, str | None] = {}
    for edit in edits:
        column = (edit.array or "").partition(".")[2]
        if column == "objects" or (column == "label" and edit.array is not None):
            continue
        if edit.item is not None and edit.annotation is None:
            for field in ("width", "height"):
                replacements.append((members[field][1], json.dumps(getattr(edit.item, field))))
            continue
        key = column or "label"
        head = line[members[key][0][0] : members[key][1][0]]
        if line[members[key][1][0]] in "[{":
            raise BadValueError("", f"{key} is not a single value")
        new = None if edit.annotation is None else _columns(edit.annotation, kind)[key]
        whole[keys.index(key)] = None if new is None else head + json.dumps(new, ensure_ascii=False)
    replacements += rewritten(spans, whole)
    for key in ("label", "objects"):
        listed = [edit for edit in edits if (edit.array or "").partition(".")[2] == key]
        if listed:
            replacements += _in_list(line, members[key][1][0], listed, kind)
    return replaced(line, replacements)


def _in_list(line: str, begin: int, edits: Sequence[PatchEdit], kind: ItemKind) -> _Replacements:
    """Edits of `objects`, a list of rows or a row of lists, and of `label` where it is a list."""
    if line[begin] == "[":
        elements = array_spans(line, begin)
        changes = {at: _element(edit, line[elements[at][0]], kind) for edit in edits if (at := edit.at) is not None}
        return rewritten(elements, changes)
    found: _Replacements = []
    columns = member_spans(line, begin)
    new = {edit.at: None if edit.annotation is None else _object(edit.annotation, set(columns)) for edit in edits}
    for column, (_, (start, _)) in columns.items():
        elements = array_spans(line, start)
        if any(at is None or not 0 <= at < len(elements) for at in new):
            raise IndexError(f"{column} has {len(elements)} values")
        written = {
            at: None if row is None else json.dumps(row.get(column), ensure_ascii=False)
            for at, row in new.items()
            if at is not None
        }
        found += rewritten(elements, written)
    return found


def _element(edit: PatchEdit, opening: str, kind: ItemKind) -> str | None:
    if edit.annotation is None:
        return None
    if opening != "{":
        return json.dumps(_columns(edit.annotation, kind)["label"], ensure_ascii=False)
    return json.dumps(_object(edit.annotation, None), ensure_ascii=False)


def _object(annotation: Annotation, columns: set[str] | None) -> dict[str, Any]:
    """The fields of an object, named as the columns that are there. `BadValueError` if one would have no column."""
    rows = _columns(annotation, None)["objects"]
    fields: dict[str, Any] = {name: values[0] for name, values in rows.items()}
    if columns is None:
        return fields
    for name, others in (("bbox", BOX_COLUMNS), ("categories", CATEGORY_COLUMNS)):
        fields[next((each for each in others if each in columns), name)] = fields.pop(name)
    attributes = json.loads(fields.pop("attributes", "") or "{}")
    fields |= {name: attributes.pop(name) for name in columns & attributes.keys()}
    if attributes:
        fields["attributes"] = json.dumps(attributes, ensure_ascii=False)
    if missing := fields.keys() - columns:
        raise BadValueError("", f"the objects have no {', '.join(sorted(missing))}")
    return {name: "" if fields.get(name) is None and name == "geometry" else fields.get(name) for name in columns}


def _columns(annotation: Annotation, kind: ItemKind | None) -> dict[str, Any]:
    """The columns of an annotation that stands alone; with `kind` None, as an object whatever it is."""
    report = LossReport()
    item = Item(id="", kind=kind or "image", name="")
    row = written_row(item, [annotation], report, alone=kind is not None)
    if report:
        raise BadValueError("", f"it cannot be held: {report}")
    return row
