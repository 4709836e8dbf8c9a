"""Every statement on the tables of users, sessions, keys and the audit log. Times are the database's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from checkdam.accounts.model import ApiKey, AuditEntry, Role, Scope, User
from checkdam.schema import ConflictError, NotFoundError
from checkdam.storage.sql import database_now, iso, lock, reading, transaction
from checkdam.storage.sql.tables import api_key, audit, login_token, session, user

_USED_AT_MOST_EVERY = timedelta(minutes=1)


class AccountStore:
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction during which nobody else changes users."""
        with transaction(self._engine) as connection:
            lock(connection, "checkdam:accounts")
            yield connection

    # Users

    def users(self) -> list[User]:
        """By name."""
        with reading(self._engine) as connection:
            return all_users(connection)

    def find_user(self, id_or_name: str) -> User:
        """By id, or else by name; NotFoundError."""
        with reading(self._engine) as connection:
            return get_user(connection, id_or_name)

    def password_of(self, name: str) -> tuple[User, str | None] | None:
        """The user of exactly that name, with the hash of their password."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(user).where(user.c.name == name)).one_or_none()
        return None if row is None else (_user(row), row.password_hash)

    def password_hash(self, user_id: str) -> str | None:
        with reading(self._engine) as connection:
            return connection.execute(sa.select(user.c.password_hash).where(user.c.id == user_id)).scalar_one_or_none()

    # Sessions

    def find_session(self, token_hash: str, idle: timedelta, longest: timedelta) -> tuple[User, str, str] | None:
        """The user, CSRF token and end of a session that is alive and whose user is not disabled. One that is used is
        prolonged to `idle` from now, but not beyond `longest` from its beginning."""
        query = (
            sa.select(user, session.c.csrf, session.c.expires_at, session.c.created_at.label("begun"), _now())
            .join(session, session.c.user_id == user.c.id)
            .where(session.c.hash == token_hash, session.c.expires_at > database_now(), ~user.c.disabled)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        expires = min(row.now + idle, row.begun + longest)
        if expires - row.expires_at > idle / 2:
            with transaction(self._engine) as connection:
                connection.execute(sa.update(session).where(session.c.hash == token_hash).values(expires_at=expires))
        return _user(row), row.csrf, iso(max(expires, row.expires_at)) or ""

    def end_session(self, token_hash: str) -> User | None:
        """Ends it, and says whose it was."""
        with transaction(self._engine) as connection:
            found = connection.execute(
                sa.delete(session).where(session.c.hash == token_hash).returning(session.c.user_id)
            ).scalar_one_or_none()
            return None if found is None else get_user(connection, found)

    # API keys

    def keys(self, user_id: str) -> list[ApiKey]:
        """Those not revoked, the newest first."""
        query = (
            sa.select(api_key)
            .where(api_key.c.user_id == user_id, api_key.c.revoked_at.is_(None))
            .order_by(api_key.c.created_at.desc(), api_key.c.id)
        )
        with reading(self._engine) as connection:
            return [_key(row) for row in connection.execute(query)]

    def key(self, key_id: str) -> ApiKey:
        """One that is not revoked; NotFoundError."""
        with reading(self._engine) as connection:
            row = connection.execute(
                sa.select(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
            ).one_or_none()
        if row is None:
            raise no_such_key()
        return _key(row)

    def use_key(self, key_hash: str) -> tuple[User, ApiKey] | None:
        """The key and its user, if neither is revoked or disabled; notes, to the minute, that it was used."""
        key_columns = [column.label(f"key_{column.name}") for column in api_key.c]
        query = (
            sa.select(user, *key_columns, _now())
            .join(api_key, api_key.c.user_id == user.c.id)
            .where(api_key.c.hash == key_hash, api_key.c.revoked_at.is_(None), ~user.c.disabled)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.key_last_used_at is None or row.now - row.key_last_used_at > _USED_AT_MOST_EVERY:
            with transaction(self._engine) as connection:
                connection.execute(
                    sa.update(api_key).where(api_key.c.hash == key_hash).values(last_used_at=database_now())
                )
        return _user(row), _key(row, "key_")

    # Audit log: rows are added and read, never changed.

    def audit(self, limit: int, before: int | None) -> list[AuditEntry]:
        query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.id < before)
        with reading(self._engine) as connection:
            return [_entry(row) for row in connection.execute(query)]


def no_such_key() -> NotFoundError:
    """In the same words for a key that is not there and for one that is another's."""
    return NotFoundError("there is no such API key", "see the list of your keys")


def all_users(connection: sa.Connection) -> list[User]:
    return [_user(row) for row in connection.execute(sa.select(user).order_by(user.c.name, user.c.id))]


def get_user(connection: sa.Connection, id_or_name: str) -> User:
    """By id, or else by name; NotFoundError."""
    for column in (user.c.id, user.c.name):
        row = connection.execute(sa.select(user).where(column == id_or_name)).one_or_none()
        if row is not None:
            return _user(row)
    raise NotFoundError("there is no such user", "see the list of users")


def insert_user(connection: sa.Connection, user_id: str, name: str, role: Role) -> None:
    """ConflictError if a user's name differs from this one in case at most."""
    if any(each.name.casefold() == name.casefold() for each in all_users(connection)):
        raise ConflictError(f"there is a user named {name} already", "take another name")
    connection.execute(sa.insert(user).values(id=user_id, name=name, role=role, disabled=False))


def update_user(connection: sa.Connection, user_id: str, **values: Any) -> None:
    connection.execute(sa.update(user).where(user.c.id == user_id).values(**values))


def insert_login_token(connection: sa.Connection, user_id: str, token_hash: str, seconds: float) -> str:
    """Takes the place of the user's unused tokens; says when it ends."""
    end_login_tokens(connection, user_id)
    row = {"hash": token_hash, "user_id": user_id, "expires_at": database_now(seconds)}
    ends = connection.execute(sa.insert(login_token).values(**row).returning(login_token.c.expires_at)).scalar_one()
    return iso(ends) or ""


def use_login_token(connection: sa.Connection, token_hash: str) -> User | None:
    """In one statement, so that of two that use it at once one gets the user."""
    statement = (
        sa.update(login_token)
        .where(
            login_token.c.hash == token_hash,
            login_token.c.used_at.is_(None),
            login_token.c.expires_at > database_now(),
        )
        .values(used_at=database_now())
        .returning(login_token.c.user_id)
    )
    found = connection.execute(statement).scalar_one_or_none()
    if found is None:
        return None
    owner = get_user(connection, found)
    return None if owner.disabled else owner


def end_login_tokens(connection: sa.Connection, user_id: str) -> None:
    connection.execute(sa.delete(login_token).where(login_token.c.user_id == user_id))


def insert_session(connection: sa.Connection, user_id: str, token_hash: str, csrf: str, seconds: float) -> str:
    """Says when it ends. Sweeps the sessions that have ended."""
    connection.execute(sa.delete(session).where(session.c.expires_at <= database_now()))
    row = {"hash": token_hash, "user_id": user_id, "csrf": csrf, "expires_at": database_now(seconds)}
    ends = connection.execute(sa.insert(session).values(**row).returning(session.c.expires_at)).scalar_one()
    return iso(ends) or ""


def end_sessions(connection: sa.Connection, user_id: str) -> None:
    connection.execute(sa.delete(session).where(session.c.user_id == user_id))


def insert_key(connection: sa.Connection, key_hash: str, user_id: str, name: str, scope: Scope) -> ApiKey:
    row = {"id": "k" + uuid4().hex, "hash": key_hash, "user_id": user_id, "name": name, "scope": scope}
    return _key(connection.execute(sa.insert(api_key).values(**row).returning(api_key)).one())


def revoke_key(connection: sa.Connection, key_id: str) -> None:
    connection.execute(
        sa.update(api_key)
        .where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
        .values(revoked_at=database_now())
    )


def append_audit(connection: sa.Connection, actor: str, action: str, subject: str, detail: dict[str, Any]) -> None:
    connection.execute(sa.insert(audit).values(actor=actor, action=action, subject=subject, detail=detail))


def _now() -> "sa.Label[Any]":
    return sa.type_coerce(database_now(), session.c.expires_at.type).label("now")


def _user(row: "sa.Row[Any]") -> User:
    return User(
        id=row.id,
        name=row.name,
        role=row.role,
        disabled=row.disabled,
        has_password=row.password_hash is not None,
        created_at=iso(row.created_at) or "",
    )


def _key(row: "sa.Row[Any]", prefix: str = "") -> ApiKey:
    values = row._mapping
    return ApiKey(
        id=values[f"{prefix}id"],
        user_id=values[f"{prefix}user_id"],
        name=values[f"{prefix}name"],
        scope=values[f"{prefix}scope"],
        created_at=iso(values[f"{prefix}created_at"]) or "",
        last_used_at=iso(values[f"{prefix}last_used_at"]),
    )


def _entry(row: "sa.Row[Any]") -> AuditEntry:
    return AuditEntry(
        id=str(row.id),
        at=iso(row.at) or "",
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=row.detail or {},
    )
