"""Jumping: who may, where exactly to, with a ticket only where the other side takes one."""

import base64
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from auth.permissions import Denied
from portal.functions.entry import NoSuchDoor
from portal.functions.entry.jump import meant, way
from portal.functions.entry.tables import door_use, jump_ticket
from portal.store import clock
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from portal.store.scope import Reach, scoped
from tests import people
from tests.doorway import Doorway, audit


def claims_of(ticket: str) -> dict[str, object]:
    part = ticket.split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_a_ticket_says_who_where_and_for_how_long(frozen: FrozenClock, doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    jump = doorway.entry.jump(who, "a", "household", {"number": "DB01"})
    assert jump.address == "http://a.test/app/sso/login"
    assert jump.ticket is not None
    assert jump.ticket not in repr(jump)
    claims = claims_of(jump.ticket)
    now = int(frozen.now().timestamp())
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("http://portal.test", "a", "clerk")
    assert (claims["iat"], claims["exp"]) == (now, now + 60)
    assert claims["target"] == "/household/DB01"
    assert set(claims) == {"iss", "aud", "sub", "jti", "iat", "exp", "name", "unit", "target"}


@pytest.mark.parametrize(("system", "address"), [("b", "/portal"), ("c", "/portal")])
def test_without_a_common_sign_in_there_is_no_ticket(
    doorway: Doorway, system: str, address: str
) -> None:
    jump = doorway.entry.jump(doorway.sign_in("clerk"), system)
    assert (jump.ticket, jump.address) == (None, f"http://{system}.test/app{address}")
    with scoped(Reach(prefixes=(), unit_id=None, actor="clerk")) as connection:
        assert connection.execute(select(jump_ticket)).all() == []


BAD_TARGETS: list[tuple[str | None, Mapping[str, str]]] = [
    ("nowhere", {}),
    ("https://evil.test", {}),
    ("//evil.test", {}),
    ("household", {}),
    ("household", {"number": "../x"}),
    ("household", {"number": "1/2"}),
    ("household", {"number": "a" * 65}),
    ("household", {"number": "１"}),
    ("household", {"number": "1", "to": "2"}),
    ("household", {"number": "1\n"}),
    ("review", {"number": "1"}),
    (None, {"number": "1"}),
]


@pytest.mark.parametrize(("target", "values"), BAD_TARGETS)
def test_only_pages_of_the_manifest_are_reached(
    doorway: Doorway, target: str | None, values: Mapping[str, str]
) -> None:
    with pytest.raises(NoSuchDoor):
        doorway.entry.jump(doorway.sign_in("clerk"), "a", target, values)


def test_an_unknown_system_is_refused_and_recorded(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    with pytest.raises(NoSuchDoor):
        doorway.entry.jump(who, "nothing")


@pytest.mark.parametrize("roles", [("reader",), ("explainer",), ()])
def test_a_post_without_the_right_is_refused_and_recorded(
    doorway: Doorway, roles: tuple[str, ...]
) -> None:
    who = doorway.sign_in("clerk", roles=roles)
    with pytest.raises(Denied):
        doorway.entry.jump(who, "a")
    with pytest.raises(Denied):
        doorway.entry.wall(who)
    assert (audit()[-1].action, audit()[-1].outcome) == ("entry.jump", "refused")


def test_a_jump_is_in_the_audit_without_the_ticket(doorway: Doorway) -> None:
    jump = doorway.entry.jump(doorway.sign_in("clerk"), "a")
    row = audit()[-1]
    assert (row.action, row.actor, row.outcome) == ("entry.jump", "clerk", "ok")
    assert row.detail == {"system": "a", "login": "平台票据", "target": "front"}
    assert jump.ticket is not None and str(claims_of(jump.ticket)["jti"]) not in repr(audit())


def test_what_is_stored_is_no_ticket(doorway: Doorway) -> None:
    jump = doorway.entry.jump(doorway.sign_in("clerk"), "a")
    with scoped(Reach(prefixes=(), unit_id=None, actor="clerk")) as connection:
        row = connection.execute(select(jump_ticket)).one()
    assert jump.ticket is not None
    assert str(claims_of(jump.ticket)["jti"]) not in repr(row)
    assert jump.ticket not in repr(row)


def test_rows_are_shown_to_their_own_person_only(doorway: Doorway) -> None:
    doorway.entry.jump(doorway.sign_in("clerk"), "a")
    for table in (jump_ticket, door_use):
        with begin() as connection:
            assert connection.execute(select(table)).all() == []
        with scoped(Reach(prefixes=("99",), unit_id="x", actor="other")) as connection:
            assert connection.execute(select(table)).all() == []
        with scoped(Reach(prefixes=(), unit_id=None, actor="clerk")) as connection:
            assert len(connection.execute(select(table)).all()) == 1


def test_nobody_writes_a_ticket_for_somebody_else(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    row = {"login": "other", "post_id": who.post_id, "system_id": "a", "last_at": clock.now()}
    with pytest.raises(Exception, match="row-level security"), scoped(who.reach) as connection:
        connection.execute(insert(door_use).values(**row))


def test_old_tickets_go_and_the_last_use_stays_one_row(
    frozen: FrozenClock, doorway: Doorway
) -> None:
    who = doorway.sign_in("clerk")
    for _ in range(3):
        doorway.entry.jump(who, "a")
        frozen.advance(timedelta(hours=13))
    with scoped(who.reach) as connection:
        assert len(connection.execute(select(jump_ticket)).all()) == 2
        assert len(connection.execute(select(door_use)).all()) == 1


# -- the link -------------------------------------------------------------------------------------


def test_a_link_is_good_only_in_its_own_sign_in_and_post(doorway: Doorway) -> None:
    who, other = doorway.sign_in("clerk"), doorway.sign_in("other")
    again = doorway.sign_in_again("clerk", who.account_id)
    sealed = way(who, "a").partition("i=")[2]
    assert meant(who, "a", None, {}, sealed)
    for somebody in (other, again):
        assert not meant(somebody, "a", None, {}, sealed)
    assert not meant(who, "b", None, {}, sealed)
    assert not meant(who, "a", "review", {}, sealed)


@given(st.text(max_size=80))
def test_no_made_up_seal_opens_a_link(sealed: str) -> None:
    assert not meant(_SOMEBODY, "a", None, {}, sealed)


_SOMEBODY = people.principal()
