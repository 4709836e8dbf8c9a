"""Puts the fixes of several findings together into edits that fit one another.

The result is that of applying the fixes one after the other, with these rules:

- A finding whose subject is no longer there is gone: what it complained of does not exist any more.
- Deleting wins: whatever else was to happen to a deleted annotation or item does not.
- A fix that removes one thing because of another (the better one of two duplicates) counts on the other's staying. It
  is applied before a fix that removes that other one; where they count on each other, the first in order is applied
  and the second is gone.
- Replacements of one annotation or item are merged field by field, `geometry` with the declared box and attributes one
  by one. Two that give a field different values are in conflict, and then none of the fixes involved is applied.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from checkdam.schema import (
    AddAnnotation,
    AddItem,
    Annotation,
    DeleteAnnotation,
    DeleteItem,
    Edit,
    Fix,
    Item,
    ReplaceAnnotation,
    ReplaceItem,
    Subject,
)

Record = TypeVar("Record", Annotation, Item)


@dataclass(frozen=True)
class Repair:
    """A finding with its fix, as computed against the data that are being repaired."""

    id: str
    subject: Subject
    fix: Fix


@dataclass(frozen=True)
class Present:
    """What of the data the repairs are about: the annotations and items that exist, by id."""

    annotations: Mapping[str, Annotation]
    items: Mapping[str, Item]


class FixConflict(Struct, frozen=True, kw_only=True):
    """Findings whose fixes contradict one another on one annotation or item; none of them is applied."""

    subject: str
    findings: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Combined:
    """The edits, and what becomes of each finding by its id."""

    edits: tuple[Edit, ...]
    fixed: tuple[str, ...]
    gone: tuple[str, ...]
    conflicts: tuple[FixConflict, ...]


def mentioned(repairs: Iterable[Repair]) -> tuple[set[str], set[str]]:
    """The ids of the annotations and of the items that the repairs are about: what `Present` has to hold."""
    annotations: set[str] = set()
    items: set[str] = set()
    for repair in repairs:
        items.update(repair.subject.item_ids)
        (annotations if repair.subject.kind == "annotation" else items).update(repair.subject.ids)
        for edit in repair.fix.edits:
            match edit:
                case DeleteAnnotation(id=key):
                    annotations.add(key)
                case DeleteItem(id=key):
                    items.add(key)
                case AddAnnotation(annotation=annotation) | ReplaceAnnotation(annotation=annotation):
                    annotations.add(annotation.id)
                    items.add(annotation.item_id)
                case AddItem(item=item) | ReplaceItem(item=item):
                    items.add(item.id)
    return annotations, items


def combine(repairs: Sequence[Repair], present: Present) -> Combined:
    """See the module. The outcome depends on the order of the repairs only where they contradict one another."""
    conflicts = _conflicts(repairs, present)
    excluded = {key for conflict in conflicts for key in conflict.findings}
    outcome = _Outcome(present)
    rest = [repair for repair in repairs if repair.id not in excluded]
    deleting = [repair for repair in rest if _deletes(repair)]
    for repair in (*_kept_before_deleted(deleting), *(repair for repair in rest if not _deletes(repair))):
        outcome.apply(repair)
    fixed, gone = set(outcome.fixed), set(outcome.gone)
    return Combined(
        outcome.edits(),
        tuple(repair.id for repair in repairs if repair.id in fixed),
        tuple(repair.id for repair in repairs if repair.id in gone),
        tuple(conflicts),
    )


@dataclass
class _Outcome:
    present: Present
    deleted: set[str] = field(default_factory=set)
    items: dict[str, Item] = field(default_factory=dict)
    annotations: dict[str, Annotation] = field(default_factory=dict)
    fixed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def apply(self, repair: Repair) -> None:
        deletes = _deletes(repair)
        there = all(self._stands(key) for key in (*repair.subject.ids, *repair.subject.item_ids))
        if not there:
            done = bool(deletes) and deletes <= self.deleted and len(deletes) == len(repair.fix.edits)
            (self.fixed if done else self.gone).append(repair.id)
            return
        if not all(self._fits(edit) for edit in repair.fix.edits):
            self.gone.append(repair.id)
            return
        for edit in repair.fix.edits:
            self._take(edit)
        self.fixed.append(repair.id)

    def edits(self) -> tuple[Edit, ...]:
        """Deletions first; nothing is said of an annotation whose item is deleted."""
        known = self.present
        edits: list[Edit] = [DeleteItem(key) for key in sorted(self.deleted) if key in known.items]
        edits += [
            DeleteAnnotation(key)
            for key in sorted(self.deleted)
            if key in known.annotations and known.annotations[key].item_id not in self.deleted
        ]
        for item in self.items.values():
            if item.id not in self.deleted and known.items.get(item.id) != item:
                edits.append(ReplaceItem(item) if item.id in known.items else AddItem(item))
        for one in self.annotations.values():
            if one.id in self.deleted or one.item_id in self.deleted or known.annotations.get(one.id) == one:
                continue
            edits.append(ReplaceAnnotation(one) if one.id in known.annotations else AddAnnotation(one))
        return tuple(edits)

    def _stands(self, key: str) -> bool:
        if key in self.deleted:
            return False
        annotation = self.present.annotations.get(key)
        if annotation is not None:
            return annotation.item_id not in self.deleted
        return key in self.present.items

    def _fits(self, edit: Edit) -> bool:
        match edit:
            case DeleteAnnotation(id=key) | DeleteItem(id=key):
                return self._stands(key)
            case ReplaceAnnotation(annotation=annotation):
                return self._stands(annotation.id) and self._stands(annotation.item_id)
            case ReplaceItem(item=item):
                return self._stands(item.id)
            case AddAnnotation(annotation=annotation):
                return self._stands(annotation.item_id) or annotation.item_id in self.items
            case AddItem():
                return True

    def _take(self, edit: Edit) -> None:
        match edit:
            case DeleteAnnotation(id=key) | DeleteItem(id=key):
                self.deleted.add(key)
            case AddAnnotation(annotation=one) | ReplaceAnnotation(annotation=one):
                base = self.present.annotations.get(one.id)
                self.annotations[one.id] = merged(base, self.annotations.get(one.id), one)
            case AddItem(item=item) | ReplaceItem(item=item):
                self.items[item.id] = merged(self.present.items.get(item.id), self.items.get(item.id), item)


def merged(base: Record | None, earlier: Record | None, later: Record) -> Record:
    """`later`, with what `earlier` changed of `base` and `later` did not."""
    if base is None or earlier is None:
        return later
    changes = {**changed(base, earlier), **changed(base, later)}
    values = msgspec.structs.asdict(base)
    bags = {name: dict(values[name]) for name in ("attributes", "metadata") if name in values}
    for (name, key), value in changes.items():
        if key is None:
            values[name] = value
        elif value is _ABSENT:
            bags[name].pop(key, None)
        else:
            bags[name][key] = value
    return type(base)(**values | bags)


def changed(base: Record, other: Record) -> dict[tuple[str, str | None], Any]:
    """What `other` changes of `base`: (field, None) or (field, key) for attributes and metadata, to the new value."""
    before, after = msgspec.structs.asdict(base), msgspec.structs.asdict(other)
    changes: dict[tuple[str, str | None], Any] = {}
    for name, value in after.items():
        if name in {"attributes", "metadata"}:
            for key in before[name].keys() | value.keys():
                if before[name].get(key, _ABSENT) != value.get(key, _ABSENT):
                    changes[name, key] = value.get(key, _ABSENT)
        elif before[name] != value:
            changes[name, None] = value
    if ("geometry", None) in changes or ("box", None) in changes:
        # The two say one thing, the place; merging one's geometry with the other's box would say nothing true.
        changes |= {(name, None): after[name] for name in ("geometry", "box") if name in after}
    return changes


class _Absent:
    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


_ABSENT = _Absent()


def _conflicts(repairs: Sequence[Repair], present: Present) -> list[FixConflict]:
    """The repairs that replace, or add, one thing in ways that contradict one another. A deletion is no
    contradiction: it wins."""
    deleted: set[str] = set()
    writes: dict[str, list[tuple[str, Annotation | Item]]] = {}
    for repair in repairs:
        deleted |= _deletes(repair)
        for edit in repair.fix.edits:
            match edit:
                case AddAnnotation(annotation=one) | ReplaceAnnotation(annotation=one):
                    writes.setdefault(one.id, []).append((repair.id, one))
                case AddItem(item=item) | ReplaceItem(item=item):
                    writes.setdefault(item.id, []).append((repair.id, item))
    conflicts = []
    for key, values in writes.items():
        if len(values) < 2 or key in deleted:
            continue
        fields = _disputed(present.annotations.get(key) or present.items.get(key), [value for _, value in values])
        if fields:
            findings = tuple(dict.fromkeys(finding for finding, _ in values))
            conflicts.append(FixConflict(subject=key, findings=findings, reason=f"they differ in {', '.join(fields)}"))
    return conflicts


def _disputed(base: Any, values: Sequence[Any]) -> list[str]:
    if base is None:
        return [] if all(value == values[0] for value in values) else ["what is to be added"]
    agreed: dict[tuple[str, str | None], Any] = {}
    disputed = []
    for value in values:
        for place, new in changed(base, value).items():
            if agreed.setdefault(place, new) != new:
                disputed.append(place[0] if place[1] is None else f"{place[0]}.{place[1]}")
    return list(dict.fromkeys(disputed))


def _deletes(repair: Repair) -> set[str]:
    return {edit.id for edit in repair.fix.edits if isinstance(edit, DeleteAnnotation | DeleteItem)}


def _kept_before_deleted(repairs: Sequence[Repair]) -> list[Repair]:
    """Sorts so that a repair that counts on something comes before the one that deletes it; else as given."""
    deleters: dict[str, list[int]] = {}
    for index, repair in enumerate(repairs):
        for key in _deletes(repair):
            deleters.setdefault(key, []).append(index)
    followers: list[set[int]] = []
    waiting = [0] * len(repairs)
    for index, repair in enumerate(repairs):
        kept = set(repair.subject.ids) - _deletes(repair)
        after = {other for key in kept for other in deleters.get(key, ()) if other != index}
        followers.append(after)
        for other in after:
            waiting[other] += 1
    return [repairs[index] for index in _ordered(followers, waiting)]


def _ordered(followers: Sequence[set[int]], waiting: list[int]) -> list[int]:
    """Kahn's topological order, smallest index first; where a circle is left, its smallest index goes first."""
    ready = [index for index, count in enumerate(waiting) if count == 0]
    heapify(ready)
    done: list[int] = []
    taken = [False] * len(waiting)
    oldest = 0
    while len(done) < len(waiting):
        if not ready:
            while taken[oldest]:
                oldest += 1
            ready.append(oldest)
        index = heappop(ready)
        if taken[index]:
            continue
        taken[index] = True
        done.append(index)
        for other in followers[index]:
            waiting[other] -= 1
            if waiting[other] == 0 and not taken[other]:
                heappush(ready, other)
    return done
