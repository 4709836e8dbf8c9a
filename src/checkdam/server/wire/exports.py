"""Exports and the formats there are."""

from typing import Annotated

from pydantic import Field, StringConstraints

from checkdam.server.wire.base import Answer, Body, ItemKind


class FormatOut(Answer):
    """A format, and the kinds of items that it can hold."""

    name: str
    title: str
    kinds: list[ItemKind]


class ExportBody(Body):
    """`version` null: the newest."""

    format: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
