"""A package of somebody else's, on the path with the metadata that an installer writes."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def install(folder: Path, group: str, files: Mapping[str, str], target: str = "their_package.things") -> Path:
    """Writes a package with an entry point `theirs` in the group; the folder belongs on the path."""
    for name, content in {"their_package/__init__.py": "", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    info = folder / "their_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\ntheirs = {target}\n")
    return folder


def checkdam(folder: Path, *arguments: str) -> tuple[int, str]:
    """Runs the command line with the package on the path: the status, and all that was printed."""
    environment = {"PYTHONPATH": f"{folder}:{ROOT / 'src'}", "PATH": "", "HOME": str(folder), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "checkdam", *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout + ended.stderr
