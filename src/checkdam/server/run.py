"""Serving a workspace until Ctrl-C."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from checkdam.accounts import OneTime
from checkdam.schema import ConflictError
from checkdam.server.app import create_app
from checkdam.server.settings import LOCAL_HOSTS, Settings
from checkdam.workspace import Workspace

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104


def serve(
    workspace: Workspace,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    public_url: str | None = None,
    hosts: tuple[str, ...] = (),
    origins: tuple[str, ...] = (),
    import_roots: tuple[Path, ...] = (),
    workers: int = 2,
    tell: Callable[[str], None] = print,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serves the API and the web application, with workers, until Ctrl-C or SIGTERM; a KeyboardInterrupt is passed on
    once everything is closed.

    Tells the address, and a one-time login link as long as no admin has a password. Port 0 takes a free one. `hosts`
    are further host names that requests may be addressed to. `ready` is called with the address to open (the login link
    where there is one). Raises ConflictError if the port is taken.
    """
    listener = listening(host, port)
    with listener:
        address = public_url or address_of(listener)
        named = {listener.getsockname()[0]} - set(_EVERYWHERE)
        settings = Settings(
            hosts=tuple(dict.fromkeys((*LOCAL_HOSTS, *named, *hosts))),
            import_roots=import_roots,
            public_url=public_url,
            origins=origins,
            workers=workers,
        )
        app = create_app(workspace, settings)
        tell(f"Checkdam is at {address}")
        first = workspace.accounts.first_login()
        link = login_link(address, first)
        if first is not None:
            tell(f"Sign in once as {first.user.name}: {link}")
        if ready is not None:
            ready(link)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="on",
            ws="none",
        )
        uvicorn.Server(config).run(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections already, so that its address can be told."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConflictError(
            f"cannot listen on {host}:{port}: {error.strerror or error}", "choose another port, or 0 for a free one"
        ) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """The address of a listening socket for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    shown = _EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def login_link(address: str, once: OneTime | None) -> str:
    """The address that signs in with the token, or the plain one. A fragment is not sent to the server, so it is in no
    log."""
    return address if once is None else f"{address.rstrip('/')}/login#token={once.token}"
