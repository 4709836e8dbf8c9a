"""The application's routes, with nothing behind them."""

from fastapi import FastAPI
from fastapi.routing import APIRoute

from checkdam.server.routes import ROUTERS
from checkdam.version import __version__

PREFIX = "/api"


def routed_app() -> FastAPI:
    """A FastAPI with every route of the API. It serves no interactive documentation, which would load scripts from
    another host."""
    app = FastAPI(
        title="Checkdam",
        version=__version__,
        description="The data engine's API. Every error has the shape of `ErrorOut`.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
    )
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    return app


def is_below_api(path: str) -> bool:
    """Whether an address belongs to the API and not to the web application."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def is_api_address(path: str) -> bool:
    """Whether there is a route of the API at this address, by whatever method."""
    rest = path.removeprefix(PREFIX)
    routes = (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute))
    return path.startswith(PREFIX) and any(route.path_regex.match(rest) for route in routes)


def _operation_id(route: APIRoute) -> str:
    return route.name
