"""The job `import`: reads a folder, stages it in parts, publishes them in the lake, and adds the version's row.

The row is the commit point. Killed before it, the import goes on from its last staged part and nobody has seen
anything; killed after it, the version is there and the job only has to say so.
"""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from checkdam.datasets.checks import Checks, CheckSubject
from checkdam.datasets.committing import Committer, Draft
from checkdam.datasets.model import ImportResult
from checkdam.datasets.reading import Progress, Reading
from checkdam.datasets.source import Identity, add_documents, stamp
from checkdam.datasets.store import Blobs, Catalogue, Lake
from checkdam.datasets.unpacking import Unpacked
from checkdam.formats import Format, detect, format_named
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.jobs import JobContext
from checkdam.lineage import Lineage
from checkdam.schema import ConflictError, InputError, LineageEdge, Problem, Problems

LISTED_PROBLEMS = 200
LOGGED_PROBLEMS = 50


class Checkpoint(Struct, kw_only=True):
    """`stamp` and `format` tell whether what is staged was read from the source as it is now."""

    stamp: str
    format: str
    progress: Progress
    result: ImportResult | None = None


@dataclass
class Importer:
    """Calling it is the job's function."""

    catalogue: Catalogue
    committer: Committer
    lake: Lake
    blobs: Blobs
    lineage: Lineage
    checks: Checks
    unpacked: Unpacked
    limits: InputLimits = DEFAULT_LIMITS

    def __call__(
        self, context: JobContext, *, dataset_id: str, path: str, format: str | None, keep_going: bool
    ) -> dict[str, Any]:
        result = self._finished(context) or self._import(context, dataset_id, Path(path), format, keep_going)
        if not result.unchanged:
            dataset = self.catalogue.find(dataset_id)
            version = self.catalogue.version(dataset_id, result.version)
            self.checks.after("import", CheckSubject(dataset, version, context.job.created_by))
        plain: dict[str, Any] = msgspec.to_builtins(result)
        return plain

    def _finished(self, context: JobContext) -> ImportResult | None:
        """The result, where an earlier attempt got as far as the version's row and no further."""
        version = self.catalogue.version_of_job(context.job.id)
        if version is None or context.checkpoint is None:
            return None
        return msgspec.convert(context.checkpoint, Checkpoint).result

    def _import(
        self, context: JobContext, dataset_id: str, source: Path, format: str | None, keep_going: bool
    ) -> ImportResult:
        dataset = self.catalogue.find(dataset_id)
        newest = self.catalogue.version(dataset_id)
        self.checks.before("import", CheckSubject(dataset, newest, context.job.created_by))
        context.progress(0, None, "looking at the source")
        if not source.exists():
            raise InputError(f"{source} does not exist", "give the folder or file of a dataset")

        def unpacking(done: int) -> None:
            context.progress(done, None, "unpacking, in bytes")

        with self.unpacked.opened(source, context.job.id, format, unpacking) as root:
            chosen = format_named(format) if format else detect(root)
            return self._from(context, root, chosen, dataset_id=dataset_id, keep_going=keep_going, name=source.name)

    def _from(
        self, context: JobContext, root: Path, chosen: Format, *, dataset_id: str, keep_going: bool, name: str
    ) -> ImportResult:
        """`name` is what people call the source."""
        checkpoint = self._resumed(context, stamp(root), chosen)
        reading = self._read(context, checkpoint, chosen, dataset_id=dataset_id, keep_going=keep_going, root=root)
        identity = reading.identity.copy()
        add_documents(root, identity)
        if stamp(root) != checkpoint.stamp:
            raise ConflictError(f"{root} was changed while it was read", "import it again when it rests")
        return self._publish(context, checkpoint, reading, identity, name)

    def _resumed(self, context: JobContext, now: str, chosen: Format) -> Checkpoint:
        if context.checkpoint is not None:
            saved = msgspec.convert(context.checkpoint, Checkpoint)
            if saved.stamp == now and saved.format == chosen.name:
                context.log(f"goes on after {len(saved.progress.parts)} parts that are staged")
                return saved
            context.log("the source has changed since the last attempt; reads it from the start")
        return Checkpoint(stamp=now, format=chosen.name, progress=Progress())

    def _read(
        self,
        context: JobContext,
        checkpoint: Checkpoint,
        chosen: Format,
        *,
        dataset_id: str,
        keep_going: bool,
        root: Path,
    ) -> Reading:
        def save(progress: Progress) -> None:
            checkpoint.progress = progress
            context.save_checkpoint(msgspec.to_builtins(checkpoint))

        total = chosen.count(root)
        status = f"reading {chosen.title}"
        reading = Reading(
            format=chosen,
            root=root,
            limits=self.limits,
            dataset_id=dataset_id,
            lake=self.lake,
            blobs=self.blobs,
            keep_going=keep_going,
            on_part=save,
            on_event=lambda done: context.progress(done, max(total, done) if total else None, status),
            progress=checkpoint.progress,
        )
        reading.run()
        for problem in _first(reading.problems, LOGGED_PROBLEMS):
            context.log(f"left out: {problem}")
        return reading

    def _publish(
        self, context: JobContext, checkpoint: Checkpoint, reading: Reading, identity: Identity, name: str
    ) -> ImportResult:
        job, dataset_id = context.job, reading.dataset_id
        context.progress(reading.progress.events, None, "publishing")
        ref = self.lake.publish(dataset_id, reading.progress.parts)
        source = f"source:{identity.state}"
        dataset = self.catalogue.find(dataset_id)
        draft = Draft(
            dataset_id=dataset_id,
            ref=ref,
            taxonomy=reading.taxonomy,
            message=f"import of {name} ({reading.format.title})",
            created_by=job.created_by,
            job_id=job.id,
        )

        def result(number: int, unchanged: bool) -> ImportResult:
            return ImportResult(
                dataset_id=dataset_id,
                dataset=dataset.name,
                version=number,
                unchanged=unchanged,
                format=reading.format.name,
                item_count=ref.item_count,
                annotation_count=ref.annotation_count,
                content_hash=ref.content_hash,
                source=source,
                parts=len(reading.progress.parts),
                reused_parts=reading.reused,
                problem_count=reading.problems.count,
                problems=_first(reading.problems, LISTED_PROBLEMS),
            )

        def edges(urn: str) -> list[LineageEdge]:
            here = f"import:{job.id}"
            detail = {"format": reading.format.name, "folder": name}
            return [
                LineageEdge(parent=source, child=here, relation="read", job_id=job.id, detail=detail),
                LineageEdge(parent=here, child=urn, relation="imported", job_id=job.id),
            ]

        newest = self.catalogue.version(dataset_id)
        if newest is not None and self.committer.same(newest, draft):
            context.log(f"the source holds just what version {newest.number} does: no new version")
            self.lineage.record(edges(newest.urn))
            return result(newest.number, True)
        number = (newest.number if newest else 0) + 1
        checkpoint.result = result(number, False)
        context.save_checkpoint(msgspec.to_builtins(checkpoint))
        self.committer.add(draft, number, edges, guard=context.guard)
        return checkpoint.result


def _first(problems: Problems, count: int) -> tuple[Problem, ...]:
    return tuple(islice(problems, count))
