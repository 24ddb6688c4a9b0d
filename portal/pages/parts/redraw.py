"""Draws fragments of the page anew, from within another; or ends its looking again by the clock.

``st.rerun`` can name a fragment from a callback only; from a fragment's body it would draw the
whole page, which closes an open dialog and whatever is being typed in it. This hands the request
over as a callback's would be (read in Streamlit 1.67; the browser's tests notice a change).

Somebody who has clicked meanwhile goes first: joined to a request that waits already, this one
would take its page and its address with it, and a click on the way to another page would be lost.
"""

from streamlit.errors import StreamlitAPIException
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequestType
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext, ThreadState


def fragment(*keys: str) -> None:
    """The fragments of those keys, when the running one has ended; nothing else of the page.

    Nothing happens when the person has asked for something by then; who watches looks again. Nor
    does anything for what the page has no fragment of.
    """
    context = get_script_run_ctx()
    if context is None or context.script_requests is None:
        return
    targets = [one for key in keys for one in _of(context, key)]
    if not targets:
        return
    wanted = RerunData(
        query_string=context.query_string,
        page_script_hash=context.page_script_hash,
        fragment_id_queue=targets,
        cached_message_hashes=context.cached_message_hashes,
        context_info=context.context_info,
    )
    waiting = context.script_requests
    with waiting._lock:
        if waiting._state is ScriptRequestType.CONTINUE:
            waiting._request_rerun_locked(wanted)


def _of(context: ScriptRunContext, key: str) -> list[str]:
    try:
        return context.fragment_storage.resolve_target(key)
    except StreamlitAPIException:
        return []


def stop() -> None:
    """The running fragment, which looked again by the clock, does so no more.

    A run of the whole page would stop it as well, and close the dialog that somebody is writing in.
    """
    context = get_script_run_ctx()
    own = ThreadState.get().fragment_id if context is not None else None
    if context is None or own is None:
        return
    message = ForwardMsg()
    message.stop_auto_rerun.fragment_ids.append(own)
    context.enqueue(message)
