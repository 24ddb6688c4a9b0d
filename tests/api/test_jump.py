"""``/jump`` as a browser meets it, and the simulated systems that take the ticket in."""

import asyncio
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Router

from auth import sessions
from auth.principal import Principal
from portal.store import clock
from portal.store.clock import FrozenClock
from sandbox.entrance import Platform
from sandbox.landing import Landing
from tests.api.test_access import error_of
from tests.doorway import PORTAL, Browser, Doorway

PASSWORDS = {"a": "password-of-a", "d": "password-of-d"}
REDEEM = "/api/v1/tickets/redeem"


class System:
    """A simulated system whose back channel leads to the portal under test."""

    def __init__(self, doorway: Doorway, name: str, password: str | None = None) -> None:
        passwords = {name: password} if password is not None else PASSWORDS
        wire = httpx.ASGITransport(app=doorway.app())
        platform = Platform(url=PORTAL, passwords=passwords, wire=wire)
        landing = Landing(name, f"{name}系统", platform, clock.now)
        self.app = Starlette(routes=[Mount("/app", app=Router(landing.routes()))])
        self.name = name

    def send(self, method: str, path: str = "/app/sso/login", **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            wire = httpx.ASGITransport(app=self.app)
            base = f"http://{self.name}.test"
            async with httpx.AsyncClient(transport=wire, base_url=base) as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def enter(self, ticket: str) -> httpx.Response:
        return self.send("POST", data={"ticket": ticket})


def through(doorway: Doorway, who: Principal, system: str = "a", **more: Any) -> tuple[str, str]:
    """Click on a door: gives where the form goes, and the ticket in it."""
    browser = Browser(doorway.app(), login=who.login)
    page = browser.get(doorway.entry.way(who, system, **more))
    assert page.status_code == 200, page.text
    form = re.search(r'<form method="post" action="([^"]+)">.*?value="([^"]+)"', page.text, re.S)
    assert form is not None
    return unescape(form[1]), unescape(form[2])


def refused(answer: httpx.Response, *words: str) -> None:
    assert answer.status_code == 403, answer.text
    assert "没有登录" in answer.text and "已登录" not in answer.text
    for one in words:
        assert one in answer.text


def test_a_click_ends_signed_in_and_a_reload_does_not(doorway: Doorway) -> None:
    action, ticket = through(doorway, doorway.sign_in("clerk"), target="review")
    assert action == "http://a.test/app/sso/login"
    system = System(doorway, "a")
    page = system.enter(ticket)
    assert page.status_code == 200
    for words in ("已登录：王clerk（模拟系统）", "/review", "模拟系统"):
        assert words in page.text
    refused(system.enter(ticket), "已经用过")


def test_the_ticket_is_in_no_address_and_may_go_to_one_place_only(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    page = Browser(doorway.app(), login="clerk").get(doorway.entry.way(who, "a"))
    policy = page.headers["content-security-policy"]
    assert "form-action http://a.test;" in policy and "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy and "unsafe-inline'; form" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"  # another origin is told nothing
    ticket = re.search(r'value="([^"]+)"', page.text)
    assert ticket is not None
    assert ticket[1] not in str(page.url) and ticket[1] not in str(page.headers)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page.text) == [""]


def test_where_there_is_no_ticket_one_is_simply_taken_there(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    browser = Browser(doorway.app(), login="clerk")
    for system in ("b", "c"):
        answer = browser.get(doorway.entry.way(who, system))
        assert answer.status_code == 303
        assert answer.headers["location"] == f"http://{system}.test/app/portal"


def test_after_sixty_seconds_the_ticket_is_old(frozen: FrozenClock, doorway: Doorway) -> None:
    _, ticket = through(doorway, doorway.sign_in("clerk"))
    frozen.advance(timedelta(seconds=61))
    refused(System(doorway, "a").enter(ticket), "已过有效期")


def test_the_ticket_of_one_system_opens_no_other(doorway: Doorway) -> None:
    _, ticket = through(doorway, doorway.sign_in("clerk"))
    refused(System(doorway, "d").enter(ticket), "不是给本系统的")
    assert System(doorway, "a").enter(ticket).status_code == 200


def test_a_touched_ticket_is_refused(doorway: Doorway) -> None:
    _, ticket = through(doorway, doorway.sign_in("clerk"))
    head, body, seal = ticket.split(".")
    for wrong in (f"{head}.{body[:-3]}AAA.{seal}", f"{head}.{body}.{seal[::-1]}", "x", "", "票"):
        answer = System(doorway, "a").enter(wrong)
        refused(answer)
        assert wrong == "" or wrong not in answer.text or len(wrong) < 3


def test_signing_out_ends_a_ticket_on_its_way(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    _, ticket = through(doorway, who)
    sessions.revoke(who.session_id, "本人退出")
    refused(System(doorway, "a").enter(ticket), "已退出平台")


def test_a_system_that_does_not_know_its_password_learns_nothing(doorway: Doorway) -> None:
    _, ticket = through(doorway, doorway.sign_in("clerk"))
    refused(System(doorway, "a", password="wrong").enter(ticket), "口令不正确")
    assert System(doorway, "a").enter(ticket).status_code == 200


def test_a_landing_takes_nothing_but_a_posted_ticket(doorway: Doorway) -> None:
    _, ticket = through(doorway, doorway.sign_in("clerk"))
    system = System(doorway, "a")
    assert system.send("GET", params={"ticket": ticket}).status_code == 405
    refused(system.send("POST", data={"ticket": [ticket, ticket]}))
    refused(system.send("POST", content=b"x" * 20_000))
    refused(system.send("POST", content=b"\xff"))
    assert "没有与平台统一登录" in system.send("GET", "/app/portal").text.replace("未与", "没有与")


# -- the link -------------------------------------------------------------------------------------


def stopped(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    assert "没有进入业务系统" in answer.text and "ticket" not in answer.text
    assert "form-action 'none'" in answer.headers["content-security-policy"]


def test_a_link_of_somebody_else_opens_nothing(doorway: Doorway) -> None:
    way = doorway.entry.way(doorway.sign_in("clerk"), "a")
    doorway.sign_in("other")
    stopped(Browser(doorway.app(), login="other").get(way), 403)
    stopped(Browser(doorway.app()).get(way), 401)


def test_a_link_of_an_earlier_sign_in_opens_nothing(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    way = doorway.entry.way(who, "a")
    sessions.revoke(who.session_id, "本人退出")
    stopped(Browser(doorway.app(), login="clerk").get(way), 401)
    doorway.sign_in_again("clerk", who.account_id)
    stopped(Browser(doorway.app(), login="clerk").get(way), 403)


CHANGED = [
    ("i=", "j=", 400),
    ("i=", "to=review&i=", 403),
    ("i=", "to=https%3A%2F%2Fevil.test&i=", 403),
    ("i=", "i=0", 403),
    ("i=", "i=a&i=", 400),
    ("i=", "%ff=1&i=", 400),
    ("i=", "x&i=", 400),
    ("/a?", "/b?", 403),
    ("/a?", "/nothing?", 403),
    ("?", f"?{'a' * 700}=1&", 400),
]


@pytest.mark.parametrize(("old", "new", "status"), CHANGED)
def test_a_changed_link_opens_nothing(doorway: Doorway, old: str, new: str, status: int) -> None:
    way = doorway.entry.way(doorway.sign_in("clerk"), "a").replace(old, new, 1)
    stopped(Browser(doorway.app(), login="clerk").get(way), status)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_send_a_browser_through(doorway: Doorway, site: str) -> None:
    way = doorway.entry.way(doorway.sign_in("clerk"), "a")
    answer = Browser(doorway.app(), login="clerk").get(way, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


def test_the_right_is_asked_at_the_click(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk", roles=["reader"])
    stopped(Browser(doorway.app(), login="clerk").get(doorway.entry.way(who, "a")), 403)


# -- the back channel -----------------------------------------------------------------------------


def redeem(doorway: Doorway, ticket: str, **options: Any) -> httpx.Response:
    options.setdefault("auth", ("a", "password-of-a"))
    return Browser(doorway.app()).post(REDEEM, json={"ticket": ticket}, **options)


def test_redeeming_says_who_has_come_and_nothing_more(doorway: Doorway) -> None:
    _, ticket = through(doorway, doorway.sign_in("clerk"))
    answer = redeem(doorway, ticket)
    assert answer.json() == {
        "sub": "clerk", "name": "王clerk", "unit": "柳岸社区", "target": "/portal",
        "account": "",
    }  # fmt: skip
    assert error_of(redeem(doorway, ticket), 409)["code"] == "ticket_used"
    assert error_of(redeem(doorway, "x"), 400)["code"] == "ticket_invalid"


@pytest.mark.parametrize(
    "auth",
    [("a", ""), ("a", "-"), ("", ""), ("b", "b_ticket"), ("d", "password-of-a"), ("x", "x"),
     ("a", "password-of-a" * 50)],
)  # fmt: skip
def test_a_wrong_password_redeems_nothing(doorway: Doorway, auth: tuple[str, str]) -> None:
    _, ticket = through(doorway, doorway.sign_in("clerk"))
    answer = redeem(doorway, ticket, auth=auth)
    error_of(answer, 401)
    assert answer.headers["www-authenticate"] == 'Basic realm="portal"'
    assert redeem(doorway, ticket).status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!!!", "Basic 5Lit", "Bearer abc", "Basic YQ=="]
)
def test_a_malformed_password_redeems_nothing(doorway: Doorway, header: str) -> None:
    answer = Browser(doorway.app()).post(
        REDEEM, json={"ticket": "x"}, headers={"Authorization": header}
    )
    error_of(answer, 401)


def test_the_keys_are_public_and_hold_no_secret(doorway: Doorway) -> None:
    answer = Browser(doorway.app()).get("/api/v1/tickets/keys")
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert "d" not in key


def test_the_form_goes_where_the_city_said(doorway: Doorway) -> None:
    action, _ = through(doorway, doorway.sign_in("clerk"))
    assert urlsplit(action).netloc == "a.test"
