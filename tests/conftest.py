"""What every test shares: where the real data is, and that a missing tool is a skip here and a failure in CI."""

import json
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine draws examples, or runs one, says nothing of what is tested.
settings.register_profile("checkdam", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("checkdam")

ROOT = Path(__file__).resolve().parents[1]


def require_all() -> bool:
    """True where a tool or data set that is missing is a failure (`CHECKDAM_REQUIRE_ALL=1`, set by `.ci/run`)."""
    return os.environ.get("CHECKDAM_REQUIRE_ALL", "") not in {"", "0"}


def missing(reason: str) -> NoReturn:
    """Skips the test for the reason given, or fails it where nothing may be missing."""
    if require_all():
        pytest.fail(f"{reason} (CHECKDAM_REQUIRE_ALL is set)", pytrace=False)
    pytest.skip(reason)


def data_root() -> Path:
    """The folder of real data sets: `CHECKDAM_TEST_DATA`, taken relative to the root of the repository."""
    return (ROOT / os.environ.get("CHECKDAM_TEST_DATA", "../shared/data")).resolve()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets with counted flaws."""
    folder = data_root()
    if not (folder / "FLAWS.json").is_file():
        missing(f"no real data at {folder}: set CHECKDAM_TEST_DATA to the folder that holds FLAWS.json")
    return folder


@pytest.fixture(scope="session")
def flaws(shared_data: Path) -> dict[str, Any]:
    """The counted flaws of each real data set, by its folder's name."""
    counted: dict[str, Any] = json.loads((shared_data / "FLAWS.json").read_text("utf-8"))["datasets"]
    return counted


@pytest.fixture(scope="session")
def bccd() -> Path:
    """The bundled demo data set (Pascal VOC: 364 images, 4,888 boxes); always there."""
    return ROOT / "src" / "checkdam" / "demo_data" / "bccd"
