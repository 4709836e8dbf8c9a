"""The pool keeps the contract; the environment chooses."""

import importlib.util

import pytest

from checkdam.compute import RAY_VARIABLE, Executor, PoolExecutor, executor_from_environment
from checkdam.schema import InputError
from unit.compute.contract import ExecutorContract


class TestPool(ExecutorContract):
    @pytest.fixture(params=[1, 2, 7])
    def executor(self, request: pytest.FixtureRequest) -> Executor:
        return PoolExecutor(request.param)


def test_without_an_address_it_is_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RAY_VARIABLE, raising=False)
    assert executor_from_environment().name == "pool"


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed here")
def test_an_address_without_ray_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RAY_VARIABLE, "auto")
    with pytest.raises(InputError, match="Ray is not installed") as refused:
        executor_from_environment()
    assert "checkdam[ray]" in refused.value.remedy
