"""The two kinds of models, and the one shape of an error."""

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator


class Answer(BaseModel):
    """Something the server says. Built from any value that has the attributes."""

    model_config = ConfigDict(from_attributes=True, ser_json_inf_nan="null")


class Body(BaseModel):
    """Something a client sends: unknown fields are refused, so that a typing mistake is not silently ignored, and so is
    the NUL character, which not every database can hold."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        if _holds_nul(value):
            raise ValueError("there is a NUL character in it")
        return value


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(each) for each in value.values())
    return isinstance(value, list) and any(_holds_nul(each) for each in value)


class ProblemOut(Answer):
    """One thing wrong with an input: the place, what it is, and the remedy."""

    where: str
    what: str
    remedy: str


class ErrorOut(Answer):
    """Every error. `error` is a stable code, `detail` says what is wrong, `remedy` what to do about it."""

    error: str
    detail: str
    remedy: str
    problems: list[ProblemOut] | None = Field(default=None, description="each place in the input that is wrong")
    incident: str | None = Field(default=None, description="is in the server's log with the cause (500 and 503)")


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route for the OpenAPI: the ones named, and those that every route can give."""
    texts = {
        400: "The request is not well-formed, or came by a host name that is not served",
        401: "Not signed in",
        403: "Not allowed for the role or key, or the CSRF token is missing",
        404: "There is no such thing",
        405: "Not a method of this address",
        409: "The state has moved on",
        413: "The body or the input is too large",
        415: "Not a type that is taken here",
        416: "The file ends before the range that was asked for",
        422: "The request does not hold what it should",
        429: "Too many attempts",
        500: "A fault of the server; the incident is in its log",
        503: "The data cannot be reached now",
    }
    told = sorted({*statuses, 400, 422, 500, 503})
    return {status: {"model": ErrorOut, "description": texts[status]} for status in told}


Severity = Literal["error", "warning", "info"]
ItemKind = Literal["image", "text", "audio"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""An opaque id, or a name."""

DatasetKey = Annotated[str, Path(min_length=1, max_length=200, description="the dataset's id or name")]
VersionNumber = Annotated[int, Path(ge=1, le=2**31 - 1, description="the version's number")]
IdPath = Annotated[str, Path(min_length=1, max_length=200, description="an opaque id")]


class SeverityCounts(Answer):
    """How many findings of each severity."""

    error: int
    warning: int
    info: int
