"""Who uses Checkdam: users with a role, their sessions and API keys, and what they did."""

from typing import Any, Literal, get_args

from msgspec import Struct

Role = Literal["admin", "manager", "reviewer", "tasker"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the most to the least powerful."""

Scope = Literal["read", "write"]
"""What an API key is good for: safe requests only, or all that its user may do."""


class User(Struct, frozen=True, kw_only=True):
    """`created_at` is ISO 8601 in UTC, as all times here."""

    id: str
    name: str
    role: Role
    disabled: bool
    has_password: bool
    created_at: str


class SignedIn(Struct, frozen=True, kw_only=True):
    """A session. `token` goes into the cookie and is kept nowhere else; `csrf` goes into a header of every unsafe
    request."""

    user: User
    token: str
    csrf: str
    expires_at: str


class OneTime(Struct, frozen=True, kw_only=True):
    """A token that signs its user in once. It is kept nowhere else."""

    user: User
    token: str
    expires_at: str


class ApiKey(Struct, frozen=True, kw_only=True):
    id: str
    user_id: str
    name: str
    scope: Scope
    created_at: str
    last_used_at: str | None


class NewApiKey(Struct, frozen=True, kw_only=True):
    """An API key with the secret, which is kept nowhere else."""

    key: ApiKey
    secret: str


class AuditEntry(Struct, frozen=True, kw_only=True):
    """Something that was done. `actor` and `subject` are names as they were then."""

    id: str
    at: str
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
