"""Signing out ends the session on the server."""

from starlette.applications import Starlette

from portal.shield.doorkeeper import Doorkeeper
from portal.shield.signout import SignOut, ended_route
from tests.shield.people import People, signed_in
from tests.shield.wire import fetch, plain


def test_the_session_is_over_before_streamlit_is_asked() -> None:
    people = People("li", "wang")
    guard = SignOut(plain(), doorkeeper=Doorkeeper(people))
    assert fetch(guard, "/auth/logout", headers=signed_in("li")).body == b"inside"
    assert people.revoked == [("li", "本人退出")]
    assert people.standing == {"wang"}


def test_a_stranger_ends_nobodys_session() -> None:
    people = People("li")
    fetch(SignOut(plain(), doorkeeper=Doorkeeper(people)), "/auth/logout")
    assert people.standing == {"li"}


def test_only_the_sign_out_ends_a_session() -> None:
    people = People("li")
    guard = SignOut(plain(), doorkeeper=Doorkeeper(people))
    fetch(guard, "/auth/login", headers=signed_in("li"))
    assert people.standing == {"li"}


def test_an_ended_tab_is_told_why_on_the_entry_page() -> None:
    answer = fetch(Starlette(routes=[ended_route(https=False)]), "/auth/ended")
    assert (answer.status, answer.header("location")) == (302, "/")
    assert answer.cookies()[0].startswith("portal_signed_out=ended;")


def test_the_other_tabs_of_somebody_who_signs_out_are_told_of_that() -> None:
    app = Starlette(routes=[ended_route(https=False)])
    answer = fetch(app, "/auth/ended", headers={"cookie": "portal_signed_out=out"})
    assert (answer.status, answer.cookies()) == (302, [])
