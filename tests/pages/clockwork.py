"""The clock of a browser: pieces of a page that look again by themselves, as in a browser.

A run of a test draws the whole page; the clock must never do so, as that would close the dialog
somebody is writing in. ``tick`` lets every piece look once that a browser would let look, draws
what they ask for, and fails when that is the whole page or moves a field.
"""

from typing import Any, ClassVar
from urllib.parse import urlencode

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.scriptrunner import RerunData, ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ElementTree, parse_tree_from_messages
from streamlit.testing.v1.local_script_runner import LocalScriptRunner, require_widgets_deltas

from tests.pages import standing


class Clockwork(LocalScriptRunner):
    """Runs a page and knows what a browser would hold of it."""

    held: ClassVar[dict[int, list[ForwardMsg]]] = {}  # by tab
    due: ClassVar[str | None] = None
    runs: ClassVar[list[list[str] | None]] = []  # of a tick: the pieces drawn, or the whole page

    def run(
        self,
        widget_state: Any = None,
        query_params: Any = None,
        timeout: float = 3,
        page_hash: str = "",
        context_info: Any = None,
    ) -> ElementTree:
        """Run the page, or the piece that is due."""
        tab, due = id(self.session_state), Clockwork.due
        if due is None:
            tree = super().run(widget_state, query_params, timeout, page_hash, context_info)
            Clockwork.held[tab] = self.forward_msgs()
            return tree
        self.forward_msg_queue._queue = Clockwork.held[tab]
        data = RerunData(
            query_string=urlencode(query_params or {}, doseq=True), widget_states=widget_state,
            page_script_hash=page_hash, fragment_id=due, is_auto_rerun=True,
            context_info=context_info,
        )  # fmt: skip
        self._requests = ScriptRequests()  # instead of the whole page, which it begins with
        self.request_rerun(data)
        try:
            self.start()
            require_widgets_deltas(self, timeout)
        finally:
            self.join()
        Clockwork.held[tab] = self.forward_msgs()
        Clockwork.runs += [
            given["fragment_ids_this_run"]
            for event, given in zip(self.events, self.event_data, strict=True)
            if event is ScriptRunnerEvent.SCRIPT_STARTED
        ]
        return parse_tree_from_messages(self.forward_msgs())


def looking(tab: AppTest) -> list[str]:
    """The pieces that look by the clock now."""
    found: dict[str, None] = {}
    for one in Clockwork.held[id(tab._session_state)]:
        if one.HasField("auto_rerun"):
            found[one.auto_rerun.fragment_id] = None
        for ended in one.stop_auto_rerun.fragment_ids:
            found.pop(ended, None)
    return list(found)


def inside(tab: AppTest, piece: str, states: WidgetStates | None = None) -> AppTest:
    """What was pressed or written in that piece is sent: a browser has it alone drawn anew."""
    (Clockwork.due,) = tab._fragment_storage.resolve_target(piece)
    Clockwork.runs[:] = []
    try:
        return tab._run(states or tab._tree.get_widget_states())
    finally:
        Clockwork.due = None


def tick(tab: AppTest) -> AppTest:
    """Every piece that looks by the clock looks once."""
    for one in looking(tab):
        before = standing.places(tab._tree)
        Clockwork.due, Clockwork.runs[:] = one, []
        try:
            tab._run(tab._tree.get_widget_states())
        finally:
            Clockwork.due = None
        assert None not in Clockwork.runs, "the clock drew the whole page"
        assert standing.moved(before, standing.places(tab._tree)) == []
    return tab
