"""The port, and which adapter the environment asks for."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from checkdam.compute.pool import PoolExecutor
from checkdam.schema import InputError

RAY_VARIABLE = "CHECKDAM_RAY_ADDRESS"
"""The address of a Ray cluster (`ray://host:10001`, `host:6379`, `auto`), or `local` for one on this machine."""

Given = TypeVar("Given")
Made = TypeVar("Made")


class Executor(Protocol):
    """Calls a function of a module with many values, several at a time."""

    name: str

    def map(self, function: Callable[[Given], Made], values: Iterable[Given]) -> Iterator[Made]:
        """The results in the order of `values`.

        Only a few calls are ahead of what was taken, so that memory does not grow with the values; `values` is drawn
        from in the caller's thread. The first error that a call raises is raised in its place, and nothing is begun
        after it; so it is where the iteration is given up. A function and values that go to other machines are plain:
        a function of a module, no closure; paths name files that those machines see.
        """
        ...

    def close(self) -> None:
        """Lets go of what was started. Another `map` starts it again."""
        ...


def executor_from_environment() -> Executor:
    """Ray where `CHECKDAM_RAY_ADDRESS` names a cluster, else a pool of threads. InputError where an address is given
    and Ray is not installed."""
    address = os.environ.get(RAY_VARIABLE, "").strip()
    if not address:
        return PoolExecutor()
    try:
        from checkdam.compute.ray import RayExecutor
    except ImportError as error:
        raise InputError(
            f"{RAY_VARIABLE} names a cluster, and Ray is not installed", "install checkdam[ray], or unset the variable"
        ) from error
    return RayExecutor(address)
