"""Changes a file of Label Studio's tasks in place: a result is rewritten or goes, a task goes, the rest stays."""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from checkdam.formats.base import LossReport, PatchEdit
from checkdam.formats.jsonstream import Span, array_spans, member_spans, replaced, rewritten
from checkdam.formats.label_studio.regions import PLACE_FIELDS
from checkdam.formats.label_studio.results import MARK, sizes
from checkdam.formats.label_studio.written import Controls, parts, written_result
from checkdam.formats.lines import without
from checkdam.formats.values import BadValueError
from checkdam.schema import Annotation, InputError, MultiCategory, Taxonomy, Transcript

_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")


def patch_tasks(data: bytes, edits: Sequence[PatchEdit], file: str, *, by_line: bool) -> bytes:
    """The file with the edits made. Raises `InputError` if one does not fit."""
    try:
        return _by_line(data, edits, file) if by_line else _changed(data.decode(), edits, file).encode()
    except (ValueError, KeyError, IndexError, RecursionError, BadValueError) as error:
        raise InputError(f"{file} cannot be changed: {error}", "change it by hand") from error


def _by_line(data: bytes, edits: Sequence[PatchEdit], file: str) -> bytes:
    lines = data.split(b"\n")
    gone: set[int] = set()
    inside: dict[int, list[PatchEdit]] = {}
    for edit in edits:
        number, _, array = (edit.array or f"{edit.at}.").partition(".")
        at = int(number) - 1 if number.isdecimal() else -1
        if not (0 <= at < len(lines) and lines[at].strip()) or (not array and not edit.whole_item):
            raise _unfit(edit, file)
        if edit.whole_item:
            gone.add(at)
        else:
            inside.setdefault(at, []).append(msgspec.structs.replace(edit, array=array))
    for at in inside.keys() - gone:
        lines[at] = _changed(lines[at].decode(), inside[at], file).encode()
    return without(lines, gone)


def _unfit(edit: PatchEdit, file: str) -> InputError:
    return InputError(f"{file} has nothing at {edit.array or ''}[{edit.at}] to change", "lint it anew")


def _changed(text: str, edits: Sequence[PatchEdit], file: str) -> str:
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    arrays: dict[str, list[PatchEdit]] = {}
    for edit in edits:
        if edit.at is None or edit.array is None:
            raise _unfit(edit, file)
        arrays.setdefault(edit.array, []).append(edit)
    gone = {f"[{edit.at}]." for edit in arrays.get("", ())}
    root = array_spans(text, start) if text[start : start + 1] == "[" else []
    replacements: list[tuple[Span, str]] = []
    for array, changes in arrays.items():
        if array.startswith(tuple(gone)):
            continue  # the whole task goes
        spans = array_spans(text, _place(text, start, root, array)) if array else root
        if any(not 0 <= edit.at < len(spans) for edit in changes if edit.at is not None):
            raise _unfit(changes[0], file)
        if array:
            replacements += rewritten(spans, _results(text, spans, changes, file))
        elif all(edit.whole_item for edit in changes):
            replacements += rewritten(spans, {edit.at: None for edit in changes if edit.at is not None})
        else:
            raise _unfit(changes[0], file)
    return replaced(text, replacements)


def _place(text: str, start: int, root: list[Span], array: str) -> int:
    """Where the array begins that a path from the root names."""
    first = True
    for step in _STEP.finditer(array):
        if step[1] is not None:
            start = (root if first else array_spans(text, start))[int(step[1])][0]
        else:
            start = member_spans(text, start)[step[2]][1][0]
        first = False
    return start


def _results(text: str, spans: list[Span], edits: list[PatchEdit], file: str) -> dict[int, str | None]:
    """What becomes of the results of an array. With a part go the answers about it and its relations."""
    rows = [json.loads(text[begin:end]) for begin, end in spans]
    changes: dict[int, str | None] = {}
    gone: set[object] = set()
    for edit in edits:
        if edit.at is None or edit.at in changes or (edit.annotation is None and (edit.item or edit.whole_item)):
            raise _unfit(edit, file)
        row = rows[edit.at]
        key = row.get("id") if isinstance(row, dict) else None
        if edit.annotation is not None:
            alike = [each for each in rows if isinstance(each, dict) and key is not None and each.get("id") == key]
            if len(alike) > 1:
                raise BadValueError("", "several results are about the part")
            begin, end = spans[edit.at]
            changes[edit.at] = _rewritten(text[begin:end], edit)
        else:
            changes[edit.at] = None
            gone.add(key)
    gone.discard(None)
    for at, row in enumerate(rows):
        if isinstance(row, dict) and gone & {row.get("id"), row.get("from_id"), row.get("to_id")}:
            changes[at] = None
    return changes


def _rewritten(row_text: str, edit: PatchEdit) -> str:
    """A result with the value of the new annotation; fields we know nothing of are kept."""
    row = json.loads(row_text)
    annotation, item = edit.annotation, edit.item
    if not isinstance(row, dict) or not isinstance(row.get("value"), dict) or annotation is None or item is None:
        raise BadValueError("", "a changed annotation needs its item")
    report = LossReport()
    one = parts(_without_native(annotation, row), "", report)
    size = sizes(row) or ((item.width, item.height) if item.width and item.height else None)
    if len(one) != 1:
        raise BadValueError("", f"the change cannot be written: {report}")
    written = written_result(one[0], item, size=size, controls=Controls(Taxonomy()), place="", report=report)
    if report or written is None:
        raise BadValueError("", f"the change cannot be written: {report}")
    new = written[0]
    named = isinstance(annotation.geometry, Transcript | MultiCategory)
    if new["type"] != row.get("type") or (named and new["from_name"] != row.get("from_name")):
        raise BadValueError("", f"a result of type {row.get('type')} would become one of {new['type']}")
    passed = PLACE_FIELDS | {row["type"]}
    if len(row["value"].get(row["type"]) or ()) > 1 and not named:
        raise BadValueError("", "the part has several labels")
    row["value"] = {key: each for key, each in row["value"].items() if key not in passed} | new["value"]
    if item.kind == "image" and row["type"] == "brushlabels":
        row |= {key: new[key] for key in ("original_width", "original_height")}
    row |= {key: new[key] for key in ("score",) if key in new}
    _meta(row, new.get("meta", {}).get(MARK, {}))
    style = (", ", ": ") if '": ' in row_text else (",", ":")
    return json.dumps(row, ensure_ascii=row_text.isascii(), separators=style, allow_nan=False)


def _without_native(annotation: Annotation, row: dict[str, Any]) -> Annotation:
    """The annotation without the attributes that the result says itself, outside what is rewritten."""
    meta = row.get("meta") if isinstance(row.get("meta"), dict) else {}
    passed = {f"meta.{key}" for key in meta or {}} | ({"parent"} if row.get("parentID") else set())
    passed |= {"image_rotation"} if row.get("image_rotation") else set()
    kept = {key: each for key, each in annotation.attributes.items() if key not in passed and key != "relations"}
    return msgspec.structs.replace(annotation, attributes=kept)


def _meta(row: dict[str, Any], mark: dict[str, Any]) -> None:
    meta = dict(row["meta"]) if isinstance(row.get("meta"), dict) else {}
    known = meta.pop(MARK, None)
    if not (isinstance(known, dict) and known.get("numbered")):
        mark.pop("numbered", None)
    if mark:
        meta[MARK] = mark
    if meta:
        row["meta"] = meta
    else:
        row.pop("meta", None)
