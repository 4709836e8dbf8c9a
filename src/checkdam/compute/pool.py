"""The embedded default: threads of this process. What they call spends its time in decoders and hashes, which let
other threads run."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from os import cpu_count
from typing import TypeVar

AHEAD = 4
"""How many calls wait for each thread."""

Given = TypeVar("Given")
Made = TypeVar("Made")


class PoolExecutor:
    """`workers` threads; by default as many as there are processors."""

    name = "pool"

    def __init__(self, workers: int | None = None) -> None:
        self._workers = max(1, workers or cpu_count() or 1)

    def map(self, function: Callable[[Given], Made], values: Iterable[Given]) -> Iterator[Made]:
        waiting = iter(values)
        with ThreadPoolExecutor(self._workers, thread_name_prefix="checkdam-pool") as pool:
            running: deque[Future[Made]] = deque(
                pool.submit(function, value) for value in islice(waiting, self._workers * AHEAD)
            )
            try:
                while running:
                    yield running.popleft().result()
                    running.extend(pool.submit(function, value) for value in islice(waiting, 1))
            finally:
                for future in running:
                    future.cancel()

    def close(self) -> None:
        """Each `map` has its own threads, which end with it."""
