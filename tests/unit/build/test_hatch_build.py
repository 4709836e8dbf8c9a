"""The build hook: when the web application is built anew, and what is said where that fails."""

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def hook(repository: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location("hatch_build", repository / "hatch_build.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def root(tmp_path: Path, hook: ModuleType) -> Path:
    """A repository whose web application is built from its sources."""
    frontend, web = tmp_path / "frontend", tmp_path / "src" / "checkdam" / "web"
    (frontend / "src").mkdir(parents=True)
    (frontend / "node_modules").mkdir()
    web.mkdir(parents=True)
    (frontend / "package.json").write_text('{"name": "web", "version": "1.0.0", "scripts": {"build": "exit 3"}}')
    (frontend / "src" / "main.tsx").write_text("export {};")
    (web / "index.html").write_text("<!doctype html>")
    (web / ".source-sha256").write_text(hook.digest(frontend))
    return tmp_path


def edit(root: Path) -> None:
    (root / "frontend/src/main.tsx").write_text("export { x };")


def rename(root: Path) -> None:
    (root / "frontend/src/main.tsx").rename(root / "frontend/src/other.tsx")


def delete(root: Path) -> None:
    (root / "frontend/src/main.tsx").unlink()


def lose_the_page(root: Path) -> None:
    (root / "src/checkdam/web/index.html").unlink()


def lose_all(root: Path) -> None:
    shutil.rmtree(root / "src/checkdam/web")


@pytest.mark.parametrize("change", [edit, rename, delete, lose_the_page, lose_all])
def test_a_change_is_noticed(hook: ModuleType, root: Path, change: Callable[[Path], None]) -> None:
    assert hook.is_current(root)
    change(root)
    assert not hook.is_current(root)


def test_what_npm_installs_is_no_source(hook: ModuleType, root: Path) -> None:
    (root / "frontend/node_modules/react.js").write_text("")
    (root / "frontend/app.tsbuildinfo").write_text("")
    assert hook.is_current(root)


def test_without_sources_nothing_is_built(hook: ModuleType, root: Path) -> None:
    shutil.rmtree(root / "frontend")
    assert hook.is_current(root)


def test_node_is_asked_for_only_where_it_is_needed(
    hook: ModuleType, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = hook.WebApplicationHook.dependencies
    here = type("Here", (), {"root": str(root)})()
    assert asked(here) == []
    edit(root)
    assert asked(here) == [hook.NODE]
    monkeypatch.setenv("CHECKDAM_SKIP_WEB", "1")
    assert asked(here) == []


@pytest.mark.slow
def test_a_failed_build_shows_the_output_of_npm(
    hook: ModuleType, root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="npm run build failed with exit status 3"):
        hook.npm(root / "frontend", "run", "build")
    assert "> exit 3" in capfd.readouterr().err
