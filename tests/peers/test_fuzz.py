"""No reader raises anything but its own errors, hangs or grows, whatever the bytes: short runs here, hours in
`make test-long` (`CHECKDAM_FUZZ_SECONDS` for each format). An input that breaks a reader is left in
`CHECKDAM_FUZZ_FOLDER`, or printed by libFuzzer in base64; once it is mended it belongs into `tests/cases/fuzz` (see
`tests/fuzz/importers.py`), which is read in every run.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from checkdam.formats import formats
from conftest import ROOT, missing

SYNTAX = {
    "conll": "table",
    "croissant": "parquet",
    "csv": "table",
    "cvat": "xml",
    "ljspeech": "table",
    "parquet": "parquet",
    "voc": "xml",
    "yolo": "yaml",
}
"""The dictionary of words of each format's syntax; else JSON's."""

SECONDS = 5
HOURS = int(os.environ.get("CHECKDAM_FUZZ_SECONDS", "3600"))


def fuzz(format: str, corpus: Path, seconds: int) -> int:
    """Runs the fuzzer; gives how many inputs were read."""
    try:
        import atheris  # noqa: F401
    except ImportError:
        missing("atheris is not installed")
    words = ROOT / "tests" / "fuzz" / "dictionaries" / f"{SYNTAX.get(format, 'json')}.dict"
    command = [
        sys.executable,
        str(ROOT / "tests" / "fuzz" / "importers.py"),
        format,
        str(corpus),
        f"-dict={words}",
        f"-max_total_time={seconds}",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-max_len=65536",
        "-print_final_stats=1",
        f"-artifact_prefix={os.environ.get('CHECKDAM_FUZZ_FOLDER', corpus.parent)}/{format}-",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=corpus.parent)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    found = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    assert found is not None, done.stderr[-2000:]
    return int(found[1])


@pytest.mark.slow
@pytest.mark.parametrize("format", sorted(formats()))
def test_a_short_run_breaks_no_reader(format: str, tmp_path: Path) -> None:
    assert fuzz(format, tmp_path / "corpus", SECONDS) > 20


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("format", sorted(formats()))
def test_hours_break_no_reader(format: str, tmp_path: Path) -> None:
    read = fuzz(format, tmp_path / "corpus", HOURS)
    print(f"{format}: {read:,} inputs in {HOURS:,} s, none broke the reader")
