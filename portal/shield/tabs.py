"""Whose tab is it? Reads Streamlit's own lists of open tabs and of downloads made on a click."""

from collections.abc import Mapping

from streamlit import runtime


def tab_cookies(tab_id: str) -> Mapping[str, str] | None:
    """The cookies with which a tab connected, or ``None`` when no such tab is open."""
    if not runtime.exists():
        return None
    client = runtime.get_instance().get_client(tab_id)
    context = client.client_context if client is not None else None
    return context.cookies if context is not None else None


def download_cookies(file_id: str) -> Mapping[str, str] | None:
    """The cookies of the tab for which a download was registered.

    Streamlit runs such a download for anybody who knows its number; it keeps the owner, but only in
    a private list (checked by a test, since nothing else would notice a change).
    """
    if not runtime.exists():
        return None
    entry = runtime.get_instance().media_file_mgr._deferred_callables.get(file_id)
    return tab_cookies(entry["session_id"]) if entry is not None else None
