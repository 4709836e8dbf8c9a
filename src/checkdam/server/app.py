"""The server's application: routes, defences, pages and workers put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI
from starlette.routing import Route

from checkdam.server import errors, spa
from checkdam.server.head import HeadAsGet
from checkdam.server.media import Pictures
from checkdam.server.routing import routed_app
from checkdam.server.settings import Settings
from checkdam.server.shield import Shield
from checkdam.server.waves import Waves
from checkdam.workspace import Workspace


def create_app(workspace: Workspace, settings: Settings | None = None) -> FastAPI:
    """The application over a workspace, which stays the caller's to close. A pool of `settings.workers` runs the
    workspace's jobs for as long as the application is up (none if 0)."""
    chosen = settings or Settings()
    app = routed_app()
    app.state.workspace = workspace
    app.state.settings = chosen
    app.state.pictures = Pictures(workspace.blobs, workspace.pictures)
    app.state.waves = Waves(workspace.blobs, workspace.waves)
    app.router.lifespan_context = _lifespan
    app.router.routes.append(Route("/{path:path}", spa.page, methods=["GET", "HEAD"], include_in_schema=False))
    errors.install(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Shield, settings=chosen)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    if settings.workers < 1:
        yield
        return
    worker = app.state.workspace.worker(settings.workers)
    worker.start()
    try:
        yield
    finally:
        await to_thread.run_sync(worker.stop)
