"""Batch work inside a job goes through one port, `Executor`: a pool of threads, or Ray where a cluster is named."""

from checkdam.compute.executor import RAY_VARIABLE, Executor, executor_from_environment
from checkdam.compute.pool import PoolExecutor

__all__ = ["RAY_VARIABLE", "Executor", "PoolExecutor", "executor_from_environment"]
