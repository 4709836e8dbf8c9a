"""What every request passes first and every answer last: host, size, headers, and the last net for faults."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from checkdam.server.errors import error_response, incident_response
from checkdam.server.settings import Settings

API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
"""For answers that are data: whatever a browser takes them for, nothing in them runs."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Content-Security-Policy": API_POLICY,
    "Cache-Control": "no-store",
}
_ONE_YEAR = 31_536_000


def page_policy(nonce: str) -> str:
    """The content security policy of the web application's page. `nonce` allows the style elements that the component
    library makes; no script but the application's own files runs."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        )
    )


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """The host names, in lower case and without port, that requests may be addressed to."""
    public = urlsplit(settings.public_url or "").hostname
    return frozenset(host.lower().strip("[]") for host in (*settings.hosts, *([public] if public else [])))


def host_name(header: str) -> str:
    """The name in a Host header, in lower case, without port and brackets; empty if it is malformed."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return ""
    if parts.path or parts.query or parts.fragment or "@" in header:
        return ""
    return (parts.hostname or "").rstrip(".")


class Shield:
    """ASGI middleware, the outermost. `settings.max_body_bytes` bounds what a request may send."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts: Collection[str] = allowed_hosts(settings)
        self._limit = settings.max_body_bytes
        self._headers = dict(_HEADERS)
        if settings.secure:
            self._headers["Strict-Transport-Security"] = f"max-age={_ONE_YEAR}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, answer)
            return
        try:
            await self._app(scope, self._bounded(receive), answer)
        except Exception as error:  # the last net: nothing of the fault may reach the client
            response = incident_response(error)
            if begun:
                raise
            await response(scope, receive, answer)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or host_name(hosts[0]) not in self._hosts:
            return error_response(
                400,
                "bad_host",
                "this server does not answer to that host name",
                "use the address that the server printed, or start it with --allow-host NAME",
            )
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()):
            return error_response(400, "bad_request", "Content-Length is no number", "send a number")
        if int(length[:20]) > self._limit:
            return error_response(
                413, "too_large", f"the body is larger than {self._limit:,} bytes", "send less at a time"
            )
        if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
            return error_response(400, "bad_request", "the address holds a NUL character", "leave it out")
        return None

    def _bounded(self, receive: Receive) -> Receive:
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise HTTPException(413)
            return message

        return bounded
