"""The command line is there at once."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

ATTEMPTS = 7  # the best of several: the machine does other things too


def best_seconds(*command: str) -> float:
    def once() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        return time.perf_counter() - start

    return min(once() for _ in range(ATTEMPTS))


@pytest.mark.slow
def test_importing_the_package_is_cheap() -> None:
    assert best_seconds("-c", "import checkdam") < 0.3


@pytest.mark.slow
def test_help_is_quick() -> None:
    assert best_seconds("-m", "checkdam", "--help") < 0.5


@pytest.mark.parametrize("engine", ["lance", "duckdb", "pyarrow", "sqlalchemy", "fastapi", "PIL", "numpy", "rich"])
def test_help_loads_no_engine(engine: str) -> None:
    program = f"import sys, checkdam.cli.app as app; app.build(); sys.exit({engine!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_linting_and_fixing_a_folder_loads_no_engine(voc: Path) -> None:
    program = """
import sys
from checkdam.cli.app import build
build()(["lint", "cells", "--fix"], standalone_mode=False)
print({"lance", "duckdb", "pyarrow", "sqlalchemy", "fastapi"} & sys.modules.keys(), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=voc.parent, capture_output=True, encoding="utf-8", check=True
    )
    assert "fixed 2 findings in 2 files" in done.stderr
    assert done.stderr.splitlines()[-1] == "set()"
