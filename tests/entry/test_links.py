"""An account over there is proved by its own person, in one session, once; and ends with them."""

import asyncio
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.routing import Mount, Router

from auth.principal import Principal
from auth.tables import account
from portal.functions.entry import LinkRefused, accounts, linkrules
from portal.functions.entry.linkrules import LinkState, state_of
from portal.functions.entry.tables import account_link, link_attempt
from portal.functions.morning import morning
from portal.store import clock
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from portal.store.scope import NOTHING, Reach, scoped
from sandbox.accounts import PASSWORD
from sandbox.entrance import Platform
from sandbox.landing import Landing
from tests.doorway import PASSWORDS, PORTAL, Browser, Doorway, audit

pytestmark = pytest.mark.usefixtures("frozen")
TODAY = date(2026, 11, 23)


class There:
    """A simulated system, with its own sign-in."""

    def __init__(self, doorway: Doorway, name: str = "a") -> None:
        links = {one: PASSWORDS[f"{one}_link"] for one in "abc"}
        platform = Platform(
            url=PORTAL, passwords={name: PASSWORDS.get(f"{name}_ticket", "")}, links=links,
            wire=httpx.ASGITransport(app=doorway.app()),
        )  # fmt: skip
        landing = Landing(name, f"{name}系统", platform, clock.now)
        self.app = Starlette(routes=[Mount("/app", app=Router(landing.routes()))])
        self.base = f"http://{name}.test"

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            wire = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=wire, base_url=self.base) as client:
                return await client.request(method, url, **options)

        return asyncio.run(ask())

    def sign_in(self, url: str, name: str = "moni01", **more: str) -> httpx.Response:
        return self.send("POST", url, data={"account": name, "password": PASSWORD, **more})


def start(doorway: Doorway, who: Principal, system: str = "a") -> str:
    """Click 授权: gives the address over there."""
    answer = Browser(doorway.app(), login=who.login).get(doorway.entry.link_way(who, system))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def come_back(doorway: Doorway, login: str, there: httpx.Response) -> str:
    """Follow the system's answer home; gives where one ends."""
    assert there.status_code == 303, there.text
    home = urlsplit(there.headers["location"])
    assert f"{home.scheme}://{home.netloc}{home.path}" == f"{PORTAL}/link/return"
    cross = {"sec-fetch-site": "cross-site"}
    answer = Browser(doorway.app(), login=login).get(f"{home.path}?{home.query}", headers=cross)
    return str(answer.headers.get("location", answer.status_code))


def own(doorway: Doorway, who: Principal, system: str = "a") -> Any:
    return next(one for one in doorway.entry.accounts(who) if one.system_id == system)


def link(doorway: Doorway, who: Principal, name: str = "moni01", system: str = "a") -> str:
    there = There(doorway, system)
    return come_back(doorway, who.login, there.sign_in(start(doorway, who, system), name))


def test_signing_in_over_there_proves_the_account_without_an_administrator(
    doorway: Doorway,
) -> None:
    who = doorway.sign_in("clerk")
    assert own(doorway, who).state is LinkState.NONE
    assert link(doorway, who) == "/accounts?done=1"
    found = own(doorway, who)
    assert (found.account, found.state, found.source) == ("moni01", LinkState.GOOD, "本人授权")
    assert found.expires_on == TODAY + timedelta(days=200)
    last = audit()[-1]
    assert (last.action, last.outcome) == ("links.prove", "ok")
    assert last.detail == {"system": "a", "account": "moni01"}


def test_the_ticket_carries_the_account_and_the_system_is_told(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    link(doorway, who)
    ticket = doorway.entry.jump(who, "a").ticket
    assert ticket is not None
    page = There(doorway).send("POST", "/app/sso/login", data={"ticket": ticket}).text
    assert "已登录：王clerk" in page and "本系统账号：moni01" in page
    other = doorway.entry.jump(who, "d").ticket
    assert other is not None and doorway.entry.redeem("d", other).account == ""


def test_an_account_that_is_over_is_named_no_more(doorway: Doorway, frozen: FrozenClock) -> None:
    who = doorway.sign_in("clerk")
    link(doorway, who, "moni02")
    assert own(doorway, who).state is LinkState.SOON
    assert morning(who).accounts == 1
    doors = {one.system_id: one.account for one in doorway.entry.wall(who)}
    assert doors["a"] == "对方账号 moni02（即将到期）" and doors["b"] == ""
    frozen.advance(timedelta(days=10))
    again = doorway.sign_in_again("clerk", who.account_id)
    assert own(doorway, again).state is LinkState.OVER
    ticket = doorway.entry.jump(again, "a").ticket
    assert ticket is not None and doorway.entry.redeem("a", ticket).account == ""
    assert link(doorway, again, "moni01") == "/accounts?done=1"
    assert own(doorway, again).state is LinkState.GOOD
    assert morning(again).accounts == 0


@pytest.mark.parametrize("name", ["moni03", "nobody", ""])
def test_who_cannot_sign_in_over_there_brings_no_proof(doorway: Doorway, name: str) -> None:
    who = doorway.sign_in("clerk")
    assert There(doorway).sign_in(start(doorway, who), name).status_code == 403
    assert own(doorway, who).state is LinkState.NONE


def test_a_proof_is_good_once(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    proof = There(doorway).sign_in(start(doorway, who))
    assert come_back(doorway, "clerk", proof) == "/accounts?done=1"
    assert come_back(doorway, "clerk", proof) == "/accounts?refused=link_unknown"


def test_another_s_browser_cannot_finish_what_one_has_begun(doorway: Doorway) -> None:
    thief, victim = doorway.sign_in("thief"), doorway.sign_in("victim")
    proof = There(doorway).sign_in(start(doorway, thief))  # the victim was lured to sign in there
    assert come_back(doorway, "victim", proof) == "/accounts?refused=link_unknown"
    assert come_back(doorway, "nobody", proof) == "401"
    assert own(doorway, victim).state is LinkState.NONE


def test_another_session_of_the_same_person_cannot_either(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    proof = There(doorway).sign_in(start(doorway, who))
    doorway.sign_in_again("clerk", who.account_id)
    assert come_back(doorway, "clerk", proof) == "/accounts?refused=link_unknown"


def test_after_ten_minutes_it_is_over(doorway: Doorway, frozen: FrozenClock) -> None:
    who = doorway.sign_in("clerk")
    address = start(doorway, who)
    frozen.advance(timedelta(minutes=10))
    proof = There(doorway).sign_in(address)
    assert come_back(doorway, "clerk", proof) == "/accounts?refused=link_expired"


def test_a_proof_of_another_system_or_a_touched_one_is_refused_and_audited(
    doorway: Doorway,
) -> None:
    who = doorway.sign_in("clerk")
    for spoil in ("other", "touched", "empty"):
        state = parse_qs(urlsplit(start(doorway, who)).query)["state"][0]
        other = There(doorway, "b" if spoil == "other" else "a")
        given = other.sign_in(f"/app/sso/link?state={state}").headers["location"]
        proof = parse_qs(urlsplit(given).query)["proof"][0]
        if spoil != "other":
            proof = proof[:-8] + "AAAAAAAA" if spoil == "touched" else ""
        with pytest.raises(LinkRefused) as refusal:
            doorway.entry.finish_link(who, state, proof)
        assert refusal.value.code == "link_proof"
        assert (audit()[-1].action, audit()[-1].outcome) == ("links.prove", "refused")
    assert own(doorway, who).state is LinkState.NONE


def test_one_account_over_there_is_one_person_s(doorway: Doorway) -> None:
    first, second = doorway.sign_in("first"), doorway.sign_in("second")
    link(doorway, first)
    assert link(doorway, second) == "/accounts?refused=link_taken"
    doorway.entry.unlink(first, "a")
    assert link(doorway, second) == "/accounts?done=1"


def test_another_site_cannot_begin_a_proof(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    browser = Browser(doorway.app(), login="clerk")
    way = doorway.entry.link_way(who, "a")
    assert browser.get(way, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert browser.get(way.replace("i=", "i=0")).status_code == 403
    assert Browser(doorway.app()).get(way).status_code == 401


def test_a_system_without_an_agreement_offers_nothing(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    assert [one.system_id for one in doorway.entry.accounts(who)] == ["a", "b", "c"]
    answer = Browser(doorway.app(), login="clerk").get(doorway.entry.link_way(who, "d"))
    assert answer.headers["location"] == "/accounts?refused=link_none"


# -- codes --------------------------------------------------------------------------------------


def code(doorway: Doorway, challenge: str, system: str = "c", name: str = "moni01") -> str:
    """Read the code off the system's own page."""
    page = There(doorway, system).sign_in("/app/sso/code", name, challenge=challenge).text
    return page.partition("id='code'>")[2][:8]


def test_a_code_proves_the_account_where_no_browser_can_go_both_ways(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    given = code(doorway, doorway.entry.begin_code(who, "c"))
    assert doorway.entry.finish_code(who, "c", " moni01 ", f"{given[:4]} {given[4:]}") == "C系统"
    assert own(doorway, who, "c").account == "moni01"
    with pytest.raises(LinkRefused, match="link_unknown"):
        doorway.entry.finish_code(who, "c", "moni01", given)


def test_a_code_fits_one_number_one_account_and_one_system(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    challenge = doorway.entry.begin_code(who, "c")
    other = f"{(int(challenge) + 1) % 10**6:06d}"
    wrong = [
        ("moni01", code(doorway, other)),
        ("moni02", code(doorway, challenge)),
        ("moni01", code(doorway, challenge, "a")),
        ("", ""),
    ]
    for name, given in wrong:
        with pytest.raises(LinkRefused) as refusal:
            doorway.entry.finish_code(who, "c", name, given)
        assert refusal.value.code == "link_code"
    assert own(doorway, who, "c").state is LinkState.NONE


def test_five_wrong_codes_end_it(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    challenge = doorway.entry.begin_code(who, "c")
    right = code(doorway, challenge)
    for _ in range(linkrules.MOST_TRIES):
        with pytest.raises(LinkRefused):
            doorway.entry.finish_code(who, "c", "moni01", "00000000" if right[0] != "0" else "1")
    with pytest.raises(LinkRefused) as refusal:
        doorway.entry.finish_code(who, "c", "moni01", right)
    assert refusal.value.code == "link_tries"


# -- rules and rows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("linked", "days", "checked", "expected"),
    [
        (False, None, False, LinkState.NONE),
        (True, None, True, LinkState.GOOD),
        (True, None, False, LinkState.IMPORTED),
        (True, 15, True, LinkState.GOOD),
        (True, 14, True, LinkState.SOON),
        (True, 14, False, LinkState.SOON),
        (True, 0, True, LinkState.SOON),
        (True, -1, True, LinkState.OVER),
    ],
)
def test_an_end_is_told_before_it_comes(
    linked: bool, days: int | None, checked: bool, expected: LinkState
) -> None:
    until = None if days is None else TODAY + timedelta(days=days)
    moment = clock.now() if checked else None
    assert state_of(linked, until, moment, TODAY, 14) is expected


def test_rows_are_their_person_s_and_the_unit_s_administrators_only(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    link(doorway, who)
    doorway.entry.begin_code(who, "c")
    seen = {}
    for name, reach in {
        "nobody": NOTHING,
        "another": Reach(prefixes=("990103",), unit_id="x", actor="y"),
        "unit": Reach(prefixes=("990102",), unit_id="x", actor="y"),
        "own": who.reach,
    }.items():
        with scoped(reach) as connection:
            links = connection.execute(account_link.select()).all()
            attempts = connection.execute(link_attempt.select()).all()
            seen[name] = (len(links), len(attempts))
    assert seen == {"nobody": (0, 0), "another": (0, 0), "unit": (1, 0), "own": (1, 2)}


def test_whoever_leaves_has_no_account_anywhere_any_more(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    link(doorway, who)
    with scoped(Reach(prefixes=("9901",), unit_id=None, actor="admin")) as connection:
        assert accounts.end_all(connection, who.account_id, "离任交接") == 1
        assert accounts.end_all(connection, who.account_id, "离任交接") == 0
    with begin() as connection:
        connection.execute(
            update(account).where(account.c.id == who.account_id).values(status="active")
        )
    assert own(doorway, who).state is LinkState.NONE
