"""The real portal in a process of its own, asked for what it must not give."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from streamlit.util import calc_hash

from portal.pages.catalogue import PAGES
from portal.settings import ROOT
from tests.protocol.client import Browser, Run
from tests.protocol.conftest import CLERK, OFFICER, Town
from tests.protocol.house import House

SignIn = Callable[..., Browser]
ENDED = 4401
ADDRESSES = [one.path for one in PAGES]


def nothing_was_drawn(run: Run) -> bool:
    """Whether no element at all reached the browser."""
    return not any(m.HasField("delta") and m.delta.HasField("new_element") for m in run.messages)


# -- before anybody has signed in, and before any page has run -------------------------------------


@pytest.mark.parametrize("by", ["name", "hash", "both"])
def test_a_stranger_gets_no_page_of_a_process_that_has_drawn_none(fresh: House, by: str) -> None:
    for path in [*ADDRESSES, "app", "server", "shell", "catalogue"]:
        asked = {"page_name": path, "page_script_hash": calc_hash(path)}
        if by != "both":
            asked.pop("page_script_hash" if by == "name" else "page_name")
        with fresh.browser().tab() as tab:
            run = tab.run(**asked)
        assert nothing_was_drawn(run), path
        assert (run.redirect() or "").startswith("/auth/login?")


def test_a_stranger_is_shown_no_address_that_leads_anywhere(fresh: House) -> None:
    with fresh.browser().tab() as tab:
        hashes = tab.run().page_hashes()
        assert set(hashes) == {"", *ADDRESSES}
        for known in hashes.values():
            assert nothing_was_drawn(tab.run(page_script_hash=known))


# -- pages and posts -------------------------------------------------------------------------------


def test_everybody_lands_on_the_home_of_their_level(portal: House, people: SignIn) -> None:
    with people(portal).tab() as tab:
        clerk = tab.run()
    with people(portal, OFFICER).tab() as tab:
        officer = tab.run()
    assert clerk.says("王小梅") and clerk.says("社区（村）首页")
    assert officer.says("马玉兰") and officer.says("区县级首页")


def test_a_typed_address_of_another_page_is_refused_and_recorded(
    portal: House, people: SignIn, town: Town
) -> None:
    before = town.refusals("home.city", CLERK)
    with people(portal).tab() as tab:
        run = tab.run(page_name="city")
        assert run.says("没有权限") and run.says("当前岗位不能打开市级首页")
        assert town.refusals("home.city", CLERK) == before + 1
        assert tab.run(page_script_hash=calc_hash("city")).says("没有权限")
        assert town.refusals("home.city", CLERK) == before + 2


def test_a_page_of_ones_own_is_no_refusal(portal: House, people: SignIn) -> None:
    with people(portal).tab() as tab:
        run = tab.run(page_name="community")
    assert run.says("王小梅")
    assert not run.says("没有权限")


# -- in and out ------------------------------------------------------------------------------------


def button(run: Run, label: str) -> str:
    """The id of the button with that label."""
    return next(str(one.id) for one in run.elements("button") if one.label == label)


def test_signing_out_in_one_tab_clears_the_other(portal: House, people: SignIn) -> None:
    browser = people(portal)
    with browser.tab() as one, browser.tab() as other:
        out = button(one.run(), "退出登录")
        other.run()
        one.press(out)
        assert one.sent_to() == "/auth/logout"
        rest, code = other.rest()
        assert (code, rest.redirect()) == (ENDED, "/auth/ended")
        browser.sign_out()
    with browser.tab() as tab:
        entry = tab.run()
        assert entry.says("您已安全退出") and entry.redirect() is None
        again = tab.click(button(entry, "登录"))
        assert (again.redirect() or "").startswith("/auth/login?")


def test_a_wrong_password_opens_nothing(portal: House) -> None:
    browser = portal.browser()
    answer = browser.sign_in(OFFICER, "Wrong-2026!")
    assert answer.status_code in {200, 400, 401, 403}
    assert "_streamlit_user" not in browser.http.cookies
    assert "密码" in answer.text


def test_one_is_taken_to_the_page_one_asked_for(portal: House, town: Town) -> None:
    browser = portal.browser()
    browser.http.get("/records?case=7")
    landed = browser.sign_in(CLERK, town.password)
    assert (landed.status_code, landed.url.path, landed.url.query) == (200, "/records", b"case=7")
    assert "portal_next" not in browser.http.cookies


def test_an_ended_session_is_explained_on_the_entry_page(
    portal: House, people: SignIn, town: Town
) -> None:
    browser = people(portal)
    town.fall_idle(CLERK)
    assert browser.http.get("/").status_code == 200
    assert "_streamlit_user" not in browser.http.cookies
    with browser.tab() as tab:
        assert tab.run().says("登录已失效")


# -- plain HTTP ------------------------------------------------------------------------------------

EVERYWHERE = ["/", "/records", "/nowhere", "/media/x.png", "/healthz", "/readyz", "/auth/login"]
EVERYWHERE += ["/idp/.well-known/openid-configuration", "/idp/authorize", "/idp/nowhere"]
EVERYWHERE += ["/static/none.js", "/app/static/zh.js", "/_stcore/health", "/_stcore/host-config"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_is_protected_and_names_no_server(portal: House, path: str) -> None:
    headers = httpx.get(portal.base + path).headers
    assert "script-src 'self'" in headers["content-security-policy"] or path.startswith("/media/")
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


UNKNOWN = ["/nowhere", "/idp/nowhere", "/idp/static/none.css", "/static/none.js", "/api", "/pages"]
UNKNOWN += ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp"]
UNKNOWN += ["/_stcore/script-health-check", "/records/_stcore/health", "/server.py", "/app.py"]


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unknown_address_is_a_json_404_in_chinese(portal: House, path: str) -> None:
    answer = httpx.get(portal.base + path)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith("没有这个地址")


@pytest.mark.parametrize("path", ["/", "/records", "/idp/authorize"])
def test_a_page_is_chinese_from_its_first_byte(portal: House, path: str) -> None:
    page = httpx.get(portal.base + path, headers={"accept": "text/html"}).text
    assert 'lang="zh-CN"' in page
    assert "Streamlit</title>" not in page


def test_a_foreign_host_is_turned_away(portal: House) -> None:
    answer = httpx.get(portal.base, headers={"host": "evil.test"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "wrong_host")


def test_a_foreign_origin_cannot_post(portal: House) -> None:
    answer = httpx.post(f"{portal.base}/idp/authorize", headers={"origin": "http://evil.test"})
    assert answer.status_code == 403


def test_the_portal_says_that_it_is_fit_for_work(portal: House) -> None:
    answer = httpx.get(f"{portal.base}/readyz")
    assert answer.status_code == 200, answer.text
    assert all(part["ok"] for part in answer.json()["checks"].values())


# -- another way to start --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_uvicorn(town: Town) -> Iterator[House]:
    """The portal started by the web server itself, without Streamlit's command."""
    with ExitStack() as stack:
        yield town.start(stack, ROOT / "server.py", by="uvicorn")


def test_it_runs_under_the_web_server_alone(by_uvicorn: House, people: SignIn) -> None:
    with people(by_uvicorn).tab() as tab:
        assert tab.run().says("王小梅")
    headers = httpx.get(by_uvicorn.base).headers
    assert "server" not in headers
