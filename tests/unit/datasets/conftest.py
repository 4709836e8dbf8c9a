"""Workspaces, and versions made without reading files."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest

from checkdam.datasets.committing import Draft
from checkdam.schema import Annotation, DatasetVersion, Item, Label, Taxonomy
from checkdam.workspace import Workspace
from contract.conftest import Server, postgresql  # noqa: F401  # a fixture
from unit.datasets.making import MakeVersion

_numbers = count()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module whose `DATABASES` names both is run over both; else SQLite does."""
    if "database" in metafunc.fixturenames:
        names = getattr(metafunc.module, "DATABASES", ("sqlite",))
        marks = {"postgresql": pytest.mark.slow}
        cases = [pytest.param(name, marks=marks.get(name, ())) for name in names]
        metafunc.parametrize("database", cases, indirect=True, ids=names if len(names) > 1 else [pytest.HIDDEN_PARAM])


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The address of an empty database; None for the workspace's own SQLite."""
    if request.param == "sqlite":
        yield None
        return
    server: Server = request.getfixturevalue("postgresql")
    name = f"datasets_{next(_numbers)}"
    yield server.make(name)
    server.drop(name)


@pytest.fixture
def workspace(tmp_path: Path, database: str | None) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "home", database) as opened:
        yield opened


@pytest.fixture
def make_version(workspace: Workspace) -> MakeVersion:
    """Adds a version of exactly these items and annotations to the dataset of that name."""

    def make(
        name: str,
        items: Sequence[Item],
        annotations: Sequence[Annotation] = (),
        taxonomy: Taxonomy | None = None,
    ) -> DatasetVersion:
        dataset = workspace.datasets.catalogue_store.ensure(name)
        newest = workspace.datasets.catalogue_store.version(dataset.id)
        part = workspace.lake.stage(dataset.id, items, annotations)
        labels = taxonomy or Taxonomy(labels=tuple(Label(name=one) for one in ("cell", "other")))
        draft = Draft(dataset.id, workspace.lake.publish(dataset.id, [part]), labels, "made", "test")
        number = (newest.number if newest else 0) + 1
        return workspace.datasets.importer.committer.add(draft, number, lambda _: [])

    return make
