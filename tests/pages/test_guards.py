"""Whoever may not is refused at the page, in a fragment and in a callback, and nothing runs."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from auth.permissions import EVERYBODY
from auth.tables import audit_entry
from portal.pages.catalogue import HOMES, PAGES, spec
from portal.pages.guards import SIGNED_OUT, guarded
from portal.store.engine import begin
from tests.pages.conftest import Office, shown, without

NOBODYS = {"roles": ("reader",), "level": "street", "region_code": "990102001"}


@pytest.mark.parametrize("path", [one.path for one in PAGES])
def test_a_page_tells_a_stranger_to_sign_in_and_shows_nothing_else(
    office: Office, path: str
) -> None:
    office.who = None
    tab = office.open(path)
    assert shown(tab).count("notice") == 1
    assert SIGNED_OUT in shown(tab)
    assert not tab.button


@pytest.mark.parametrize(
    "path", [one.path for one in PAGES if one.permission not in {"home.street", *EVERYBODY}]
)
def test_a_page_refuses_a_post_without_its_permission_and_records_it(
    office: Office, become: Callable[..., None], path: str
) -> None:
    become(**NOBODYS)
    tab = office.open(path)
    assert "没有权限" in shown(tab)
    assert "请联系本单位管理员" in shown(tab)
    assert not tab.button
    with begin() as connection:
        row = connection.execute(select(audit_entry)).one()
    assert (row.action, row.outcome) == (spec(path).permission, "refused")


def test_every_permission_of_the_catalogue_is_a_known_one() -> None:
    from auth.permissions import PERMISSIONS

    assert {one.permission for one in PAGES} <= set(PERMISSIONS)
    assert {one.path for one in PAGES} >= HOMES


def test_a_guarded_callback_does_not_run_after_the_right_was_taken_away(office: Office) -> None:
    ran: list[str] = []

    @guarded("records.search")
    def callback(who: object) -> None:
        ran.append("ran")

    callback()
    assert ran == ["ran"]
    office.who = without(office.who, "community_clerk")
    callback()
    office.who = None
    callback()
    assert ran == ["ran"]


def test_a_fragment_that_is_clicked_after_the_right_was_taken_away_shows_no_hits(
    office: Office,
) -> None:
    tab = office.open("community")
    tab.segmented_control(key="finder_purpose").set_value("counter")
    tab.text_input(key="finder_text").input("张三")
    office.who = without(office.who, "community_clerk")
    tab.button(key="finder_send").click().run()
    assert "没有权限" in shown(tab)
    assert "没有找到" not in shown(tab)
