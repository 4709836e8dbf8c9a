"""A piece of work that several processes may come upon at once, and one of them is to do."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where both do the work
    fcntl = None  # type: ignore[assignment]


_PATIENCE_SECONDS = 600.0
_LOOK_SECONDS = 0.05


@contextmanager
def alone(path: Path, patience: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """Waits until no other process holds the lock file `path`, and holds it meanwhile; it is gone afterwards.

    For work that may be done twice, at a cost: the lock of a process that was killed is free, one that hangs is waited
    for so many seconds and no longer, and where the disk knows no locks nobody waits.
    """
    handle = None
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        _wait(handle, time.monotonic() + patience)
    try:
        yield
    finally:
        if handle is not None:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            os.close(handle)


def _wait(handle: int, until: float) -> None:
    while fcntl is not None and time.monotonic() < until:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOOK_SECONDS)
        else:
            return
