"""The SQL tables: users and sessions, datasets and their versions, jobs, lineage, findings.

The migrations in `migrations/versions` make exactly these; a test holds the two together. Times are `Instant` (aware,
UTC); where a column has a default time it is the database's clock. Text that people or files gave is `Line`.
"""

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint

from checkdam.storage.sql.types import Instant, Line, database_now

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = sa.String(64)
Word = sa.String(64)
Json = sa.JSON(none_as_null=True)
Big = sa.BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite

user = Table(
    "user",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Line, nullable=False, unique=True),
    Column("role", Word, nullable=False),
    Column("password_hash", sa.Text),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False, default=database_now()),
)

login_token = Table(
    "login_token",
    metadata,
    Column("hash", sa.String(128), primary_key=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

session = Table(
    "session",
    metadata,
    Column("hash", sa.String(128), primary_key=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("csrf", sa.String(128), nullable=False),
    Column("created_at", Instant, nullable=False, default=database_now()),
    Column("expires_at", Instant, nullable=False, index=True),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Id, primary_key=True),
    Column("hash", sa.String(128), nullable=False, unique=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Line, nullable=False),
    Column("scope", Word, nullable=False),
    Column("created_at", Instant, nullable=False, default=database_now()),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Big, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False, default=database_now(), index=True),
    Column("actor", Line, nullable=False),
    Column("action", Word, nullable=False),
    Column("subject", Line, nullable=False),
    Column("detail", Json),
)

dataset = Table(
    "dataset",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Line, nullable=False),
    Column("created_at", Instant, nullable=False, default=database_now()),
    Column("deleted_at", Instant),
    # The name of a deleted dataset is free again.
    Index(
        "uq_dataset_name_alive",
        "name",
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
)

taxonomy = Table(
    "taxonomy",
    metadata,
    Column("id", sa.String(128), primary_key=True, comment="content hash"),
    Column("dataset_id", Id, ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True),
    Column("body", Json, nullable=False),
    Column("created_at", Instant, nullable=False, default=database_now()),
)

job = Table(
    "job",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Word, nullable=False),
    Column("key", Line, nullable=False, unique=True),
    Column("arguments", Json, nullable=False),
    Column("exclusive", Line, comment="of the jobs that share a value, one runs at a time"),
    Column("state", Word, nullable=False, default="queued"),
    Column("priority", Integer, nullable=False, default=0),
    Column("attempt", Integer, nullable=False, default=0),
    Column("max_attempts", Integer, nullable=False, default=3),
    Column("fence", Big, nullable=False, default=0),
    Column("lease_until", Instant),
    Column("worker", Line),
    Column("done", Big, nullable=False, default=0),
    Column("total", Big, nullable=False, default=0),
    Column("status", Line, nullable=False, default=""),
    Column("checkpoint", Json),
    Column("result", Json),
    Column("error", Line),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("run_after", Instant, nullable=False, default=database_now()),
    Column("created_at", Instant, nullable=False, default=database_now()),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("created_by", Line, nullable=False, default=""),
    Index("ix_job_state_run_after", "state", "run_after"),
    Index("ix_job_created_at", "created_at"),
    Index(
        "uq_job_exclusive_running",
        "exclusive",
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    ),
)

job_log = Table(
    "job_log",
    metadata,
    Column("job_id", Id, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False, default=database_now()),
    Column("line", Line, nullable=False),
)

dataset_version = Table(
    "dataset_version",
    metadata,
    Column("dataset_id", Id, ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("parent", Integer),
    Column("message", Line, nullable=False, default=""),
    Column("created_at", Instant, nullable=False, default=database_now()),
    Column("created_by", Line, nullable=False, default=""),
    Column("item_count", Big, nullable=False),
    Column("annotation_count", Big, nullable=False),
    Column("content_hash", sa.String(128), nullable=False),
    Column("taxonomy_id", sa.String(128), nullable=False),
    Column("items_ref", sa.Text, nullable=False),
    Column("annotations_ref", sa.Text, nullable=False),
    Column("job_id", Id, ForeignKey("job.id"), unique=True),
    sa.ForeignKeyConstraint(["taxonomy_id", "dataset_id"], ["taxonomy.id", "taxonomy.dataset_id"]),
)

slice_ = Table(
    "slice",
    metadata,
    Column("id", Id, primary_key=True),
    Column("dataset_id", Id, ForeignKey("dataset.id", ondelete="CASCADE"), nullable=False),
    Column("name", Line, nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", Word, nullable=False),
    Column("ids", Json, nullable=False),
    Column("query", Line),
    Column("created_at", Instant, nullable=False, default=database_now()),
    Column("created_by", Line, nullable=False, default=""),
    UniqueConstraint("dataset_id", "name"),
)

lineage_edge = Table(
    "lineage_edge",
    metadata,
    Column("parent", Line, primary_key=True),
    Column("child", Line, primary_key=True),
    Column("relation", Word, primary_key=True),
    Column("job_id", Id),
    Column("created_at", Instant, nullable=False, default=database_now()),
    Column("detail", Json),
    Index("ix_lineage_edge_child", "child"),
)

finding = Table(
    "finding",
    metadata,
    Column("dataset_id", Id, ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Id, primary_key=True),
    Column("rule", Word, nullable=False),
    Column("severity", Word, nullable=False),
    Column("subject", Json, nullable=False),
    Column("label", Line),
    Column("item_id", Id, comment="the item of the first subject"),
    Column("message", Line, nullable=False),
    Column("evidence", Json),
    Column("fix", Json),
    Column("location", Line, nullable=False, default=""),
    Column("state", Word, nullable=False, default="open"),
    Column("reason", Line),
    Column("first_version", Integer, nullable=False),
    Column("last_version", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False, default=database_now()),
    Column("updated_by", Line, nullable=False, default=""),
    Index("ix_finding_dataset_id_state_rule", "dataset_id", "state", "rule"),
    Index("ix_finding_dataset_id_item_id", "dataset_id", "item_id"),
)

finding_action = Table(
    "finding_action",
    metadata,
    Column("id", Id, primary_key=True),
    Column("dataset_id", Id, ForeignKey("dataset.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False, default=database_now()),
    Column("actor", Line, nullable=False),
    Column("kind", Word, nullable=False),
    Column("changes", Json, nullable=False, comment="[finding, state and reason before, after]"),
    Column("undone_at", Instant),
    Index("ix_finding_action_dataset_id_at", "dataset_id", "at"),
)
