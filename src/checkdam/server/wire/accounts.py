"""Signing in, users and API keys."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from checkdam.server.wire.base import Answer, Body

RoleName = Literal["admin", "manager", "reviewer", "tasker"]
ScopeName = Literal["read", "write"]
UserName = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class HealthOut(Answer):
    status: Literal["ok"]
    version: str


class SessionBody(Body):
    name: UserName
    password: Secret


class OneTimeBody(Body):
    token: Secret


class PasswordBody(Body):
    """`current` is needed where the user has a password already."""

    current: Secret | None = None
    new: Annotated[str, StringConstraints(min_length=10, max_length=1024)]


class MeOut(Answer):
    """Who is signed in. `csrf` goes into the header `X-CSRF-Token` of unsafe requests; it is empty for API keys."""

    id: str
    name: str
    role: RoleName
    csrf: str
    has_password: bool


class UserBody(Body):
    name: UserName
    role: RoleName


class UserPatch(Body):
    role: RoleName | None = None
    disabled: bool | None = None


class UserOut(Answer):
    id: str
    name: str
    role: RoleName
    disabled: bool
    has_password: bool
    created_at: str


class OneTimeOut(Answer):
    """`url` signs the user in once, until `expires_at`. It is shown this one time; the server keeps a hash."""

    url: str
    expires_at: str


class ApiKeyBody(Body):
    name: UserName
    scope: ScopeName = "read"


class ApiKeyOut(Answer):
    id: str
    name: str
    scope: ScopeName
    created_at: str
    last_used_at: str | None


class NewApiKeyOut(ApiKeyOut):
    """`key` is shown this one time; the server keeps a hash."""

    key: str = Field(description="goes into the header `Authorization: Bearer KEY`")


class AuditOut(Answer):
    id: str
    at: str
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
