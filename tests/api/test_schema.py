"""The description is current, and whatever schemathesis makes of it is answered as described."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import portal.settings as settings_module
from auth import clients
from portal.commands import describe
from portal.functions.records import usage
from portal.settings import ROOT
from portal.store.lookup_texts import BulkUse, Window
from tests import people
from tests.connectors.support import ID_NUMBER
from tests.doorway import PORTAL, WILLOW, Doorway, wish

FILE = ROOT / "docs" / "openapi.json"
DESCRIPTION: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = [
    (path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods
]
PUBLIC = {"/api/v1/tickets/keys"}
# The same examples at every run: what is found is found by everybody.
BOUNDED = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_the_committed_description_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == describe.text(), (
        "python -m portal describe > docs/openapi.json"
    )


def test_every_address_describes_its_errors_in_the_one_shape() -> None:
    for path, methods in DESCRIPTION["paths"].items():
        for operation in methods.values():
            assert operation["summary"] and operation["tags"]
            for status, answer in operation["responses"].items():
                if status != "200":
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}, (path, status)


def test_seeing_a_value_in_full_is_not_offered() -> None:
    assert "unmask" not in FILE.read_text(encoding="utf-8")


@pytest.fixture
def served(doorway: Doorway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doorway]:
    """A town with somebody in it, and room for many questions."""
    monkeypatch.setenv("PORTAL_API_PER_MINUTE", "100000")
    settings_module.reload()
    room = Window(minutes=1, most=10_000)
    limits = BulkUse(search=room, open=room, unmask=room, places=room)
    monkeypatch.setattr(usage, "limits", lambda: limits)
    people.add_person(ID_NUMBER, name="才让卓玛", places=[("居住", WILLOW)])
    yield doorway


def _operation(path: str, method: str) -> Any:
    return schemathesis.openapi.from_dict(DESCRIPTION)[path][method]


@pytest.mark.parametrize("allowed", [True, False], ids=["token", "nobody"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_described(
    served: Doorway, path: str, method: str, allowed: bool
) -> None:
    app, token = served.app(), clients.issue(wish())[1]
    operation = _operation(path, method)
    headers = {"Host": PORTAL.removeprefix("http://")}
    if allowed and "/people/" in path:  # files for a browser; no token opens them
        served.sign_in("lin", roles=("system_admin",))
        headers["Cookie"] = "in=lin"
    elif allowed and ("/verify/" in path or "/notices/" in path):
        served.sign_in("wang", roles=("community_clerk",))
        headers["Cookie"] = "in=wang"
    elif allowed and "/tickets/" in path:
        headers["Authorization"] = "Basic YTpwYXNzd29yZC1vZi1h"  # a:password-of-a
    elif allowed:
        headers["Authorization"] = f"Bearer {token}"
    seen: set[int] = set()

    @BOUNDED
    @given(case=operation.as_strategy())
    def ask(case: Case) -> None:
        case.headers.clear()
        answer = case.call(app=app, headers=headers)
        assert b"<html" not in answer.content.lower()
        assert "text/html" not in str(answer.headers.get("content-type"))
        case.validate_response(answer, checks=CHECKS)
        seen.add(answer.status_code)

    ask()
    if not allowed and path not in PUBLIC:
        assert seen == {401}
    elif allowed:
        assert 401 not in seen and 500 not in seen
        assert seen & {200, 400, 403, 404, 422}
