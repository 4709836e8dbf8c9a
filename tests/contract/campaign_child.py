"""The processes that the kill campaign kills. Run by `campaign.py` as: campaign_child.py

A zygote: it imports everything once, and then forks one child for each line of JSON on standard input. A child goes on
with the story of `story.py` where it is told to, writes `done STEP` when a step is acknowledged, and kills itself with
SIGKILL at the operation of the number told (a file opened, renamed, made, removed or synced; an SQL statement; a
commit; a part written to the lake, before and after), or is killed by the zygote after the time told.
"""

import json
import os
import select
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import duckdb  # noqa: F401  # imported before the fork
import sqlalchemy as sa

from checkdam.datasets import reading
from checkdam.formats import formats
from checkdam.lint import rules
from checkdam.storage import lance_table
from checkdam.storage.sql import engine as sql_engine
from checkdam.workspace import Workspace
from contract import story

MEDIA_A_PART = 3
FILE_EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "shutil.rmtree"}


class Operations:
    """Counts what the process does, and kills it at the number told (0: never)."""

    def __init__(self, deadly: int) -> None:
        self.count = 0
        self._deadly = deadly
        self._lock = threading.Lock()

    def __call__(self, *_: Any, **__: Any) -> None:
        with self._lock:
            self.count += 1
            if self.count == self._deadly:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Hooks itself in everywhere."""
        sys.addaudithook(lambda event, _: self() if event in FILE_EVENTS else None)
        for event in ("before_cursor_execute", "after_cursor_execute", "commit", "rollback"):
            sa.event.listen(sa.Engine, event, self.noticed(event))
        self.around(os, "fsync")
        self.around(lance_table, "write_fragments")
        self.around(lance_table.lance.LanceDataset, "commit")

    def noticed(self, event: str) -> Any:
        """SQLAlchemy looks at how many arguments a listener takes."""
        if "cursor" in event:
            return lambda *given: self()
        return lambda connection: self()

    def around(self, owner: Any, name: str) -> None:
        inner = getattr(owner, name)

        def call(*given: Any, **named: Any) -> Any:
            self()
            result = inner(*given, **named)
            self()
            return result

        setattr(owner, name, call)


def live(order: dict[str, Any]) -> None:
    """One child's life."""
    operations = Operations(order["deadly"])
    reading.MEDIA_A_PART = MEDIA_A_PART
    if order.get("migrations"):
        sql_engine.MIGRATIONS = Path(order["migrations"])
    operations.watch()
    folder = Path(order["folder"])
    with Workspace.open(folder / "home", order.get("database")) as workspace:
        tell("done open", operations)
        for name in order["steps"]:
            story.STEPS[name][0](workspace, folder)
            tell(f"done {name}", operations)


def tell(line: str, operations: Operations) -> None:
    os.write(1, f"{line}\t{operations.count}\n".encode())


def main() -> None:
    warnings.filterwarnings("ignore", "lance is not fork-safe")  # nothing of it runs before the fork
    formats(), rules()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                live(order)
                status = 0
            except BaseException as error:
                import traceback

                os.write(2, "".join(traceback.format_exception(error)).encode())
            os._exit(status)
        handle = os.pidfd_open(child)
        if not select.select([handle], [], [], order["seconds"])[0]:
            os.kill(child, signal.SIGKILL)
        os.close(handle)
        _, status = os.waitpid(child, 0)
        os.write(1, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main()
