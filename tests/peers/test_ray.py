"""Ray keeps the contract of executors, and a lint run over it finds what one over the pool finds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checkdam.compute import RAY_VARIABLE, Executor, executor_from_environment
from checkdam.schema import StorageError
from conftest import ROOT, missing
from unit.compute.contract import ExecutorContract

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[Executor]:
    """A cluster on this machine, of two processors."""
    try:
        import ray
    except ImportError:
        missing("ray is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(RAY_VARIABLE, "local")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        tests = {"env_vars": {"PYTHONPATH": str(ROOT / "tests")}}  # where the functions of the contract are
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=tests)
        executor = executor_from_environment()
        assert executor.name == "ray"
        yield executor
        executor.close()


class TestRay(ExecutorContract):
    @pytest.fixture
    def executor(self, cluster: Executor) -> Executor:
        return cluster


def test_a_cluster_that_is_not_there_is_told(cluster: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    from checkdam.compute.ray import RayExecutor

    monkeypatch.setattr(ray, "is_initialized", lambda: False)

    def refuse(**_: object) -> None:
        raise ConnectionError("no such host")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(StorageError, match="cannot be reached"):
        list(RayExecutor("ray://nowhere:10001").map(len, ["a"]))


def test_lint_finds_the_same_over_both(cluster: Executor, tmp_path: Path, bccd: Path) -> None:
    from checkdam.compute import PoolExecutor
    from checkdam.workspace import Workspace

    found = []
    for executor in (PoolExecutor(), cluster):
        with Workspace.open(tmp_path / executor.name, executor=executor) as workspace:
            workspace.run(workspace.datasets.submit_import("bccd", bccd, actor="test"))
            workspace.run(workspace.datasets.submit_lint("bccd", actor="test"))
            page = workspace.datasets.findings.page("bccd", limit=200)
            found.append(sorted((one.rule, one.message) for one in page.findings))
    assert found[0] == found[1]
    assert any(rule == "near-duplicate-image" for rule, _ in found[0])
