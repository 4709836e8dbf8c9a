"""The lake: items and annotations at rest, in a Lance table each, every published version readable for ever.

A version of a dataset exists when its SQL row names a `LakeRef`. What lies here beyond that is an orphan of a job that
was stopped, harmless, and swept away later. Writers are idempotent: the same parts, or the same edits of the same
base, give the same ref, so that a job may repeat them. One job at a time writes to a dataset.
"""

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from checkdam.schema import Annotation, Edit, InputError, Item, LimitError, NotFoundError, Problems, StorageError
from checkdam.storage.atomic import told
from checkdam.storage.edits import Rows, touched
from checkdam.storage.lance_table import LanceTable, hash_sum
from checkdam.storage.places import CHUNK, Folder, Place, Stored
from checkdam.storage.refs import Changes, LakeDiff, LakeRef, Row, StagedPart, TableRef, check_dataset_id, parse
from checkdam.storage.rows import (
    ANNOTATION_SCHEMA,
    ITEM_SCHEMA,
    annotations_to_table,
    items_to_table,
    table_to_annotations,
    table_to_items,
)

__all__ = ["Changes", "Lake", "LakeDiff", "LakeRef", "StagedPart", "Swept"]

GRACE = timedelta(days=1)
MOST_UNLIKE = 2_000_000


@dataclass(frozen=True)
class Swept:
    """What a sweep removed: folders of datasets, refs that no version names, and bytes of old table versions."""

    datasets: int = 0
    refs: int = 0
    bytes: int = 0


class Lake:
    """The tables in a place, as `DATASET/{items,annotations}.lance`."""

    def __init__(self, place: Place | Path) -> None:
        self._place = Folder(place) if isinstance(place, Path) else place

    def stage(
        self,
        dataset_id: str,
        items: Sequence[Item],
        annotations: Sequence[Annotation],
        *,
        after: StagedPart | None = None,
    ) -> StagedPart:
        """Writes rows that no version holds yet. Positions go on from the part `after`. Keep the part, as JSON, until
        it is published: a job that was killed goes on from the parts it kept.

        Raises InputError for a row that cannot be kept (see rows.py).
        """
        next_item, next_annotation = (after.next_item, after.next_annotation) if after else (0, 0)
        item_rows = items_to_table(items, range(next_item, next_item + len(items)))
        annotation_rows = annotations_to_table(annotations, range(next_annotation, next_annotation + len(annotations)))
        return StagedPart(
            items=tuple(self._items(dataset_id).write(item_rows)),
            annotations=tuple(self._annotations(dataset_id).write(annotation_rows)),
            item_count=len(items),
            annotation_count=len(annotations),
            next_item=next_item + len(items),
            next_annotation=next_annotation + len(annotations),
        )

    def publish(self, dataset_id: str, parts: Sequence[StagedPart]) -> LakeRef:
        """Makes the parts, and nothing else, a version. Raises InputError, naming the first thousand, where two rows
        have one id or an annotation has no item."""
        key = _key("publish", parts)
        known = self._known(dataset_id, key)
        if known is not None:
            return known
        items, annotations = self._items(dataset_id), self._annotations(dataset_id)
        item_version = items.overwrite([fragment for part in parts for fragment in part.items])
        annotation_version = annotations.overwrite([fragment for part in parts for fragment in part.annotations])
        _check_ids(
            items.column(item_version, "id"),
            annotations.column(annotation_version, "id"),
            annotations.column(annotation_version, "item_id"),
        )
        return self._name(dataset_id, key, item_version, annotation_version)

    def apply(self, dataset_id: str, base: LakeRef, edits: Sequence[Edit]) -> LakeRef:
        """The version that the edits, in their order, make of `base`. A row that is replaced keeps its position; new
        ones come last. Only what changes is written.

        Raises ConflictError where something to be added is there, NotFoundError where something to be changed is not.
        """
        key = _key("apply", (base.items, base.annotations, tuple(edits)))
        known = self._known(dataset_id, key)
        if known is not None:
            return known
        speaks_of = touched(edits)
        item_rows = self._items(dataset_id).find(parse(base.items).version, {"id": speaks_of.items})
        annotation_rows = self._touched_annotations(dataset_id, base, speaks_of.annotations, speaks_of.emptied)
        rows = Rows(table_to_items(item_rows), table_to_annotations(annotation_rows))
        rows.apply(edits)
        item_version = self._rewrite(parse(base.items), item_rows, list(rows.items.values()))
        annotation_version = self._rewrite(parse(base.annotations), annotation_rows, list(rows.annotations.values()))
        return self._name(dataset_id, key, item_version, annotation_version)

    def items(
        self,
        ref: LakeRef,
        ids: Collection[str] | None = None,
        *,
        columns: Sequence[str] | None = None,
        ordered: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """The items' columns (ITEM_SCHEMA) in batches; by position if `ordered`, which sorts in memory."""
        table = parse(ref.items)
        where = None if ids is None else {"id": ids}
        return self._items(table.dataset_id).scan(table.version, where=where, columns=columns, ordered=ordered)

    def annotations(
        self,
        ref: LakeRef,
        ids: Collection[str] | None = None,
        *,
        item_ids: Collection[str] | None = None,
        columns: Sequence[str] | None = None,
        ordered: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """The annotations' columns (ANNOTATION_SCHEMA) in batches; by position if `ordered`."""
        table = parse(ref.annotations)
        where = {name: values for name, values in (("id", ids), ("item_id", item_ids)) if values is not None}
        return self._annotations(table.dataset_id).scan(table.version, where=where, columns=columns, ordered=ordered)

    def read_items(self, ref: LakeRef, ids: Collection[str] | None = None) -> list[Item]:
        """The items, or those of these ids, by position. An id that is not there is left out."""
        return [item for batch in self.items(ref, ids, ordered=True) for item in table_to_items(batch)]

    def read_annotations(
        self, ref: LakeRef, ids: Collection[str] | None = None, *, item_ids: Collection[str] | None = None
    ) -> list[Annotation]:
        """The annotations, or those of these ids, or on these items, by position."""
        batches = self.annotations(ref, ids, item_ids=item_ids, ordered=True)
        return [annotation for batch in batches for annotation in table_to_annotations(batch)]

    def diff(self, first: LakeRef, second: LakeRef) -> LakeDiff:
        """What leads from one state of a dataset to another. Rows that differ in their origin or position only are
        alike. Costs what differs, not what is there, where the one was made from the other by `apply`.

        Raises LimitError where more than `MOST_UNLIKE` rows differ: they are all held in memory."""
        unlike = (
            self._unlike(first.items, second.items, self._items),
            self._unlike(first.annotations, second.annotations, self._annotations),
        )
        count = sum(len(ids) for pair in unlike for ids in pair)
        if count > MOST_UNLIKE:
            raise LimitError(
                f"the versions differ in {count:,} rows, of which {MOST_UNLIKE:,} can be shown",
                "compare versions that are nearer to one another, or export both",
            )
        a, b = unlike[0]
        items = _changes(
            a,
            b,
            {item.id: item for item in self.read_items(first, a)},
            {item.id: item for item in self.read_items(second, b)},
        )
        a, b = unlike[1]
        annotations = _changes(
            a,
            b,
            {one.id: one for one in self.read_annotations(first, a)},
            {one.id: one for one in self.read_annotations(second, b)},
        )
        return LakeDiff(items, annotations)

    def verify(self, ref: LakeRef) -> None:
        """Reads the state's hashes again. Raises StorageError if they are not those that it was published with."""
        found = self._describe(parse(ref.items), parse(ref.annotations))
        if found != ref:
            raise StorageError(
                f"the lake's {ref.items} does not hold what it was published with", "restore the lake from a backup"
            )

    def files(self) -> Iterator[str]:
        """Every file of the lake, by names that `open_file` and `put_file` take; for backups. Of each table what names
        others comes first: what is copied in this order while others write is whole, though it may lack the newest."""
        for dataset_id in self._place.folders():
            below = self._place.below(dataset_id)
            tables = [name for name in below.folders() if name.endswith(".lance")]
            steps = [("refs", ""), *((f"{table}/_refs", "") for table in tables)]
            steps += [(f"{table}/_versions", suffix) for suffix in (".json", "") for table in tables]
            named: set[str] = set()
            for prefix, suffix in (*steps, ("", "")):
                # Listed when its turn comes: what a file names was there before the file, and is listed after it.
                for stored in below.list(prefix):
                    if stored.name in named or not stored.name.endswith(suffix):
                        continue
                    if prefix or not _names_others(stored.name):
                        named.add(stored.name)
                        yield f"{dataset_id}/{stored.name}"

    def open_file(self, name: str) -> BinaryIO:
        """One of `files`. Raises NotFoundError where it has been swept away since."""
        try:
            return self._place.open(name)
        except NotFoundError as error:
            raise NotFoundError(f"the lake has no file {name}", "list its files again") from error

    def put_file(self, name: str, stream: BinaryIO) -> None:
        """Keeps a file of another lake under its name. InputError for a name that leads elsewhere."""
        draft = self._place.draft()
        try:
            with told(draft), draft.open("xb") as file:
                while chunk := stream.read(CHUNK):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            self._place.keep(name, draft)
        finally:
            draft.unlink(missing_ok=True)

    def drop(self, dataset_id: str) -> None:
        """Removes all versions of a dataset."""
        self._place.remove_folder(check_dataset_id(dataset_id))

    def sweep(self, live: Mapping[str, Collection[LakeRef]], grace: timedelta = GRACE) -> Swept:
        """Removes what no version names: `live` maps each dataset to all its refs, and what is younger than `grace` may
        belong to a running job and is left. With a grace of 0 no other process may be writing."""
        datasets = refs = freed = 0
        for dataset_id in self._place.folders():
            named = live.get(dataset_id)
            if not named:
                if _older(self._place.list(dataset_id), grace):
                    self._place.remove_folder(dataset_id)
                    datasets += 1
                continue
            refs += self._sweep_refs(dataset_id, named, grace)
            for table, of in (
                (self._items(dataset_id), {parse(ref.items).version for ref in named}),
                (self._annotations(dataset_id), {parse(ref.annotations).version for ref in named}),
            ):
                freed += table.sweep(of, grace)
        return Swept(datasets, refs, freed)

    def _sweep_refs(self, dataset_id: str, named: Collection[LakeRef], grace: timedelta) -> int:
        count = 0
        for stored in list(self._place.list(f"{dataset_id}/refs")):
            with self._place.open(stored.name) as file:
                ref = msgspec.json.decode(file.read(), type=LakeRef)
            if ref not in named and _older([stored], grace):
                self._place.remove(stored.name)
                count += 1
        return count

    def _items(self, dataset_id: str) -> LanceTable:
        return self._table(f"{check_dataset_id(dataset_id)}/items.lance", ITEM_SCHEMA)

    def _annotations(self, dataset_id: str) -> LanceTable:
        return self._table(f"{check_dataset_id(dataset_id)}/annotations.lance", ANNOTATION_SCHEMA)

    def _table(self, name: str, schema: pa.Schema) -> LanceTable:
        return LanceTable(self._place.uri(name), schema, self._place.options)

    def _known(self, dataset_id: str, key: str) -> LakeRef | None:
        """What was published under the key, if it is still there."""
        try:
            with self._place.open(_ref_name(dataset_id, key)) as file:
                ref = msgspec.json.decode(file.read(), type=LakeRef)
        except NotFoundError:
            return None
        try:
            self._items(dataset_id).at(parse(ref.items).version)
            self._annotations(dataset_id).at(parse(ref.annotations).version)
        except (NotFoundError, StorageError):
            return None
        return ref

    def _name(self, dataset_id: str, key: str, item_version: int, annotation_version: int) -> LakeRef:
        """Publishes: tags both versions, so that they are kept, and writes down what the key gave."""
        items = TableRef(dataset_id, "items", item_version)
        annotations = TableRef(dataset_id, "annotations", annotation_version)
        ref = self._describe(items, annotations)
        self._items(dataset_id).tag(f"v{item_version}", item_version)
        self._annotations(dataset_id).tag(f"v{annotation_version}", annotation_version)
        self._place.write(_ref_name(dataset_id, key), msgspec.json.encode(ref))
        return ref

    def _describe(self, items: TableRef, annotations: TableRef) -> LakeRef:
        item_hashes = self._items(items.dataset_id).column(items.version, "hash")
        annotation_hashes = self._annotations(annotations.dataset_id).column(annotations.version, "hash")
        content = [
            len(item_hashes),
            f"{hash_sum(item_hashes):032x}",
            len(annotation_hashes),
            f"{hash_sum(annotation_hashes):032x}",
        ]
        return LakeRef(
            items=str(items),
            annotations=str(annotations),
            content_hash=blake2b(msgspec.json.encode(content), digest_size=32).hexdigest(),
            item_count=len(item_hashes),
            annotation_count=len(annotation_hashes),
        )

    def _touched_annotations(
        self, dataset_id: str, base: LakeRef, ids: Collection[str], emptied: Collection[str]
    ) -> pa.Table:
        table, version = self._annotations(dataset_id), parse(base.annotations).version
        found = table.find(version, {"id": ids})
        if not emptied:
            return found
        more = table.find(version, {"item_id": emptied})
        more = more.filter(pc.invert(pc.is_in(more.column("_rowaddr"), value_set=found.column("_rowaddr"))))
        return pa.concat_tables([found, more])

    def _rewrite(self, base: TableRef, before: pa.Table, after: Sequence[Item] | Sequence[Annotation]) -> int:
        """The version of the table in which the rows `before` are the rows `after`."""
        of_items = base.table == "items"
        table = self._items(base.dataset_id) if of_items else self._annotations(base.dataset_id)
        old = {row.id: row for row in (table_to_items(before) if of_items else table_to_annotations(before))}
        place = dict(zip(old, before.column("position").to_pylist(), strict=True))
        address = dict(zip(old, before.column("_rowaddr").to_pylist(), strict=True))
        kept = {row.id for row in after if old.get(row.id) == row}
        new = [row for row in after if row.id not in kept]
        gone = [address[row_id] for row_id in old if row_id not in kept]
        if not new and not gone:
            return base.version
        last = pc.max(table.column(base.version, "position")).as_py() if any(r.id not in place for r in new) else None
        following = count(0 if last is None else last + 1)
        positions = [place[row.id] if row.id in place else next(following) for row in new]
        rows = items_to_table(new, positions) if of_items else annotations_to_table(new, positions)  # type: ignore[arg-type]
        return table.replace(base.version, gone, rows)

    def _unlike(self, first: str, second: str, table_of: Callable[[str], LanceTable]) -> tuple[list[str], list[str]]:
        a, b = parse(first), parse(second)
        if a.dataset_id != b.dataset_id:
            raise InputError(f"{a} and {b} are of two datasets", "compare two versions of one dataset")
        if a == b:
            return [], []
        left, right = table_of(a.dataset_id).unlike(a.version, b.version)
        return left.column("id").to_pylist(), right.column("id").to_pylist()


def _changes(a: Collection[str], b: Collection[str], before: dict[str, Row], after: dict[str, Row]) -> Changes[Row]:
    in_a, in_b = set(a), set(b)
    return Changes(
        added={row_id: row for row_id, row in after.items() if row_id in in_b and row_id not in in_a},
        removed={row_id: row for row_id, row in before.items() if row_id in in_a and row_id not in in_b},
        changed={row_id: (before[row_id], row) for row_id, row in after.items() if row_id in in_a and row_id in in_b},
    )


def _key(operation: str, content: object) -> str:
    # The standard library's JSON tells NaN from null and takes any text: such rows are refused later, by name.
    text = json.dumps([operation, msgspec.to_builtins(content)])
    return blake2b(text.encode(), digest_size=20).hexdigest()


def _check_ids(items: pa.ChunkedArray, annotations: pa.ChunkedArray, item_ids: pa.ChunkedArray) -> None:
    problems = Problems()
    for what, ids in (("item", items), ("annotation", annotations)):
        if pc.count_distinct(ids).as_py() != len(ids):
            counts = pc.value_counts(ids)
            for twice in counts.filter(pc.greater(counts.field("counts"), 1)).to_pylist():
                problems.add(
                    f"{what} {twice['values']}", f"there {twice['counts']} times", "give each an id of its own"
                )
    lost = item_ids.filter(pc.invert(pc.is_in(item_ids, value_set=items)))
    for item_id in pc.unique(lost).to_pylist():
        problems.add(f"item {item_id}", "annotated, but not in the dataset", "add the item, or drop its annotations")
    if problems:
        raise InputError(f"{len(problems)} rows do not fit together", "see the problems", problems)


def _ref_name(dataset_id: str, key: str) -> str:
    return f"{check_dataset_id(dataset_id)}/refs/{key}.json"


def _names_others(name: str) -> bool:
    """Whether a file of a dataset is of those that name others, and newer than the list of them."""
    parts = name.split("/")
    return parts[0] == "refs" or parts[1:2] in (["_refs"], ["_versions"])


def _older(files: Iterable[Stored], grace: timedelta) -> bool:
    """Whether none of the files was written within the grace."""
    newest = max((stored.changed for stored in files), default=datetime.fromtimestamp(0, UTC))
    return datetime.now(UTC) - newest >= grace
