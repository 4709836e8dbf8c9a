"""From the vocabulary's structs to what views need of them."""

from typing import Any

import msgspec

from checkdam.datasets.model import AnnotationView, FindingView, FixView, ItemCard, SubjectView
from checkdam.datasets.store import FindingRow
from checkdam.schema import Annotation, Box, Item, extent, geometry_kind


def annotation_view(one: Annotation) -> AnnotationView:
    geometry = one.geometry
    box = geometry if isinstance(geometry, Box) else one.box or extent(geometry)
    shape: dict[str, Any] | None = None if isinstance(geometry, Box) else msgspec.to_builtins(geometry)
    return AnnotationView(
        id=one.id,
        label=one.label,
        kind=geometry_kind(geometry),
        box=None if box is None else (box.x, box.y, box.width, box.height),
        geometry=shape,
        attributes=dict(one.attributes),
        origin=None if one.origin is None else str(one.origin),
    )


def item_card(item: Item) -> ItemCard:
    return ItemCard(
        id=item.id,
        name=item.name,
        blob=item.blob,
        width=item.width,
        height=item.height,
        kind=item.kind,
        text=item.text,
        duration=item.duration,
    )


def finding_view(row: FindingRow, items: dict[str, Item], annotations: dict[str, Annotation]) -> FindingView:
    """`items` and `annotations` hold, by id, what there is of the finding's subject in its version."""
    cards = tuple(item_card(items[key]) for key in dict.fromkeys(row.subject.item_ids) if key in items)
    ids = row.subject.ids if row.subject.kind == "annotation" else ()
    return FindingView(
        id=row.id,
        rule=row.rule,
        severity=row.severity,
        state=row.state,
        message=row.message,
        label=row.label,
        location=row.location,
        subject=SubjectView(kind=row.subject.kind, ids=row.subject.ids, item_ids=row.subject.item_ids),
        evidence=row.evidence,
        fix=None if row.fix is None else FixView(description=row.fix.description, safe=row.fix.safe),
        reason=row.reason,
        item=cards[0] if cards else None,
        items=cards,
        annotations=tuple(annotation_view(annotations[key]) for key in ids if key in annotations),
        first_version=row.first_version,
        last_version=row.last_version,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )
