"""Findings and what people decide on them."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from checkdam.server.wire.annotations import AnnotationOut, ItemCardOut
from checkdam.server.wire.base import Answer, Body, Severity, SeverityCounts

FindingState = Literal["open", "accepted", "dismissed", "fixed", "gone"]
Decision = Literal["accepted", "dismissed"]
ActionName = Literal["accept", "dismiss", "reopen"]
Text = Annotated[str, StringConstraints(max_length=500)]


class FixOut(Answer):
    description: str
    safe: bool


class SubjectOut(Answer):
    kind: Literal["annotation", "item", "dataset"]
    ids: list[str]
    item_ids: list[str]


class FindingOut(Answer):
    """A finding with its state. `item` is the first of `items`, the subject's items; `annotations` are its
    annotations, both as in version `last_version`."""

    id: str
    rule: str
    severity: Severity
    state: FindingState
    message: str
    label: str | None
    location: str
    subject: SubjectOut
    evidence: dict[str, Any]
    fix: FixOut | None
    reason: str | None
    item: ItemCardOut | None
    items: list[ItemCardOut]
    annotations: list[AnnotationOut]
    first_version: int
    last_version: int
    updated_at: str
    updated_by: str


class FindingsPageOut(Answer):
    total: int
    offset: int
    findings: list[FindingOut]


class RuleCountsOut(Answer):
    """Findings of a rule by state; `fixable` counts the open ones that have a fix, `safe` those whose fix is safe."""

    rule: str
    severity: Severity
    open: int
    accepted: int
    dismissed: int
    fixed: int
    fixable: int
    safe: int


class LabelFindingsOut(Answer):
    label: str
    open: int


class FindingsSummaryOut(Answer):
    """`severities` counts open findings; `total` all that are not gone."""

    total: int
    by_state: dict[str, int]
    rules: list[RuleCountsOut]
    labels: list[LabelFindingsOut]
    severities: SeverityCounts


class FindingFilterBody(Body):
    """Which findings: the values of one field are alternatives, the fields all have to hold."""

    state: list[FindingState] = Field(default=[], max_length=10)
    rule: list[Text] = Field(default=[], max_length=200)
    severity: list[Severity] = Field(default=[], max_length=10)
    label: list[Text] = Field(default=[], max_length=200)
    item: Text | None = None
    q: Text | None = None
    fixable: bool | None = None
    safe: bool | None = None
    decided: Decision | None = None


class ActionBody(Body):
    """Exactly one of `ids` and `filter` says which findings."""

    kind: ActionName
    ids: Annotated[list[Annotated[str, StringConstraints(max_length=100)]], Field(max_length=10_000)] | None = None
    filter: FindingFilterBody | None = None
    reason: Annotated[str, StringConstraints(max_length=2000)] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "ActionBody":
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give either ids or filter")
        return self


class ActionOut(Answer):
    """`action_id` is null when nothing had to change."""

    action_id: str | None
    changed: int


class UndoOut(Answer):
    changed: int


class ActionRecordOut(Answer):
    """A decision on findings; `undone_at` is set once it was taken back."""

    id: str
    at: str
    actor: str
    kind: ActionName
    count: int
    rules: list[str]
    reason: str | None
    undone_at: str | None


class LintBody(Body):
    """Which rules to run: those selected (all if null), less those ignored."""

    select: Annotated[list[Text], Field(max_length=200)] | None = None
    ignore: list[Text] = Field(default=[], max_length=200)
