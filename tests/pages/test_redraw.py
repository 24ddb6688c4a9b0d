"""Drawing a fragment anew gives way to whatever the person asked for."""

import asyncio
import contextvars
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.errors import StreamlitAPIException
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from portal.connectors.template import Values
from portal.pages import background
from portal.pages.parts import redraw
from tests import people
from tests.connectors import support
from tests.pages.clockwork import looking, tick
from tests.pages.conftest import Office, shown
from tests.pages.test_records import find


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> ScriptRequests:
    def resolve(key: str) -> list[str]:
        if key == "of another page":
            raise StreamlitAPIException
        return [f"id-of-{key}"]

    made = ScriptRequests()
    context = SimpleNamespace(
        script_requests=made,
        query_string="box=unread",
        page_script_hash="inbox",
        fragment_storage=SimpleNamespace(resolve_target=resolve),
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


def test_what_the_page_does_not_have_is_not_drawn(requests: ScriptRequests) -> None:
    redraw.fragment("of another page")
    assert requests.on_scriptrunner_ready().type is ScriptRequestType.STOP


def test_the_clock_draws_no_page_as_a_whole(office: Office) -> None:
    """Pages that look until the systems have answered, and pages that go on looking."""
    gate = threading.Event()

    async def late(_call: Any, _values: Values) -> Any:
        await asyncio.to_thread(gate.wait)
        return support.GOOD

    for one in office.transports.values():
        one.behave = late
    person = people.add_person(support.ID_NUMBER, name="才让卓玛", pinyin="cairangzhuoma")
    dossier = find(office.open("records"), "才让卓玛")
    dossier.button(key=f"pick-{person}").click().run()
    waiting = [dossier.run(), office.open("community"), office.open("entry", view="systems")]
    try:
        for tab in waiting:
            assert looking(tick(tab)), shown(tab)
    finally:
        gate.set()
    background.settle()
    for tab in waiting:
        assert looking(tick(tick(tab))) == [], shown(tab)
    for path in ("tasks", "orders"):
        assert looking(tick(tick(office.open(path))))


def test_a_fragment_ends_its_own_looking_and_nothing_else(
    requests: ScriptRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[ForwardMsg] = []
    monkeypatch.setattr(redraw, "get_script_run_ctx", lambda: SimpleNamespace(enqueue=sent.append))

    def both() -> None:
        ThreadState.initialize()
        redraw.stop()
        assert sent == [], "a page as a whole does not look by the clock"
        with ThreadState.scoped(fragment_id="answers"):
            redraw.stop()

    contextvars.copy_context().run(both)
    assert [list(one.stop_auto_rerun.fragment_ids) for one in sent] == [["answers"]]
    assert requests.on_scriptrunner_ready().type is ScriptRequestType.STOP
