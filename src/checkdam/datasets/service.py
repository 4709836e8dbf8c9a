"""The datasets service: what the command line and the server call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from checkdam.datasets.archiving import JOB, Archiver
from checkdam.datasets.checks import Checks
from checkdam.datasets.exporting import Exporter
from checkdam.datasets.findings import Findings
from checkdam.datasets.fixing import Fixer
from checkdam.datasets.importing import Importer
from checkdam.datasets.items import Items
from checkdam.datasets.linting import Linter
from checkdam.datasets.model import (
    DatasetDetail,
    DatasetSummary,
    ExportResult,
    LabelCount,
    SeverityCounts,
    VersionSummary,
)
from checkdam.datasets.rates import Rates
from checkdam.datasets.reverting import Reverter
from checkdam.datasets.store import Catalogue
from checkdam.datasets.versions import Versions
from checkdam.formats import format_named
from checkdam.jobs import Jobs, Registry
from checkdam.lint import LintConfig
from checkdam.lint.config import selected
from checkdam.schema import Dataset, DatasetVersion, Job, JobState, Taxonomy

UNFINISHED: tuple[JobState, ...] = ("queued", "running")
_NOT_BEGUN: tuple[JobState, ...] = ("queued",)
"""One that runs already may have looked at what has changed since."""

_SEARCHED_JOBS = 200


@dataclass
class Datasets:
    """Wherever a dataset is asked for, its id or its name will do; NotFoundError where there is none."""

    catalogue_store: Catalogue
    jobs: Jobs
    versions: Versions
    items: Items
    findings: Findings
    rates: Rates
    checks: Checks
    importer: Importer
    linter: Linter
    fixer: Fixer
    reverter: Reverter
    exporter: Exporter
    archiver: Archiver

    def register(self, registry: Registry) -> None:
        """Adds this service's jobs to those that workers can run."""
        registry.add("import", self.importer, title="Import")
        registry.add("lint", self.linter, title="Lint")
        registry.add("fix", self.fixer, title="Commit fixes")
        registry.add("revert", self.reverter, title="Revert")
        registry.add("export", self.exporter, title="Export")
        registry.add(JOB, self.archiver, title="Export")

    def resolve(self, dataset: str) -> Dataset:
        """By id or name; also one whose first import is not done, which only jobs speak of."""
        return self.catalogue_store.find(dataset)

    def catalogue(self) -> list[DatasetSummary]:
        """All datasets that have a version or are being imported, by name."""
        found = self.catalogue_store.all()
        newest = self.catalogue_store.newest([one.id for one in found])
        running = self._running_jobs()
        open_findings = self.findings.store.open_by_severity([one.id for one in found])
        return [
            self._summary(one, newest.get(one.id), open_findings.get(one.id, {}), running.get(one.id))
            for one in found
            if one.id in newest or one.id in running
        ]

    def detail(self, dataset: str) -> DatasetDetail:
        """One dataset, with its labels and how often the newest version has each."""
        found = self._visible(dataset)
        versions = self.catalogue_store.versions(found.id)
        newest = versions[0] if versions else None
        counts = self.findings.store.open_by_severity([found.id]).get(found.id, {})
        summary = self._summary(found, newest, counts, self._running_jobs(found.id).get(found.id))
        taxonomy = self.versions.taxonomy(found.id, newest.number) if newest else Taxonomy()
        used = self.items.label_counts(newest) if newest else {}
        return DatasetDetail(
            **msgspec.structs.asdict(summary),
            taxonomy=taxonomy,
            labels=_label_counts(taxonomy, used),
            versions=len(versions),
            latest=newest.number if newest else 0,
        )

    def rename(self, dataset: str, name: str, *, actor: str) -> Dataset:
        """ConflictError when another dataset has the name."""
        found = self._visible(dataset)
        self.catalogue_store.rename(found.id, name, actor)
        return self.resolve(found.id)

    def delete(self, dataset: str, *, actor: str) -> None:
        """The dataset is seen no more and its name is free again at once; its jobs are cancelled. Lineage keeps
        knowing it."""
        found = self._visible(dataset)
        self.catalogue_store.delete(found.id, actor)
        for job in self.jobs.list(states=UNFINISHED, arguments={"dataset_id": found.id}, limit=_SEARCHED_JOBS):
            self.jobs.cancel(job.id)

    def submit_import(
        self, name: str, path: Path, *, format: str | None = None, keep_going: bool = False, actor: str
    ) -> Job:
        """Job `import`; its result is an ImportResult as JSON. InputError for an unfit name or format.

        The same call while such a job is unfinished gives that job; after it failed or was cancelled, it goes on.
        """
        if format is not None:
            format_named(format)
        dataset = self.catalogue_store.ensure(name)
        arguments = {
            "dataset_id": dataset.id,
            "path": str(path.absolute()),
            "format": format,
            "keep_going": keep_going,
        }
        return self._submit("import", arguments, actor, resume=True)

    def submit_lint(
        self,
        dataset: str,
        *,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        config: LintConfig | None = None,
        actor: str,
    ) -> Job:
        """Job `lint` on the newest version; its result is a LintResult as JSON. `select` and `ignore` are rules by name
        or pattern, over those of `config`. InputError with every mistake in them."""
        version = self.versions.get(dataset)
        wanted = (config or LintConfig()).overridden(select=tuple(select), ignore=tuple(ignore))
        selected(wanted)
        arguments = {"dataset_id": version.dataset_id, "config": msgspec.to_builtins(wanted)}
        return self._submit("lint", arguments, actor, join=_NOT_BEGUN)

    def submit_fix(self, dataset: str, *, message: str = "", actor: str) -> Job:
        """Job `fix`: commits the accepted fixes; its result is a FixResult as JSON."""
        version = self.versions.get(dataset)
        arguments = {"dataset_id": version.dataset_id, "message": message}
        return self._submit("fix", arguments, actor, join=_NOT_BEGUN)

    def submit_revert(self, dataset: str, number: int, *, actor: str) -> Job:
        """Job `revert`: a new version equal to `number`; its result is a RevertResult as JSON."""
        version = self.versions.get(dataset, number)
        return self._submit("revert", {"dataset_id": version.dataset_id, "number": number}, actor)

    def submit_export(self, dataset: str, format: str, target: Path, *, version: int | None = None, actor: str) -> Job:
        """Job `export` into a new or empty folder; its result is an ExportResult as JSON."""
        format_named(format)
        wanted = self.versions.get(dataset, version)
        arguments = {
            "dataset_id": wanted.dataset_id,
            "format": format,
            "target": str(target.absolute()),
            "version": wanted.number,
        }
        return self._submit("export", arguments, actor, exclusive=False)

    def export(
        self, dataset: str, format: str, target: Path, *, version: int | None = None, actor: str
    ) -> ExportResult:
        """The same, at once. InputError where `target` is there and not empty."""
        return self.exporter.write(dataset, format, target, version=version, actor=actor)

    def submit_archive(self, dataset: str, format: str, *, version: int | None = None, actor: str) -> Job:
        """Job `archive`: the export as one zip file, which `archive` then gives; its result is an ExportResult as
        JSON."""
        format_named(format)
        wanted = self.versions.get(dataset, version)
        arguments = {"dataset_id": wanted.dataset_id, "format": format, "version": wanted.number}
        return self._submit(JOB, arguments, actor, exclusive=False)

    def archive(self, dataset: str, job_id: str) -> tuple[Path, str]:
        """The zip file that a job `archive` of this dataset made, and its name. NotFoundError, also for another
        dataset's."""
        return self.archiver.made(self.jobs.get(job_id, log=False), self._visible(dataset).id)

    def _submit(
        self,
        name: str,
        arguments: Mapping[str, Any],
        actor: str,
        *,
        join: Sequence[JobState] = UNFINISHED,
        resume: bool = False,
        exclusive: bool = True,
    ) -> Job:
        """The last job of that name and these arguments, if its state is in `join`; with `resume`, if it failed, it
        goes on; else a new one.

        The key chains it to the one before: two callers at once get one job.
        """
        arguments = msgspec.json.decode(msgspec.json.encode(arguments))  # as the queue keeps them
        dataset_id = arguments["dataset_id"]
        earlier = self.jobs.list(names=(name,), arguments={"dataset_id": dataset_id}, limit=_SEARCHED_JOBS)
        last = next((job for job in earlier if job.arguments == arguments), None)
        if last is not None and last.state in join:
            return last
        if last is not None and resume and last.state in {"failed", "cancelled"}:
            return self.jobs.retry(last.id)
        digest = blake2b(msgspec.json.encode(arguments, order="deterministic"), digest_size=10).hexdigest()
        return self.jobs.submit(
            name,
            arguments,
            key=f"{name}:{dataset_id}:{digest}:{last.id if last else 'first'}",
            created_by=actor,
            exclusive=f"dataset:{dataset_id}" if exclusive else None,
        )

    def _visible(self, dataset: str) -> Dataset:
        """One that has a version or is being imported."""
        found = self.resolve(dataset)
        return found if self._running_jobs(found.id) else self.catalogue_store.published(dataset)

    def _running_jobs(self, dataset_id: str | None = None) -> dict[str, str]:
        """The unfinished job of each dataset: one that runs, else the one that is next."""
        wanted = {"dataset_id": dataset_id} if dataset_id else None
        jobs: dict[str, str] = {}
        for state in UNFINISHED:
            # Newest first, so what is written last is the oldest: the next in the queue.
            for job in self.jobs.list(states=(state,), arguments=wanted, limit=_SEARCHED_JOBS):
                key = job.arguments.get("dataset_id")
                if isinstance(key, str):
                    jobs[key] = job.id
        return jobs

    def _summary(
        self, dataset: Dataset, newest: DatasetVersion | None, counts: Mapping[str, int], running: str | None
    ) -> DatasetSummary:
        face = self.items.face(newest) if newest else None
        return DatasetSummary(
            id=dataset.id,
            name=dataset.name,
            kind=face.kinds[0] if face and face.kinds else None,
            kinds=face.kinds if face else (),
            created_at=dataset.created_at,
            version=None if newest is None else _version_summary(newest),
            findings=SeverityCounts(**counts),
            cover=face.cover if face else (),
            running_job=running,
        )


def _version_summary(version: DatasetVersion) -> VersionSummary:
    return VersionSummary(
        number=version.number,
        created_at=version.created_at,
        message=version.message,
        item_count=version.item_count,
        annotation_count=version.annotation_count,
    )


def _label_counts(taxonomy: Taxonomy, used: Mapping[str, int]) -> tuple[LabelCount, ...]:
    """The taxonomy's labels in its order, then those that are used without being in it."""
    known = {label.name: label for label in taxonomy.labels}
    told = [(label.name, label.color, label.skeleton) for label in known.values()]
    told += [(name, None, None) for name in sorted(used.keys() - known.keys())]
    return tuple(
        LabelCount(name=name, color=color, count=used.get(name, 0), skeleton=skeleton) for name, color, skeleton in told
    )
