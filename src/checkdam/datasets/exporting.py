"""Exports: a version written as files of a format, with a report of what the format cannot hold."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from checkdam.datasets.checks import Checks, CheckSubject
from checkdam.datasets.model import ExportLoss, ExportResult
from checkdam.datasets.store import Catalogue
from checkdam.datasets.versions import Versions
from checkdam.formats import LossReport, Record, format_named
from checkdam.jobs import JobContext
from checkdam.lineage import Lineage
from checkdam.schema import InputError, LineageEdge

_TICK = 100


@dataclass
class Exporter:
    """Calling it is the job's function; `write` does the work at once."""

    catalogue: Catalogue
    versions: Versions
    lineage: Lineage
    checks: Checks

    def __call__(
        self, context: JobContext, *, dataset_id: str, format: str, target: str, version: int
    ) -> dict[str, Any]:
        """Writes beside the target and renames at the end, so that an attempt that was killed leaves nothing behind
        that the next one could not put right."""
        place = Path(target)
        draft = place.with_name(f".{place.name}.{context.job.id}")
        if context.checkpoint is None or not (draft.exists() or place.exists()):
            _refuse_full(place)
            shutil.rmtree(draft, ignore_errors=True)
            result = self.write(
                dataset_id,
                format,
                draft,
                version=version,
                actor=context.job.created_by,
                export_id=context.job.id,
                shown_as=place,
                on_progress=lambda done, total: context.progress(done, total, f"writing {format}"),
            )
            context.save_checkpoint(msgspec.to_builtins(result))
        if draft.exists():
            _refuse_full(place)
            if place.exists():
                place.rmdir()
            draft.replace(place)
        plain: dict[str, Any] = context.checkpoint
        return plain

    def write(
        self,
        dataset: str,
        format: str,
        target: Path,
        *,
        version: int | None,
        actor: str,
        export_id: str | None = None,
        shown_as: Path | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> ExportResult:
        """Writes the folder whole or not at all. InputError where `target` is there and not empty. `shown_as` is the
        folder that the result and the lineage speak of, if `target` is to be renamed."""
        chosen = format_named(format)
        found = self.catalogue.published(dataset)
        wanted = self.versions.get(found.id, version)
        self.checks.before("export", CheckSubject(found, wanted, actor))

        def records() -> Iterator[Record]:
            for done, record in enumerate(self.versions.records(found.id, wanted.number)):
                if on_progress is not None and done % _TICK == 0:
                    on_progress(done, wanted.item_count)
                yield record

        taxonomy = self.versions.taxonomy(found.id, wanted.number)
        report = chosen.write(target, taxonomy, records(), self.versions.media_path)
        result = ExportResult(
            export_id=export_id or "e" + secrets.token_hex(10),
            dataset_id=found.id,
            version=wanted.number,
            format=chosen.name,
            target=str(shown_as or target),
            item_count=report.items,
            annotation_count=report.annotations,
            losses=_losses(report),
        )
        detail = {
            "format": chosen.name,
            "folder": (shown_as or target).name,
            "by": actor,
            "losses": {loss.what: loss.count for loss in result.losses},
        }
        edge = LineageEdge(
            parent=wanted.urn, child=f"export:{result.export_id}", relation="exported", job_id=export_id, detail=detail
        )
        self.lineage.record([edge])
        self.checks.after("export", CheckSubject(found, wanted, actor))
        return result


def _refuse_full(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there and not empty", "choose a new or empty folder")


def _losses(report: LossReport) -> tuple[ExportLoss, ...]:
    return tuple(
        ExportLoss(what=what, count=loss.count, examples=tuple(loss.examples)) for what, loss in report.losses.items()
    )
