"""The job `revert`: a new version that is equal to an old one. Nothing is lost: what is in between stays readable."""

from dataclasses import dataclass
from typing import Any

import msgspec

from checkdam.datasets.checks import Checks, CheckSubject
from checkdam.datasets.committing import Committer, Draft
from checkdam.datasets.model import RevertResult
from checkdam.datasets.store import Catalogue, lake_ref
from checkdam.datasets.versions import Versions
from checkdam.jobs import JobContext
from checkdam.schema import LineageEdge


@dataclass
class Reverter:
    """Calling it is the job's function."""

    catalogue: Catalogue
    committer: Committer
    versions: Versions
    checks: Checks

    def __call__(self, context: JobContext, *, dataset_id: str, number: int) -> dict[str, Any]:
        made = self.catalogue.version_of_job(context.job.id)
        newest = self.versions.get(dataset_id)
        wanted = self.versions.get(dataset_id, number)
        dataset = self.catalogue.find(dataset_id)
        actor = context.job.created_by
        draft = Draft(
            dataset_id=dataset_id,
            ref=lake_ref(wanted),
            taxonomy=self.catalogue.taxonomy(dataset_id, wanted.taxonomy_id),
            message=f"revert to version {number}",
            created_by=actor,
            job_id=context.job.id,
        )
        if made is None and not self.committer.same(newest, draft):
            self.checks.before("commit", CheckSubject(dataset, newest, actor))
            made = self.committer.add(
                draft,
                newest.number + 1,
                lambda urn: [LineageEdge(parent=wanted.urn, child=urn, relation="reverted", job_id=context.job.id)],
                guard=context.guard,
            )
        if made is not None:
            self.checks.after("commit", CheckSubject(dataset, made, actor))
        result = RevertResult(
            dataset_id=dataset_id,
            version=newest.number if made is None else made.number,
            unchanged=made is None,
            content_hash=wanted.content_hash,
        )
        plain: dict[str, Any] = msgspec.to_builtins(result)
        return plain
