"""How a route gets at the workspace, the settings and the caller."""

from typing import Annotated

from fastapi import Depends, Request

from checkdam.accounts import Accounts
from checkdam.datasets import Datasets
from checkdam.server.media import Pictures
from checkdam.server.settings import Settings
from checkdam.server.waves import Waves
from checkdam.workspace import Workspace


def _workspace(request: Request) -> Workspace:
    workspace: Workspace = request.app.state.workspace
    return workspace


def settings_of(request: Request) -> Settings:
    """The settings of the application that the request came to."""
    settings: Settings = request.app.state.settings
    return settings


def _datasets(request: Request) -> Datasets:
    return _workspace(request).datasets


def _accounts(request: Request) -> Accounts:
    accounts: Accounts = _workspace(request).accounts
    return accounts


def _pictures(request: Request) -> Pictures:
    pictures: Pictures = request.app.state.pictures
    return pictures


def _waves(request: Request) -> Waves:
    waves: Waves = request.app.state.waves
    return waves


TheWorkspace = Annotated[Workspace, Depends(_workspace)]
TheSettings = Annotated[Settings, Depends(settings_of)]
TheDatasets = Annotated[Datasets, Depends(_datasets)]
TheAccounts = Annotated[Accounts, Depends(_accounts)]
ThePictures = Annotated[Pictures, Depends(_pictures)]
TheWaves = Annotated[Waves, Depends(_waves)]
