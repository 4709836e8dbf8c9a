"""Query parameters. A parameter that is not known is refused: a filter with a typing mistake must not be dropped."""

from typing import Annotated, Any, Literal

from fastapi import Query as QueryParameter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from checkdam.server.wire.base import ItemKind, Severity
from checkdam.server.wire.findings import Decision, FindingState

Value = Annotated[str, StringConstraints(max_length=500)]
Values = Annotated[list[Value], Field(max_length=200)]
_SORTS = r"^(position|name|annotations|findings|width|height|meta\..{1,200})$"
SortName = Annotated[str, StringConstraints(pattern=_SORTS)]
METADATA_PREFIX = "meta."


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10 else value


Size = Annotated[Literal[128, 256, 512], BeforeValidator(_whole)]

METADATA_PARAMETER: dict[str, Any] = {
    "parameters": [
        {
            "name": "metadata",
            "in": "query",
            "required": False,
            "style": "form",
            "explode": True,
            "description": "Metadata filters, on the wire `meta.KEY=VALUE`; the values of one key are alternatives.",
            "schema": {
                "type": "object",
                "propertyNames": {"pattern": r"^meta\.."},
                "additionalProperties": {"type": "array", "items": {"type": "string", "maxLength": 500}},
            },
        }
    ]
}
"""The one thing that a pydantic model cannot say of these parameters; for the OpenAPI."""


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ItemFilterQuery(BaseModel):
    """Which items: the values of one field are alternatives, the fields all have to hold."""

    model_config = ConfigDict(extra="allow")

    version: int | None = Field(default=None, ge=1, le=2**31 - 1, description="null: the newest")
    label: Values = []
    split: Values = []
    rule: Values = Field(default=[], description="items with an open finding of the rule")
    kind: list[ItemKind] = Field(default=[], max_length=10)
    q: Value | None = Field(default=None, description="a part of the name or text, case-insensitive")

    @model_validator(mode="after")
    def _only_metadata(self) -> "ItemFilterQuery":
        unknown = [name for name in self.model_extra or {} if not name.startswith(METADATA_PREFIX)]
        if unknown:
            raise ValueError(f"unknown parameter: {unknown[0][:100]}")
        if len(self.model_extra or {}) > 50:
            raise ValueError("more than 50 metadata filters")
        return self

    def metadata(self) -> dict[str, tuple[str, ...]]:
        """The metadata filters by key."""
        extra = self.model_extra or {}
        return {
            name.removeprefix(METADATA_PREFIX): tuple(value) if isinstance(value, list) else (value,)
            for name, value in extra.items()
        }


class ItemOrderQuery(ItemFilterQuery):
    sort: SortName = Field(
        default="position", description="position, name, annotations, findings, width, height or meta.KEY"
    )
    order: Literal["asc", "desc"] = "asc"


class ItemsQuery(ItemOrderQuery):
    offset: int = Field(default=0, ge=0, le=2**53)
    limit: int = Field(default=50, ge=1, le=200)


class FindingsQuery(Query):
    """Which findings: the values of one field are alternatives, the fields all have to hold."""

    state: list[FindingState] = Field(default=[], max_length=10)
    rule: Values = []
    severity: list[Severity] = Field(default=[], max_length=10)
    label: Values = []
    item: Value | None = None
    q: Value | None = Field(default=None, description="a part of the message or location, case-insensitive")
    fixable: bool | None = None
    safe: bool | None = None
    decided: Decision | None = Field(default=None, description="what a person last decided, whatever came since")
    sort: Literal["severity", "rule", "item"] = "severity"
    offset: int = Field(default=0, ge=0, le=2**53)
    limit: int = Field(default=50, ge=1, le=200)


class ActionsQuery(Query):
    limit: int = Field(default=20, ge=1, le=200)


class DiffQuery(Query):
    against: int | None = Field(default=None, ge=1, le=2**31 - 1, description="null: the version's parent")
    offset: int = Field(default=0, ge=0, le=2**53)
    limit: int = Field(default=50, ge=1, le=200)


class JobsQuery(Query):
    state: list[Literal["queued", "running", "succeeded", "failed", "cancelled"]] = Field(default=[], max_length=10)
    dataset: Value | None = Field(default=None, description="a dataset's id or name")
    limit: int = Field(default=50, ge=1, le=200)


class LineageQuery(Query):
    depth: int = Field(default=10, ge=1, le=10)


class AuditQuery(Query):
    limit: int = Field(default=100, ge=1, le=500)
    before: Value | None = Field(default=None, description="only entries older than the one of this id")


class SourcesQuery(Query):
    path: Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]+$")]


class ThumbQuery(Query):
    size: Size = Field(default=256, description="the longer side in pixels, at most")


class WaveQuery(Query):
    parts: Annotated[Literal[128, 512, 2048], BeforeValidator(_whole)] = Field(
        default=512, description="of how many parts of equal length the outline is made, at most"
    )


class CropQuery(Query):
    """A part of an image in pixels; what lies outside is cut off."""

    x: float = Field(ge=-1e6, le=1e6, allow_inf_nan=False)
    y: float = Field(ge=-1e6, le=1e6, allow_inf_nan=False)
    w: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    h: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    size: Size = 256


ItemFilterParameters = Annotated[ItemFilterQuery, QueryParameter()]
ItemOrderParameters = Annotated[ItemOrderQuery, QueryParameter()]
ItemsParameters = Annotated[ItemsQuery, QueryParameter()]
FindingsParameters = Annotated[FindingsQuery, QueryParameter()]
ActionsParameters = Annotated[ActionsQuery, QueryParameter()]
DiffParameters = Annotated[DiffQuery, QueryParameter()]
JobsParameters = Annotated[JobsQuery, QueryParameter()]
LineageParameters = Annotated[LineageQuery, QueryParameter()]
AuditParameters = Annotated[AuditQuery, QueryParameter()]
SourcesParameters = Annotated[SourcesQuery, QueryParameter()]
ThumbParameters = Annotated[ThumbQuery, QueryParameter()]
WaveParameters = Annotated[WaveQuery, QueryParameter()]
CropParameters = Annotated[CropQuery, QueryParameter()]
