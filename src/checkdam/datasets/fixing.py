"""The job `fix`: the fixes of the accepted findings, put together and committed as the next version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from checkdam.datasets.checks import Checks, CheckSubject
from checkdam.datasets.committing import Committer, Draft
from checkdam.datasets.linting import Linter
from checkdam.datasets.model import FixResult
from checkdam.datasets.store import Catalogue, Connection, FindingRow, FindingStore, transaction
from checkdam.datasets.versions import Versions
from checkdam.jobs import JobContext
from checkdam.lineage import Lineage
from checkdam.lint import LintConfig, rules
from checkdam.lint.combine import Combined, Present, Repair, combine, mentioned
from checkdam.schema import DatasetVersion, LineageEdge


@dataclass
class Fixer:
    """Calling it is the job's function."""

    catalogue: Catalogue
    committer: Committer
    versions: Versions
    findings: FindingStore
    linter: Linter
    lineage: Lineage
    checks: Checks

    def __call__(self, context: JobContext, *, dataset_id: str, message: str) -> dict[str, Any]:
        result = self._finished(context) or self._fix(context, dataset_id, message)
        if not result.unchanged:
            dataset = self.catalogue.find(dataset_id)
            version = self.catalogue.version(dataset_id, result.version)
            self.checks.after("commit", CheckSubject(dataset, version, context.job.created_by))
        plain: dict[str, Any] = msgspec.to_builtins(result)
        return plain

    def _finished(self, context: JobContext) -> FixResult | None:
        """The result, where an earlier attempt got as far as the version's row and no further."""
        if self.catalogue.version_of_job(context.job.id) is None or context.checkpoint is None:
            return None
        return msgspec.convert(context.checkpoint, FixResult)

    def _fix(self, context: JobContext, dataset_id: str, message: str) -> FixResult:
        base = self.versions.get(dataset_id)
        dataset = self.catalogue.find(dataset_id)
        self.checks.before("commit", CheckSubject(dataset, base, context.job.created_by))
        rows = self._current(context, base)
        repairs = [Repair(row.id, row.subject, row.fix) for row in rows if row.fix is not None]
        combined = combine(repairs, self._present(base, repairs))
        left = len(rows) - len(combined.fixed) - len(combined.gone)

        def result(number: int) -> FixResult:
            return FixResult(
                dataset_id=dataset_id,
                version=number,
                unchanged=number == base.number,
                edits=len(combined.edits),
                fixed=len(combined.fixed),
                gone=len(combined.gone),
                left=left,
                conflicts=combined.conflicts,
            )

        for conflict in combined.conflicts:
            context.log(f"{conflict.subject}: {len(conflict.findings)} fixes contradict one another: {conflict.reason}")
        if not combined.edits:
            with transaction(self.catalogue.engine) as connection:
                context.guard(connection)
                self._settle(connection, combined, base, context)
            return result(base.number)
        made = result(base.number + 1)
        context.progress(0, None, "writing the version")
        draft = Draft(
            dataset_id=dataset_id,
            ref=self.versions.edited(base, combined.edits),
            taxonomy=self.versions.taxonomy(dataset_id, base.number),
            message=message or _described(rows, combined),
            created_by=context.job.created_by,
            job_id=context.job.id,
        )
        context.save_checkpoint(msgspec.to_builtins(made))
        self.committer.add(
            draft,
            made.version,
            lambda urn: self._edges(context.job.id, base, urn, rows, combined),
            guard=context.guard,
            also=[lambda connection: self._settle(connection, combined, base, context)],
        )
        return made

    def _current(self, context: JobContext, base: DatasetVersion) -> list[FindingRow]:
        """The accepted findings, their fixes as they are on the newest version.

        Fixes that were computed on an older one are computed again, by running their rules; what the rules no longer
        find is gone.
        """
        rows = self.findings.accepted(base.dataset_id)
        stale = sorted({row.rule for row in rows if row.last_version != base.number} & rules().keys())
        if not stale:
            return rows
        context.log(f"looks again at version {base.number} with {', '.join(stale)}: the findings are of an older one")
        found, ran = self.linter.look(base, LintConfig(select=tuple(stale)), context)
        self.linter.record(base, found, ran, context)
        return self.findings.accepted(base.dataset_id)

    def _present(self, base: DatasetVersion, repairs: Sequence[Repair]) -> Present:
        annotation_ids, item_ids = mentioned(repairs)
        annotations = self.versions.annotations_named(base, sorted(annotation_ids))
        return Present(annotations, self.versions.items_named(base, sorted(item_ids)))

    def _settle(self, connection: Connection, combined: Combined, base: DatasetVersion, context: JobContext) -> None:
        self.findings.settle(connection, base.dataset_id, combined.fixed, combined.gone, context.job.created_by)

    def _edges(
        self, job_id: str, base: DatasetVersion, urn: str, rows: Sequence[FindingRow], combined: Combined
    ) -> list[LineageEdge]:
        """Version → lint run → finding → edit → version, and from version to version."""
        edit = f"edit:{job_id}"
        edges = [
            LineageEdge(parent=base.urn, child=urn, relation="edited", job_id=job_id),
            LineageEdge(
                parent=edit, child=urn, relation="applied", job_id=job_id, detail={"edits": len(combined.edits)}
            ),
        ]
        runs: dict[int, str | None] = {}
        fixed = set(combined.fixed)
        for row in rows:
            if row.id not in fixed:
                continue
            if row.last_version not in runs:
                runs[row.last_version] = self._lint_of(base.dataset_id, row.last_version)
            here = f"finding:{base.dataset_id}/{row.id}"
            detail = {"rule": row.rule, "message": row.message}
            source = runs[row.last_version] or f"version:{base.dataset_id}@{row.last_version}"
            edges.append(LineageEdge(parent=source, child=here, relation="found", job_id=job_id, detail=detail))
            edges.append(LineageEdge(parent=here, child=edit, relation="suggested", job_id=job_id))
        return edges

    def _lint_of(self, dataset_id: str, number: int) -> str | None:
        """The last lint run on a version."""
        runs = [
            edge.child for edge in self.lineage.children(f"version:{dataset_id}@{number}") if edge.relation == "linted"
        ]
        return runs[-1] if runs else None


def _described(rows: Sequence[FindingRow], combined: Combined) -> str:
    fixed = set(combined.fixed)
    names = sorted({row.rule for row in rows if row.id in fixed})
    return f"fixes of {len(fixed)} finding{'s' if len(fixed) != 1 else ''}: {', '.join(names)}"
