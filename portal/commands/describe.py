"""``python -m portal describe``: the description of the HTTP API, as it is committed."""

import json

from portal.api.application import create_api
from portal.wiring import functions


def text() -> str:
    """The OpenAPI document."""
    api = create_api(functions(), lambda _cookies: None)
    return json.dumps(api.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def describe() -> int:
    """The command."""
    print(text(), end="")
    return 0
