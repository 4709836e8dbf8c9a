"""Which fixes are made in one pass over a folder, and what they change in which file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from checkdam.datasets.combine import Present, Repair, combine, mentioned
from checkdam.formats import PatchEdit
from checkdam.lint import Frame
from checkdam.schema import (
    Annotation,
    DeleteAnnotation,
    DeleteItem,
    Edit,
    Finding,
    InputError,
    Item,
    Origin,
    ReplaceAnnotation,
)


@dataclass(frozen=True)
class Left:
    """A finding whose fix is not made in this pass, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Plan:
    """`fixed` are the findings whose fixes are made, `edits` what they come to, each with its place; `patches` are the
    same changes by the file they are made in (relative to the dataset's root)."""

    fixed: list[Finding] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    edits: list[tuple[Origin, Edit]] = field(default_factory=list)
    patches: dict[str, list[PatchEdit]] = field(default_factory=dict)


def plan(findings: Iterable[Finding], frame: Frame, *, unsafe: bool) -> Plan:
    """Puts the fixes together as a commit on a dataset would. What contradicts another fix is left as it is."""
    result = Plan()
    repairs: list[Repair] = []
    by_id: dict[str, Finding] = {}
    for finding in findings:
        fix = finding.fix
        if fix is None or not (fix.safe or unsafe):
            continue
        try:
            for edit in fix.edits:
                _patch(edit, frame)
        except InputError as error:
            result.left.append(Left(finding, error.detail))
        else:
            repairs.append(Repair(finding.id, finding.subject, fix))
            by_id[finding.id] = finding
    combined = combine(repairs, _present(repairs, frame))
    result.fixed.extend(by_id[key] for key in combined.fixed)
    result.left.extend(Left(by_id[key], "another fix changes what it is about") for key in combined.gone)
    for conflict in combined.conflicts:
        reason = f"fixes contradict one another: {conflict.reason}"
        result.left.extend(Left(by_id[key], reason) for key in conflict.findings)
    for edit in combined.edits:
        origin, patch = _patch(edit, frame)
        result.edits.append((origin, edit))
        result.patches.setdefault(origin.file, []).append(patch)
    return result


def _present(repairs: Sequence[Repair], frame: Frame) -> Present:
    annotations, items = mentioned(repairs)
    return Present(
        annotations={key: _annotation(frame, key) for key in annotations if key in frame.annotation_rows},
        items={key: frame.items[frame.item_rows[key]] for key in items if key in frame.item_rows},
    )


def _patch(edit: Edit, frame: Frame) -> tuple[Origin, PatchEdit]:
    """The place that the edit changes, and the change. Raises InputError where a file cannot be patched so."""
    match edit:
        case DeleteAnnotation(id=key):
            origin, at = _place(_annotation(frame, key))
            return origin, PatchEdit(at=at, array=origin.array)
        case ReplaceAnnotation(annotation=new):
            origin, at = _place(_annotation(frame, new.id))
            label = next((label for label in frame.taxonomy.labels if label.name == new.label), None)
            item = frame.items[frame.item_rows[new.item_id]]
            return origin, PatchEdit(at=at, array=origin.array, annotation=new, label=label, item=item)
        case DeleteItem(id=key):
            item = frame.items[frame.item_rows[key]]
            if item.kind != "text":
                raise InputError("it leaves out a whole file, which is decided on an imported dataset")
            origin, at = _place(item)
            return origin, PatchEdit(at=at, array=origin.array, whole_item=True)
        case _:
            raise InputError("it cannot be made in the files, only on an imported dataset")


def _annotation(frame: Frame, key: str) -> Annotation:
    return frame.annotation(frame.annotation_rows[key])


def _place(subject: Annotation | Item) -> tuple[Origin, int]:
    origin = subject.origin
    if origin is None or origin.at is None:
        raise InputError("its place in the file is not known")
    return origin, origin.at
