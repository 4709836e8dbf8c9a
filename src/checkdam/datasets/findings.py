"""The life of findings: pages, summary, decisions and undo.

A finding is *open* until somebody *accepts* it (it is true; its fix, if it has one, may be made) or *dismisses* it (it
is no flaw, or does not matter). It is *fixed* when a commit made its fix, and *gone* when its rule no longer finds it.
Decisions can be changed until then, and every decision can be undone.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from checkdam.datasets.model import (
    ActionKind,
    ActionRecord,
    ActionResult,
    FindingFilter,
    FindingsPage,
    FindingsSummary,
    FindingView,
    LabelFindings,
    RuleCounts,
    SeverityCounts,
)
from checkdam.datasets.store import Catalogue, FindingRow, FindingStore
from checkdam.datasets.versions import Versions
from checkdam.datasets.views import finding_view
from checkdam.schema import Annotation, InputError, Item
from checkdam.schema.finding import SEVERITIES

SORTS = ("severity", "rule", "item")
LARGEST_PAGE = 200
REASON_LENGTH = 2_000


@dataclass
class Findings:
    """The findings of all datasets. Wherever a dataset is asked for, its id or its name will do."""

    catalogue: Catalogue
    store: FindingStore
    versions: Versions

    def page(
        self,
        dataset: str,
        filter: FindingFilter | None = None,
        *,
        sort: str = "severity",
        offset: int = 0,
        limit: int = 50,
    ) -> FindingsPage:
        """`sort`: severity, rule or item. At most 200."""
        if sort not in SORTS:
            raise InputError(f"findings cannot be sorted by {sort!r}", f"sort by {', '.join(SORTS)}")
        if offset < 0 or not 1 <= limit <= LARGEST_PAGE:
            raise InputError(
                f"no page has offset {offset} and limit {limit}", f"offset from 0, limit from 1 to {LARGEST_PAGE}"
            )
        found = self.catalogue.published(dataset)
        wanted = filter or FindingFilter()
        rows = self.store.page(found.id, wanted, sort, offset, limit)
        total = self.store.count(found.id, wanted)
        return FindingsPage(total=total, offset=offset, findings=tuple(self._views(found.id, rows)))

    def get(self, dataset: str, finding_id: str) -> FindingView:
        """NotFoundError where the dataset has no such finding."""
        found = self.catalogue.published(dataset)
        return self._views(found.id, [self.store.get(found.id, finding_id)])[0]

    def of_item(self, dataset: str, item_id: str) -> tuple[FindingView, ...]:
        """The standing findings that an item is a subject of, gravest first."""
        found = self.catalogue.published(dataset)
        return tuple(self._views(found.id, self.store.of_item(found.id, item_id)))

    def summary(self, dataset: str) -> FindingsSummary:
        found = self.catalogue.published(dataset)
        states: Counter[str] = Counter()
        labels: Counter[str] = Counter()
        severities: Counter[str] = Counter()
        by_rule: defaultdict[str, Counter[str]] = defaultdict(Counter)
        rule_severities: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for rule, severity, state, label, fixable, safe, many in self.store.tally(found.id):
            states[state] += many
            by_rule[rule][state] += many
            if state not in {"gone", "fixed"}:
                rule_severities[rule][severity] += many
            if state == "open":
                severities[severity] += many
                by_rule[rule]["fixable"] += many * fixable
                by_rule[rule]["safe"] += many * safe
                if label is not None:
                    labels[label] += many
        return FindingsSummary(
            total=sum(many for state, many in states.items() if state != "gone"),
            by_state=dict(states),
            rules=tuple(_rule_counts(rule, by_rule[rule], rule_severities[rule]) for rule in sorted(by_rule)),
            labels=tuple(LabelFindings(label=label, open=many) for label, many in labels.most_common()),
            severities=SeverityCounts(**severities),
        )

    def act(
        self,
        dataset: str,
        kind: ActionKind,
        which: FindingFilter | Sequence[str],
        *,
        reason: str | None = None,
        actor: str,
    ) -> ActionResult:
        """Accept, dismiss or reopen those ids, or all that the filter keeps. Findings that are fixed or gone, or in
        the wanted state already, are left alone, so that a repeated call changes nothing."""
        if kind not in {"accept", "dismiss", "reopen"}:
            raise InputError(f"findings cannot be {kind!r}ed", "accept, dismiss or reopen them")
        if reason is not None and (kind != "dismiss" or len(reason) > REASON_LENGTH):
            raise InputError(
                "a reason is given for dismissing only, and in at most 2,000 characters", "leave it out, or shorten it"
            )
        found = self.catalogue.published(dataset)
        action_id, changed = self.store.act(found.id, kind, which, reason, actor)
        return ActionResult(action_id=action_id, changed=changed)

    def undo(self, dataset: str, action_id: str, *, actor: str) -> ActionResult:
        """Gives every finding of the action the state it had before, unless it has moved on since. Once: undoing again
        changes nothing. ConflictError when all have moved on, NotFoundError for an unknown action."""
        found = self.catalogue.published(dataset)
        return ActionResult(action_id=action_id, changed=self.store.undo(found.id, action_id, actor))

    def actions(self, dataset: str, *, limit: int = 20) -> list[ActionRecord]:
        """The newest first; at most 200."""
        if not 1 <= limit <= LARGEST_PAGE:
            raise InputError(f"no page has limit {limit}", f"from 1 to {LARGEST_PAGE}")
        return self.store.actions(self.catalogue.published(dataset).id, limit)

    def _views(self, dataset_id: str, rows: Sequence[FindingRow]) -> list[FindingView]:
        """The rows with their subjects, as in the version in which each was last seen."""
        groups: defaultdict[int, list[FindingRow]] = defaultdict(list)
        for row in rows:
            groups[row.last_version].append(row)
        views: dict[str, FindingView] = {}
        for number, members in groups.items():
            items, annotations = self._subjects(dataset_id, number, members)
            views |= {row.id: finding_view(row, items, annotations) for row in members}
        return [views[row.id] for row in rows]

    def _subjects(
        self, dataset_id: str, number: int, rows: Sequence[FindingRow]
    ) -> tuple[dict[str, Item], dict[str, Annotation]]:
        version = self.catalogue.version(dataset_id, number)
        if version is None:
            return {}, {}
        item_ids = sorted({key for row in rows for key in row.subject.item_ids})
        annotation_ids = {key for row in rows if row.subject.kind == "annotation" for key in row.subject.ids}
        if self.versions.queries.ready(version):
            return self.versions.queries.subjects(version, item_ids)
        items = self.versions.items_named(version, item_ids)
        return dict(items), dict(self.versions.annotations_named(version, sorted(annotation_ids)))


def _rule_counts(rule: str, counts: Counter[str], severities: Counter[str]) -> RuleCounts:
    """The severity is the commonest of the rule's findings, the graver of two as common."""
    severity = max(SEVERITIES, key=lambda one: (severities[one], -SEVERITIES.index(one)))
    return RuleCounts(
        rule=rule,
        severity=severity,
        open=counts["open"],
        accepted=counts["accepted"],
        dismissed=counts["dismissed"],
        fixed=counts["fixed"],
        fixable=counts["fixable"],
        safe=counts["safe"],
    )
