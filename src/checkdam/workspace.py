"""The one wiring file: ports meet adapters. A workspace is a folder:

checkdam.db   the SQL database (unless a database URL is given)
lake/         items and annotations, versioned
blobs/        media by content hash
cache/        derived; can be deleted at any time
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
from platformdirs import user_data_path
from sqlalchemy import Engine

from checkdam.accounts import Accounts, AccountStore
from checkdam.compute import Executor, executor_from_environment
from checkdam.datasets import Check, Checks, CheckSubject, Datasets, Findings, Items, Versions
from checkdam.datasets.archiving import Archiver
from checkdam.datasets.committing import Committer
from checkdam.datasets.exporting import Exporter
from checkdam.datasets.fixing import Fixer
from checkdam.datasets.importing import Importer
from checkdam.datasets.linting import Linter
from checkdam.datasets.rates import Rates
from checkdam.datasets.reverting import Reverter
from checkdam.datasets.store import Catalogue, FactFile, FindingStore, ItemQueries, OpenFindings
from checkdam.datasets.unpacking import Unpacked
from checkdam.jobs import Jobs, Registry, Worker
from checkdam.lineage import Lineage
from checkdam.schema import Job, NotFoundError, Problems, StorageError
from checkdam.storage.backup import BackedUp, OnBytes, Restored, restore, write
from checkdam.storage.blobs import Blobs
from checkdam.storage.cache import Cache
from checkdam.storage.lake import Lake
from checkdam.storage.places import storage_place
from checkdam.storage.rebuild import OnDemand, OnProgress, Rebuilt, live_refs, rebuild
from checkdam.storage.sql import open_engine, upgrade

INLINE_LEASE_SECONDS = 20.0
"""A command that was killed can be given again, and goes on, after this time."""

DATABASE = "checkdam.db"

STORAGE_VARIABLE = "CHECKDAM_STORAGE_URL"
"""Where the lake and the blobs lie, if not in the workspace's folder: `s3://BUCKET/PREFIX`."""

SYSTEM = "checkdam"
"""Who submits the jobs that follow from others."""


def default_home() -> Path:
    """The workspace that is meant where none is named: `CHECKDAM_HOME`, or the user's data folder."""
    named = os.environ.get("CHECKDAM_HOME")
    return Path(named).expanduser().absolute() if named else user_data_path("checkdam", appauthor=False)


@dataclass
class Workspace:
    """Everything that belongs to one folder and database. Close it, or use it as a context manager."""

    home: Path
    engine: Engine
    lake: Lake
    blobs: Blobs
    cache: Cache
    registry: Registry
    jobs: Jobs
    lineage: Lineage
    accounts: Accounts
    datasets: Datasets
    facts: FactFile
    executor: Executor

    @classmethod
    def open(cls, home: Path, database_url: str | None = None, executor: Executor | None = None) -> Self:
        """Creates the folder and upgrades the database as needed. `executor` does the batch work of jobs; by default
        the environment says which. StorageError where the folder or database cannot be used."""
        home = home.expanduser().absolute()
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"the folder {home} cannot be made: {error.strerror}", "choose a folder that you may write"
            ) from error
        engine = open_engine(database_url or f"sqlite:///{home / DATABASE}")
        upgrade(engine)
        lake, blobs = _stores(home)
        cache, facts = Cache(home / "cache" / "versions", lake), FactFile(home / "cache" / "facts")
        registry = Registry()
        jobs, lineage = Jobs(engine, registry), Lineage(engine)
        unpacked = Unpacked(home / "cache" / "unpacked")
        batch = executor or executor_from_environment()
        exports = home / "cache" / "exports"
        datasets = _datasets(engine, lake, blobs, cache, facts, jobs, lineage, unpacked, batch, exports)
        datasets.register(registry)
        accounts = Accounts(AccountStore(engine))
        return cls(home, engine, lake, blobs, cache, registry, jobs, lineage, accounts, datasets, facts, batch)

    def worker(self, pool_size: int = 2) -> Worker:
        """A worker for this workspace's jobs; the caller starts and stops it."""
        return Worker(self.jobs, pool_size=pool_size)

    def run(
        self,
        job: Job,
        on_progress: Callable[[Job], None] | None = None,
        on_held: Callable[[], None] | None = None,
    ) -> Job:
        """Works on the job in this thread until it has ended, and returns it. Where another worker holds it, waits for
        that one, after it called `on_held` once. On KeyboardInterrupt the job goes back to the queue."""

        def tell(done: int, total: int, status: str) -> None:
            if on_progress is not None:
                on_progress(msgspec.structs.replace(job, state="running", done=done, total=total, status=status))

        return Worker(self.jobs, pool_size=1, lease_seconds=INLINE_LEASE_SECONDS).run(job.id, tell, on_held)

    def rebuild(self, progress: OnProgress | None = None) -> list[Rebuilt]:
        """Makes every derived thing anew: caches now, pictures and facts when they are next asked for. StorageError for
        a version that is not what was published."""
        on_demand = (OnDemand("pictures", self.pictures), OnDemand("waves", self.waves))
        return rebuild(self.engine, self.lake, self.cache, (self.facts, *on_demand), progress)

    @property
    def pictures(self) -> Path:
        """Where thumbnails and crops are kept."""
        return self.home / "cache" / "pictures"

    @property
    def waves(self) -> Path:
        """Where outlines of sounds are kept."""
        return self.home / "cache" / "waves"

    def damaged(self, progress: OnProgress | None = None) -> Problems:
        """Reads every version and every media file again; what is not what was stored."""
        problems = Problems()
        refs = [ref for of_dataset in live_refs(self.engine).values() for ref in of_dataset]
        for done, ref in enumerate(refs):
            if progress is not None:
                progress("versions", done, len(refs))
            try:
                self.lake.verify(ref)
            except StorageError as error:
                problems.add(ref.items, error.detail, error.remedy)
        if progress is not None:
            progress("media", 0, 0)
        for sha in self.blobs.verify():
            problems.add(f"blobs/{sha}", "its bytes are not what its name says", "import the dataset again")
        return problems

    def close(self) -> None:
        self.executor.close()
        self.facts.close()
        self.cache.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def back_up(home: Path, database_url: str | None, target: Path, progress: OnBytes | None = None) -> BackedUp:
    """Writes all that the workspace holds, but for what is derived, into one file, while others work. The database is
    not upgraded. NotFoundError where there is no workspace, ConflictError where the file is there."""
    home = home.expanduser().absolute()
    if not home.is_dir() or (database_url is None and not (home / DATABASE).is_file()):
        raise NotFoundError(f"{home} holds no workspace", "check --home and --database")
    engine = open_engine(database_url or f"sqlite:///{home / DATABASE}")
    try:
        return write(engine, *_stores(home), target.expanduser().absolute(), progress)
    finally:
        engine.dispose()


def restore_into(home: Path, database_url: str | None, archive: Path, progress: OnBytes | None = None) -> Restored:
    """Makes a new workspace of such a file, whole or not at all; see `storage.backup.restore`."""
    return restore(archive.expanduser().absolute(), home.expanduser().absolute(), database_url, progress)


def _stores(home: Path) -> tuple[Lake, Blobs]:
    """The lake and the blobs: in the workspace's folder, or in the bucket that `CHECKDAM_STORAGE_URL` names."""
    url = os.environ.get(STORAGE_VARIABLE, "").strip()
    if not url:
        return Lake(home / "lake"), Blobs(home / "blobs")
    place = storage_place(url, home / "cache" / "uploads")
    return Lake(place.below("lake")), Blobs(place.below("blobs"), copies=home / "cache" / "media")


def _datasets(  # noqa: PLR0917  # they are what the workspace is made of
    engine: Engine,
    lake: Lake,
    blobs: Blobs,
    cache: Cache,
    facts: FactFile,
    jobs: Jobs,
    lineage: Lineage,
    unpacked: Unpacked,
    executor: Executor,
    exports: Path,
) -> Datasets:
    checks = Checks()
    catalogue, finding_store = Catalogue(engine), FindingStore(engine)
    queries = ItemQueries(cache, lake, OpenFindings(engine))
    committer = Committer(catalogue, lineage)
    versions = Versions(catalogue, committer, lake, blobs, queries, checks)
    findings = Findings(catalogue, finding_store, versions)
    linter = Linter(catalogue, versions, finding_store, facts, lineage, executor)
    exporter = Exporter(catalogue, versions, lineage, checks)
    datasets = Datasets(
        catalogue_store=catalogue,
        jobs=jobs,
        versions=versions,
        items=Items(versions, findings, queries),
        findings=findings,
        rates=Rates(catalogue, finding_store.decisions),
        checks=checks,
        importer=Importer(catalogue, committer, lake, blobs, lineage, checks, unpacked),
        linter=linter,
        fixer=Fixer(catalogue, committer, versions, finding_store, linter, lineage, checks),
        reverter=Reverter(catalogue, committer, versions, checks),
        exporter=exporter,
        archiver=Archiver(exporter, exports),
    )

    def lint_next(subject: CheckSubject) -> None:
        datasets.submit_lint(subject.dataset.id, actor=subject.actor or SYSTEM)

    def warm(subject: CheckSubject) -> None:
        with suppress(StorageError):  # the version stands; who looks at it is told what is the matter with the cache
            if subject.version is not None:
                queries.warm(subject.version)

    # What was imported or committed is linted next, so that the inbox is about the newest version.
    checks.add(Check("lint", "import", "after", lint_next))
    checks.add(Check("lint", "commit", "after", lint_next))
    checks.add(Check("cache", "import", "after", warm))
    checks.add(Check("cache", "commit", "after", warm))
    return datasets
