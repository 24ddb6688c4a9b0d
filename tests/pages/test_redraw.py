"""Drawing a fragment anew gives way to whatever the person asked for."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)

from portal.pages.parts import redraw


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> ScriptRequests:
    made = ScriptRequests()
    context = SimpleNamespace(
        script_requests=made,
        query_string="box=unread",
        page_script_hash="inbox",
        fragment_storage=SimpleNamespace(resolve_target=lambda key: [f"id-of-{key}"]),
        cached_message_hashes=frozenset(),
        context_info=None,
    )
    monkeypatch.setattr(redraw, "get_script_run_ctx", lambda: context)
    return made


def asked(requests: ScriptRequests) -> RerunData:
    found = requests.on_scriptrunner_ready()
    assert found.type is ScriptRequestType.RERUN
    return found.rerun_data


def test_the_fragment_is_drawn_when_nothing_else_waits(requests: ScriptRequests) -> None:
    redraw.fragment("tasks_list")
    data = asked(requests)
    assert (data.fragment_id_queue, data.page_script_hash) == (["id-of-tasks_list"], "inbox")


@pytest.mark.parametrize("first", [True, False])
def test_a_click_to_another_page_keeps_its_page(requests: ScriptRequests, first: bool) -> None:
    click = RerunData(page_script_hash="orders", query_string="id=1")
    if first:
        requests.request_rerun(click)
        redraw.fragment("tasks_list")
    else:
        redraw.fragment("tasks_list")
        requests.request_rerun(click)
    data = asked(requests)
    assert (data.page_script_hash, data.query_string) == ("orders", "id=1")
    assert data.fragment_id_queue == []
