"""How often somebody may try to sign in. Counted in memory, for this process."""

import math
import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from checkdam.schema import CheckdamError


class TooManyAttemptsError(CheckdamError):
    """`retry_after` is in whole seconds."""

    code = "too_many_attempts"

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many attempts to sign in", f"wait {retry_after} seconds and try again")
        self.retry_after = retry_after


class Limit(NamedTuple):
    """At most `attempts` within `seconds`."""

    attempts: int
    seconds: float


BY_CLIENT_AND_NAME = Limit(5, 300)
BY_CLIENT = Limit(30, 300)
BY_NAME = Limit(100, 3600)
"""Wide, so that a stranger who keeps failing does not easily lock the owner out."""

_MOST_KEYS = 20_000


class Throttle:
    """Sliding windows of attempts. An attempt counts when it begins, so that many at once do not slip through, and is
    forgiven when it succeeds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._attempts: dict[str, deque[float]] = {}

    def begin(self, client: str, name: str) -> None:
        """Counts an attempt, or raises TooManyAttemptsError and counts nothing."""
        with self._lock:
            now = self._clock()
            windows = [(self._window(key, limit, now), limit) for key, limit in _keys(client, name)]
            waits = [window[0] + limit.seconds - now for window, limit in windows if len(window) >= limit.attempts]
            if waits:
                raise TooManyAttemptsError(max(1, math.ceil(max(waits))))
            for window, _ in windows:
                window.append(now)

    def succeeded(self, client: str, name: str) -> None:
        """Forgets the attempts of that client for that name, and the last one everywhere else."""
        with self._lock:
            own, *others = (self._attempts.get(key) for key, _ in _keys(client, name))
            if own is not None:
                own.clear()
            for window in others:
                if window:
                    window.pop()

    def _window(self, key: str, limit: Limit, now: float) -> "deque[float]":
        if key not in self._attempts and len(self._attempts) >= _MOST_KEYS:
            self._forget_oldest()
        window = self._attempts.setdefault(key, deque())
        while window and window[0] <= now - limit.seconds:
            window.popleft()
        return window

    def _forget_oldest(self) -> None:
        """Makes room by dropping the quieter half, so that memory stays bounded under a flood of names."""
        ranked = sorted(self._attempts, key=lambda key: self._attempts[key][-1] if self._attempts[key] else -math.inf)
        for key in ranked[: len(ranked) // 2]:
            del self._attempts[key]


def _keys(client: str, name: str) -> list[tuple[str, Limit]]:
    return [
        (f"both\0{client}\0{name}", BY_CLIENT_AND_NAME),
        (f"client\0{client}", BY_CLIENT),
        (f"name\0{name}", BY_NAME),
    ]
