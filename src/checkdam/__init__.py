"""Checkdam: an open, self-hosted data engine for machine learning.

Importing this package is cheap on purpose: engines (Lance, DuckDB, SQLAlchemy) are imported by the parts that use
them.
"""

__version__ = "0.1.0"
