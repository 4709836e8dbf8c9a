"""What the server and the command line call to let people in, and to keep them out."""

from datetime import timedelta
from typing import ClassVar
from unicodedata import category, normalize
from uuid import uuid4

import sqlalchemy as sa

from checkdam.accounts import store as sql
from checkdam.accounts.model import ROLES, ApiKey, AuditEntry, NewApiKey, OneTime, Role, Scope, SignedIn, User
from checkdam.accounts.passwords import hash_password, is_outdated, verify_password
from checkdam.accounts.secrets import new_token, token_hash
from checkdam.accounts.store import AccountStore
from checkdam.accounts.throttle import Throttle
from checkdam.schema import ConflictError, InputError, UnauthenticatedError

FIRST_USER = "admin"
KEY_PREFIX = "cdk_"
LONGEST_NAME = 100
LONGEST_SECRET = 1024


class Accounts:
    """Users and how they prove who they are. There is no default password and no way in but by a link that someone with
    access to the machine or an admin made."""

    SESSION_SECONDS: ClassVar[int] = 7 * 86_400
    """How long a session lasts that is not used; one that is used lasts up to `LONGEST_SESSION_SECONDS`."""

    LONGEST_SESSION_SECONDS: ClassVar[int] = 30 * 86_400
    ONE_TIME_SECONDS: ClassVar[int] = 24 * 3600

    def __init__(self, store: AccountStore, throttle: Throttle | None = None) -> None:
        self._store = store
        self._throttle = throttle or Throttle()

    # Users

    def users(self) -> list[User]:
        """By name."""
        return self._store.users()

    def user(self, user: str) -> User:
        """By id, or else by name; NotFoundError."""
        return self._store.find_user(user)

    def create_user(self, name: str, role: Role, *, actor: str) -> User:
        """A user without a password, who signs in by a one-time link. ConflictError if the name is taken."""
        name = _checked_name(name)
        _checked_role(role)
        with self._store.writing() as connection:
            user_id = "u" + uuid4().hex
            sql.insert_user(connection, user_id, name, role)
            sql.append_audit(connection, actor, "create user", name, {"role": role})
            return sql.get_user(connection, user_id)

    def change_user(self, user: str, *, role: Role | None = None, disabled: bool | None = None, actor: str) -> User:
        """Sets what is given. Disabling ends the user's sessions and links at once. ConflictError if no admin would be
        left who can sign in."""
        if role is not None:
            _checked_role(role)
        with self._store.writing() as connection:
            before = sql.get_user(connection, user)
            wanted = {
                "role": before.role if role is None else role,
                "disabled": before.disabled if disabled is None else disabled,
            }
            if wanted == {"role": before.role, "disabled": before.disabled}:
                return before
            sql.update_user(connection, before.id, **wanted)
            if not any(each.role == "admin" and not each.disabled for each in sql.all_users(connection)):
                raise ConflictError(f"{before.name} is the last admin", "make someone else an admin first")
            if wanted["disabled"]:
                sql.end_sessions(connection, before.id)
                sql.end_login_tokens(connection, before.id)
            sql.append_audit(connection, actor, "change user", before.name, wanted)
            return sql.get_user(connection, before.id)

    # One-time links

    def one_time(self, user: str, *, actor: str) -> OneTime:
        """A token that signs the user in once; it takes the place of an earlier unused one. ConflictError if they are
        disabled."""
        with self._store.writing() as connection:
            owner = sql.get_user(connection, user)
            if owner.disabled:
                raise ConflictError(f"{owner.name} is disabled", "enable the user first")
            return self._one_time(connection, owner, actor)

    def first_login(self) -> OneTime | None:
        """A one-time token for the first admin, who is made if there is no user yet; None once an admin has a
        password, since there is a way in then."""
        with self._store.writing() as connection:
            admins = [each for each in sql.all_users(connection) if each.role == "admin" and not each.disabled]
            if any(admin.has_password for admin in admins):
                return None
            if not admins:
                user_id = "u" + uuid4().hex
                sql.insert_user(connection, user_id, FIRST_USER, "admin")
                admins = [sql.get_user(connection, user_id)]
            first = min(admins, key=lambda admin: (admin.created_at, admin.id))
            return self._one_time(connection, first, "checkdam")

    def _one_time(self, connection: sa.Connection, owner: User, actor: str) -> OneTime:
        token = new_token()
        ends = sql.insert_login_token(connection, owner.id, token_hash(token), self.ONE_TIME_SECONDS)
        sql.append_audit(connection, actor, "make login link", owner.name, {})
        return OneTime(user=owner, token=token, expires_at=ends)

    # Sessions

    def sign_in(self, name: str, password: str, *, client: str) -> SignedIn:
        """A new session. UnauthenticatedError, the same one whatever is wrong; TooManyAttemptsError."""
        self._throttle.begin(client, name)
        found = self._store.password_of(name)
        stored = found[1] if found else None
        right = verify_password(password, stored)
        if found is None or stored is None or not right or found[0].disabled:
            # Only the names of users: people type passwords into the wrong field.
            self.record(found[0].name if found else "", "refuse sign-in", client=client)
            raise UnauthenticatedError("the name or the password is wrong", "try again, or ask an admin for a link")
        self._throttle.succeeded(client, name)
        renewed = hash_password(password) if is_outdated(stored) else None
        with self._store.writing() as connection:
            if renewed is not None:
                sql.update_user(connection, found[0].id, password_hash=renewed)
            return self._begin(connection, found[0], "password", client)

    def sign_in_once(self, token: str, *, client: str) -> SignedIn:
        """A new session by a one-time token, which ends with it. A password that the user had is forgotten: who needs a
        link has lost it, and sets a new one."""
        self._throttle.begin(client, "\0one-time")
        with self._store.writing() as connection:
            owner = sql.use_login_token(connection, _hash(token))
            if owner is not None:
                sql.update_user(connection, owner.id, password_hash=None)
                signed = self._begin(connection, sql.get_user(connection, owner.id), "one-time link", client)
        if owner is None:
            raise UnauthenticatedError(
                "this one-time link was used already, or is too old", "start the server again, or ask an admin for one"
            )
        self._throttle.succeeded(client, "\0one-time")
        return signed

    def sign_out(self, token: str) -> None:
        """Ends the session, if there is one."""
        if not token:
            return
        owner = self._store.end_session(_hash(token))
        if owner is not None:
            self.record(owner.name, "sign out")

    def by_session(self, token: str) -> SignedIn | None:
        """The session of that token, if it is alive and its user not disabled. The role is the user's of now."""
        if not token or len(token) > LONGEST_SECRET:
            return None
        found = self._store.find_session(
            _hash(token),
            timedelta(seconds=self.SESSION_SECONDS),
            timedelta(seconds=self.LONGEST_SESSION_SECONDS),
        )
        if found is None:
            return None
        owner, csrf, ends = found
        return SignedIn(user=owner, token=token, csrf=csrf, expires_at=ends)

    def set_password(self, user_id: str, current: str | None, new: str, *, client: str) -> SignedIn:
        """Sets the password, ends all the user's sessions and links, and begins a new session. `current` is needed
        where there is a password already. InputError, TooManyAttemptsError."""
        owner = self._store.find_user(user_id)
        stored = self._store.password_hash(owner.id)
        if stored is not None:
            self._throttle.begin(client, owner.name)
            if not verify_password(current or "", stored):
                self.record(owner.name, "refuse password", client=client)
                raise InputError("the current password is wrong", "type it again, or ask an admin for a one-time link")
            self._throttle.succeeded(client, owner.name)
        hashed = hash_password(new, owner.name)
        with self._store.writing() as connection:
            sql.update_user(connection, owner.id, password_hash=hashed)
            sql.end_sessions(connection, owner.id)
            sql.end_login_tokens(connection, owner.id)
            sql.append_audit(connection, owner.name, "set password", owner.name, {})
            return self._begin(connection, sql.get_user(connection, owner.id), "new password", client)

    def _begin(self, connection: sa.Connection, owner: User, how: str, client: str) -> SignedIn:
        token, csrf = new_token(), new_token()
        ends = sql.insert_session(connection, owner.id, token_hash(token), csrf, self.SESSION_SECONDS)
        sql.append_audit(connection, owner.name, "sign in", owner.name, {"by": how, "client": client})
        return SignedIn(user=owner, token=token, csrf=csrf, expires_at=ends)

    # API keys

    def create_key(self, user_id: str, name: str, scope: Scope) -> NewApiKey:
        """A key that can do what its user may (scope write) or only look (scope read)."""
        name = _checked_name(name)
        if scope not in ("read", "write"):
            raise InputError(f"there is no scope {scope!r}", "take read or write")
        secret = new_token(KEY_PREFIX)
        with self._store.writing() as connection:
            owner = sql.get_user(connection, user_id)
            key = sql.insert_key(connection, token_hash(secret), owner.id, name, scope)
            sql.append_audit(connection, owner.name, "create key", key.id, {"name": name, "scope": scope})
        return NewApiKey(key=key, secret=secret)

    def keys(self, user_id: str) -> list[ApiKey]:
        """The user's keys that are not revoked, the newest first."""
        return self._store.keys(user_id)

    def key(self, key_id: str) -> ApiKey:
        """A key that is not revoked, whoever owns it; NotFoundError."""
        return self._store.key(key_id)

    def revoke_key(self, key_id: str, *, actor: str) -> None:
        """From now on the key is worth nothing."""
        with self._store.writing() as connection:
            sql.revoke_key(connection, key_id)
            sql.append_audit(connection, actor, "revoke key", key_id, {})

    def by_key(self, secret: str) -> tuple[User, ApiKey] | None:
        """The key and its user, if the key is not revoked and the user not disabled."""
        if not secret.startswith(KEY_PREFIX) or len(secret) > LONGEST_SECRET:
            return None
        return self._store.use_key(_hash(secret))

    # Audit log

    def record(self, actor: str, action: str, subject: str = "", **detail: str | int | bool | None) -> None:
        """Adds an entry to the audit log."""
        with self._store.writing() as connection:
            sql.append_audit(connection, actor, action, subject, dict(detail))

    def audit(self, *, limit: int = 100, before: str | None = None) -> list[AuditEntry]:
        """The newest first. `before` is the id of the last entry of the page before."""
        if before is not None and not (before.isascii() and before.isdecimal() and len(before) < 19):
            raise InputError("this is no id of an audit entry", "take the id of the last entry shown")
        return self._store.audit(limit, None if before is None else int(before))


def _hash(token: str) -> str:
    return token_hash(token[:LONGEST_SECRET])


def _checked_name(name: str) -> str:
    plain = normalize("NFC", name).strip()
    if not plain or len(plain) > LONGEST_NAME:
        raise InputError("the name is empty or too long", f"take 1 to {LONGEST_NAME} characters")
    if any(category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in plain):
        raise InputError("the name holds a character that cannot be seen", "type it with visible characters")
    return plain


def _checked_role(role: str) -> None:
    if role not in ROLES:
        raise InputError(f"there is no role {role!r}", f"take one of {', '.join(ROLES)}")
