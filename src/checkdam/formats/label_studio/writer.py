"""Writes Label Studio: tasks in `tasks.json`, a labeling configuration in `config.xml`, media at the items' names."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from math import isfinite
from pathlib import Path
from typing import Any

from checkdam.formats.base import LossReport, MediaSource, Record
from checkdam.formats.label_studio.config import written_config
from checkdam.formats.label_studio.media import reference
from checkdam.formats.label_studio.regions import Size
from checkdam.formats.label_studio.results import MARK
from checkdam.formats.label_studio.written import Controls, native, parts, written_result
from checkdam.formats.output import check_item, new_folder, place_media, where, write_text
from checkdam.formats.taxonomies import TAXONOMY_FILE, write_taxonomy
from checkdam.formats.values import unfit, writable, written_identifier
from checkdam.guard.images import image_size
from checkdam.schema import Annotation, InputError, Item, MultiCategory, Taxonomy, Transcript

TASKS, CONFIG = "tasks.json", "config.xml"


def write_label_studio(
    target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
) -> LossReport:
    """Writes the folder `target`, one task at a time."""
    report = LossReport()
    controls = Controls(taxonomy)
    kinds: dict[str, None] = {}
    with new_folder(target) as folder:
        write_taxonomy(folder, taxonomy, report)
        with (folder / TASKS).open("w", encoding="utf-8", newline="\n") as out:
            out.write("[")
            for at, (item, annotations) in enumerate(records):
                _check(item, annotations)
                kinds.setdefault(item.kind)
                placed = place_media(folder, item, media, report) if item.kind != "text" else None
                results, parts = _results(item, annotations, placed, controls, report)
                out.write(",\n" if at else "\n")
                out.write(json.dumps(_task(item, at, results, report), ensure_ascii=False, allow_nan=False))
                report.wrote(parts)
            out.write("\n]\n")
        write_text(folder, CONFIG, written_config(controls.used(next(iter(kinds), "image")), kinds or {"image": None}))
    return report


def _check(item: Item, annotations: Sequence[Annotation]) -> None:
    """`InputError` for an item that cannot be written as JSON, or whose file would lie elsewhere."""
    if item.kind != "text":
        check_item(item)
        if item.name in (TASKS, CONFIG, TAXONOMY_FILE):
            raise InputError(f"the item name {item.name!r} is that of a file of labels", "rename the item")
    texts = [item.name, item.text or "", item.split or "", item.source_id or ""]
    for each in annotations:
        texts += [each.label, each.source_id or ""]
        texts += each.geometry.labels if isinstance(each.geometry, MultiCategory) else ()
        texts += [each.geometry.text] if isinstance(each.geometry, Transcript) else ()
    if reason := next((reason for each in texts if (reason := unfit(each))), None):
        raise InputError(f"the item {item.name!r} {reason}", "remove the character")


def _task(item: Item, at: int, annotations: list[dict[str, Any]], report: LossReport) -> dict[str, Any]:
    mark: dict[str, Any] = {"name": item.name, "kind": item.kind, "split": item.split} | _measures(item, report)
    if item.kind == "text":
        data: dict[str, Any] = {"text": item.text or ""}
        if item.text is None:
            report.add("items without a text, written as empty ones", item.name)
    else:
        data = {item.kind: reference(item.name)}
        if item.text is not None:
            report.add("items' text", item.name)
    kept: dict[str, Any] = {}
    for key, value in item.metadata.items():
        if not (writable(key) and writable(value)):
            report.add("items' metadata", f"{item.name}: {key}")
        elif key in ("image", "text", "audio"):
            kept[key] = value
        else:
            data[key] = value
    if kept:
        mark["metadata"] = kept
    source_id = item.source_id
    if not source_id:
        mark["numbered"] = True
        if source_id is not None:
            report.add("items' source_id", item.name)
    task_id: Any = written_identifier(source_id) if source_id else at + 1
    return {"id": task_id, "data": data, "meta": {MARK: mark}, "annotations": annotations}


def _measures(item: Item, report: LossReport) -> dict[str, Any]:
    """The sizes that an item declares, as far as they are plain numbers and its kind has them."""
    found: dict[str, Any] = {}
    for key in ("width", "height", "duration", "sample_rate"):
        value = getattr(item, key)
        if value is None:
            continue
        plain = isfinite(value) and (key == "duration" or 0 <= value < 2**31)
        if plain and (item.kind == "image" or key not in ("width", "height")):
            found[key] = value
        else:
            report.add(f"items' {key}", item.name)
    return found


def _results(
    item: Item, annotations: Sequence[Annotation], media: Path | None, controls: Controls, report: LossReport
) -> tuple[list[dict[str, Any]], int]:
    """The annotations of a task, one for each run of annotations by the same person, and how many results they hold."""
    size = (item.width, item.height) if item.width and item.height else _media_size(media)
    written: list[dict[str, Any]] = []
    count = 0
    numbers: set[str] = {each.source_id for each in annotations if each.source_id}
    for by, run in groupby(annotations, key=_by):
        results: list[dict[str, Any]] = []
        ids: set[str] = set()
        for annotation in run:
            place = where(item, annotation)
            for part in parts(annotation, place, report):
                one = written_result(part, item, size=size, controls=controls, place=place, report=report)
                if one is None:
                    continue
                result, relations = one
                if part.source_id and part.source_id in ids:
                    report.add("annotations' ids, which are given twice", place)
                    result["id"], result["meta"] = None, result.get("meta", {})
                    result["meta"].setdefault(MARK, {})["numbered"] = True
                if result["id"] is None:
                    result["id"] = _free(numbers)
                ids.add(result["id"])
                results.append(result)
                count += 1
                results += ({"type": "relation", "from_id": result["id"]} | each for each in relations)
        written.append({"result": results} | dict(json.loads(by)))
    return written, count


def _free(numbers: set[str]) -> str:
    at = len(numbers) + 1
    while f"r{at}" in numbers:
        at += 1
    numbers.add(f"r{at}")
    return f"r{at}"


def _media_size(media: Path | None) -> Size | None:
    try:
        return image_size(media) if media else None
    except InputError:
        return None


def _by(annotation: Annotation) -> str:
    return json.dumps(native(annotation))
