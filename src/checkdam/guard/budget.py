"""A folder of things that can be made again, kept below a number of bytes: what was longest unused goes first."""

import os
from contextlib import suppress
from pathlib import Path
from threading import Lock

_LOOK_EVERY_BYTES = 64 * 1024 * 1024


class BudgetFolder:
    """The files lie in folders below `folder`. Their time of change says when they were last used."""

    def __init__(self, folder: Path, budget: int) -> None:
        self.folder = folder
        self._budget = budget
        self._grown = _LOOK_EVERY_BYTES  # so that the first file made looks at what is there
        self._sweeping = Lock()

    def used(self, path: Path) -> bool:
        """Whether the file is there; notes that it was used."""
        try:
            os.utime(path)
        except OSError:
            return False
        return True

    def grew(self, size: int) -> None:
        """To be called after a file of `size` bytes came; now and then looks whether the folder is over its budget."""
        self._grown += size
        if self._grown < min(_LOOK_EVERY_BYTES, self._budget // 4) or not self._sweeping.acquire(blocking=False):
            return
        try:
            self._grown = 0
            self._sweep()
        finally:
            self._sweeping.release()

    def _sweep(self) -> None:
        """Where the folder is over budget, deletes what was longest unused until a fifth is free."""
        found = []
        for path in self.folder.glob("*/*"):
            with suppress(OSError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        total = sum(size for _, size, _ in found)
        if total <= self._budget:
            return
        for _, size, path in sorted(found):
            if total <= self._budget * 0.8:
                break
            with suppress(OSError):
                path.unlink()
                total -= size
