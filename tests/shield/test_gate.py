"""Files, uploads and components open only to a live session."""

from collections.abc import Mapping

import pytest

from portal.shield.doorkeeper import Doorkeeper
from portal.shield.gate import Gate
from tests.shield.people import People, signed_in
from tests.shield.wire import fetch, plain

TABS: dict[str, Mapping[str, str]] = {
    "tab-of-li": {"_streamlit_user": "li"},
    "tab-of-nobody": {},
}


def guarded(*standing: str) -> Gate:
    return Gate(plain(), doorkeeper=Doorkeeper(People(*standing)), tab_cookies=TABS.get)


GATED = [
    ("GET", "/media/abc.csv"),
    ("HEAD", "/media/abc.csv"),
    ("PUT", "/_stcore/upload_file/tab-of-li/1"),
    ("DELETE", "/_stcore/upload_file/tab-of-li/1"),
    ("GET", "/component/x/index.html"),
    ("GET", "/_stcore/bidi-components/x/y.js"),
]


@pytest.mark.parametrize(("method", "path"), GATED)
def test_nobody_gets_nothing(method: str, path: str) -> None:
    answer = fetch(guarded("li"), path, method=method)
    assert (answer.status, answer.error["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize(("method", "path"), GATED)
def test_a_copied_cookie_of_an_ended_session_gets_nothing(method: str, path: str) -> None:
    assert fetch(guarded(), path, method=method, headers=signed_in("li")).status == 401


@pytest.mark.parametrize(("method", "path"), GATED)
def test_a_live_session_gets_what_is_its_own(method: str, path: str) -> None:
    assert fetch(guarded("li"), path, method=method, headers=signed_in("li")).status == 200


@pytest.mark.parametrize("tab", ["tab-of-li", "tab-of-nobody", "no-such-tab"])
def test_an_upload_goes_only_into_ones_own_tab(tab: str) -> None:
    gate = guarded("li", "wang")
    path = f"/_stcore/upload_file/{tab}/1"
    assert fetch(gate, path, method="PUT", headers=signed_in("wang")).status == 403


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/static/js/a.js", "/mediaeval"])
def test_other_addresses_are_not_asked_for_a_session(path: str) -> None:
    assert fetch(guarded(), path).status == 200


def test_without_the_gate_anybody_may_upload() -> None:
    assert fetch(plain(), "/_stcore/upload_file/tab-of-li/1", method="PUT").status == 200
