"""The reading half of an import: from a format's stream of events to parts staged in the lake.

Reading gives the same order each time, so an import that goes on reads again what is staged already and skips it; only
the media, which cost most, are not touched twice. Nothing here is visible to anyone: see `importing`.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from msgspec import Struct

from checkdam.datasets.source import Identity
from checkdam.datasets.store import Blobs, Lake, StagedPart, storable, unstorable
from checkdam.formats import Entry, Event, Format
from checkdam.guard.files import open_regular
from checkdam.guard.limits import InputLimits
from checkdam.guard.sounds import SOUND_SUFFIXES
from checkdam.schema import Annotation, InputError, Item, LimitError, Problem, Problems, Taxonomy

ANNOTATIONS_A_PART = 50_000
ITEMS_A_PART = 20_000
MEDIA_A_PART = 256
MOST_MEDIA_A_PART = 8_192
_MEDIA_GROWTH = 20
"""An attempt that is killed loses at most the part it was at: of media a twentieth of what is stored, but not less than
256. With parts of 256 throughout, a million pictures would make 4,000, and each save would write all their names."""

MEDIA_THREADS = 4
_WINDOW = 64
_TICK = 1_000

Row = TypeVar("Row", Item, Annotation)


class Progress(Struct, kw_only=True):
    """How far a reading has come: what a later attempt needs to go on. Plain JSON. `media` is the state of the
    source's identity, `problems` those of storing media (the reader's own come again when it reads again), `lost` the
    ids of the items that the lake cannot keep."""

    events: int = 0
    parts: list[StagedPart] = msgspec.field(default_factory=list)
    media: str = "0"
    problems: list[Problem] = msgspec.field(default_factory=list)
    lost: list[str] = msgspec.field(default_factory=list)


@dataclass
class _Exact:
    """What a second reading leaves out: found by the first, which knows of such things only at its end. Items that are
    not in the source, items that cannot be kept, and the hashes of annotation ids that come more than once."""

    unknown: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    twice: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.unknown or self.lost or self.twice)


@dataclass
class Reading:
    """One reading of a source. `on_part` is told after each staged part, `on_event` of the events done."""

    format: Format
    root: Path
    limits: InputLimits
    dataset_id: str
    lake: Lake
    blobs: Blobs
    keep_going: bool
    on_part: Callable[[Progress], None]
    on_event: Callable[[int], None]
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self.reused = len(self.progress.parts)
        self.taxonomy = Taxonomy()
        self.problems = Problems()
        self.identity = Identity(self.progress.media)

    def run(self) -> None:
        """Reads all. Afterwards `progress.parts` holds what is staged, `problems` all that is wrong, `taxonomy` the
        labels, `identity` the media.

        InputError with every problem, if there are any and `keep_going` is not set.
        """
        exact = _Pass(self, _Exact()).run()
        if exact:
            # Rare, and known only at the end: read again, now with the names of what to leave out.
            self.progress, self.reused, self.identity = Progress(), 0, Identity()
            _Pass(self, exact).run()
        if self.problems and not self.keep_going:
            raise InputError(
                f"{self.root} has {self.problems.count:,} problem{'s' if self.problems.count > 1 else ''}"
                f" as {self.format.title}; nothing was imported",
                "mend them, or leave out the rows concerned with --keep-going",
                self.problems,
            )


class _Pass:
    """One run through the events."""

    def __init__(self, reading: Reading, exact: _Exact) -> None:
        self._to = reading
        self._exact = exact
        self._skip = reading.progress.events
        reading.problems = Problems()
        for problem in reading.progress.problems:
            reading.problems.add(problem.where, problem.what, problem.remedy)
        self._events = 0
        self._item_ids: set[str] = set()
        self._waiting: set[str] = set()
        self._annotation_hashes = array("q")
        self._twice_seen: set[str] = set()
        self._items: list[Item] = []
        self._annotations: list[Annotation] = []
        self._media = self._media_stored = 0
        self._stored: deque[tuple[int, Future[str]]] = deque()

    def run(self) -> _Exact:
        """Reads to the end; gives what another reading has to leave out."""
        to = self._to
        with ThreadPoolExecutor(MEDIA_THREADS, thread_name_prefix="media") as pool:
            try:
                self._go_through(to.format.read(to.root, to.problems, to.limits), pool)
                self._stage()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        to.on_event(self._events)
        return _Exact() if self._exact else self._inexact()

    def _go_through(self, events: Iterator[Event], pool: ThreadPoolExecutor) -> None:
        """The loop that millions of annotations go through; what is not about most of them is elsewhere."""
        item_ids, add_hash, plain = self._item_ids, self._annotation_hashes.append, not self._exact
        count = 0
        for count, event in enumerate(events, start=1):
            if not count % _TICK:
                self._to.on_event(count)
            if isinstance(event, Annotation):
                if plain:
                    add_hash(hash(event.id))
                    if event.item_id not in item_ids:
                        self._waiting.add(event.item_id)
                elif self._left_out(event):
                    continue
                if count > self._skip:
                    self._annotations.append(event)
                    if len(self._annotations) >= ANNOTATIONS_A_PART:
                        self._events = count
                        self._stage()
            else:
                self._events = count
                self._other(event, pool)
        self._events = count

    def _other(self, event: Entry | Taxonomy, pool: ThreadPoolExecutor) -> None:
        if isinstance(event, Entry):
            self._entry(event, pool)
        else:
            self._to.taxonomy = event

    @property
    def _media_a_part(self) -> int:
        return min(max(MEDIA_A_PART, self._media_stored // _MEDIA_GROWTH), MOST_MEDIA_A_PART)

    @property
    def _staging(self) -> bool:
        """After the first problem nothing more is stored, only looked at for further problems."""
        return self._to.keep_going or not self._to.problems

    def _entry(self, entry: Entry, pool: ThreadPoolExecutor) -> None:
        item = entry.item
        place = str(item.origin or item.name)
        if item.id in self._exact.lost:
            self._to.problems.add(place, unstorable(item) or "cannot be kept", "correct it in the source")
            return
        if item.id in self._item_ids:
            what = f"there is another item named {item.name!r}"
            self._to.problems.add(place, what, "give each a name of its own")
            return
        self._item_ids.add(item.id)
        if self._events <= self._skip:
            return
        media = entry.media if entry.content is None else entry.content
        if media is not None and self._staging:
            if len(self._stored) >= _WINDOW:
                self._settle_one()
            self._stored.append((len(self._items), pool.submit(self._store, media)))
            self._media += 1
        self._items.append(item)
        if len(self._items) >= ITEMS_A_PART or self._media >= self._media_a_part:
            self._media_stored += self._media
            self._stage()

    def _left_out(self, annotation: Annotation) -> bool:
        """In a second reading: whether the annotation is one to leave out, and says why."""
        exact, item_id = self._exact, annotation.item_id
        if item_id in exact.lost:
            return True  # it goes with its item, of which it was told
        if item_id in exact.unknown:
            self._to.problems.add(_place(annotation), "the item it is about is not in the source", "add the item")
            return True
        if hash(annotation.id) in exact.twice:
            if annotation.id in self._twice_seen:
                what = "another annotation of the item has the same id"
                self._to.problems.add(_place(annotation), what, "give each its own id")
                return True
            self._twice_seen.add(annotation.id)
        return False

    def _stage(self) -> None:
        """Stages the rows at hand as a part of the lake and notes it; after a problem it only looks at them."""
        while self._stored:
            self._settle_one()
        items, annotations = self._items, self._annotations
        self._items, self._annotations, self._media = [], [], 0
        if not items and not annotations:
            return
        to, progress = self._to, self._to.progress
        to.on_event(self._events)
        part = None
        if self._staging:
            with suppress(InputError):
                part = self._lay_down(items, annotations)
        if part is None:
            # One of the rows cannot be kept, or there was a problem before.
            items, annotations = self._kept(items), self._kept(annotations)
            part = self._lay_down(items, annotations) if self._staging else None
        if part is None:
            return
        progress.parts.append(part)
        progress.events = self._events
        progress.media = to.identity.state
        if not self._exact:
            # The second reading is not resumable: what it leaves out is known to this process only.
            to.on_part(progress)

    def _lay_down(self, items: Sequence[Item], annotations: Sequence[Annotation]) -> StagedPart:
        parts = self._to.progress.parts
        return self._to.lake.stage(self._to.dataset_id, items, annotations, after=parts[-1] if parts else None)

    def _kept(self, rows: Sequence[Row]) -> list[Row]:
        """Those rows that the lake can keep. The others are problems: annotations now, items (with which their
        annotations go) in the second reading."""
        if storable(rows):
            return list(rows)
        kept = []
        for row in rows:
            why = unstorable(row)
            if why is None:
                kept.append(row)
            elif isinstance(row, Item):
                self._to.progress.lost.append(row.id)
            else:
                self._to.problems.add(_place(row), why, "correct it in the source")
        return kept

    def _store(self, media: Path | bytes) -> str:
        """Runs in the pool. InputError for a file that cannot be read; StorageError, which ends the attempt, where the
        blobs cannot be written."""
        if isinstance(media, Path):
            with open_regular(media) as file:
                size = file.seek(0, SEEK_END)
        else:
            size = len(media)
        limits = self._to.limits
        sound = isinstance(media, Path) and media.suffix.lower() in SOUND_SUFFIXES
        if size > (most := limits.sound_bytes if sound else limits.image_bytes):
            name = media.name if isinstance(media, Path) else "the file"
            raise LimitError(f"{name} is larger than {most:,} bytes", "make it smaller")
        return self._to.blobs.put(media)

    def _settle_one(self) -> None:
        index, stored = self._stored.popleft()
        item = self._items[index]
        try:
            blob = stored.result()
        except InputError as error:
            problem = Problem(item.name, error.detail, error.remedy)
            self._to.progress.problems.append(problem)
            self._to.problems.add(problem.where, problem.what, problem.remedy)
            return
        self._to.identity.add(item.name, blob)
        self._items[index] = msgspec.structs.replace(item, blob=blob)

    def _inexact(self) -> _Exact:
        unknown = self._waiting - self._item_ids
        hashes = np.sort(np.frombuffer(self._annotation_hashes, dtype=np.int64)) if self._annotation_hashes else None
        twice = [] if hashes is None else hashes[1:][hashes[1:] == hashes[:-1]].tolist()
        return _Exact(frozenset(unknown), frozenset(self._to.progress.lost), frozenset(twice))


def _place(annotation: Annotation) -> str:
    return str(annotation.origin) if annotation.origin is not None else annotation.id
