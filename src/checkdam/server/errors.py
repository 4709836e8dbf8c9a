"""Every error as one JSON shape, with what to do about it. What went wrong inside is logged, and told to nobody."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from checkdam.accounts import TooManyAttemptsError
from checkdam.schema import (
    CheckdamError,
    ConflictError,
    ForbiddenError,
    InputError,
    LimitError,
    NotFoundError,
    StorageError,
    UnauthenticatedError,
)
from checkdam.server.media import UnreadableImageError
from checkdam.server.routing import is_api_address, is_below_api
from checkdam.server.waves import UnreadableSoundError

log = logging.getLogger(__name__)

MOST_PROBLEMS = 100

_STATUS: tuple[tuple[type[CheckdamError], int], ...] = (
    (TooManyAttemptsError, 429),
    (UnauthenticatedError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (LimitError, 413),
    (UnreadableImageError, 415),
    (UnreadableSoundError, 415),
    (InputError, 422),
)

_HTTP: dict[int, tuple[str, str, str]] = {
    400: ("bad_request", "the request is not well-formed", "see /api/openapi.json"),
    404: ("not_found", "there is nothing at this address", "see /api/openapi.json for the addresses"),
    405: ("method_not_allowed", "this address does not take this method", "see /api/openapi.json for the methods"),
    413: ("too_large", "the body of the request is too large", "send less at a time"),
    415: ("unsupported_type", "this type of content is not taken here", "send application/json"),
    416: ("bad_range", "the file ends before this range", "ask for less"),
}


def error_response(
    status: int,
    error: str,
    detail: str,
    remedy: str,
    *,
    problems: Sequence[Mapping[str, str]] = (),
    incident: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The one shape of an error. Text that is no Unicode is made so, since it may quote the request."""
    body: dict[str, Any] = {"error": error, "detail": _text(detail), "remedy": _text(remedy)}
    if problems:
        body["problems"] = [{key: _text(value) for key, value in problem.items()} for problem in problems]
    if incident is not None:
        body["incident"] = incident
    return JSONResponse(body, status_code=status, headers=dict(headers or {}))


def incident_response(error: BaseException, status: int = 500) -> JSONResponse:
    """Logs the error under a new incident id, and tells that id only."""
    incident = uuid4().hex[:12]
    log.error("incident %s", incident, exc_info=error)
    if status == 503:
        return error_response(
            503, "storage", "the data cannot be reached now", "try again soon; see the server's log", incident=incident
        )
    return error_response(
        500,
        "internal",
        f"something went wrong in the server (incident {incident})",
        "look for the incident in the server's log, and report it",
        incident=incident,
    )


def checkdam_response(error: CheckdamError) -> JSONResponse:
    """The answer to an error of the tree, by its kind."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if status is None:
        return incident_response(error, 503 if isinstance(error, StorageError) else 500)
    problems: list[dict[str, str]] = []
    if isinstance(error, InputError):
        listed = list(error.problems)[:MOST_PROBLEMS]
        problems = [{"where": each.where, "what": each.what, "remedy": each.remedy} for each in listed]
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyAttemptsError) else {}
    if isinstance(error, UnauthenticatedError):
        headers = {"WWW-Authenticate": 'Bearer realm="checkdam"'}
    return error_response(status, error.code, error.detail, error.remedy, problems=problems, headers=headers)


def validation_response(error: RequestValidationError) -> JSONResponse:
    """What is wrong with a request, place by place. The values themselves are not repeated."""
    problems = [
        {"where": ".".join(str(part) for part in each["loc"])[:200], "what": str(each["msg"])[:500], "remedy": ""}
        for each in error.errors()[:MOST_PROBLEMS]
    ]
    return error_response(
        422,
        "invalid_input",
        "the request does not hold what it should",
        "see the problems, and /api/openapi.json",
        problems=problems,
    )


def http_response(error: HTTPException) -> JSONResponse:
    """The answer to what the framework itself refuses."""
    code, detail, remedy = _HTTP.get(error.status_code, _HTTP[400])
    return error_response(error.status_code, code, detail, remedy, headers=error.headers)


def install(app: FastAPI) -> None:
    """Makes the application answer every error in this way."""

    @app.exception_handler(CheckdamError)
    def _(request: Request, error: CheckdamError) -> JSONResponse:  # noqa: ARG001
        return checkdam_response(error)

    @app.exception_handler(RequestValidationError)
    def _(request: Request, error: RequestValidationError) -> JSONResponse:  # noqa: ARG001
        return validation_response(error)

    @app.exception_handler(HTTPException)
    def _(request: Request, error: HTTPException) -> JSONResponse:
        path = request.url.path
        # The page takes any address, but only by GET: to the router, every unknown address has a method that it takes.
        if error.status_code == 405 and is_below_api(path) and not is_api_address(path):
            return http_response(HTTPException(404))
        return http_response(error)


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8")
