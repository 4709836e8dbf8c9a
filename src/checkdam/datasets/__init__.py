"""Datasets: import, versions, findings, fixes, export. A library: plain values in, frozen values out, no request known.

    datasets = workspace.datasets
    job = datasets.submit_import("cells", path, actor="ada")      # also _lint, _fix, _revert, _export
    workspace.run(job)                                            # here and now; a server's workers do it else
    datasets.catalogue(); datasets.detail("cells")
    datasets.versions.all("cells"); datasets.versions.diff("cells", 2)
    datasets.items.page("cells", ItemFilter(label=("RBC",)), ItemSort("name"), offset=0, limit=50)
    datasets.findings.page("cells", FindingFilter(state=("open",)))
    datasets.findings.act("cells", "accept", FindingFilter(safe=True), actor="ada")

Wherever a dataset is asked for, its id or its name will do.
"""

from checkdam.datasets.checks import Check, Checks, CheckSubject
from checkdam.datasets.findings import Findings
from checkdam.datasets.items import Items
from checkdam.datasets.model import (
    AUTOMATIC,
    ActionKind,
    ActionRecord,
    ActionResult,
    AnnotationView,
    ChangeCounts,
    DatasetDetail,
    DatasetRate,
    DatasetSummary,
    ExportLoss,
    ExportResult,
    Facets,
    FacetValue,
    FindingFilter,
    FindingsPage,
    FindingsSummary,
    FindingState,
    FindingView,
    FixResult,
    FixView,
    ImportResult,
    ItemCard,
    ItemChange,
    ItemDetail,
    ItemFilter,
    ItemSort,
    ItemsPage,
    ItemView,
    LabelChanges,
    LabelCount,
    LabelFindings,
    LabelRate,
    LintResult,
    MetadataFacet,
    RevertResult,
    RuleCounts,
    RuleRate,
    SeverityCounts,
    SubjectView,
    TaxonomyChanges,
    VersionDiff,
    VersionSummary,
)
from checkdam.datasets.rates import Rates
from checkdam.datasets.service import Datasets
from checkdam.datasets.versions import Versions
from checkdam.lint.combine import FixConflict

__all__ = [
    "AUTOMATIC",
    "ActionKind",
    "ActionRecord",
    "ActionResult",
    "AnnotationView",
    "ChangeCounts",
    "Check",
    "CheckSubject",
    "Checks",
    "DatasetDetail",
    "DatasetRate",
    "DatasetSummary",
    "Datasets",
    "ExportLoss",
    "ExportResult",
    "FacetValue",
    "Facets",
    "FindingFilter",
    "FindingState",
    "FindingView",
    "Findings",
    "FindingsPage",
    "FindingsSummary",
    "FixConflict",
    "FixResult",
    "FixView",
    "ImportResult",
    "ItemCard",
    "ItemChange",
    "ItemDetail",
    "ItemFilter",
    "ItemSort",
    "ItemView",
    "Items",
    "ItemsPage",
    "LabelChanges",
    "LabelCount",
    "LabelFindings",
    "LabelRate",
    "LintResult",
    "MetadataFacet",
    "Rates",
    "RevertResult",
    "RuleCounts",
    "RuleRate",
    "SeverityCounts",
    "SubjectView",
    "TaxonomyChanges",
    "VersionDiff",
    "VersionSummary",
    "Versions",
]
