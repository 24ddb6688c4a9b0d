"""What a browser may say to the server over the websocket, decided message by message.

Streamlit trusts its frontend: any socket may clear every user's caches, ask for source-control
facts, have agent files installed, or run a fragment of a page that it was never shown.
"""

from dataclasses import dataclass

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

# The one widget of the entry page that somebody unknown may press.
SIGN_IN_KEY = "sign_in"

_FOR_ANYBODY = frozenset({"rerun_script", "stop_script", "app_heartbeat"})
_SIGNED_IN_ONLY = frozenset({"file_urls_request", "backend_operation_request"})
_OPERATIONS = frozenset({"deferred_file", "dataframe_chunk"})
# Traffic that goes on while nobody is at the desk must not keep a session awake.
_NOT_ACTIVITY = frozenset({"app_heartbeat"})
LARGEST_SIGNED_IN = 4_000_000  # the same as server.maxWidgetStateSize
LARGEST_UNKNOWN = 64_000


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """A message that may go on, as it may go on."""

    raw: bytes
    activity: bool
    deferred_file: str | None = None


def admit(raw: bytes, *, signed_in: bool) -> Admitted | None:
    """The message in its allowed form, or ``None`` when it may not pass."""
    if len(raw) > (LARGEST_SIGNED_IN if signed_in else LARGEST_UNKNOWN):
        return None
    message = BackMsg()
    try:
        message.ParseFromString(raw)
    except Exception:  # whatever the parser calls it, this is no message of the frontend
        return None
    kind = message.WhichOneof("type")
    if kind in _FOR_ANYBODY and not signed_in:
        return Admitted(raw=_for_unknown(message), activity=False)
    if kind not in _FOR_ANYBODY | _SIGNED_IN_ONLY or not signed_in:
        return None
    if kind == "backend_operation_request":
        return _operation(message, raw)
    automatic = kind == "rerun_script" and message.rerun_script.is_auto_rerun
    return Admitted(raw=raw, activity=not automatic and kind not in _NOT_ACTIVITY)


def _operation(message: BackMsg, raw: bytes) -> Admitted | None:
    request = message.backend_operation_request
    if request.WhichOneof("payload") not in _OPERATIONS:
        return None
    wanted = request.deferred_file.file_id if request.HasField("deferred_file") else None
    return Admitted(raw=raw, activity=True, deferred_file=wanted)


def _for_unknown(message: BackMsg) -> bytes:
    """Built anew from what a stranger may fill: no page, no fragment, no widget but one."""
    if not message.HasField("rerun_script"):
        return bytes(message.SerializeToString())
    given = message.rerun_script
    clean = ClientState()
    if given.HasField("context_info"):
        clean.context_info.CopyFrom(given.context_info)
    for widget in given.widget_states.widgets:
        if widget.id.endswith(f"-{SIGN_IN_KEY}") and widget.trigger_value:
            clean.widget_states.widgets.add(id=widget.id, trigger_value=True)
    return bytes(BackMsg(rerun_script=clean).SerializeToString())
