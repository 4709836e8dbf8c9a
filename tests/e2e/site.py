"""A server, a signed-in browser window on it, and the watch over what goes wrong in one."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

PATIENCE = 20_000  # milliseconds; the machine may be busy


def checkdam(*arguments: str, home: Path) -> str:
    command = [sys.executable, "-m", "checkdam", *arguments, "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Server:
    """A running server. `login` signs in once."""

    url: str
    home: Path
    _links: list[str]

    def login(self) -> str:
        """A link that has not been used yet."""
        if self._links:
            return self._links.pop()
        return checkdam("user", "login-link", "admin", "--url", self.url, home=self.home).split()[0]


@dataclass
class Watch:
    """Collects what goes wrong in a page. `allowed` are texts of console errors that a test provokes."""

    host: str
    allowed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def on(self, context: BrowserContext) -> None:
        context.on("weberror", lambda error: self.wrong.append(f"exception: {error.error}"))
        context.on("console", self._console)
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        expected = any(text in message.text for text in self.allowed)
        if message.type in {"error", "warning"} and not expected:
            self.wrong.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.netloc != self.host:
            self.wrong.append(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.wrong.append(f"{response.status} from {response.url}")


@dataclass
class Site:
    """A signed-in browser window on a server."""

    page: Page
    url: str
    watch: Watch

    def go(self, path: str, ready: str) -> Page:
        """Opens a page of the application and waits until it is ready."""
        self.page.goto(self.url + path)
        return self.wait(ready)

    def wait(self, ready: str) -> Page:
        """Waits until the page of that name is ready."""
        self.page.wait_for_selector(f'body[data-ready="{ready}"]', timeout=PATIENCE)
        return self.page


OpenSite = Callable[..., Site]


def violations(page: Page, axe: str) -> list[str]:
    """What axe-core finds on the page, by the rules of WCAG 2.2 A and AA, and its best practices."""
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("async () => await axe.run()")
    return [
        f"{one['id']} ({one['impact']}): {json.dumps(node['target'])}: {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
