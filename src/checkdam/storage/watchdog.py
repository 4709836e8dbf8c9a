"""Interrupts what takes too long: one thread for all, as a thread for each question would cost more than most of
them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Condition, Thread


class Watchdog:
    """Its thread starts with the first use and never ends; it sleeps while nothing is due."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._due: dict[int, tuple[float, Callable[[], None]]] = {}
        self._numbers = count()
        self._wakes = 0.0
        self._thread: Thread | None = None

    @contextmanager
    def limit(self, seconds: float, interrupt: Callable[[], None]) -> Iterator[None]:
        """Calls `interrupt`, once, if the block is not done after so many seconds; never after it is done."""
        due = time.monotonic() + seconds
        with self._changed:
            number = next(self._numbers)
            self._due[number] = due, interrupt
            if self._thread is None or not self._thread.is_alive():  # also in a process that was forked
                self._thread = Thread(target=self._watch, name="checkdam-watchdog", daemon=True)
                self._thread.start()
            elif due < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(number, None)

    def _watch(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for number in [number for number, (due, _) in self._due.items() if due <= now]:
                    self._due.pop(number)[1]()
                # What begins while it sleeps and is due before it wakes, wakes it.
                self._wakes = min((due for due, _ in self._due.values()), default=float("inf"))
                self._changed.wait(None if self._wakes == float("inf") else max(0.0, self._wakes - now))
