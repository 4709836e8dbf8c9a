"""The files in which Label Studio's tasks come: a list, a task to a line, a task to a file; full or JSON-MIN."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import Struct

from checkdam.formats.jsonstream import JsonText, elements, map_file
from checkdam.formats.label_studio.config import NAMES, Config
from checkdam.formats.label_studio.regions import has_place
from checkdam.formats.lines import lines_of
from checkdam.formats.values import shown
from checkdam.guard.files import open_regular
from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, Origin, Problems

LINES = (".jsonl", ".ndjson")
SUFFIXES = (".json", *LINES)

_SAMPLE_BYTES = 1 << 20
_SAMPLE = 5
_OTHERS = "its first elements are no tasks"
_MIN_FIELDS = frozenset({"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"})
_TASK_LISTS = frozenset({"annotations", "completions", "predictions"})


class Task(Struct, frozen=True):
    """A task as it stands in its file."""

    value: dict[str, Any]
    origin: Origin


def task_place(origin: Origin, path: str = "") -> str:
    """A place in a task, for a message."""
    if not path:
        return str(origin)
    return f"{origin.file}#{path}" if origin.at is None else f"{origin}.{path}"


class Refused(Struct, frozen=True):
    """Why a file holds no tasks; `damaged` where it cannot be read."""

    what: str
    remedy: str = "export the tasks as JSON"
    damaged: bool = False


class TaskFile:
    """A file of tasks."""

    def __init__(self, path: Path, name: str, limits: InputLimits) -> None:
        self._path, self._name, self._limits = path, name, limits

    def refused(self) -> Refused | None:
        """None if one of the first elements is a task, else why the file is none of tasks."""
        try:
            if self._name.lower().endswith(LINES):
                with open_regular(self._path) as file:
                    heads = [file.readline(_SAMPLE_BYTES) for _ in range(_SAMPLE)]
                return (
                    None if any(is_task(_decoded(head)) for head in heads) else Refused("its first lines are no tasks")
                )
            view = map_file(self._path)
            opening = bytes(view[:64]).lstrip()[:1]
            if opening == b"[":
                return self._list_refused(view)
            if opening == b"{" and b'"data"' in bytes(view[:_SAMPLE_BYTES]):
                found = JsonText(view, self._limits.document_bytes).value()
                return None if is_task(found) else Refused("is no task")
        except InputError as error:
            return Refused(error.detail, error.remedy, damaged=True)
        except OSError as error:
            return Refused(f"cannot be read: {error.strerror}", "check the disk", damaged=True)
        return Refused("is no list of tasks")

    def _list_refused(self, view: memoryview) -> Refused | None:
        """None if one of the first elements is a task, or there is none, and a configuration beside the file."""
        empty = True
        for first in islice(elements(view, self._limits.document_bytes), _SAMPLE):
            empty = False
            if is_task(first):
                return None
        return None if empty and any((self._path.parent / each).is_file() for each in NAMES) else Refused(_OTHERS)

    def tasks(self, problems: Problems) -> Iterator[Task]:
        """The tasks, with their places; what is none, and damage to the text, is told."""
        try:
            if self._name.lower().endswith(LINES):
                found = self._lines(problems)
            else:
                view = map_file(self._path)
                found = self._listed(view) if bytes(view[:64]).lstrip()[:1] == b"[" else self._one(view)
            for value, origin in found:
                if isinstance(value, dict):
                    yield Task(value, origin)
                else:
                    problems.add(task_place(origin), f"is {shown(value)}, not a task", "remove it")
        except InputError as error:
            problems.add(self._name, error.detail, error.remedy)
        except OSError as error:
            problems.add(self._name, f"cannot be read: {error.strerror}", "check the disk")

    def _listed(self, view: memoryview) -> Iterator[tuple[Any, Origin]]:
        for at, value in enumerate(elements(view, self._limits.document_bytes)):
            yield value, Origin(self._name, at, "")

    def _one(self, view: memoryview) -> Iterator[tuple[Any, Origin]]:
        yield JsonText(view, self._limits.document_bytes).value(), Origin(self._name)

    def _lines(self, problems: Problems) -> Iterator[tuple[Any, Origin]]:
        for at, line in lines_of(self._path, self._limits):
            value = _decoded(line)
            if value is None:
                problems.add(f"{self._name}:{at}", "is no JSON", "write a task on each line, in UTF-8")
            else:
                yield value, Origin(self._name, at)


def _decoded(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def is_task(value: Any) -> bool:
    """Whether a JSON value is a task, full or JSON-MIN, or an annotation with its task."""
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("data"), dict):
        return bool(value.keys() & _TASK_LISTS) or value.keys() <= {"id", "data", "meta"}
    if isinstance(value.get("result"), list):
        return isinstance(value.get("task"), dict) and isinstance(value["task"].get("data"), dict)
    return {"annotation_id", "annotator"} <= value.keys()


def as_task(row: dict[str, Any], config: Config) -> dict[str, Any]:
    """A task in the one shape that is read: `id`, `data`, `meta`, `annotations`, `predictions`; `whole` where the file
    is an annotation with its task inside, `arrays` where results stand in other arrays."""
    if isinstance(row.get("result"), list) and isinstance(row.get("task"), dict):
        task = row["task"]
        return {key: task.get(key) for key in ("id", "data", "meta")} | {"annotations": [row], "whole": True}
    if "data" not in row and "annotation_id" in row:
        return _from_min(row, config)
    annotations = row.get("annotations", row.get("completions"))
    task = {key: row.get(key) for key in ("id", "data", "meta", "predictions")}
    return task | {"annotations": annotations}


def _from_min(row: dict[str, Any], config: Config) -> dict[str, Any]:
    """A task of JSON-MIN, in which the values of results stand in lists by the names of their controls."""
    data: dict[str, Any] = {}
    results: list[dict[str, Any]] = []
    arrays: dict[tuple[int, int], tuple[str, int]] = {}
    for key, value in row.items():
        if key in _MIN_FIELDS:
            continue
        if key in config.controls and isinstance(value, str):
            kind = "textarea" if config.controls[key].tag == "TextArea" else "choices"
            results.append(_result(key, kind, {"text" if kind == "textarea" else "choices": [value]}))
        elif isinstance(value, dict) and isinstance(value.get("choices"), list):
            results.append(_result(key, "choices", value))
        elif isinstance(value, list) and value and all(isinstance(each, dict) and has_place(each) for each in value):
            for at, each in enumerate(value):
                kind = next((name for name in each if name.endswith("labels")), "labels")
                arrays[0, len(results)] = key, at
                sizes = {name: each[name] for name in ("original_width", "original_height") if name in each}
                results.append(_result(key, kind, each) | sizes)
        else:
            data[key] = value
    annotation = {"id": row.get("annotation_id"), "completed_by": row.get("annotator"), "result": results}
    return {"id": row.get("id"), "data": data, "annotations": [annotation], "arrays": arrays}


def _result(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": name, "type": kind, "value": value}
