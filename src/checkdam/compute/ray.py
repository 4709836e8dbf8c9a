"""Batch work on a Ray cluster (`pip install checkdam[ray]`). Imported only where an address is given.

Values go in chunks, since a task costs a millisecond or so, and results come back in order. The cluster's machines need
the same version of Checkdam, and see the workspace's files at the same paths.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import ray
from ray.exceptions import RayError, RayTaskError

from checkdam.schema import StorageError

CHUNK = 16
AHEAD = 2
"""How many chunks wait for each processor of the cluster."""

Given = TypeVar("Given")
Made = TypeVar("Made")


class RayExecutor:
    """`address` as `ray.init` takes it. The connection is made when it is first needed, and shared by the process."""

    name = "ray"

    def __init__(self, address: str, chunk: int = CHUNK) -> None:
        self._address = address
        self._chunk = max(1, chunk)

    def map(self, function: Callable[[Given], Made], values: Iterable[Given]) -> Iterator[Made]:
        """StorageError where the cluster cannot be reached or loses a task for good."""
        self._connect()
        task = ray.remote(_each).options(max_retries=3)
        waiting = iter(values)
        chunks = iter(lambda: list(islice(waiting, self._chunk)), [])
        slots = max(1, int(ray.cluster_resources().get("CPU", 1))) * AHEAD
        running: deque[Any] = deque(task.remote(function, chunk) for chunk in islice(chunks, slots))
        try:
            while running:
                made, error = self._result(running.popleft())
                yield from made
                if error is not None:
                    raise error
                running.extend(task.remote(function, chunk) for chunk in islice(chunks, 1))
        finally:
            for each in running:
                ray.cancel(each, force=False)

    def close(self) -> None:
        """Leaves the cluster; one that was started here ends."""
        if ray.is_initialized():
            ray.shutdown()

    def _connect(self) -> None:
        if ray.is_initialized():
            return
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
        address = None if self._address == "local" else self._address
        try:
            ray.init(address=address, log_to_driver=False, include_dashboard=False if address is None else None)
        except (RayError, ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
            raise StorageError(
                f"the Ray cluster {self._address} cannot be reached: {error}", "check CHECKDAM_RAY_ADDRESS"
            ) from error

    def _result(self, reference: Any) -> tuple[list[Any], Exception | None]:
        try:
            made, error = ray.get(reference)
        except RayTaskError as lost:  # `_each` returns errors: this is one that could not be sent
            raise StorageError(f"a task failed on the cluster: {lost.cause!r}", "see the cluster's log") from lost
        except RayError as lost:
            raise StorageError(
                f"the Ray cluster lost a task: {type(lost).__name__}", "check the cluster; the job can be run again"
            ) from lost
        return made, error


def _each(function: Callable[[Any], Any], values: Sequence[Any]) -> tuple[list[Any], Exception | None]:
    """What was made of the values before the first error, and that error."""
    made = []
    for value in values:
        try:
            made.append(function(value))
        except Exception as error:
            return made, error
    return made, None
