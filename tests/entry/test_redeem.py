"""A ticket is good once, for sixty seconds, at its own system, in its own sign-in. Else nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import select, update

from auth import sessions
from auth.principal import Principal
from auth.tables import account, position, post
from portal.functions.entry import TicketRefused
from portal.functions.entry.tickets import keys
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from tests.doorway import Doorway, audit


def ticket_for(doorway: Doorway, who: Principal, system: str = "a") -> str:
    ticket = doorway.entry.jump(who, system).ticket
    assert ticket is not None
    return ticket


def code_of(doorway: Doorway, ticket: str, system: str = "a") -> str:
    with pytest.raises(TicketRefused) as refusal:
        doorway.entry.redeem(system, ticket)
    last = audit()[-1]
    assert (last.action, last.outcome) == ("entry.redeem", "refused")
    assert last.detail["why"] == refusal.value.code
    return refusal.value.code


def test_a_ticket_opens_once_and_then_never_again(doorway: Doorway) -> None:
    ticket = ticket_for(doorway, doorway.sign_in("clerk"))
    told = doorway.entry.redeem("a", ticket)
    assert (told.login, told.name, told.target) == ("clerk", "王clerk", "/portal")
    assert audit()[-1].action == "entry.redeem"
    assert code_of(doorway, ticket) == "ticket_used"


def test_of_many_who_redeem_at_once_exactly_one_wins(doorway: Doorway) -> None:
    ticket = ticket_for(doorway, doorway.sign_in("clerk"))
    many = 6
    start = Barrier(many)

    def attempt(_: int) -> str:
        start.wait()
        try:
            return doorway.entry.redeem("a", ticket).login
        except TicketRefused as refusal:
            return refusal.code

    with ThreadPoolExecutor(many) as pool:
        outcomes = sorted(pool.map(attempt, range(many)))
    assert outcomes == ["clerk", *["ticket_used"] * (many - 1)]


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (59, True), (60, False), (3600, False)])
def test_it_is_good_for_sixty_seconds(
    frozen: FrozenClock, doorway: Doorway, seconds: int, good: bool
) -> None:
    ticket = ticket_for(doorway, doorway.sign_in("clerk"))
    frozen.advance(timedelta(seconds=seconds))
    if good:
        assert doorway.entry.redeem("a", ticket).login == "clerk"
    else:
        assert code_of(doorway, ticket) == "ticket_expired"


def test_another_system_cannot_use_it_and_does_not_spoil_it(doorway: Doorway) -> None:
    ticket = ticket_for(doorway, doorway.sign_in("clerk"))
    assert code_of(doorway, ticket, "d") == "ticket_other_system"
    assert doorway.entry.redeem("a", ticket).login == "clerk"


def test_signing_out_kills_unused_tickets(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    ticket = ticket_for(doorway, who)
    sessions.revoke(who.session_id, "本人退出")
    assert code_of(doorway, ticket) == "ticket_signed_out"


def test_an_idle_session_is_a_sign_out(frozen: FrozenClock, doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    frozen.advance(timedelta(minutes=29, seconds=30))
    ticket = ticket_for(doorway, who)
    frozen.advance(timedelta(seconds=45))
    assert code_of(doorway, ticket) == "ticket_signed_out"


def _locked(who: Principal) -> Any:
    return update(account).where(account.c.id == who.account_id).values(status="disabled")


def _moved(who: Principal) -> Any:
    return update(post).where(post.c.id == who.post_id).values(ends=post.c.starts)


def _demoted(who: Principal) -> Any:
    held = select(post.c.position_id).where(post.c.id == who.post_id).scalar_subquery()
    return update(position).where(position.c.id == held).values(roles=["reader"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_locked, "ticket_signed_out"),
        (_moved, "ticket_signed_out"),
        (_demoted, "ticket_not_allowed"),
    ],
)
def test_rights_are_asked_again_at_the_door(
    doorway: Doorway, change: Callable[[Principal], Any], code: str
) -> None:
    who = doorway.sign_in("clerk")
    ticket = ticket_for(doorway, who)
    with begin() as connection:
        connection.execute(change(who))
    assert code_of(doorway, ticket) == code
    assert code_of(doorway, ticket) in {code, "ticket_used"}


def tampered(ticket: str) -> list[str]:
    head, body, seal = ticket.split(".")
    turned = seal[:10] + ("A" if seal[10] != "A" else "B") + seal[11:]
    foreign = ECKey.generate_key("P-256", auto_kid=True)
    other = {"iss": "http://portal.test", "aud": "a", "sub": "clerk", "jti": "x", "exp": 2**40}
    key = keys.signing_key()

    def signed(by: ECKey, typ: str = "jump+jwt", **claims: object) -> str:
        header = {"alg": "ES256", "kid": by.kid, "typ": typ}
        return jwt.encode(header, {**other, **claims}, by, algorithms=["ES256"])

    return [
        "",
        "x",
        "a.b.c",
        "票据",
        "\x00",
        "a" * 5000,
        f"{head}.{body}.",
        f"{head}.{body}.{turned}",
        f"{head}.{body[:-4]}AAAA.{seal}",
        f"eyJhbGciOiJub25lIn0.{body}.",
        signed(foreign),
        signed(key),  # ours, but never issued
        signed(key, typ="JWT"),
        signed(key, iss="http://evil.test"),
        signed(key, sub=7),
        signed(key, jti=None),
    ]


def test_whatever_was_touched_or_made_up_is_refused(doorway: Doorway) -> None:
    ticket = ticket_for(doorway, doorway.sign_in("clerk"))
    for wrong in tampered(ticket):
        assert code_of(doorway, wrong) == "ticket_invalid", wrong
    assert doorway.entry.redeem("a", ticket).login == "clerk"


def test_a_ticket_outlives_the_change_of_the_key(doorway: Doorway) -> None:
    ticket = ticket_for(doorway, doorway.sign_in("clerk"))
    before = {one["kid"] for one in keys.published()["keys"]}
    keys.rotate()
    assert before < {one["kid"] for one in keys.published()["keys"]}
    assert all("d" not in one for one in keys.published()["keys"])
    assert doorway.entry.redeem("a", ticket).login == "clerk"
