"""Files that are read line by line, changed in place."""

from collections.abc import Collection, Sequence


def without(lines: Sequence[bytes], gone: Collection[int]) -> bytes:
    """A file that was split at its line feeds, less the lines at these indices. Where the last line goes and had no
    line end, the one before keeps its own."""
    last = len(lines) - 1
    kept = [line for at, line in enumerate(lines) if at not in gone]
    return b"\n".join([*kept, b""] if last in gone else kept)
