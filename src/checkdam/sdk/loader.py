"""`checkdam.load`: a dataset version as a stream of examples, shuffled, sharded, and known to lineage."""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from checkdam.datasets.model import ItemFilter
from checkdam.schema import DatasetVersion, InputError, ItemKind, LineageEdge, Slice, Taxonomy
from checkdam.sdk.example import Example
from checkdam.workspace import Workspace, default_home

if TYPE_CHECKING:
    import datasets
    import torch.utils.data

SliceLike = Slice | ItemFilter | Mapping[str, Any] | Sequence[str] | None
"""Which items: a saved slice, a filter, the fields of a filter (`{"split": "train", "label": ["car", "van"]}`), ids of
items, or None for all."""

AT_ONCE = 512
"""How many items are looked up at once: what is in memory, apart from the numbers of their rows."""


def load(
    dataset: str,
    version: int | None = None,
    slice: SliceLike = None,
    *,
    home: Path | str | None = None,
    database_url: str | None = None,
    shuffle: bool = False,
    seed: int = 0,
    shard: tuple[int, int] = (0, 1),
    run: str | None = None,
) -> "Loader":
    """A version of a dataset (the newest, if `version` is None) for training code.

    The order is that of the version; with `shuffle` it is a permutation of all items, given by `seed` and the epoch.
    `shard` is (index, count): item `n` of that order goes to shard `n % count`. `run` names in lineage what reads; by
    default each call is a run of its own. `home` and `database_url` are the workspace, as on the command line.

    NotFoundError without such a dataset or version, InputError for a slice that does not fit it.
    """
    place = default_home() if home is None else Path(home).expanduser().absolute()
    if not place.is_dir():
        raise InputError(f"there is no workspace at {place}", "give `home`, the folder that `checkdam --home` names")
    if run is not None and (not run.strip() or len(run) > 200):
        raise InputError("a run needs a name of 1 to 200 characters", "give `run` a name, or leave it out")
    loader = Loader(
        home=place,
        database_url=database_url or os.environ.get("CHECKDAM_DATABASE_URL"),
        dataset=dataset,
        number=version,
        slice=_slice(slice),
        shuffled=shuffle,
        seed=seed,
        part=_part(*shard),
        run=run or secrets.token_hex(8),
    )
    # Built here once if need be, rather than by each of the processes that will read.
    loader._workspace.datasets.versions.queries.warm(loader.version)
    # What was asked for is fixed now, whatever is committed while it is read.
    return replace(loader, dataset=loader.version.dataset_id, number=loader.version.number)


@dataclass(frozen=True)
class Loader:
    """Iterate over it for `Example`s; `len` counts those of this shard. It can be sent to other processes: each opens
    the workspace for itself. See `load`."""

    home: Path
    database_url: str | None
    dataset: str
    number: int | None
    slice: ItemFilter | tuple[str, ...] | None
    shuffled: bool
    seed: int
    part: tuple[int, int]
    run: str
    epoch_number: int = 0
    _opened: dict[int, Workspace] = field(default_factory=dict, repr=False, compare=False)

    def __iter__(self) -> Iterator[Example]:
        """One epoch. Lineage knows of the run before the first example is given."""
        rows = self._mine()
        self._record()
        versions = self._workspace.datasets.versions
        for start in range(0, len(rows), AT_ONCE):
            for item, annotations in versions.records_at(self.version, rows[start : start + AT_ONCE]):
                yield Example(item, tuple(annotations), versions.media_path(item), self._codes)

    def __len__(self) -> int:
        return len(self._mine())

    def __getstate__(self) -> dict[str, Any]:
        kept = ("_opened", "version", "taxonomy", "labels", "_codes", "_rows")
        return {key: value for key, value in self.__dict__.items() if key not in kept} | {"_opened": {}}

    def epoch(self, number: int) -> "Loader":
        """The same items; shuffled anew where they are shuffled."""
        return replace(self, epoch_number=number, _opened=self._opened)

    def shard(self, index: int, count: int) -> "Loader":
        """One of `count` parts of this one's part; together they are it, and no two share an item."""
        of, parts = self.part
        inner, many = _part(index, count)
        return replace(self, part=(of + parts * inner, parts * many), _opened=self._opened)

    def batches(self, size: int, *, drop_last: bool = False) -> Iterator[list[Example]]:
        """Lists of `size` examples; the last may be shorter."""
        if size < 1:
            raise InputError(f"a batch of {size} examples holds nothing", "give a size of 1 or more")
        batch: list[Example] = []
        for example in self:
            batch.append(example)
            if len(batch) == size:
                yield batch
                batch = []
        if batch and not drop_last:
            yield batch

    def numpy(self) -> Iterator[dict[str, Any]]:
        """`Example.arrays` of each."""
        return (example.arrays() for example in self)

    def torch(self, transform: Any = None) -> "torch.utils.data.IterableDataset[Any]":
        """For `torch.utils.data.DataLoader`: `transform` is called with each Example, in the worker that reads it; by
        default tensors of `Example.arrays`. Workers and, where `torch.distributed` is set up, ranks share the items."""
        from checkdam.sdk.torch import TorchDataset

        return TorchDataset(self, transform)

    def huggingface(self, shards: int = 1) -> "datasets.IterableDataset":
        """For Hugging Face `datasets`, which shares `shards` parts among its workers. See `checkdam.sdk.huggingface`
        for the columns."""
        from checkdam.sdk.huggingface import iterable_dataset

        return iterable_dataset(self, shards)

    def kinds(self) -> tuple[ItemKind, ...]:
        """The kinds of item in the slice; of ids that were given, those in the version."""
        wanted = ItemFilter() if not isinstance(self.slice, ItemFilter) else self.slice
        facets = self._workspace.datasets.items.facets(self.dataset, wanted, version=self.number)
        return tuple(cast(ItemKind, each.value) for each in facets.kinds)

    def close(self) -> None:
        """Lets go of the workspace that this process opened."""
        workspace = self._opened.pop(os.getpid(), None)
        if workspace is not None:
            workspace.close()

    @cached_property
    def version(self) -> DatasetVersion:
        return self._workspace.datasets.versions.get(self.dataset, self.number)

    @cached_property
    def taxonomy(self) -> Taxonomy:
        return self._workspace.datasets.versions.taxonomy(self.dataset, self.number)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of their codes: those of the taxonomy, then those that are only used."""
        used = self._workspace.datasets.items.label_counts(self.version)
        return tuple(dict.fromkeys((*self.taxonomy.names(), *sorted(used))))

    @property
    def urn(self) -> str:
        """What lineage calls the run."""
        return f"run:{self.run}"

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {label: code for code, label in enumerate(self.labels)}

    @cached_property
    def _rows(self) -> NDArray[np.int64]:
        """The rows of all items of the slice, in the order of the version or of the ids given."""
        versions = self._workspace.datasets.versions
        if isinstance(self.slice, tuple):
            return versions.rows_named(self.version, self.slice)
        return versions.rows_of(self.version, self.slice or ItemFilter())

    def _mine(self) -> NDArray[np.int64]:
        rows = self._rows
        if self.shuffled:
            rows = np.random.default_rng([self.seed, self.epoch_number]).permutation(rows)
        index, count = self.part
        return rows[index::count]

    @property
    def _workspace(self) -> Workspace:
        """Each process has its own: connections do not survive a fork."""
        mine = os.getpid()
        if mine not in self._opened:
            self._opened[mine] = Workspace.open(self.home, self.database_url)
        return self._opened[mine]

    def _record(self) -> None:
        """The same edge from every shard, worker and epoch of a run: it is there once."""
        rows = self._rows
        what = None if isinstance(self.slice, tuple) or self.slice is None else msgspec.to_builtins(self.slice)
        detail = {
            "items": len(rows),
            "rows": blake2b(np.ascontiguousarray(rows).tobytes(), digest_size=10).hexdigest(),
            "filter": {key: value for key, value in (what or {}).items() if value},
            "shuffled": self.shuffled,
            "seed": self.seed,
        }
        edge = LineageEdge(parent=self.version.urn, child=self.urn, relation="read", detail=detail)
        self._workspace.lineage.record([edge])


def _slice(given: SliceLike) -> ItemFilter | tuple[str, ...] | None:
    if given is None or isinstance(given, ItemFilter):
        return given
    if isinstance(given, Slice):
        if given.subject != "item":
            raise InputError(f"the slice {given.name!r} is of annotations", "give a slice of items")
        return given.ids
    if isinstance(given, str):
        raise InputError(f"{given!r} is no slice", 'give ids as a list, or fields of a filter: {"split": "train"}')
    if isinstance(given, Mapping):
        many = {key: [value] if isinstance(value, str) and key != "q" else value for key, value in given.items()}
        unknown = sorted(set(many) - set(ItemFilter.__struct_fields__))
        if unknown:
            known = ", ".join(ItemFilter.__struct_fields__)
            raise InputError(f"a filter knows no field {unknown[0]!r}", f"its fields are {known}")
        try:
            return msgspec.convert(many, ItemFilter)
        except msgspec.ValidationError as error:
            raise InputError(f"the filter does not fit: {error}", "give texts, or lists of texts") from error
    return tuple(given)


def _part(index: int, count: int) -> tuple[int, int]:
    if count < 1 or not 0 <= index < count:
        raise InputError(f"there is no shard {index} of {count}", "give an index from 0 to count - 1")
    return index, count
