"""The one function that speaks to other hosts: `fetch`. Whatever is asked for by somebody else goes through it.

An address inside the network (loopback, private, link-local with its metadata services, carrier-grade NAT, IPv6 forms
of all these) is refused unless the administrator names it in `CHECKDAM_EGRESS_ALLOW`. A name is resolved once and the
connection goes to that address, so that a name that changes its mind between the check and the use (DNS rebinding)
gains nothing; each redirect is checked anew. Proxies of the environment are not used. Errors never hold what was
answered, so that nobody reads an internal service by its error pages.
"""

import http.client
import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import BinaryIO
from urllib.parse import SplitResult, urljoin, urlsplit

from checkdam.schema.errors import InputError, LimitError, StorageError

ALLOW_VARIABLE = "CHECKDAM_EGRESS_ALLOW"
_BLOCK = 1 << 16
_NAT64 = ip_network("64:ff9b::/96")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SECRETS = frozenset({"authorization", "cookie", "proxy-authorization"})

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class EgressPolicy:
    """What may be asked of whom. `allow` are networks inside which may be spoken to; `seconds` is for all of a fetch,
    redirects included."""

    allow: tuple[Network, ...] = ()
    schemes: frozenset[str] = frozenset({"http", "https"})
    max_bytes: int = 16 * 1024**3
    seconds: float = 3600.0
    connect_seconds: float = 10.0
    redirects: int = 5

    @classmethod
    def from_environment(cls) -> "EgressPolicy":
        """With the networks of `CHECKDAM_EGRESS_ALLOW`, separated by commas. InputError for one that is none."""
        written = os.environ.get(ALLOW_VARIABLE, "")
        try:
            return cls(allow=tuple(ip_network(each.strip()) for each in written.split(",") if each.strip()))
        except ValueError as error:
            raise InputError(
                f"{ALLOW_VARIABLE} holds no network: {error}", "write networks as 10.0.0.0/8, separated by commas"
            ) from error


@dataclass(frozen=True)
class Reply:
    """What came back: `url` is where it came from in the end; the names of `headers` are in lower case."""

    status: int
    url: str
    size: int
    headers: Mapping[str, str] = field(default_factory=dict)


def fetch(
    url: str,
    into: BinaryIO,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    policy: EgressPolicy | None = None,
) -> Reply:
    """Sends a request and writes the body of the answer to `into`.

    InputError for an address that may not be spoken to; LimitError for too much, too long, or too many redirects;
    StorageError where the other host cannot be reached or does not speak HTTP. Any status is an answer.
    """
    rules = policy or EgressPolicy.from_environment()
    clock = _Clock(time.monotonic() + rules.seconds, rules.connect_seconds)
    request = _Request(method, dict(headers or {}), body)
    for _ in range(rules.redirects + 1):
        target = _checked(url, rules)
        reply, onward = _exchange(target, request, into, rules.max_bytes, clock)
        if onward is None:
            return reply
        after = urljoin(url, onward)
        if urlsplit(after)[:2] != urlsplit(url)[:2]:
            # What proves who is asking is for the host that it was given for.
            request = replace(request, headers=_without_secrets(request.headers))
        if reply.status == 303 or (reply.status in (301, 302) and request.method == "POST"):
            request = replace(request, method="GET", body=None)
        url = after
    raise LimitError(
        f"{urlsplit(url).hostname} redirects more than {rules.redirects} times", "give the address it leads to"
    )


@dataclass(frozen=True)
class _Request:
    method: str
    headers: dict[str, str]
    body: bytes | None


@dataclass(frozen=True)
class _Clock:
    """Seconds for all, and for a single wait."""

    deadline: float
    wait: float

    def left(self, host: str) -> float:
        """How long the next wait may be; LimitError where the time is over."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise LimitError(f"{host} takes too long", "try again later, or fetch it by other means")
        return min(self.wait, left)


@dataclass(frozen=True)
class _Target:
    """A checked address: where the connection goes, and what it asks for there."""

    parts: SplitResult
    host: str
    port: int
    address: str

    @property
    def path(self) -> str:
        return (self.parts.path or "/") + (f"?{self.parts.query}" if self.parts.query else "")


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever the host's name means by now."""

    def __init__(self, target: _Target, timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self._target = target

    def connect(self) -> None:
        self.sock = socket.create_connection((self._target.address, self._target.port), self.timeout)
        if self._target.parts.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self._target.host)


def _checked(url: str, rules: EgressPolicy) -> _Target:
    if any(character <= " " or character == "\x7f" or ord(character) > 126 for character in url) or "\\" in url:
        raise InputError("the address holds spaces or characters that no address has", "write them as %20 and the like")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InputError(f"{url[:200]!r} is no address: {error}", "write https://host/path") from error
    if parts.scheme not in rules.schemes:
        raise InputError(f"{parts.scheme or url[:40]!r} is not spoken", f"use {' or '.join(sorted(rules.schemes))}")
    if parts.username is not None or parts.password is not None:
        raise InputError("the address holds a name or password", "send them as a header")
    if not parts.hostname:
        raise InputError(f"{url[:200]!r} names no host", "write https://host/path")
    number = port or (443 if parts.scheme == "https" else 80)
    return _Target(parts, parts.hostname, number, _resolved(parts.hostname, number, rules.allow))


def _resolved(host: str, port: int, allow: Sequence[Network]) -> str:
    """One address of the host; all of them have to be allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise StorageError(
            f"the host {host!r} is not known", "check its name, and that this machine is online"
        ) from error
    addresses = [str(entry[4][0]) for entry in found]
    for written in addresses:
        if not permitted(written, allow):
            raise InputError(
                f"the host {host!r} is inside the network, where nothing may be asked for others",
                f"if it is meant, an administrator may add its network to {ALLOW_VARIABLE}",
            )
    return addresses[0]


def permitted(written: str, allow: Sequence[Network] = ()) -> bool:
    """Whether an address may be spoken to: a global one, or one in a network of `allow`."""
    try:
        address = _plain(ip_address(written.partition("%")[0]))
    except ValueError:
        return False
    if any(address in network for network in allow if network.version == address.version):
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _plain(address: Address) -> Address:
    """The IPv4 address within an IPv6 one that leads to it (mapped, NAT64, 6to4, Teredo), else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or int(address) >> 32 == 0:  # ::a.b.c.d is the old compatible form
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return address


def _exchange(target: _Target, request: _Request, into: BinaryIO, most: int, clock: _Clock) -> tuple[Reply, str | None]:
    """One request. Gives where to go on, without a body, if it is a redirect."""
    connection = _Pinned(target, clock.left(target.host))
    try:
        headers = {"Accept-Encoding": "identity", **request.headers}
        connection.request(request.method, target.path, body=request.body, headers=headers)
        answer = connection.getresponse()
        onward = answer.getheader("Location") if answer.status in _REDIRECTS else None
        size = 0 if onward else sum(map(into.write, _blocks(answer, connection, most, clock)))
        given = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, target.parts.geturl(), size, given), onward
    except ValueError as error:  # what http.client says of a header or method that cannot be sent
        raise InputError("the request holds what cannot be sent", "use plain methods and headers") from error
    except TimeoutError as error:
        raise LimitError(f"{target.host} does not answer in time", "try again later") from error
    except (OSError, http.client.HTTPException) as error:
        raise StorageError(
            f"{target.host} cannot be reached: {type(error).__name__}", "check the address, and try again later"
        ) from error
    finally:
        connection.close()


def _blocks(
    answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, most: int, clock: _Clock
) -> Iterator[bytes]:
    size = 0
    while True:
        if connection.sock is not None:
            connection.sock.settimeout(clock.left(connection.host))
        # read1 gives what is there: a host that sends a byte a minute meets the deadline.
        block = answer.read1(_BLOCK)
        if not block:
            break
        size += len(block)
        if size > most:
            raise LimitError(f"{connection.host} sends more than {most:,} bytes", "fetch it by other means")
        yield block
        clock.left(connection.host)
    if answer.length:
        raise StorageError(f"{connection.host} broke off before the end", "try again")


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _SECRETS}
