"""Who is asking, and whether they may. The decision itself is in `policies`; here are the cookie and the headers."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from msgspec import Struct

from checkdam.accounts import Accounts, Role, Scope, SignedIn, User, same
from checkdam.schema import ForbiddenError, UnauthenticatedError
from checkdam.server.context import TheAccounts, TheSettings, settings_of
from checkdam.server.policies import Action, key_may, may
from checkdam.server.settings import Settings
from checkdam.server.wire.accounts import MeOut

COOKIE = "checkdam_session"
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_cookie = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="session", description="set by signing in")
_bearer = HTTPBearer(auto_error=False, scheme_name="api_key", description="an API key")


class CsrfError(ForbiddenError):
    """The request may come from another site that the caller has open."""

    code = "csrf"


class Caller(Struct, frozen=True, kw_only=True):
    """Who is asking. `token` is the session's (empty for an API key), `scope` the API key's (None for a session)."""

    user: User
    token: str = ""
    csrf: str = ""
    scope: Scope | None = None

    @property
    def role(self) -> Role:
        return self.user.role


def client_of(request: Request) -> str:
    """The address the request came from, for rate limits. Headers of proxies are not believed."""
    return request.client.host if request.client else ""


def origin_allowed(origin: str, host: str, settings: Settings) -> bool:
    """True if a page of that origin may send unsafe requests: the same host, or one that was configured."""
    if origin in settings.origins or origin == settings.public_origin:
        return True
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and parts.netloc == host


def refuse_other_sites(request: Request, settings: TheSettings) -> None:
    """Raises CsrfError where the browser says that another site sends the request."""
    origin = request.headers.get("origin")
    if origin is not None:
        if not origin_allowed(origin, request.headers.get("host", ""), settings):
            raise CsrfError("the request comes from a page of another site", "send it from Checkdam's own pages")
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise CsrfError("the request comes from a page of another site", "send it from Checkdam's own pages")


SameOrigin = Depends(refuse_other_sites)


def identify(
    request: Request,
    accounts: TheAccounts,
    settings: TheSettings,
    cookie: Annotated[str | None, Security(_cookie)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Caller:
    """The caller, by API key where one is given (a cookie is then ignored), else by session.

    A session's unsafe request needs the CSRF token in a header; an API key's does not, since browsers do not send it
    by themselves.
    """
    if "authorization" in request.headers:
        found = accounts.by_key(bearer.credentials) if bearer else None
        if found is None:
            raise UnauthenticatedError("the API key is not valid", "make a new one under Settings")
        user, key = found
        return Caller(user=user, scope=key.scope)
    session = accounts.by_session(cookie or "")
    if session is None:
        raise UnauthenticatedError("not signed in", "sign in, or ask an admin for a one-time link")
    if request.method not in SAFE_METHODS:
        refuse_other_sites(request, settings)
        if not same(request.headers.get(CSRF_HEADER, ""), session.csrf):
            raise CsrfError("the CSRF token is missing or old", "reload the page and try again")
    return Caller(user=session.user, token=session.token, csrf=session.csrf)


def only(action: Action) -> Any:
    """The dependency that lets those pass who may do the action, and gives the caller. Every route has one."""

    def check(caller: Annotated[Caller, Depends(identify)]) -> Caller:
        if not may(caller.role, action):
            raise ForbiddenError(f"a {caller.role} may not do this", "ask an admin for another role")
        if caller.scope is not None and not key_may(caller.scope, action):
            raise ForbiddenError("this API key may not do this", "use a key of scope write, or sign in")
        return caller

    check.action = action  # type: ignore[attr-defined]  # for the reference
    return Depends(check)


def action_of(route: APIRoute) -> Action | None:
    """The action that a route asks for; None if it is open to everybody."""
    found = (getattr(each.call, "action", None) for each in route.dependant.dependencies)
    return next((action for action in found if action is not None), None)


def me(user: User, csrf: str) -> MeOut:
    """What the caller is told of themselves."""
    return MeOut(id=user.id, name=user.name, role=user.role, csrf=csrf, has_password=user.has_password)


def answer_session(signed: SignedIn, request: Request, response: Response) -> MeOut:
    """Sets the session's cookie, out of reach of scripts and of other sites."""
    response.set_cookie(
        COOKIE,
        signed.token,
        max_age=Accounts.SESSION_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=settings_of(request).secure,
    )
    return me(signed.user, signed.csrf)
