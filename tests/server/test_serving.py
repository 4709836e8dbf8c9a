"""The real server, in a process of its own: what it prints, what it answers to raw requests, how it ends."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from checkdam.schema import ConflictError
from checkdam.server.run import address_of, listening, login_link

SERVE = """
import sys
from pathlib import Path
from checkdam.server.run import serve
from checkdam.workspace import Workspace
with Workspace.open(Path(sys.argv[1])) as workspace:
    try:
        roots = (Path(sys.argv[2]),)
        serve(workspace, port=0, workers=1, import_roots=roots, tell=lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""


@dataclass
class Running:
    process: "subprocess.Popen[str]"
    port: int
    lines: list[str]

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def raw(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(request)
            answer = b""
            try:
                while part := connection.recv(65536):
                    answer += part
            except (TimeoutError, ConnectionResetError):
                pass
            return answer


@pytest.fixture(scope="module")
def running(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("serving")
    shutil.copytree(_template / "sources", folder / "sources")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder / "home"), str(folder / "sources")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    lines: list[str] = []
    while len(lines) < 2 and (line := process.stdout.readline()):
        lines.append(line.rstrip())
    found = re.fullmatch(r"Checkdam is at http://127\.0\.0\.1:(\d+)", lines[0]) if lines else None
    assert found is not None, lines
    yield Running(process, int(found.group(1)), lines)
    if process.poll() is None:
        process.kill()
    process.wait(30)


def test_the_first_start_prints_a_link_that_signs_in_once_and_jobs_run(running: Running) -> None:
    found = re.fullmatch(
        rf"Sign in once as admin: http://127\.0\.0\.1:{running.port}/login#token=(\S+)", running.lines[1]
    )
    assert found is not None
    status, headers, body = running.call("POST", "/api/session/one-time", {"token": found.group(1)})
    assert status == 200
    assert running.call("POST", "/api/session/one-time", {"token": found.group(1)})[0] == 401
    cookie = headers["set-cookie"].split(";")[0]
    signed = {"Cookie": cookie, "X-CSRF-Token": json.loads(body)["csrf"]}
    status, _, body = running.call("POST", "/api/imports", {"name": "notes", "path": "notes"}, **signed)
    assert status == 202, body
    job, deadline = json.loads(body), time.monotonic() + 60
    while job["state"] in {"queued", "running"} and time.monotonic() < deadline:
        time.sleep(0.1)
        job = json.loads(running.call("GET", f"/api/jobs/{job['id']}", **signed)[2])
    assert job["state"] == "succeeded", job
    status, _, body = running.call("GET", "/api/datasets/notes/items?limit=1", **signed)
    assert json.loads(body)["total"] == 20


def test_the_server_does_not_say_what_it_is_made_of(running: Running) -> None:
    _, headers, _ = running.call("GET", "/api/health")
    assert not {"server", "x-powered-by"} & {name.lower() for name in headers}


@pytest.mark.parametrize(
    "target",
    [
        b"/../../../../etc/passwd",
        b"/assets/../../../../etc/passwd",
        b"/..\\..\\..\\etc\\passwd",
        b"//etc/passwd",
        b"/api/media/../../../../etc/passwd",
        b"/api/../../../../etc/passwd",
        b"/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        b"file:///etc/passwd",
        b"http://evil.example/etc/passwd",
        b"/\xff\xfe",
        b"/" + b"a" * 5_000,
        b"/" + b"a" * 100_000,
    ],
)
def test_raw_targets_lead_nowhere(running: Running, target: bytes) -> None:
    answer = running.raw(b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert b"root:" not in answer
    assert not re.match(rb"HTTP/1\.1 5", answer) or b"not built" in answer, answer[:300]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /api/health HTTP/1.0\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nHost: a\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_requests_without_one_good_host_are_refused(running: Running, request_bytes: bytes) -> None:
    answer = running.raw(request_bytes)
    assert re.match(rb"HTTP/1\.1 4\d\d", answer) or answer == b"", answer[:200]
    assert b'"ok"' not in answer


def test_an_upgrade_to_a_web_socket_is_refused(running: Running) -> None:
    answer = running.raw(
        b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert b"101 Switching" not in answer


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others on Windows")
def test_ctrl_c_ends_the_server_soon_and_without_a_traceback(running: Running) -> None:
    running.process.send_signal(signal.SIGINT)
    rest, _ = running.process.communicate(timeout=30)
    assert "Traceback" not in rest
    assert "incident" not in rest, rest
    assert rest.strip().splitlines()[-1:] == ["stopped"]
    assert running.process.returncode == 0


# Addresses


def test_a_port_that_is_taken_is_told() -> None:
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert address_of(taken) == f"http://127.0.0.1:{port}"
        with pytest.raises(ConflictError) as caught:
            listening("127.0.0.1", port)
        assert caught.value.remedy


def test_the_address_to_open_is_one_that_a_browser_can_open() -> None:
    with listening("0.0.0.0", 0) as everywhere:  # noqa: S104
        assert address_of(everywhere).startswith("http://127.0.0.1:")
    assert login_link("http://127.0.0.1:1", None) == "http://127.0.0.1:1"
