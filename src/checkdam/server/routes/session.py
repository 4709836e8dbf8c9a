"""Signing in and out, and the caller's own account."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from checkdam.server.auth import COOKIE, Caller, SameOrigin, answer_session, client_of, me, only
from checkdam.server.context import TheAccounts
from checkdam.server.wire.accounts import HealthOut, MeOut, OneTimeBody, PasswordBody, SessionBody
from checkdam.server.wire.base import failures
from checkdam.version import __version__

router = APIRouter(tags=["session"])


@router.get("/health", response_model=HealthOut, responses=failures())
def get_health() -> HealthOut:
    """Whether the server is up, and its version. Needs no session."""
    return HealthOut(status="ok", version=__version__)


@router.post("/session", response_model=MeOut, responses=failures(401, 403, 429), dependencies=[SameOrigin])
def sign_in(body: SessionBody, request: Request, response: Response, accounts: TheAccounts) -> MeOut:
    """Sign in by name and password. A session that the browser had before is ended."""
    signed = accounts.sign_in(body.name, body.password, client=client_of(request))
    accounts.sign_out(request.cookies.get(COOKIE, ""))
    return answer_session(signed, request, response)


@router.post("/session/one-time", response_model=MeOut, responses=failures(401, 403, 429), dependencies=[SameOrigin])
def sign_in_once(body: OneTimeBody, request: Request, response: Response, accounts: TheAccounts) -> MeOut:
    """Sign in by a one-time token, which is used up by it. A session that the browser had before is ended."""
    signed = accounts.sign_in_once(body.token, client=client_of(request))
    accounts.sign_out(request.cookies.get(COOKIE, ""))
    return answer_session(signed, request, response)


@router.delete("/session", status_code=204, responses=failures(401, 403))
def sign_out(caller: Annotated[Caller, only("session.end")], response: Response, accounts: TheAccounts) -> None:
    """End the session."""
    accounts.sign_out(caller.token)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.get("/me", response_model=MeOut, responses=failures(401, 403))
def get_me(caller: Annotated[Caller, only("me.read")]) -> MeOut:
    """Who is signed in, and the CSRF token."""
    return me(caller.user, caller.csrf)


@router.put("/me/password", response_model=MeOut, responses=failures(401, 403, 429))
def set_password(
    body: PasswordBody,
    caller: Annotated[Caller, only("me.password")],
    request: Request,
    response: Response,
    accounts: TheAccounts,
) -> MeOut:
    """Set the caller's password. All their sessions end, and a new one begins."""
    signed = accounts.set_password(caller.user.id, body.current, body.new, client=client_of(request))
    return answer_session(signed, request, response)
