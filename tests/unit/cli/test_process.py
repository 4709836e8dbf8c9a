"""The command line as a process: streams that are closed, Ctrl-C, a working directory that is gone."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from unit.cli.command import Run


def in_shell(command: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    program = f"{shlex.quote(sys.executable)} -m checkdam"
    environment = {**os.environ, "CHECKDAM_HOME": str(tmp_path / "home"), "PYTHONIOENCODING": "utf-8"}
    environment.pop("PYTHONPATH", None)  # a relative one is nothing without a working directory
    return subprocess.run(  # noqa: S602  # the shell is what closes the streams
        command.replace("checkdam", program, 1),
        shell=True,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


posix = pytest.mark.skipif(sys.platform == "win32", reason="the shell's redirections are POSIX")


@posix
def test_findings_are_written_without_a_standard_error(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    (voc / "Annotations" / "broken.xml").write_text("<annotation><object>")
    open_both = checkdam("lint", "cells")
    assert open_both.status == 2
    for closed in ("2>&-", "2</dev/null"):  # none at all, and one that nothing can be written to
        done = in_shell(f"checkdam lint cells {closed}", tmp_path)
        assert (done.returncode, done.stdout) == (2, open_both.out)


@posix
def test_a_closed_standard_output_is_told(voc: Path, tmp_path: Path) -> None:
    done = in_shell("checkdam lint cells >&-", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: standard output is closed\n  remedy: ")


@posix
def test_a_working_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    done = in_shell("mkdir gone && cd gone && rmdir ../gone && checkdam lint", tmp_path)
    assert done.returncode == 2
    assert "the working directory is gone" in done.stderr
    assert "remedy: change to another folder" in done.stderr


@posix
@pytest.mark.slow
def test_ctrl_c_in_an_import_ends_in_silence(tmp_path: Path) -> None:
    source = tmp_path / "texts.jsonl"
    source.write_text("".join(f'{{"id": {n}, "text": "text {n}", "label": "a"}}\n' for n in range(200_000)))
    environment = {**os.environ, "CHECKDAM_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "checkdam", "import", str(source), "texts"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    lake = tmp_path / "home" / "lake"
    while process.poll() is None and not any(lake.rglob("*.lance")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == (b"", b"")
    assert process.returncode == 130


def test_what_pillow_thinks_of_an_image_is_not_printed(checkdam: Run, voc: Path) -> None:
    """A picture of more pixels than Pillow warns of and fewer than the limit is as good as any."""
    Image.new("1", (10_000, 9_500)).save(voc / "JPEGImages" / "clean.jpg", format="PNG")
    done = checkdam("lint", "cells", "--select", "unreadable-image")
    assert (done.status, done.err) == (0, "")


def test_a_looping_link_is_left_out_of_the_fixed_copy(checkdam: Run, voc: Path, tmp_path: Path) -> None:
    (voc / "loop").symlink_to("loop")
    done = checkdam("lint", "cells", "--fix", "--select", "zero-area,duplicate-box")
    assert done.status == 0
    assert "left out of the copy: loop, a link" in done.err
    assert not (tmp_path / "cells-fixed" / "loop").is_symlink()


@pytest.mark.parametrize(
    "options",
    [
        ("--statistics", "--format", "json"),
        ("--diff", "--format", "sarif"),
        ("--diff", "--statistics"),
        ("--diff", "--output-file", "x"),
        ("--select", ""),
        ("--ignore", ","),
    ],
)
def test_options_that_would_be_ignored_are_refused(checkdam: Run, voc: Path, options: tuple[str, ...]) -> None:
    done = checkdam("lint", "cells", *options)
    assert done.status == 2
    assert done.out == ""
    assert options[0] in done.err
