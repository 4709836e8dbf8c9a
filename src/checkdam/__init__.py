"""Checkdam: an open, self-hosted data engine for machine learning.

Importing this package is cheap on purpose: engines (Lance, DuckDB, SQLAlchemy) are imported by the parts that use
them.
"""

from typing import TYPE_CHECKING, Any

from checkdam.version import __version__

if TYPE_CHECKING:
    from checkdam.sdk import load

__all__ = ["__version__", "load"]


def __getattr__(name: str) -> Any:
    """`checkdam.load` brings the engines with it, so that it is imported when it is first used."""
    if name == "load":
        from checkdam.sdk import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
