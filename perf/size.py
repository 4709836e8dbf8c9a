"""How large an installation is: the packages that `pip install .` brings into a fresh environment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from perf.table import Row

ROOT = Path(__file__).parent.parent
_LARGEST = 6


def installed(folder: Path) -> Iterator[Row]:
    """Needs the package index, or what pip has kept of it."""
    place = folder / "site-packages"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(place)]
    done = subprocess.run([*command, str(ROOT)], check=False, capture_output=True, text=True)
    if done.returncode:
        yield Row("installed size", "–", f"pip failed: {done.stderr.strip().splitlines()[-1]}")
        return
    sizes: dict[str, int] = {}
    for path in place.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.suffix != ".pyc":
            name = path.relative_to(place).parts[0]
            sizes[name] = sizes.get(name, 0) + path.stat().st_size
    most = sorted(sizes, key=lambda name: -sizes[name])[:_LARGEST]
    note = ", ".join(f"{name} {sizes[name] / 1e6:.0f}" for name in most)
    yield Row("installed size", f"{sum(sizes.values()) / 1e6:.0f} MB", f"without byte code; largest: {note}")
    yield Row(
        "limit",
        "700 MB",
        f"kept: {sum(sizes.values()) <= 700e6}; Python {sys.version_info[0]}.{sys.version_info[1]}, {os.name}",
    )
