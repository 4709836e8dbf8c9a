"""Users, API keys and the audit log."""

from typing import Annotated

from fastapi import APIRouter, Request

from checkdam.accounts import ApiKey, AuditEntry, User, no_such_key
from checkdam.schema import ForbiddenError
from checkdam.server.auth import Caller, only
from checkdam.server.context import TheAccounts, TheSettings
from checkdam.server.policies import may_grant, may_revoke_key
from checkdam.server.wire.accounts import (
    ApiKeyBody,
    ApiKeyOut,
    AuditOut,
    NewApiKeyOut,
    OneTimeOut,
    UserBody,
    UserOut,
    UserPatch,
)
from checkdam.server.wire.base import IdPath, failures
from checkdam.server.wire.queries import AuditParameters

router = APIRouter(tags=["users"])


@router.get("/users", response_model=list[UserOut], dependencies=[only("users.manage")], responses=failures(401, 403))
def list_users(accounts: TheAccounts) -> list[User]:
    """All users, by name."""
    return accounts.users()


@router.post("/users", status_code=201, response_model=UserOut, responses=failures(401, 403, 409))
def create_user(body: UserBody, caller: Annotated[Caller, only("users.manage")], accounts: TheAccounts) -> User:
    """Add a user, who has no password yet: give them a one-time link."""
    if not may_grant(caller.role, body.role, body.role):
        raise ForbiddenError("this role lies above your own", "ask someone of that role")
    return accounts.create_user(body.name, body.role, actor=caller.user.name)


@router.patch("/users/{id}", response_model=UserOut, responses=failures(401, 403, 404, 409))
def change_user(
    id: IdPath, body: UserPatch, caller: Annotated[Caller, only("users.manage")], accounts: TheAccounts
) -> User:
    """Change a user's role, or disable or enable them. Disabling ends their sessions at once; the last admin stays."""
    user = accounts.user(id)
    if not may_grant(caller.role, user.role, body.role or user.role):
        raise ForbiddenError("this role lies above your own", "ask someone of that role")
    return accounts.change_user(id, role=body.role, disabled=body.disabled, actor=caller.user.name)


@router.post("/users/{id}/one-time", response_model=OneTimeOut, responses=failures(401, 403, 404, 409))
def create_one_time_link(
    id: IdPath,
    caller: Annotated[Caller, only("users.manage")],
    request: Request,
    accounts: TheAccounts,
    settings: TheSettings,
) -> OneTimeOut:
    """Make a link that signs the user in once. It is shown this one time."""
    once = accounts.one_time(id, actor=caller.user.name)
    base = settings.public_origin or f"{request.url.scheme}://{request.headers['host']}"
    return OneTimeOut(url=f"{base}/login#token={once.token}", expires_at=once.expires_at)


@router.get("/api-keys", response_model=list[ApiKeyOut], responses=failures(401, 403))
def list_api_keys(caller: Annotated[Caller, only("keys.own")], accounts: TheAccounts) -> list[ApiKey]:
    """The caller's own API keys that are not revoked."""
    return accounts.keys(caller.user.id)


@router.post("/api-keys", status_code=201, response_model=NewApiKeyOut, responses=failures(401, 403))
def create_api_key(
    body: ApiKeyBody, caller: Annotated[Caller, only("keys.own")], accounts: TheAccounts
) -> NewApiKeyOut:
    """Make an API key. Its secret is shown this one time."""
    made = accounts.create_key(caller.user.id, body.name, body.scope)
    return NewApiKeyOut(**ApiKeyOut.model_validate(made.key).model_dump(), key=made.secret)


@router.delete("/api-keys/{id}", status_code=204, responses=failures(401, 403, 404))
def revoke_api_key(id: IdPath, caller: Annotated[Caller, only("keys.own")], accounts: TheAccounts) -> None:
    """Revoke one of the caller's own API keys; an admin may revoke any."""
    key = accounts.key(id)
    if not may_revoke_key(caller.role, caller.user.id, key.user_id):
        raise no_such_key()
    accounts.revoke_key(id, actor=caller.user.name)


@router.get("/audit", response_model=list[AuditOut], dependencies=[only("audit.read")], responses=failures(401, 403))
def list_audit(query: AuditParameters, accounts: TheAccounts) -> list[AuditEntry]:
    """What was done and by whom, the newest first."""
    return accounts.audit(limit=query.limit, before=query.before)
