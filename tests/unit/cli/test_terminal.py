"""What people see at a terminal, and that Ctrl-C ends everything cleanly."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")]


# A shell that starts tests in the background has them, and what they start, ignore Ctrl-C.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from checkdam.cli import main; main()"
)


def at_terminal(arguments: list[str], folder: Path, *, interrupt_at: str | None = None) -> tuple[int, str]:
    """Runs a command at a pseudo-terminal; presses Ctrl-C once it has printed `interrupt_at`."""
    controller, terminal = pty.openpty()
    environment = {**os.environ, "CHECKDAM_HOME": str(folder / "home"), "TERM": "xterm-256color", "COLUMNS": "200"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env=environment,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    output = b""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([controller], [], [], 0.2)[0]:
            try:
                chunk = os.read(controller, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            output += chunk
            if interrupt_at is not None and interrupt_at.encode() in output:
                process.send_signal(signal.SIGINT)
                interrupt_at = None
        elif process.poll() is not None:
            break
    os.close(controller)
    try:
        return process.wait(30), output.decode("utf-8", "replace")
    finally:
        process.kill()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n")


def test_findings_are_coloured_and_say_the_same(voc: Path, tmp_path: Path) -> None:
    status, output = at_terminal(["lint", "cells", "--select", "zero-area,duplicate-box"], tmp_path)
    assert status == 1
    assert "\x1b[" in output
    assert "cells/Annotations/flat.xml:17: JPEGImages/flat.jpg: zero-area error [*]: RBC box" in plain(output)


def test_no_color_is_heeded(voc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = f"NO_COLOR=1 exec {sys.executable} -m checkdam rule"
    controller, terminal = pty.openpty()
    with subprocess.Popen(["bash", "-c", command], stdout=terminal, stderr=terminal, cwd=tmp_path) as process:
        os.close(terminal)
        output = b""
        while True:
            try:
                chunk = os.read(controller, 65536)
            except OSError:
                break
            if not chunk:
                break
            output += chunk
    os.close(controller)
    assert process.returncode == 0
    assert not re.search(rb"\x1b\[3[0-9]", output)


@pytest.mark.parametrize(
    ("arguments", "shown", "status"),
    [(["worker"], "Ctrl-C stops", 0), (["serve", "--port", "0"], "Sign in once", 0)],
)
def test_ctrl_c_ends_cleanly(arguments: list[str], shown: str, status: int, tmp_path: Path) -> None:
    ended, output = at_terminal(arguments, tmp_path, interrupt_at=shown)
    assert ended == status, output
    assert "Traceback" not in output
    assert "nanobind" not in output


def test_ctrl_c_in_a_lint_run(bccd: Path, tmp_path: Path) -> None:
    status, output = at_terminal(["lint", str(bccd)], tmp_path, interrupt_at="linting")
    assert status == 130, output
    assert "Traceback" not in output
