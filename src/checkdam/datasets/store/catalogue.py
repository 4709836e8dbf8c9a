"""Datasets, their versions and taxonomies in SQL. The version's row is the commit point: with it all is visible."""

import re
import secrets
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import msgspec
import sqlalchemy as sa

from checkdam.schema import ConflictError, Dataset, DatasetVersion, InputError, NotFoundError, Taxonomy
from checkdam.storage.sql import database_now, iso, lock, reading, transaction
from checkdam.storage.sql.tables import audit, dataset, dataset_version, taxonomy

Connection = sa.Connection
InTransaction = Callable[[sa.Connection], None]
"""Something to do in the transaction of a version's row: it happens just when the version does."""

_ID = re.compile(r"d[0-9a-f]{20}")
NAME_LENGTH = 200


class Catalogue:
    """The datasets and versions of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def find(self, ref: str) -> Dataset:
        """By name or id. NotFoundError where there is none, or where it was deleted."""
        query = sa.select(dataset).where(
            sa.or_(dataset.c.name == ref, dataset.c.id == ref), dataset.c.deleted_at.is_(None)
        )
        with reading(self.engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise _missing(ref)
        return _dataset(row)

    def published(self, ref: str) -> Dataset:
        """The same, for one that has a version: before its first import is done nobody sees a dataset."""
        found = self.find(ref)
        if self.version(found.id) is None:
            raise _missing(ref)
        return found

    def all(self) -> list[Dataset]:
        """Every dataset that is not deleted, by name."""
        query = sa.select(dataset).where(dataset.c.deleted_at.is_(None)).order_by(dataset.c.name, dataset.c.id)
        with reading(self.engine) as connection:
            return [_dataset(row) for row in connection.execute(query)]

    def ensure(self, name: str) -> Dataset:
        """The dataset of that name; made if there is none. InputError for an unfit name."""
        _fit(name)
        with transaction(self.engine) as connection:
            lock(connection, f"checkdam:dataset-name:{name}")
            row = connection.execute(
                sa.select(dataset).where(dataset.c.name == name, dataset.c.deleted_at.is_(None))
            ).one_or_none()
            if row is None:
                key = "d" + secrets.token_hex(10)
                connection.execute(dataset.insert().values(id=key, name=name))
                row = connection.execute(sa.select(dataset).where(dataset.c.id == key)).one()
        return _dataset(row)

    def rename(self, dataset_id: str, name: str, actor: str) -> None:
        """ConflictError when the name is taken."""
        _fit(name)
        with transaction(self.engine) as connection:
            lock(connection, f"checkdam:dataset-name:{name}")
            taken = connection.execute(
                sa.select(dataset.c.id).where(
                    dataset.c.name == name, dataset.c.deleted_at.is_(None), dataset.c.id != dataset_id
                )
            ).one_or_none()
            if taken is not None:
                raise ConflictError(f"there is another dataset named {name!r}", "choose another name")
            before = connection.scalar(sa.select(dataset.c.name).where(dataset.c.id == dataset_id))
            connection.execute(dataset.update().where(dataset.c.id == dataset_id).values(name=name))
            note(connection, actor, "rename dataset", dataset_id, {"from": before, "to": name})

    def delete(self, dataset_id: str, actor: str) -> None:
        """Marks it as deleted. Its rows stay, so that lineage still knows them."""
        with transaction(self.engine) as connection:
            done = connection.execute(
                dataset.update()
                .where(dataset.c.id == dataset_id, dataset.c.deleted_at.is_(None))
                .values(deleted_at=database_now())
            )
            if done.rowcount:
                note(connection, actor, "delete dataset", dataset_id, None)

    def versions(self, dataset_id: str) -> list[DatasetVersion]:
        """Newest first."""
        query = (
            sa.select(dataset_version)
            .where(dataset_version.c.dataset_id == dataset_id)
            .order_by(dataset_version.c.number.desc())
        )
        with reading(self.engine) as connection:
            return [_version(row) for row in connection.execute(query)]

    def newest(self, dataset_ids: Sequence[str] | None = None) -> dict[str, DatasetVersion]:
        """The newest version of each dataset, by the dataset's id."""
        last = (
            sa.select(dataset_version.c.dataset_id, sa.func.max(dataset_version.c.number).label("number"))
            .group_by(dataset_version.c.dataset_id)
            .subquery()
        )
        query = sa.select(dataset_version).join(
            last,
            sa.and_(last.c.dataset_id == dataset_version.c.dataset_id, last.c.number == dataset_version.c.number),
        )
        if dataset_ids is not None:
            query = query.where(dataset_version.c.dataset_id.in_(dataset_ids))
        with reading(self.engine) as connection:
            return {row.dataset_id: _version(row) for row in connection.execute(query)}

    def version(self, dataset_id: str, number: int | None = None) -> DatasetVersion | None:
        """The version of that number, or the newest; None if there is none."""
        if number is None:
            return self.newest([dataset_id]).get(dataset_id)
        with reading(self.engine) as connection:
            row = connection.execute(
                sa.select(dataset_version).where(
                    dataset_version.c.dataset_id == dataset_id, dataset_version.c.number == number
                )
            ).one_or_none()
        return None if row is None else _version(row)

    def version_of_job(self, job_id: str) -> DatasetVersion | None:
        """The version that a job has made, if it got that far."""
        with reading(self.engine) as connection:
            row = connection.execute(sa.select(dataset_version).where(dataset_version.c.job_id == job_id)).one_or_none()
        return None if row is None else _version(row)

    def taxonomy(self, dataset_id: str, taxonomy_id: str) -> Taxonomy:
        with reading(self.engine) as connection:
            body = connection.scalar(
                sa.select(taxonomy.c.body).where(taxonomy.c.dataset_id == dataset_id, taxonomy.c.id == taxonomy_id)
            )
        if body is None:
            raise NotFoundError(f"there is no taxonomy {taxonomy_id!r} in this dataset")
        return msgspec.convert(body, Taxonomy)

    def add_version(self, version: DatasetVersion, labels: Taxonomy, also: Sequence[InTransaction] = ()) -> str:
        """Makes the version visible, with all of `also`, in one transaction; returns when (ISO 8601).

        ConflictError when a version of that number is there already.
        """
        with transaction(self.engine) as connection:
            self._insert(connection, version, labels)
            for step in also:
                step(connection)
            at = connection.scalar(
                sa.select(dataset_version.c.created_at).where(
                    dataset_version.c.dataset_id == version.dataset_id, dataset_version.c.number == version.number
                )
            )
        return iso(at) or ""

    def _insert(self, connection: sa.Connection, version: DatasetVersion, labels: Taxonomy) -> None:
        lock(connection, f"checkdam:dataset:{version.dataset_id}")
        newest = connection.scalar(
            sa.select(sa.func.max(dataset_version.c.number)).where(dataset_version.c.dataset_id == version.dataset_id)
        )
        alive = connection.scalar(
            sa.select(sa.func.count()).where(dataset.c.id == version.dataset_id, dataset.c.deleted_at.is_(None))
        )
        if not alive:
            raise ConflictError("the dataset was deleted meanwhile", "import it under a new name")
        if (newest or 0) + 1 != version.number:
            raise ConflictError(
                f"version {version.number - 1} is no longer the newest: that is version {newest}",
                "load the newest version and make the change there",
            )
        known = connection.scalar(
            sa.select(sa.func.count()).where(
                taxonomy.c.dataset_id == version.dataset_id, taxonomy.c.id == version.taxonomy_id
            )
        )
        if not known:
            connection.execute(
                taxonomy.insert().values(
                    id=version.taxonomy_id, dataset_id=version.dataset_id, body=msgspec.to_builtins(labels)
                )
            )
        row = msgspec.structs.asdict(version)
        del row["created_at"]
        connection.execute(dataset_version.insert().values(**row))


def note(connection: sa.Connection, actor: str, action: str, subject: str, detail: dict[str, Any] | None) -> None:
    """Adds a row to the audit log."""
    connection.execute(audit.insert().values(actor=actor, action=action, subject=subject, detail=detail))


def taxonomy_id(labels: Taxonomy) -> str:
    """The content hash of a taxonomy."""
    return sha256(msgspec.json.encode(labels, order="deterministic")).hexdigest()


def _fit(name: str) -> None:
    fits = name.strip() == name and name.isprintable() and 1 <= len(name) <= NAME_LENGTH
    if not fits or name in {".", ".."} or "/" in name or "\\" in name:  # a part of an address, or of a path
        raise InputError(
            f"{name!r} cannot be the name of a dataset",
            f"use 1 to {NAME_LENGTH} printable characters, without slashes, and without spaces at either end; "
            "not '.' or '..'",
        )
    if _ID.fullmatch(name):
        raise InputError(f"{name!r} looks like the id of a dataset", "choose a name that people can tell from an id")


def _missing(ref: str) -> NotFoundError:
    return NotFoundError(f"there is no dataset {ref!r}", "see the names with: checkdam datasets")


def _dataset(row: Any) -> Dataset:
    return Dataset(id=row.id, name=row.name, created_at=iso(row.created_at) or "")


def _version(row: Any) -> DatasetVersion:
    return DatasetVersion(
        dataset_id=row.dataset_id,
        number=row.number,
        parent=row.parent,
        message=row.message,
        created_at=iso(row.created_at) or "",
        created_by=row.created_by,
        item_count=row.item_count,
        annotation_count=row.annotation_count,
        content_hash=row.content_hash,
        taxonomy_id=row.taxonomy_id,
        items_ref=row.items_ref,
        annotations_ref=row.annotations_ref,
        job_id=row.job_id,
    )
