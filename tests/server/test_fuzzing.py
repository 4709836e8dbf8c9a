"""Requests made up from the OpenAPI: none may break the server, and every answer is as it is described."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from checkdam.server.auth import COOKIE
from server.serving import BASE_URL, Site, Unthrottled, item_named, operations

pytestmark = pytest.mark.slow

EXAMPLES = 25
ENDING = {"sign_out", "set_password"}
"""They would end the session that the others need; what they take is tested by hand."""

DELETING = {"delete_dataset"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def fuzzed(make_module_site: Any) -> Iterator[Site]:
    site: Site = make_module_site()
    site.workspace.accounts._throttle = Unthrottled()
    return site


@pytest.fixture(scope="module")
def api(fuzzed: Site) -> Any:
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", fuzzed.app, headers={"Host": "127.0.0.1"})
    schema.config.update(base_url=BASE_URL)
    return schema


@pytest.fixture(scope="module")
def headers(fuzzed: Site) -> dict[str, str]:
    """Those of an admin's session."""
    client = fuzzed.signed_in("admin")
    return {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}", "X-CSRF-Token": client.headers["X-CSRF-Token"]}


@pytest.fixture(scope="module")
def real(fuzzed: Site) -> dict[str, str]:
    """Path parameters that name something which is there."""
    client = fuzzed.client("admin")
    item = item_named(client, "cells", "cell00.png")
    return {"dataset": "cells", "sha": item["blob"], "number": "1", "name": "zero-area", "item": item["id"]}


@pytest.mark.parametrize("name", sorted(set(operations()) - ENDING))
def test_no_request_breaks_the_server(api: Any, headers: dict[str, str], real: dict[str, str], name: str) -> None:
    @given(case=api.find_operation_by_id(name).as_strategy(), there=booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def fuzz(case: Any, there: bool) -> None:
        if there and name not in DELETING:
            known = {**real, "id": real["item"]} if name == "get_item" else real
            case.path_parameters |= {key: known[key] for key in case.path_parameters if key in known}
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    fuzz()
