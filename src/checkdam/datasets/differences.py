"""What leads from one version to another, item by item."""

from collections import defaultdict

from checkdam.datasets.model import (
    ChangeCounts,
    ItemChange,
    ItemFilter,
    ItemSort,
    LabelChanges,
    TaxonomyChanges,
    VersionDiff,
)
from checkdam.datasets.store import Changes, ItemQueries, Lake, LakeDiff, lake_ref
from checkdam.datasets.views import annotation_view
from checkdam.schema import Annotation, DatasetVersion, Item, Taxonomy


def version_diff(
    lake: Lake,
    before: DatasetVersion,
    after: DatasetVersion,
    taxonomies: tuple[Taxonomy, Taxonomy],
    *,
    offset: int,
    limit: int,
) -> VersionDiff:
    """One page of the changes, and the counts of all."""
    found = lake.diff(lake_ref(before), lake_ref(after))
    items = found.items
    by_item = _by_item(found)
    concerned = sorted({*items.added, *items.removed, *items.changed, *by_item})
    known = {**items.removed, **items.added, **{key: new for key, (_, new) in items.changed.items()}}
    # Items that are themselves as they were, with annotations that are not.
    rest = [key for key in concerned if key not in known]
    known |= {item.id: item for item in lake.read_items(lake_ref(after), rest)} if rest else {}
    ordered = sorted(concerned, key=lambda key: (known[key].name, key))
    page = ordered[offset : offset + limit]
    return VersionDiff(
        number=after.number,
        against=before.number,
        items=ChangeCounts(len(items.added), len(items.removed), len(items.changed)),
        annotations=ChangeCounts(
            len(found.annotations.added), len(found.annotations.removed), len(found.annotations.changed)
        ),
        by_label=_by_label(found),
        taxonomy=taxonomy_changes(*taxonomies),
        changes=tuple(_change(known[key], found, by_item.get(key, ([], []))) for key in page),
        next=offset + limit if offset + limit < len(ordered) else None,
    )


def first_version(
    queries: ItemQueries, version: DatasetVersion, taxonomy: Taxonomy, offset: int, limit: int
) -> VersionDiff:
    """A version compared with nothing: all of it was added."""
    page = queries.page(version, ItemFilter(), ItemSort(by="name"), offset, limit)
    found = LakeDiff(Changes(added={item.id: item for item in page.items}), Changes())
    return VersionDiff(
        number=version.number,
        against=0,
        items=ChangeCounts(added=version.item_count),
        annotations=ChangeCounts(added=version.annotation_count),
        by_label=tuple(
            LabelChanges(label=label, added=many, removed=0, changed=0)
            for label, many in sorted(queries.label_counts(version).items())
        ),
        taxonomy=taxonomy_changes(Taxonomy(), taxonomy),
        changes=tuple(_change(item, found, ([], page.annotations[item.id])) for item in page.items),
        next=offset + limit if offset + limit < page.total else None,
    )


def taxonomy_changes(before: Taxonomy, after: Taxonomy) -> TaxonomyChanges:
    """What leads from one set of labels to another."""
    old, new = ({label.name: label for label in each.labels} for each in (before, after))
    kept = [name for name in new if name in old]
    first, second = ((each.instructions, each.metadata, each.version) for each in (before, after))
    return TaxonomyChanges(
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        changed=tuple(name for name in kept if old[name] != new[name]),
        rest=first != second or [name for name in old if name in new] != kept,
    )


Sides = tuple[list[Annotation], list[Annotation]]


def _by_item(found: LakeDiff) -> dict[str, Sides]:
    """The annotations that differ, before and after, by the item they are on. One that moved to another item is on
    both."""
    sides: defaultdict[str, Sides] = defaultdict(lambda: ([], []))
    for one in found.annotations.removed.values():
        sides[one.item_id][0].append(one)
    for old, new in found.annotations.changed.values():
        sides[old.item_id][0].append(old)
        sides[new.item_id][1].append(new)
    for one in found.annotations.added.values():
        sides[one.item_id][1].append(one)
    return dict(sides)


def _by_label(found: LakeDiff) -> tuple[LabelChanges, ...]:
    """An annotation whose label changed counts as changed for both labels."""
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in found.annotations.added.values():
        counts[one.label][0] += 1
    for one in found.annotations.removed.values():
        counts[one.label][1] += 1
    for old, new in found.annotations.changed.values():
        for label in {old.label, new.label}:
            counts[label][2] += 1
    return tuple(
        LabelChanges(label=label, added=added, removed=removed, changed=changed)
        for label, (added, removed, changed) in sorted(counts.items())
    )


def _change(item: Item, found: LakeDiff, sides: Sides) -> ItemChange:
    kinds = (("added", found.items.added), ("removed", found.items.removed), ("changed", found.items.changed))
    before, after = (tuple(annotation_view(one) for one in side) for side in sides)
    kind = next((name for name, members in kinds if item.id in members), "annotations")
    return ItemChange(
        item_id=item.id,
        item_name=item.name,
        item_kind=item.kind,
        kind=kind,  # type: ignore[arg-type]  # the names above are the literals
        blob=item.blob,
        width=item.width,
        height=item.height,
        text=item.text,
        duration=item.duration,
        before=before,
        after=after,
    )
