"""The server: an HTTP API over a workspace, and the web application that uses it."""

from checkdam.server.app import create_app
from checkdam.server.settings import Settings

__all__ = ["Settings", "create_app"]
