"""What once broke a reader breaks it no more. The inputs were found by `tests/fuzz/importers.py`, which kept them; they
are read here without it."""

from contextlib import suppress
from pathlib import Path

import pytest

from checkdam.formats import format_named, formats
from checkdam.guard import DEFAULT_LIMITS
from checkdam.schema import InputError, Problems
from conftest import ROOT
from fuzz.seeds import kept, seeds

CASES = ROOT / "tests" / "cases" / "fuzz"


@pytest.mark.parametrize("name", formats())
def test_kept_cases(tmp_path: Path, name: str) -> None:
    """Each is told, or read; a case whose file is no longer one of the seeds fails."""
    format = format_named(name)
    files = {(seed.dataset, seed.name): seed for seed in seeds(format, tmp_path)}
    for dataset, file, data in kept(CASES / name):
        seed = files[dataset, file]
        sound = seed.path.read_bytes()
        seed.path.write_bytes(data)
        problems = Problems()
        format.detect(seed.root)
        format.count(seed.root)
        with suppress(InputError):
            for _ in format.read(seed.root, problems, DEFAULT_LIMITS):
                pass
        assert all(problem.remedy for problem in problems)
        seed.path.write_bytes(sound)


def test_every_kept_case_is_of_a_format() -> None:
    assert {path.name for path in CASES.iterdir()} <= formats().keys()
