"""How much memory a process takes, and a limit on it."""

import os
import resource
import threading
from pathlib import Path

_V1, _V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
_TICK_SECONDS = 0.02


def confine(gigabytes: float) -> str:
    """Limits this process and its children, and says how. A control group holds the page cache too, and takes files out
    of it when it is full; where none can be made, the private memory is limited."""
    most = int(gigabytes * 2**30)
    v2 = (_V2 / "cgroup.controllers").exists()
    group = (_V2 if v2 else _V1) / f"checkdam-perf-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.max" if v2 else "memory.limit_in_bytes")).write_text(str(most))
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        return f"RLIMIT_DATA {gigabytes:g} GB"
    return f"control group {gigabytes:g} GB"


def release(pid: int) -> None:
    """Removes the control group of a process that has ended."""
    for home in (_V1, _V2):
        group = home / f"checkdam-perf-{pid}"
        if group.is_dir():
            group.rmdir()


class Peak:
    """The most private memory (MiB) of this process while it is watched: what cannot be dropped and read again, as the
    pages of a mapped file can. Where the system does not tell, the resident memory."""

    def __init__(self) -> None:
        self.mebibytes = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._ended.wait(_TICK_SECONDS):
            self._look()

    def _look(self) -> None:
        self.mebibytes = max(self.mebibytes, private())


def private(pid: int | None = None) -> float:
    """MiB of private memory of a process now."""
    try:
        text = Path(f"/proc/{pid or 'self'}/status").read_text("ascii", "replace")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    found = next((line.split()[1] for line in text.splitlines() if line.startswith("RssAnon")), "0")
    return int(found) / 2**10
