"""The functions that a job may name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from checkdam.jobs.context import JobContext
from checkdam.schema import NotFoundError

Function = Callable[..., Any]
"""Called as `function(context, **arguments)`; gives plain JSON. It may run more than once and must do its work once."""


@dataclass(frozen=True)
class JobFunction:
    """`title` is what people read. A failed attempt is repeated after `backoff_seconds`, doubled each time."""

    name: str
    function: Function
    title: str
    max_attempts: int = 3
    backoff_seconds: float = 2.0

    def __call__(self, context: JobContext, arguments: dict[str, Any]) -> Any:
        return self.function(context, **arguments)


class Registry:
    """Which names a worker can run. A worker leaves jobs of other names to other workers."""

    def __init__(self) -> None:
        self._functions: dict[str, JobFunction] = {}

    def job(
        self, name: str, *, title: str = "", max_attempts: int = 3, backoff_seconds: float = 2.0
    ) -> Callable[[Function], Function]:
        """Registers the decorated function under `name`."""

        def register(function: Function) -> Function:
            self.add(name, function, title=title, max_attempts=max_attempts, backoff_seconds=backoff_seconds)
            return function

        return register

    def add(
        self, name: str, function: Function, *, title: str = "", max_attempts: int = 3, backoff_seconds: float = 2.0
    ) -> None:
        """Registers `function` under `name`. Raises ValueError if the name is taken: two meanings of one name would
        give one job to either."""
        if name in self._functions:
            raise ValueError(f"a job named {name!r} is registered already")
        self._functions[name] = JobFunction(name, function, title or name, max_attempts, backoff_seconds)

    def get(self, name: str) -> JobFunction:
        try:
            return self._functions[name]
        except KeyError:
            known = ", ".join(sorted(self._functions)) or "none"
            raise NotFoundError(f"no job is named {name!r}", f"the names are: {known}") from None

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._functions))

    def title(self, name: str) -> str:
        """What people read for a job of that name, known here or not."""
        known = self._functions.get(name)
        return known.title if known else name
