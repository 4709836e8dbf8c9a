"""No damage to a Parquet file ends the process: pyarrow reads it with C++, and not all that throws is caught."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checkdam.formats import format_named
from conftest import ROOT
from fuzz.seeds import seeds


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
def test_damaged_footers_and_pages(tmp_path: Path, number: int) -> None:
    (tmp_path / "sound").mkdir()
    (tmp_path / "damaged").mkdir()
    files = [seed for seed in seeds(format_named("parquet"), tmp_path / "sound") if seed.name.endswith(".parquet")]
    source = files[number % len(files)].path
    command = [sys.executable, "-m", "unit.formats.damaging", source, tmp_path / "damaged", str(number), "150"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)
    assert done.returncode == 0, (done.stdout[-50:], done.stderr[-3000:])
    assert int(done.stdout.split()[-1]) > 50
