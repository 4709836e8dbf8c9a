"""The API's description is complete, and what is written down of it is true."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checkdam.server.openapi import rendered
from checkdam.server.reference import page
from checkdam.server.routing import routed_app
from checkdam.server.wire.base import Body
from server.serving import operations


def test_the_exported_description_is_that_of_the_application(repository: Path) -> None:
    kept = (repository / "frontend" / "openapi.json").read_text("utf-8")
    assert kept == rendered(), "run: python -m checkdam.server.openapi > frontend/openapi.json"


def test_the_reference_is_up_to_date(repository: Path) -> None:
    text = (repository / "docs" / "api.md").read_text("utf-8")
    assert page(text) == text, "run: python -m checkdam.server.reference"


def test_every_route_is_in_the_reference(repository: Path) -> None:
    text = (repository / "docs" / "api.md").read_text("utf-8")
    for path, methods in routed_app().openapi()["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in text


@pytest.mark.parametrize("name", sorted(operations()))
def test_every_route_says_what_it_does_and_is_typed(name: str) -> None:
    operation = operations()[name]
    assert re.fullmatch(r"[a-z][a-z_]{2,40}", name)
    assert operation["description"].strip()
    good = [response for status, response in operation["responses"].items() if status.startswith("2")]
    assert len(good) == (2 if name == "get_media" else 1)
    if "204" not in operation["responses"]:
        for content in good[0]["content"].values():
            assert content.get("schema", {"$ref": ""}) != {}, "an answer of no type"
    if "requestBody" in operation:
        assert "$ref" in operation["requestBody"]["content"]["application/json"]["schema"]


def test_no_body_takes_fields_it_does_not_know() -> None:
    bodies = Body.__subclasses__()
    assert len(bodies) >= 9
    schemas = routed_app().openapi()["components"]["schemas"]
    for body in bodies:
        assert schemas[body.__name__]["additionalProperties"] is False


def endless(schema: dict[str, Any], where: str) -> Iterator[str]:
    """The places in a schema where a text or a list may be of any length."""
    for part in [*schema.get("anyOf", []), *schema.get("allOf", [])]:
        yield from endless(part, where)
    for name, part in schema.get("properties", {}).items():
        yield from endless(part, f"{where}.{name}")
    if schema.get("type") == "string" and not {"maxLength", "enum", "const", "pattern"} & set(schema):
        yield where
    if schema.get("type") == "array":
        yield from [where] if "maxItems" not in schema else endless(schema["items"], f"{where}[]")


def test_every_text_that_is_taken_has_an_end() -> None:
    schemas = routed_app().openapi()["components"]["schemas"]
    found = [place for body in Body.__subclasses__() for place in endless(schemas[body.__name__], body.__name__)]
    for name, operation in operations().items():
        for parameter in operation.get("parameters", []):
            if parameter["name"] != "metadata":
                found += endless(parameter["schema"], f"{name}?{parameter['name']}")
    assert found == []


def test_the_description_is_served_and_needs_no_session() -> None:
    assert json.loads(rendered())["openapi"].startswith("3.1")
