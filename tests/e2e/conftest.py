"""A real server over a real dataset, and a real browser that nothing may go wrong in.

Every page is watched: an exception, an error on the console, a request that fails or that leaves this machine ends the
test. Pages say when they are ready (`body[data-ready]`), so nothing sleeps.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from conftest import ROOT, missing
from e2e.site import PATIENCE, OpenSite, Server, Site, Watch, checkdam

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
APPLICATIONS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
# Software drawing as a real machine would do it, and no start-up requests of the browser's own.
FLAGS = [
    "--enable-unsafe-swiftshader",
    "--disable-gpu-rasterization",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


def find_chromium(playwright_own: Path) -> Path:
    """A Chromium of this machine; skips with the line that installs one where there is none."""
    named = os.environ.get("CHECKDAM_CHROMIUM")
    found = [Path(named)] if named else []
    found += [Path(path) for name in BROWSERS if (path := shutil.which(name))]
    found += [*APPLICATIONS, playwright_own]
    chosen = next((path for path in found if path.is_file()), None)
    if chosen is None:
        missing(
            "no Chromium: install one with `sudo apt-get install chromium` (Debian, Ubuntu) or "
            "`.venv/bin/playwright install chromium`, or name one in CHECKDAM_CHROMIUM"
        )
    return chosen


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, once for all tests."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        program = find_chromium(Path(playwright.chromium.executable_path))
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        flags = [*FLAGS, "--no-sandbox"] if root else FLAGS
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, bccd: Path) -> Path:
    """A workspace with the demo data, imported and linted. Tests get copies of it."""
    if not (ROOT / "src" / "checkdam" / "web" / "index.html").is_file():
        missing("the web application is not built: `make install` builds it")
    home = tmp_path_factory.mktemp("prepared") / "home"
    checkdam("import", str(bccd), "bccd", home=home)
    return home


@pytest.fixture(scope="session")
def serve(prepared: Path) -> Callable[..., Iterator[Server]]:
    """Starts a server over a copy of the prepared workspace, with further options of `checkdam serve`."""

    def start(folder: Path, *options: str) -> Iterator[Server]:
        home = folder / "home"
        shutil.copytree(prepared, home)
        command = [sys.executable, "-m", "checkdam", "serve", "--port", "0", "--home", str(home), *options]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            try:
                assert process.stdout is not None
                url = process.stdout.readline().split()[-1]
                link = process.stdout.readline().split()[-1]
                yield Server(url, home, [link])
            finally:
                process.terminate()
                process.wait(30)

    return start


@pytest.fixture(scope="module")
def server(serve: Callable[[Path], Iterator[Server]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a module, which only look."""
    yield from serve(tmp_path_factory.mktemp("looking"))


@pytest.fixture
def own_server(serve: Callable[[Path], Iterator[Server]], tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, which may change everything."""
    yield from serve(tmp_path)


@pytest.fixture
def open_site(browser: Browser) -> Iterator[OpenSite]:
    """Opens a signed-in window: `open_site(server, scheme="dark")`. What went wrong in any is told at the end."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def opened(server: Server, scheme: str = "light", *, login: bool = True) -> Site:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        watch = Watch(urlsplit(server.url).netloc)
        watch.on(context)
        contexts.append(context)
        watches.append(watch)
        page = context.new_page()
        site = Site(page, server.url, watch)
        if login:
            page.goto(server.login())
            site.wait("datasets")
        return site

    yield opened
    for context in contexts:
        context.close()
    assert [wrong for watch in watches for wrong in watch.wrong] == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, as the web application's own dependencies have it."""
    script = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        missing("no axe-core: `make test-web` installs the web application's development dependencies")
    return script.read_text("utf-8")


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keeps a picture of a page in ./screenshots where CHECKDAM_SCREENSHOTS is set."""
    wanted = os.environ.get("CHECKDAM_SCREENSHOTS", "") not in {"", "0"}

    def keep(page: Page, name: str) -> None:
        if wanted:
            folder = ROOT / "screenshots"
            folder.mkdir(exist_ok=True)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"{name}.png")

    return keep
