"""The API's description. `python -m checkdam.server.openapi > frontend/openapi.json` writes what the web application's
types are made of; a test holds the two together."""

import json
import sys

from checkdam.server.routing import routed_app


def rendered() -> str:
    """The OpenAPI document as it is kept in the repository."""
    return json.dumps(routed_app().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]  # a terminal or file has it
    sys.stdout.write(rendered())
