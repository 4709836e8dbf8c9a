"""Requests made up from the OpenAPI: none may break the server, and every answer is as it is described."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from checkdam.server.auth import COOKIE
from server.serving import BASE_URL, Site, Unthrottled, item_named, operations

pytestmark = pytest.mark.slow

EXAMPLES = 25
ENDING = {"sign_out", "set_password"}
"""They would end the session that the others need; what they take is tested by hand."""

DELETING = {"delete_dataset"}

load_all_checks()
ALL = list(CHECKS.get_all())

ASKS_MORE = {
    "act_on_findings": "either ids or a filter",
    "create_api_key": "a name of characters that can be seen",
    "create_user": "a name of characters that can be seen",
    "export_dataset": "a format that there is",
    "get_crop": "a box that lies in the image",
    "get_facets": "no NUL; metadata keys that the version has",
    "get_item": "no NUL; metadata keys that the version has",
    "get_wave": "a sound",
    "import_dataset": "a folder that is there",
    "list_import_entries": "a folder that is there",
    "lint_dataset": "rules that there are",
    "list_audit": "no NUL",
    "list_findings": "no NUL",
    "list_items": "no NUL; metadata keys and sorts that the version has",
    "sign_in": "a user who is there; the throttle",
    "sign_in_once": "a token that is there",
}
"""What these ask for cannot be said in a schema: a request that fits it may be refused all the same."""


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
        case.validate_response(case.call(headers=headers), checks=checks)

    checks = [check for check in ALL if name not in ASKS_MORE or check is not positive_data_acceptance]
    fuzz()


def test_every_exception_is_an_operation() -> None:
    assert set(ASKS_MORE) <= set(operations())


def test_no_sequence_of_requests_breaks_the_server(api: Any, headers: dict[str, str]) -> None:
    """What one answer names is asked for in the next request, as the links that follow from the OpenAPI say."""

    met: Counter[int] = Counter()
    machine = api.exclude(operation_id=sorted(ENDING | DELETING)).as_state_machine()

    class Sequences(machine):  # type: ignore[misc, valid-type]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            met[response.status_code // 100] += 1
            case.validate_response(response, checks=[check for check in ALL if check is not positive_data_acceptance])

    Sequences.run(
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=8,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
    )
    assert met[2] > met.total() / 10, "the requests do not get far enough to break anything"
    assert met[5] == 0
