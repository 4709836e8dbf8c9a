"""Which thing was made from which: every import, lint run, edit and version records its edges here."""

from checkdam.lineage.store import Direction, Lineage

__all__ = ["Direction", "Lineage"]
