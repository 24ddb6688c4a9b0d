"""Draws one fragment of the page anew, from within another.

``st.rerun`` can name a fragment from a callback only; from a fragment's body it would draw the
whole page, which closes an open dialog and whatever is being typed in it. This hands the request
over as a callback's would be (read in Streamlit 1.67; the browser's tests notice a change).
"""

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData


def fragment(key: str) -> None:
    """The fragment of that key, when the running one has ended; nothing else of the page."""
    context = get_script_run_ctx()
    if context is None or context.script_requests is None:
        return
    context.script_requests.request_rerun(
        RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            fragment_id_queue=context.fragment_storage.resolve_target(key),
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    )
