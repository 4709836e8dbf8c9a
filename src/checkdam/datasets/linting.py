"""The job `lint`: the rules over the newest version, their findings taken up in the inbox."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgspec

from checkdam.compute import Executor
from checkdam.datasets.model import LintResult, SeverityCounts
from checkdam.datasets.store import Catalogue, FactFile, FindingStore, transaction
from checkdam.datasets.versions import Versions
from checkdam.jobs import JobContext
from checkdam.lineage import Lineage
from checkdam.lint import LintConfig, lint, runs
from checkdam.lint.config import selected
from checkdam.lint.media import MEDIA_KINDS
from checkdam.schema import DatasetVersion, Finding, LineageEdge


@dataclass
class Linter:
    """Calling it is the job's function."""

    catalogue: Catalogue
    versions: Versions
    findings: FindingStore
    facts: FactFile
    lineage: Lineage
    executor: Executor

    def __call__(self, context: JobContext, *, dataset_id: str, config: dict[str, Any]) -> dict[str, Any]:
        rules = msgspec.convert(config, LintConfig)
        version = self.versions.get(dataset_id)
        found, ran = self.look(version, rules, context)
        result = self.record(version, found, ran, context)
        plain: dict[str, Any] = msgspec.to_builtins(result)
        return plain

    def look(
        self, version: DatasetVersion, config: LintConfig, context: JobContext
    ) -> tuple[list[Finding], tuple[str, ...]]:
        """What the rules find on a version, and which of them ran."""
        context.progress(0, None, "reading the version")
        frame = self.versions.frame(version)
        # Severity is for whoever reads the findings: what is left unreported here would count as gone.
        config = config.overridden(severity="info")
        media = self.versions.media_path if any(item.kind in MEDIA_KINDS for item in frame.items) else None
        ran = tuple(one.rule.name for one in selected(config) if runs(one.rule, media))

        def progress(done: int, total: int, status: str) -> None:
            context.progress(done, total, status)

        try:
            return lint(frame, media, config, progress, self.facts, executor=self.executor), ran
        finally:
            self.facts.flush()

    def record(
        self, version: DatasetVersion, found: list[Finding], ran: tuple[str, ...], context: JobContext
    ) -> LintResult:
        """Takes the findings up, in one transaction that asserts the job's lease."""
        run = f"lint:{context.job.id}"
        actor = context.job.created_by
        with transaction(self.catalogue.engine) as connection:
            context.guard(connection)
            recorded = self.findings.record(
                connection, version.dataset_id, version.number, found, rules=ran, actor=actor
            )
            edge = LineageEdge(
                parent=version.urn,
                child=run,
                relation="linted",
                job_id=context.job.id,
                detail={"rules": list(ran), "findings": len(found)},
            )
            self.lineage.record([edge], connection)
        grave = {str(name): many for name, many in Counter(finding.severity for finding in found).items()}
        return LintResult(
            run_id=run,
            dataset_id=version.dataset_id,
            version=version.number,
            rules=ran,
            found=len(found),
            new=recorded.new,
            gone=recorded.gone,
            counts=dict(sorted(Counter(finding.rule for finding in found).items())),
            severities=SeverityCounts(**grave),
        )
