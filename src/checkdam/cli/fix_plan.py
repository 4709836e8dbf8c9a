"""Which fixes are made in one pass over a folder, and what they make of which file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from checkdam.cli.folder import Folder
from checkdam.formats import PatchEdit
from checkdam.guard.paths import contained
from checkdam.lint import Frame
from checkdam.lint.combine import Combined, Present, Repair, changed, combine, mentioned
from checkdam.schema import (
    AddAnnotation,
    AddItem,
    Annotation,
    DeleteAnnotation,
    DeleteItem,
    Edit,
    Finding,
    InputError,
    Item,
    Label,
    Origin,
    ReplaceAnnotation,
    ReplaceItem,
)

SIZE = {("width", None), ("height", None)}
"""What of an item is changed in files: the declared size. The rest is spread over names and folders."""

Places = Mapping[str, Sequence[Origin]]
"""What goes with an item that is deleted, by its id: see `checkdam.formats.Format.places`."""


@dataclass(frozen=True)
class Left:
    """A finding whose fix is not made in this pass, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Patched:
    """A file that changes: its name relative to the root, where it is, and its new bytes; None where it goes."""

    name: str
    path: Path
    after: bytes | None


@dataclass(frozen=True)
class Plan:
    """`fixed` are the findings whose fixes are made, `edits` what they come to, once for each place they change, and
    `files` the same by the file."""

    fixed: list[Finding]
    left: list[Left]
    edits: list[tuple[Origin, Edit]]
    files: list[Patched]


@dataclass
class _Draft:
    """The changes by file, and for each file what they are about."""

    edits: list[tuple[Origin, Edit]] = field(default_factory=list)
    patches: dict[str, list[PatchEdit]] = field(default_factory=dict)
    subjects: dict[str, set[str]] = field(default_factory=dict)

    def add(self, edit: Edit, changes: Iterable[tuple[Origin, PatchEdit]]) -> None:
        for origin, patch in changes:
            self.edits.append((origin, edit))
            self.patches.setdefault(origin.file, []).append(patch)
            self.subjects.setdefault(origin.file, set()).add(_subject(edit))


def plan(findings: Iterable[Finding], folder: Folder, *, unsafe: bool) -> Plan:
    """Puts the fixes together as a commit on a dataset would, and makes them in memory; nothing is written.

    What contradicts another fix is left as it is, and so is what cannot be made in a file.
    """
    wanted = [one for one in findings if one.fix is not None and (one.fix.safe or unsafe)]
    left = [Left(one, reason) for one in wanted if (reason := _unfit(one, folder.frame))]
    unfit = {one.finding.id for one in left}
    by_id = {one.id: one for one in wanted if one.id not in unfit}
    while True:
        repairs = [Repair(one.id, one.subject, one.fix) for one in by_id.values() if one.fix is not None]
        combined = combine(repairs, _present(repairs, folder.frame))
        draft = _draft(combined, folder)
        files, refused = _patched(draft, folder)
        if not refused:
            left += _not_combined(combined, by_id)
            return Plan([by_id[key] for key in combined.fixed], left, draft.edits, files)
        for finding in list(by_id.values()):  # those of a file that cannot be patched are left, the others tried again
            about = {_subject(edit) for edit in finding.fix.edits} if finding.fix else set()
            if reason := next((refused[name] for name in refused if about & draft.subjects[name]), None):
                left.append(Left(by_id.pop(finding.id), reason))


def _unfit(finding: Finding, frame: Frame) -> str | None:
    """Why the fix cannot be made in files; None where it can, as far as is known without trying."""
    try:
        for edit in finding.fix.edits if finding.fix else ():
            _changes(edit, frame, {})
    except InputError as error:
        return error.detail
    return None


def _not_combined(combined: Combined, by_id: Mapping[str, Finding]) -> list[Left]:
    left = [Left(by_id[key], "another fix changes what it is about") for key in combined.gone]
    for conflict in combined.conflicts:
        reason = f"fixes contradict one another: {conflict.reason}"
        left += [Left(by_id[key], reason) for key in conflict.findings]
    return left


def _present(repairs: Sequence[Repair], frame: Frame) -> Present:
    annotations, items = mentioned(repairs)
    return Present(
        annotations={key: _annotation(frame, key) for key in annotations if frame.annotation_row(key) is not None},
        items={key: _item(frame, key) for key in items if key in frame.item_rows},
    )


def _draft(combined: Combined, folder: Folder) -> _Draft:
    deleted = [_item(folder.frame, edit.id) for edit in combined.edits if isinstance(edit, DeleteItem)]
    places = folder.format.places(folder.root, deleted) if deleted else {}
    draft = _Draft()
    for edit in combined.edits:
        draft.add(edit, _changes(edit, folder.frame, places))
    return draft


def _patched(draft: _Draft, folder: Folder) -> tuple[list[Patched], dict[str, str]]:
    """The files as they become, and the reason for each that cannot be changed so."""
    base = folder.root if folder.root.is_dir() else folder.root.parent
    files: list[Patched] = []
    refused: dict[str, str] = {}
    for name, edits in sorted(draft.patches.items()):
        try:
            path = contained(base, name)
            goes = any(edit.whole_item and edit.at is None for edit in edits)
            files.append(Patched(name, path, None if goes else folder.format.patch(path, edits)))
        except InputError as error:
            refused[name] = error.detail
    return files, refused


def _changes(edit: Edit, frame: Frame, places: Places) -> list[tuple[Origin, PatchEdit]]:
    """What the edit changes, and where. Raises InputError for what no format can change."""
    match edit:
        case DeleteAnnotation(id=key):
            origin = _place(_annotation(frame, key))
            return [(origin, PatchEdit(at=origin.at, array=origin.array))]
        case ReplaceAnnotation(annotation=new):
            old = _annotation(frame, new.id)
            origin, item = _place(old), _item(frame, new.item_id)
            label = next((label for label in frame.taxonomy.labels if label.name == new.label), None)
            if label is None and new.label == old.label:
                label = Label(name=new.label, source_id=new.label)  # unknown: readers give the id in its place
            return [(origin, PatchEdit(at=origin.at, array=origin.array, annotation=new, label=label, item=item))]
        case ReplaceItem(item=new):
            old_item = _item(frame, new.id)
            if not changed(old_item, new).keys() <= SIZE:
                raise InputError("it cannot be made in the files, only on an imported dataset")
            origin = _place(old_item)
            return [(origin, PatchEdit(at=origin.at, array=origin.array, item=new))]
        case DeleteItem(id=key):
            known = places.get(key) or [_place(_item(frame, key))]
            return [(one, PatchEdit(at=one.at, array=one.array, whole_item=True)) for one in known]
        case _:
            raise InputError("it cannot be made in the files, only on an imported dataset")


def _subject(edit: Edit) -> str:
    """The id of what the edit is about."""
    match edit:
        case AddItem(item=one) | ReplaceItem(item=one):
            return one.id
        case AddAnnotation(annotation=one) | ReplaceAnnotation(annotation=one):
            return one.id
        case DeleteItem(id=key) | DeleteAnnotation(id=key):
            return key


def _annotation(frame: Frame, key: str) -> Annotation:
    row = frame.annotation_row(key)
    assert row is not None, key  # noqa: S101  # the edits speak of what is in the frame
    return frame.annotation(row)


def _item(frame: Frame, key: str) -> Item:
    return frame.items[frame.item_rows[key]]


def _place(subject: Annotation | Item) -> Origin:
    origin = subject.origin
    if origin is None or (isinstance(subject, Annotation) and origin.at is None):
        raise InputError("its place in the file is not known")
    return origin
