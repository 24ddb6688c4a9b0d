"""What a browser may say, message by message."""

import pytest
from streamlit.proto.BackMsg_pb2 import (
    BackendOperationRequest,
    BackMsg,
    DataframeChunkRequestPayload,
    DeferredFileRequestPayload,
    DismissSkillsNudgeRequestPayload,
    InstallSkillsRequestPayload,
)
from streamlit.proto.ClientState_pb2 import ClientState, ContextInfo
from streamlit.proto.Common_pb2 import FileURLsRequest

from portal.shield.messages import LARGEST_SIGNED_IN, LARGEST_UNKNOWN, admit


def rerun(**fields: object) -> bytes:
    state = ClientState(**fields)  # type: ignore[arg-type]
    return bytes(BackMsg(rerun_script=state).SerializeToString())


def seen(raw: bytes, *, signed_in: bool) -> BackMsg:
    admitted = admit(raw, signed_in=signed_in)
    assert admitted is not None
    message = BackMsg()
    message.ParseFromString(admitted.raw)
    return message


FORBIDDEN = {
    "clear_cache": BackMsg(clear_cache=True),
    "load_git_info": BackMsg(load_git_info=True),
    "set_run_on_save": BackMsg(set_run_on_save=True),
    "debug_disconnect_websocket": BackMsg(debug_disconnect_websocket=True),
    "debug_shutdown_runtime": BackMsg(debug_shutdown_runtime=True),
    "install_skills": BackMsg(
        backend_operation_request=BackendOperationRequest(
            install_skills=InstallSkillsRequestPayload()
        )
    ),
    "dismiss_skills_nudge": BackMsg(
        backend_operation_request=BackendOperationRequest(
            dismiss_skills_nudge=DismissSkillsNudgeRequestPayload()
        )
    ),
    "no payload": BackMsg(backend_operation_request=BackendOperationRequest(request_id="1")),
    "nothing": BackMsg(),
}


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_no_page_needs_nobody_may_say(name: str, signed_in: bool) -> None:
    assert admit(FORBIDDEN[name].SerializeToString(), signed_in=signed_in) is None


def test_every_message_streamlit_knows_has_been_decided() -> None:
    known = {field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields}
    allowed = {
        "rerun_script",
        "stop_script",
        "app_heartbeat",
        "file_urls_request",
        "backend_operation_request",
    }
    assert known - allowed == {name for name in FORBIDDEN if name in known}


SIGNED_IN_ONLY = [
    BackMsg(file_urls_request=FileURLsRequest(request_id="1")),
    BackMsg(
        backend_operation_request=BackendOperationRequest(
            deferred_file=DeferredFileRequestPayload(file_id="f")
        )
    ),
    BackMsg(
        backend_operation_request=BackendOperationRequest(
            dataframe_chunk=DataframeChunkRequestPayload(source_id="s")
        )
    ),
]


@pytest.mark.parametrize("message", SIGNED_IN_ONLY)
def test_uploads_downloads_and_rows_need_a_session(message: BackMsg) -> None:
    raw = message.SerializeToString()
    assert admit(raw, signed_in=False) is None
    assert seen(raw, signed_in=True) == message


def test_a_deferred_download_is_named_so_that_its_owner_can_be_asked() -> None:
    admitted = admit(SIGNED_IN_ONLY[1].SerializeToString(), signed_in=True)
    assert admitted is not None and admitted.deferred_file == "f"


def test_a_stranger_chooses_no_page_no_fragment_and_no_widget() -> None:
    raw = rerun(
        fragment_id="f",
        page_script_hash="abc",
        page_name="records",
        query_string="case=1",
        cached_message_hashes=["h"],
        context_info=ContextInfo(locale="zh-CN"),
        widget_states={
            "widgets": [
                {"id": "$$ID-1-unmask", "trigger_value": True},
                {"id": "$$ID-2-sign_in", "string_value": "x"},
                {"id": "$$ID-3-sign_in", "trigger_value": True},
            ]
        },
    )
    state = seen(raw, signed_in=False).rerun_script
    kept = ClientState(
        context_info=ContextInfo(locale="zh-CN"),
        widget_states={"widgets": [{"id": "$$ID-3-sign_in", "trigger_value": True}]},  # type: ignore[arg-type]
    )
    assert state == kept


def test_somebody_signed_in_is_passed_on_unchanged() -> None:
    raw = rerun(fragment_id="f", page_name="records")
    admitted = admit(raw, signed_in=True)
    assert admitted is not None and admitted.raw == raw


@pytest.mark.parametrize(
    ("raw", "activity"),
    [
        (rerun(page_name="records"), True),
        (rerun(fragment_id="f", is_auto_rerun=True), False),
        (BackMsg(app_heartbeat=True).SerializeToString(), False),
        (BackMsg(stop_script=True).SerializeToString(), True),
        (SIGNED_IN_ONLY[1].SerializeToString(), True),
    ],
)
def test_only_what_a_person_did_keeps_the_session_awake(raw: bytes, activity: bool) -> None:
    admitted = admit(raw, signed_in=True)
    assert admitted is not None and admitted.activity is activity


@pytest.mark.parametrize("raw", [b"\xff\xff\xff", b"", b"hello"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_noise_is_dropped(raw: bytes, signed_in: bool) -> None:
    assert admit(raw, signed_in=signed_in) is None


@pytest.mark.parametrize(
    ("signed_in", "limit"), [(True, LARGEST_SIGNED_IN), (False, LARGEST_UNKNOWN)]
)
def test_a_message_has_a_largest_size(signed_in: bool, limit: int) -> None:
    assert admit(rerun(query_string="x" * limit), signed_in=signed_in) is None
    assert admit(rerun(query_string="x" * (limit - 100)), signed_in=signed_in) is not None
