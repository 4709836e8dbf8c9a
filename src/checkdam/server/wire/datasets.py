"""Datasets, imports and versions."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from checkdam.server.wire.annotations import AnnotationOut
from checkdam.server.wire.base import Answer, Body, ItemKind, Name, SeverityCounts


class VersionSummaryOut(Answer):
    number: int
    created_at: str
    message: str
    item_count: int
    annotation_count: int


class DatasetOut(Answer):
    """A dataset as a list shows it. `findings` counts the open ones; `cover` holds up to four images; `kind` is the
    commonest kind of item, `kinds` are all that its first items have."""

    id: str
    name: str
    kind: ItemKind | None
    kinds: list[ItemKind]
    created_at: str
    version: VersionSummaryOut | None
    findings: SeverityCounts
    cover: list[str]
    running_job: str | None


class SkeletonOut(Answer):
    """The joints of a keypoint label in order, and the pairs of their indices (from 0) that are drawn as bones."""

    joints: list[str]
    bones: list[tuple[int, int]]


class LabelOut(Answer):
    """A label with the number of its annotations in the newest version. `color` is `#rrggbb`."""

    name: str
    color: str | None
    count: int
    skeleton: SkeletonOut | None


class TaxonomyOut(Answer):
    labels: list[LabelOut]


class DatasetDetailOut(DatasetOut):
    """`versions` is how many there are, `latest` the newest's number (0 before the first)."""

    taxonomy: TaxonomyOut
    versions: int
    latest: int


class ImportBody(Body):
    """`path` is a folder or archive below one of the server's import roots. `format` null: told by the content. With
    `keep_going` what cannot be read is left out and reported."""

    name: Name
    path: Annotated[str, StringConstraints(min_length=1, max_length=4096)]
    format: Annotated[str, StringConstraints(max_length=100)] | None = None
    keep_going: bool = False


class ImportRootsOut(Answer):
    """The folders of the server that datasets may be imported from, and the formats that can be read."""

    roots: list[str]
    formats: list[str]


class ImportSourceOut(Answer):
    """Something that can be imported, or a folder to look into."""

    name: str
    path: str
    kind: Literal["folder", "archive"]


class ImportSourcesOut(Answer):
    """The folders and archives in the folder `path`; `more` says that there are more than are listed."""

    path: str
    entries: list[ImportSourceOut]
    more: bool


class VersionOut(Answer):
    number: int
    parent: int | None
    message: str
    created_at: str
    created_by: str
    item_count: int
    annotation_count: int
    content_hash: str
    job_id: str | None


class CommitBody(Body):
    message: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class ChangeCountsOut(Answer):
    added: int
    removed: int
    changed: int


class LabelChangesOut(ChangeCountsOut):
    label: str


class ItemChangeOut(Answer):
    """What happened to one item: the annotations that differ, as they were and as they are. `kind` says whether the
    item itself was added, removed, changed, or only its annotations."""

    item_id: str
    item_name: str
    item_kind: ItemKind
    kind: Literal["added", "removed", "changed", "annotations"]
    blob: str | None
    width: int | None
    height: int | None
    text: str | None
    duration: float | None
    before: list[AnnotationOut]
    after: list[AnnotationOut]


class TaxonomyChangesOut(Answer):
    """Labels by name. A changed one has the same name and another definition; `rest` says that something else differs:
    the order of the labels, the instructions or the metadata."""

    added: list[str]
    removed: list[str]
    changed: list[str]
    rest: bool


class VersionDiffOut(Answer):
    """How version `number` differs from `against`. `changes` is one page; `next` is the offset of the following one."""

    number: int
    against: int
    items: ChangeCountsOut
    annotations: ChangeCountsOut
    by_label: list[LabelChangesOut]
    taxonomy: TaxonomyChangesOut
    changes: list[ItemChangeOut]
    next: int | None
