"""What the datasets service answers: frozen values, ready for a wire. Boxes are `(x, y, width, height)` in pixels."""

from typing import Any, Literal

from msgspec import Struct, field

from checkdam.lint.combine import FixConflict
from checkdam.schema import GeometryKind, ItemKind, Problem, Scalar, Severity, Skeleton, SubjectKind, Taxonomy

FindingState = Literal["open", "accepted", "dismissed", "fixed", "gone"]
ActionKind = Literal["accept", "dismiss", "reopen"]
Decision = Literal["accepted", "dismissed"]

AUTOMATIC = "checkdam, for "
"""What an actor begins with where the program decided by itself, on somebody's behalf: no user has such a name."""


class SeverityCounts(Struct, frozen=True):
    """How many findings of each severity."""

    error: int = 0
    warning: int = 0
    info: int = 0


class VersionSummary(Struct, frozen=True, kw_only=True):
    number: int
    created_at: str
    message: str
    item_count: int
    annotation_count: int


class DatasetSummary(Struct, frozen=True, kw_only=True):
    """A dataset as a list shows it. `findings` counts the open ones; `cover` holds up to four images; `kind` is the
    commonest kind of item (None before the first version), `kinds` are all that its first items have."""

    id: str
    name: str
    kind: ItemKind | None
    kinds: tuple[ItemKind, ...]
    created_at: str
    version: VersionSummary | None
    findings: SeverityCounts
    cover: tuple[str, ...]
    running_job: str | None


class LabelCount(Struct, frozen=True, kw_only=True):
    """A label of the taxonomy, or one that only annotations use, with the number of annotations."""

    name: str
    color: str | None
    count: int
    skeleton: Skeleton | None


class DatasetDetail(DatasetSummary, frozen=True, kw_only=True):
    """`versions` is how many there are, `latest` the newest's number (0 before the first)."""

    taxonomy: Taxonomy
    labels: tuple[LabelCount, ...]
    versions: int
    latest: int


class AnnotationView(Struct, frozen=True, kw_only=True):
    """An annotation as views need it. `box` is the geometry itself, the declared box, or the extent of the geometry;
    `geometry` is its tagged JSON object and None for plain boxes, which `box` says already."""

    id: str
    label: str
    kind: GeometryKind
    box: tuple[float, float, float, float] | None
    geometry: dict[str, Any] | None
    attributes: dict[str, Any]
    origin: str | None


class ItemView(Struct, frozen=True, kw_only=True):
    """One row of a page of items. `finding_counts` counts the open findings."""

    id: str
    position: int
    name: str
    kind: ItemKind
    width: int | None
    height: int | None
    split: str | None
    blob: str | None
    text: str | None
    duration: float | None
    sample_rate: int | None
    finding_counts: SeverityCounts
    annotations: tuple[AnnotationView, ...]


class ItemsPage(Struct, frozen=True, kw_only=True):
    version: int
    total: int
    offset: int
    items: tuple[ItemView, ...]


class ItemFilter(Struct, frozen=True, kw_only=True):
    """Which items: the values of one field are alternatives, the fields all have to hold.

    `rule` keeps items with an open finding of the rule; `kind` is an item's kind; `q` is a part of the name or text,
    case-insensitive. `metadata` maps a key to the values wanted, as text (`true`, `12`, `city`).
    """

    label: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    q: str | None = None
    metadata: dict[str, tuple[str, ...]] = field(default_factory=dict)


class ItemSort(Struct, frozen=True, kw_only=True):
    """`by` is position, name, annotations, findings, width, height, or `meta.KEY`; ties go by position."""

    by: str = "position"
    descending: bool = False


class FacetValue(Struct, frozen=True, kw_only=True):
    value: str
    items: int
    annotations: int | None = None


class MetadataFacet(Struct, frozen=True, kw_only=True):
    """The commonest values of a metadata key; `more` says how many further values there are."""

    key: str
    values: tuple[FacetValue, ...]
    more: int


class Facets(Struct, frozen=True, kw_only=True):
    """Counts of the items that pass the filters; those of a field leave the field's own filter out."""

    version: int
    total: int
    labels: tuple[FacetValue, ...]
    splits: tuple[FacetValue, ...]
    kinds: tuple[FacetValue, ...]
    rules: tuple[FacetValue, ...]
    metadata: tuple[MetadataFacet, ...]


class FixView(Struct, frozen=True, kw_only=True):
    description: str
    safe: bool


class ItemCard(Struct, frozen=True, kw_only=True):
    """Enough of an item to draw a finding on it."""

    id: str
    name: str
    blob: str | None
    width: int | None
    height: int | None
    kind: ItemKind
    text: str | None
    duration: float | None


class SubjectView(Struct, frozen=True, kw_only=True):
    kind: SubjectKind
    ids: tuple[str, ...]
    item_ids: tuple[str, ...]


class FindingView(Struct, frozen=True, kw_only=True):
    """A finding with its state. `item` is the first of `items`, the subject's items; `annotations` are its
    annotations. Both are as in version `last_version`, the last in which the finding was seen."""

    id: str
    rule: str
    severity: Severity
    state: FindingState
    message: str
    label: str | None
    location: str
    subject: SubjectView
    evidence: dict[str, Any]
    fix: FixView | None
    reason: str | None
    item: ItemCard | None
    items: tuple[ItemCard, ...]
    annotations: tuple[AnnotationView, ...]
    first_version: int
    last_version: int
    updated_at: str
    updated_by: str


class FindingFilter(Struct, frozen=True, kw_only=True):
    """Which findings: the values of one field are alternatives, the fields all have to hold. `item` is an item's id,
    `q` a part of the message or location; `fixable` asks for a fix (True) or none (False), `safe` for a safe one;
    `decided` for what a person last decided, whatever became of the finding since."""

    state: tuple[FindingState, ...] = ()
    rule: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    label: tuple[str, ...] = ()
    item: str | None = None
    q: str | None = None
    fixable: bool | None = None
    safe: bool | None = None
    decided: Decision | None = None


class LabelRate(Struct, frozen=True, kw_only=True):
    """How many findings people accepted and dismissed; the share that was dismissed, None where none was decided; and
    its 95 % interval."""

    label: str
    accepted: int
    dismissed: int
    share: float | None
    low: float
    high: float


class DatasetRate(Struct, frozen=True, kw_only=True):
    """As `LabelRate`, of a dataset by its name, and of those of its labels with enough decisions."""

    dataset: str
    accepted: int
    dismissed: int
    share: float | None
    low: float
    high: float
    labels: tuple[LabelRate, ...]


class RuleRate(Struct, frozen=True, kw_only=True):
    """As `LabelRate`, of a rule over all datasets. It is noisy where the whole interval is above a half; `hint` then
    says what to do."""

    rule: str
    accepted: int
    dismissed: int
    share: float | None
    low: float
    high: float
    noisy: bool
    hint: str | None
    datasets: tuple[DatasetRate, ...]


class FindingsPage(Struct, frozen=True, kw_only=True):
    total: int
    offset: int
    findings: tuple[FindingView, ...]


class RuleCounts(Struct, frozen=True, kw_only=True):
    """How many findings of a rule are in each state; `fixable` counts the open ones that have a fix, `safe` those
    whose fix is safe."""

    rule: str
    severity: Severity
    open: int
    accepted: int
    dismissed: int
    fixed: int
    fixable: int
    safe: int


class LabelFindings(Struct, frozen=True, kw_only=True):
    label: str
    open: int


class FindingsSummary(Struct, frozen=True, kw_only=True):
    """`total` counts what still stands: everything but the findings that are gone. `severities` counts open ones."""

    total: int
    by_state: dict[str, int]
    rules: tuple[RuleCounts, ...]
    labels: tuple[LabelFindings, ...]
    severities: SeverityCounts


class ActionResult(Struct, frozen=True, kw_only=True):
    """`action_id` is None when nothing had to change, and then nothing is recorded."""

    action_id: str | None
    changed: int


class ActionRecord(Struct, frozen=True, kw_only=True):
    """A decision on findings. `undone_at` is set once it was taken back."""

    id: str
    at: str
    actor: str
    kind: ActionKind
    count: int
    rules: tuple[str, ...]
    reason: str | None
    undone_at: str | None


class ItemDetail(Struct, frozen=True, kw_only=True):
    """One item with all that is known of it. `previous`, `next`, `index` and `total` are its place among the items
    that pass the filters, in the order asked for (`index` is None when it does not pass them itself)."""

    version: int
    item: ItemView
    metadata: dict[str, Scalar]
    origin: str | None
    source_id: str | None
    annotations: tuple[AnnotationView, ...]
    findings: tuple[FindingView, ...]
    previous: str | None
    next: str | None
    index: int | None
    total: int


class ChangeCounts(Struct, frozen=True):
    added: int = 0
    removed: int = 0
    changed: int = 0


class LabelChanges(Struct, frozen=True, kw_only=True):
    label: str
    added: int
    removed: int
    changed: int


class ItemChange(Struct, frozen=True, kw_only=True):
    """What happened to one item: the annotations that differ, as they were and as they are. `kind` says whether the
    item itself was added, removed, changed, or only its annotations (`annotations`)."""

    item_id: str
    item_name: str
    item_kind: ItemKind
    kind: Literal["added", "removed", "changed", "annotations"]
    blob: str | None
    width: int | None
    height: int | None
    text: str | None
    duration: float | None
    before: tuple[AnnotationView, ...]
    after: tuple[AnnotationView, ...]


class TaxonomyChanges(Struct, frozen=True, kw_only=True):
    """Labels by name. A changed one has the same name and another definition; `rest` says that something else differs:
    the order of the labels, the instructions or the metadata."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    rest: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.rest)


class VersionDiff(Struct, frozen=True, kw_only=True):
    """How version `number` differs from `against`. `changes` is one page; `next` is the offset of the following one."""

    number: int
    against: int
    items: ChangeCounts
    annotations: ChangeCounts
    by_label: tuple[LabelChanges, ...]
    taxonomy: TaxonomyChanges
    changes: tuple[ItemChange, ...]
    next: int | None


class ImportResult(Struct, frozen=True, kw_only=True):
    """`unchanged`: the source holds just what the newest version does, so no version was made. `problems` are what
    was left out (only with `keep_going`); `problem_count` counts those beyond the ones listed too. `reused_parts`
    were staged by an earlier attempt and not read again."""

    dataset_id: str
    dataset: str
    version: int
    unchanged: bool
    format: str
    item_count: int
    annotation_count: int
    content_hash: str
    source: str
    parts: int
    reused_parts: int
    problem_count: int = 0
    problems: tuple[Problem, ...] = ()


class LintResult(Struct, frozen=True, kw_only=True):
    """What a lint run found on a version. `new` were never seen before or had gone; `gone` are no longer there."""

    run_id: str
    dataset_id: str
    version: int
    rules: tuple[str, ...]
    found: int
    new: int
    gone: int
    counts: dict[str, int]
    severities: SeverityCounts


class FixResult(Struct, frozen=True, kw_only=True):
    """`version` is the newest after the fixes. `fixed`, `gone`, `left` count findings; `left` are the accepted ones
    that stay so: without a fix, in conflict, or resting on something another fix removes."""

    dataset_id: str
    version: int
    unchanged: bool
    edits: int
    fixed: int
    gone: int
    left: int
    conflicts: tuple[FixConflict, ...]


class RevertResult(Struct, frozen=True, kw_only=True):
    dataset_id: str
    version: int
    unchanged: bool
    content_hash: str


class ExportLoss(Struct, frozen=True, kw_only=True):
    """One kind of thing that the format cannot hold: how many, and the first examples."""

    what: str
    count: int
    examples: tuple[str, ...]


class ExportResult(Struct, frozen=True, kw_only=True):
    """The counts are of what was written, which may be less than the version holds: `losses` say why."""

    export_id: str
    dataset_id: str
    version: int
    format: str
    target: str
    item_count: int
    annotation_count: int
    losses: tuple[ExportLoss, ...]
