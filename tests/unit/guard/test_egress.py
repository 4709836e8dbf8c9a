"""Requests to other hosts: none inside the network, none by a detour, none without end."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkdam.guard.egress import EgressPolicy, fetch, permitted
from checkdam.schema import CheckdamError, InputError, LimitError, StorageError

HERE = EgressPolicy(allow=(ip_network("127.0.0.2/32"),))
Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server on 127.0.0.2, which the policy `HERE` allows; gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[BaseHTTPRequestHandler], None], host: str = "127.0.0.2") -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, *_: Any) -> None: ...

        server = ThreadingHTTPServer((host, 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://{host}:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def said(body: bytes, status: int = 200, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def get(url: str, policy: EgressPolicy = HERE, **more: Any) -> tuple[Any, bytes]:
    into = io.BytesIO()
    return fetch(url, into, policy=policy, **more), into.getvalue()


def test_what_is_allowed_is_fetched(serve: Serve) -> None:
    reply, body = get(serve(said(b"hello", X_Mark="1")))
    assert (reply.status, body, reply.size, reply.headers["x-mark"]) == (200, b"hello", 5, "1")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://localhost/",
        "http://0.0.0.0/",
        "http://0/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
    ],
)
def test_nothing_inside_the_network_is_asked(url: str) -> None:
    with pytest.raises(CheckdamError) as refused:
        get(url, EgressPolicy())
    # A form that the resolver does not know at all is as good.
    assert "inside the network" in str(refused.value) or "is not known" in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.org/",
        "ftp://example.org/",
        "dict://example.org:11211/stats",
        "//example.org/",
        "example.org",
        "",
        "http://",
        "http:///path",
        "http://user:secret@example.org/",
        "http://example.org:99999/",
        "http://example.org/\r\nHost: other",
        "http://example.org/a b",
        "http://example.org\\@127.0.0.1/",
        "http://[::1",
        "http://exämple.org/",
    ],
)
def test_only_addresses_of_the_web_are_asked(url: str) -> None:
    with pytest.raises(InputError):
        get(url, EgressPolicy())


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_an_address_is_permitted_only_if_the_registries_call_it_global(address: Any) -> None:
    if permitted(str(address)):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_an_ipv6_form_of_an_address_gets_what_the_address_gets(address: Any) -> None:
    number = int(address)
    mapped, nat64 = f"::ffff:{address}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"
    sixtofour = f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"
    assert permitted(mapped) == permitted(nat64) == permitted(sixtofour) == permitted(str(address))


def test_a_redirect_inward_is_refused(serve: Serve) -> None:
    hit = []
    inner = serve(lambda handler: hit.append(handler.path), "127.0.0.1")  # type: ignore[call-arg]
    for status in (301, 302, 303, 307, 308):
        outer = serve(said(b"", status, Location=f"{inner}/secret"))
        with pytest.raises(InputError, match="inside the network"):
            get(outer)
    with pytest.raises(InputError, match="not spoken"):
        get(serve(said(b"", 302, Location="file:///etc/passwd")))
    assert hit == []


def test_a_name_that_means_another_address_the_second_time_gains_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is allowed, every later one is not."""
    outer = serve(said(b"outer"))
    port = int(outer.rpartition(":")[2])
    answers = iter(["127.0.0.2", "127.0.0.1", "127.0.0.1"])
    asked: list[str] = []
    original = socket.getaddrinfo

    def resolve(host: str, *arguments: Any, **more: Any) -> Any:
        if host != "rebinding.test":
            return original(host, *arguments, **more)
        asked.append(host)
        return original(next(answers), *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    _, body = get(f"http://rebinding.test:{port}/")
    assert (body, asked) == (b"outer", ["rebinding.test"])
    with pytest.raises(InputError, match="inside the network"):
        get(f"http://rebinding.test:{port}/")


def test_a_name_with_one_bad_address_among_good_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int, **_: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("93.184.215.14", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(InputError, match="inside the network"):
        get("http://mixed.test/", EgressPolicy())


def test_redirects_end(serve: Serve) -> None:
    with pytest.raises(LimitError, match="more than 5 times"):
        get(serve(lambda handler: said(b"", 302, Location=handler.path + "x")(handler)))


def test_credentials_stay_with_the_host_they_were_given_for(serve: Serve) -> None:
    seen: list[dict[str, str]] = []

    def note(handler: BaseHTTPRequestHandler) -> None:
        seen.append(dict(handler.headers))
        said(b"ok")(handler)

    other = serve(note)
    get(serve(said(b"", 302, Location=other)), headers={"Authorization": "Bearer t", "X-Kind": "k"})
    assert "Authorization" not in seen[0]
    assert seen[0]["X-Kind"] == "k"


def test_what_was_answered_is_not_in_the_error(serve: Serve) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"SECRET")

    with pytest.raises(StorageError) as broken:
        get(serve(half))
    assert "SECRET" not in str(broken.value)


def test_too_much_and_too_slow_end(serve: Serve) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            try:
                handler.wfile.write(b"x")
                handler.wfile.flush()
            except OSError:
                return
            time.sleep(0.1)

    with pytest.raises(LimitError, match="more than 3 bytes"):
        get(serve(said(b"four")), EgressPolicy(allow=HERE.allow, max_bytes=3))
    began = time.monotonic()
    with pytest.raises(LimitError):
        get(serve(drip), EgressPolicy(allow=HERE.allow, seconds=0.5))
    assert time.monotonic() - began < 5


def test_headers_cannot_be_smuggled(serve: Serve) -> None:
    with pytest.raises(InputError):
        get(serve(said(b"")), headers={"X-A": "b\r\nHost: other"})


def test_the_administrator_names_the_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECKDAM_EGRESS_ALLOW", "10.1.0.0/16, fd00::/8")
    allow = EgressPolicy.from_environment().allow
    assert permitted("10.1.2.3", allow)
    assert permitted("fd00::1", allow)
    assert not permitted("10.2.0.1", allow)
    monkeypatch.setenv("CHECKDAM_EGRESS_ALLOW", "everything")
    with pytest.raises(InputError, match="no network"):
        EgressPolicy.from_environment()
