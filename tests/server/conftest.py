"""A workspace with two small datasets, and a signed-in client for every role.

The workspace is made once; each test that changes something works on a copy of its folder.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from checkdam.accounts import ROLES, passwords
from checkdam.server import Settings
from checkdam.workspace import Workspace
from server.serving import Site, Unthrottled, write_images, write_texts


@pytest.fixture(scope="session", autouse=True)
def _quick_hasher() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", hasher)
        patch.setattr(passwords, "_NOBODY", hasher.hash("nobody has this password"))
        yield


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("server")
    write_images(folder / "sources" / "cells")
    write_texts(folder / "sources" / "notes")
    with Workspace.open(folder / "home") as workspace:
        for role in ROLES:
            workspace.accounts.create_user(role, role, actor="test")
        for name in ("cells", "notes"):
            job = workspace.datasets.submit_import(name, folder / "sources" / name, actor="test")
            ended = workspace.run(job)
            assert ended.state == "succeeded", ended.error
            ended = workspace.run(workspace.datasets.submit_lint(name, actor="test"))
            assert ended.state == "succeeded", ended.error
    return folder


def _settings(folder: Path) -> Settings:
    web = folder / "web"
    if not web.is_dir():
        (web / "assets").mkdir(parents=True)
        (web / "index.html").write_text(
            '<!doctype html><meta property="csp-nonce" nonce="__CHECKDAM_CSP_NONCE__"><div id="root"></div>', "utf-8"
        )
        (web / "assets" / "index-abc123.js").write_text("export {}", "utf-8")
        (web / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", "utf-8")
        (web / ".source-sha256").write_text("0" * 64, "utf-8")
    return Settings(workers=0, import_roots=(folder / "sources",), web=web)


@pytest.fixture(scope="session")
def shared_site(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """For tests that only look."""
    folder = tmp_path_factory.mktemp("shared") / "site"
    shutil.copytree(_template, folder)
    with Workspace.open(folder / "home") as workspace:
        workspace.accounts._throttle = Unthrottled()
        yield Site(workspace, _settings(folder))


@contextmanager
def _making_sites(template: Path, folder: Path) -> Iterator[Callable[..., Site]]:
    opened: list[Workspace] = []

    def make(**changes: Any) -> Site:
        copy = folder / f"site{len(opened)}"
        shutil.copytree(template, copy)
        workspace = Workspace.open(copy / "home")
        opened.append(workspace)
        plain = _settings(copy)
        values = {name: getattr(plain, name) for name in Settings.__struct_fields__} | changes
        return Site(workspace, Settings(**values))

    try:
        yield make
    finally:
        for workspace in opened:
            workspace.close()


@pytest.fixture(scope="module")
def make_module_site(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """Makes a site that the tests of a module share."""
    with _making_sites(_template, tmp_path_factory.mktemp("module")) as make:
        yield make


@pytest.fixture
def make_site(_template: Path, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Makes a site of its own for a test, with other settings if need be."""
    with _making_sites(_template, tmp_path) as make:
        yield make


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """For tests that change something."""
    return make_site()
