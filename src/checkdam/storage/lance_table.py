"""One Lance table: fragments in, versions out, and what differs between two versions."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checkdam.schema import ConflictError, NotFoundError, StorageError
from checkdam.storage.lance_engine import CommitConflictError, FragmentMetadata, lance, write_fragments

BATCH_ROWS = 8192
_ADDRESS_BITS = 32  # a row's address is its fragment's id and, in the lower 32 bits, its place in the fragment
COMPACT_ABOVE = 256  # fragments; 1,000 small ones slowed a lookup from 15 to 376 ms, compacting them took 0.4 s


class LanceTable:
    """A table at `uri`. Versions are whole states; a state that nobody tagged can be swept away."""

    def __init__(self, uri: str, schema: pa.Schema, options: Mapping[str, str] | None = None) -> None:
        """`options` are what Lance needs to get to a table that is not on this machine."""
        self.uri = uri
        self.schema = schema
        self._options = dict(options) if options else None

    def at(self, version: int | None = None) -> Any:
        """The table as it was at `version`, or as it is. Raises NotFoundError if it never was."""
        with told(self.uri):
            try:
                return lance.dataset(self.uri, version=version, storage_options=self._options)
            except ValueError as error:
                raise NotFoundError(
                    f"the lake has no version {version} of {'/'.join(self.uri.split('/')[-2:])}",
                    "restore the lake from the backup that belongs to the database",
                ) from error

    def write(self, rows: pa.Table) -> list[dict[str, Any]]:
        """Writes the rows as fragments that belong to no version yet, and gives what names them, as JSON."""
        if rows.num_rows == 0:
            return []
        with told(self.uri):
            made = write_fragments(
                rows, self.uri, schema=self.schema, enable_stable_row_ids=True, storage_options=self._options
            )
            return [fragment.to_json() for fragment in made]

    def overwrite(self, fragments: Sequence[dict[str, Any]]) -> int:
        """A new version that holds these fragments and nothing else."""
        metadata = [_fragment(one) for one in fragments]
        with told(self.uri):
            operation = lance.LanceOperation.Overwrite(self.schema, metadata)
            made = lance.LanceDataset.commit(
                self.uri, operation, enable_stable_row_ids=True, storage_options=self._options
            )
            return self._compacted(made, COMPACT_ABOVE)

    def replace(self, base: int, gone: Collection[int], added: pa.Table, compact_above: int = COMPACT_ABOVE) -> int:
        """A new version: `base` without the rows at the addresses `gone`, and with the rows `added`; one commit.

        Raises ConflictError if another process commits to the table meanwhile.
        """
        with told(self.uri):
            dataset = self.at(base)
            if dataset.version != dataset.latest_version:
                dataset.restore()  # what came after was never named by a version, or is being reverted
            updated, removed = _without(dataset, gone)
            new = [_fragment(one) for one in self.write(added)]
            operation = lance.LanceOperation.Update(removed, updated, new, [])
            made = lance.LanceDataset.commit(
                self.uri, operation, read_version=dataset.version, storage_options=self._options
            )
            return self._compacted(made, compact_above)

    def _compacted(self, made: Any, above: int) -> int:
        """The version with the same rows in few large fragments, where it has more than `above`."""
        if len(made.get_fragments()) > above:
            made.optimize.compact_files()
            made = lance.dataset(self.uri, storage_options=self._options)
        return int(made.version)

    def scan(
        self,
        version: int,
        *,
        where: Mapping[str, Collection[str]] | None = None,
        columns: Sequence[str] | None = None,
        ordered: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """The rows whose columns are among the values that `where` gives; by `position` if `ordered` (sorted in
        memory). Batches of at most 8,192 rows."""
        with told(self.uri):
            scanner = self.at(version).scanner(
                columns=list(columns) if columns is not None else None,
                filter=_among(where),
                batch_size=BATCH_ROWS,
                order_by=["position"] if ordered else None,
            )
            yield from scanner.to_batches()

    def find(self, version: int, where: Mapping[str, Collection[str]]) -> pa.Table:
        """The rows whose columns are among the values that `where` gives, with their addresses (`_rowaddr`)."""
        with told(self.uri):
            return self.at(version).scanner(filter=_among(where), with_row_address=True).to_table()

    def column(self, version: int, name: str) -> pa.ChunkedArray:
        with told(self.uri):
            return self.at(version).to_table(columns=[name]).column(name)

    def unlike(self, first: int, second: int) -> tuple[pa.Table, pa.Table]:
        """`id` and `hash` of the rows of either version that the other does not have.

        Fragments are never changed in place, so those that both versions share are not read at all.
        """
        with told(self.uri):
            a, b = self.at(first), self.at(second)
            in_a = {_identity(fragment): fragment for fragment in a.get_fragments()}
            in_b = {_identity(fragment): fragment for fragment in b.get_fragments()}
            left = _hashes(a, [fragment for key, fragment in in_a.items() if key not in in_b])
            right = _hashes(b, [fragment for key, fragment in in_b.items() if key not in in_a])
            keys = ["id", "hash"]
            return (
                left.join(right, keys=keys, join_type="left anti"),
                right.join(left, keys=keys, join_type="left anti"),
            )

    def tag(self, name: str, version: int) -> None:
        """A tagged version is kept by `sweep`."""
        with told(self.uri):
            tags = self.at().tags
            if name in tags.list():
                tags.update(name, version)
            else:
                tags.create(name, version)

    def sweep(self, live: Collection[int], grace: timedelta) -> int:
        """Removes every version not in `live` that is older than `grace`, and the files that no version needs then.
        Gives the bytes freed. The rows of the newest live version become the newest version, if they are not."""
        with told(self.uri):
            dataset = self.at()
            tags = dataset.tags
            kept = {entry["version"] for entry in tags.list().values()}
            for version in set(live) - kept:
                tags.create(f"live-{version}", version)
            old = {entry["version"]: entry["timestamp"] for entry in dataset.versions()}
            newest_age = _age(old[dataset.version])
            for name, entry in tags.list().items():
                version = entry["version"]
                if version not in live and (version not in old or _age(old[version]) >= grace):
                    tags.delete(name)
            if live and dataset.version not in live and newest_age >= grace and dataset.version != max(live):
                self.at(max(live)).restore()
            stats = self.at().cleanup_old_versions(
                older_than=grace, delete_unverified=grace <= timedelta(0), error_if_tagged_old_versions=False
            )
            return int(stats.bytes_removed)


@contextmanager
def told(uri: str) -> Iterator[None]:
    """Tells Lance's errors in the words of the error tree."""
    try:
        yield
    except CommitConflictError as error:
        raise ConflictError(
            f"another process committed to {uri} at the same time", "let one job at a time write to a dataset"
        ) from error
    except (OSError, pa.ArrowException) as error:
        text = str(error).split(", /", maxsplit=1)[0]
        if "ommit conflict" in text:
            raise ConflictError(
                f"another process committed to {uri} at the same time", "let one job at a time write to a dataset"
            ) from error
        raise StorageError(
            f"the lake at {uri} says: {text}", "check that the disk has room and the folder may be read and written"
        ) from error


def hash_sum(hashes: pa.ChunkedArray) -> int:
    """The sum modulo 2^128 of hashes of 16 bytes: the same in any order, and cheap to take anew (a multiset hash by
    addition, as in Clarke et al., ASIACRYPT 2003). It tells states apart; it is no defence against a forger."""
    total = 0
    for chunk in hashes.chunks:
        words = np.frombuffer(chunk.buffers()[1], dtype="<u4").reshape(-1, 4)[chunk.offset : chunk.offset + len(chunk)]
        sums = words.sum(axis=0, dtype=np.uint64)
        total += sum(int(part) << (32 * place) for place, part in enumerate(sums))
    return total % 2**128


def _among(where: Mapping[str, Collection[str]] | None) -> Any:
    if not where:
        return None
    terms = [pc.field(column).isin(pa.array(sorted(values), pa.string())) for column, values in where.items()]
    found = terms[0]
    for term in terms[1:]:
        found = found & term
    return found


def _without(dataset: Any, gone: Collection[int]) -> tuple[list[Any], list[int]]:
    """The fragments with these rows marked as deleted, and the ids of those of which nothing is left."""
    places: dict[int, list[int]] = {}
    for address in gone:
        places.setdefault(address >> _ADDRESS_BITS, []).append(address & (2**_ADDRESS_BITS - 1))
    updated, removed = [], []
    for fragment_id, offsets in places.items():
        left = dataset.get_fragment(fragment_id).delete_rows(sorted(offsets))
        if left is None:
            removed.append(fragment_id)
        else:
            updated.append(left)
    return updated, removed


def _fragment(kept: dict[str, Any]) -> Any:
    return FragmentMetadata.from_json(json.dumps(kept))


def _identity(fragment: Any) -> tuple[Any, ...]:
    metadata = fragment.metadata.to_json()
    deletion = metadata["deletion_file"]
    return tuple(file["path"] for file in metadata["files"]), json.dumps(deletion, sort_keys=True)


def _hashes(dataset: Any, fragments: list[Any]) -> pa.Table:
    schema = pa.schema([dataset.schema.field("id"), dataset.schema.field("hash")])
    if not fragments:
        return schema.empty_table()
    return dataset.scanner(columns=["id", "hash"], fragments=fragments).to_table()


def _age(moment: Any) -> timedelta:
    return type(moment).now(moment.tzinfo) - moment  # type: ignore[no-any-return]
