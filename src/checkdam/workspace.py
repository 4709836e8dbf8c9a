"""The one wiring file: ports meet adapters. A workspace is a folder:

checkdam.db   the SQL database (unless a database URL is given)
lake/         items and annotations, versioned
blobs/        media by content hash
cache/        derived; can be deleted at any time
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
from sqlalchemy import Engine

from checkdam.accounts import Accounts, AccountStore
from checkdam.datasets import Check, Checks, CheckSubject, Datasets, Findings, Items, Versions
from checkdam.datasets.committing import Committer
from checkdam.datasets.exporting import Exporter
from checkdam.datasets.fixing import Fixer
from checkdam.datasets.importing import Importer
from checkdam.datasets.linting import Linter
from checkdam.datasets.reverting import Reverter
from checkdam.datasets.store import Catalogue, FactFile, FindingStore, ItemQueries, OpenFindings
from checkdam.jobs import Jobs, Registry, Worker
from checkdam.lineage import Lineage
from checkdam.schema import Job, Problems, StorageError
from checkdam.storage.blobs import Blobs
from checkdam.storage.cache import Cache
from checkdam.storage.lake import Lake
from checkdam.storage.rebuild import OnDemand, OnProgress, Rebuilt, live_refs, rebuild
from checkdam.storage.sql import open_engine, upgrade

INLINE_LEASE_SECONDS = 20.0
"""A command that was killed can be given again, and goes on, after this time."""

SYSTEM = "checkdam"
"""Who submits the jobs that follow from others."""


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

    @classmethod
    def open(cls, home: Path, database_url: str | None = None) -> Self:
        """Creates the folder and upgrades the database as needed. StorageError where either cannot be used."""
        home = home.expanduser().absolute()
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"the folder {home} cannot be made: {error.strerror}", "choose a folder that you may write"
            ) from error
        engine = open_engine(database_url or f"sqlite:///{home / 'checkdam.db'}")
        upgrade(engine)
        lake, blobs = Lake(home / "lake"), Blobs(home / "blobs")
        cache, facts = Cache(home / "cache" / "versions", lake), FactFile(home / "cache" / "facts")
        registry = Registry()
        jobs, lineage = Jobs(engine, registry), Lineage(engine)
        datasets = _datasets(engine, lake, blobs, cache, facts, jobs, lineage)
        datasets.register(registry)
        accounts = Accounts(AccountStore(engine))
        return cls(home, engine, lake, blobs, cache, registry, jobs, lineage, accounts, datasets, facts)

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
        return rebuild(self.engine, self.lake, self.cache, (self.facts, OnDemand("pictures", self.pictures)), progress)

    @property
    def pictures(self) -> Path:
        """Where thumbnails and crops are kept."""
        return self.home / "cache" / "pictures"

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
        self.facts.close()
        self.cache.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _datasets(  # noqa: PLR0917  # they are what the workspace is made of
    engine: Engine, lake: Lake, blobs: Blobs, cache: Cache, facts: FactFile, jobs: Jobs, lineage: Lineage
) -> Datasets:
    checks = Checks()
    catalogue, finding_store = Catalogue(engine), FindingStore(engine)
    queries = ItemQueries(cache, lake, OpenFindings(engine))
    committer = Committer(catalogue, lineage)
    versions = Versions(catalogue, committer, lake, blobs, queries, checks)
    findings = Findings(catalogue, finding_store, versions)
    linter = Linter(catalogue, versions, finding_store, facts, lineage)
    datasets = Datasets(
        catalogue_store=catalogue,
        jobs=jobs,
        versions=versions,
        items=Items(versions, findings, queries),
        findings=findings,
        checks=checks,
        importer=Importer(catalogue, committer, lake, blobs, lineage, checks),
        linter=linter,
        fixer=Fixer(catalogue, committer, versions, finding_store, linter, lineage, checks),
        reverter=Reverter(catalogue, committer, versions, checks),
        exporter=Exporter(catalogue, versions, lineage, checks),
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
