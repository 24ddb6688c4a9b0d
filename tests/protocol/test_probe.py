"""Holes that only the shield closes, tried on a page that guards nothing itself."""

from collections.abc import Callable

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from websockets.exceptions import InvalidStatus

from tests.protocol.client import Browser, Run, Tab
from tests.protocol.conftest import CLERK, OFFICER, Probe, Town
from tests.protocol.house import House

SignIn = Callable[..., Browser]
ENDED = 4401


def button(run: Run, label: str) -> str:
    """The id of the button with that label."""
    return next(str(one.id) for one in run.elements("button") if one.label == label)


def cached(run: Run) -> str:
    """The number that changes when the caches were emptied."""
    texts = [str(one.body) for one in run.elements("markdown")]
    return next(text for text in texts if text.startswith("缓存编号"))


def download(run: Run, label: str) -> tuple[str, str]:
    """The address and the deferred number of the download button with that label."""
    found = next(one for one in run.elements("download_button") if one.label == label)
    return str(found.url), str(found.deferred_file_id)


def upload(browser: Browser, tab: Tab, name: str = "1") -> httpx.Response:
    """Put a file into a tab, with everything but the right to do so."""
    if "_streamlit_xsrf" not in browser.http.cookies:
        browser.http.get("/_stcore/health")
    return browser.http.put(
        f"/_stcore/upload_file/{tab.session_id}/{name}",
        files={"file": ("名单.txt", b"x", "text/plain")},
        headers={"Origin": browser.base, "X-Xsrftoken": browser.http.cookies["_streamlit_xsrf"]},
    )


# -- the page works for those whom it is meant for -------------------------------------------------


def test_somebody_signed_in_can_use_everything(probe: Probe, people: SignIn) -> None:
    browser = people(probe.house)
    with browser.tab() as tab:
        run = tab.run()
        assert run.says("页面机密") and run.says("片段机密")
        before = probe.done()
        run = tab.click(button(run, "登记"))
        assert probe.done() == before + 1
        address, _ = download(run, "下载")
        assert browser.http.get(address).text == "文件机密"
        assert upload(browser, tab).status_code == 204
        _, number = download(run, "生成")
        assert browser.http.get(tab.deferred(number)).text == "按需生成的机密"


# -- nobody ----------------------------------------------------------------------------------------


def test_nobody_sees_nothing_and_is_sent_to_sign_in(probe: Probe) -> None:
    with probe.house.browser().tab() as tab:
        run = tab.run(page_name="desk", fragment_id="x", page_script_hash="y")
    assert run.redirect() is not None
    assert not run.says("机密")


def test_nobody_empties_anybodys_cache(probe: Probe, people: SignIn) -> None:
    with people(probe.house).tab() as tab:
        before = cached(tab.run())
        with probe.house.browser().tab() as stranger:
            stranger.send(BackMsg(clear_cache=True))
            stranger.run()
        tab.send(BackMsg(clear_cache=True))
        assert cached(tab.run()) == before


def test_nobody_uploads(probe: Probe) -> None:
    stranger = probe.house.browser()
    with stranger.tab() as tab:
        tab.run()
        assert upload(stranger, tab).status_code == 401


def test_nobody_reads_a_file_whose_address_is_known(probe: Probe, people: SignIn) -> None:
    with people(probe.house).tab() as tab:
        address, _ = download(tab.run(), "下载")
        assert probe.house.browser().http.get(address).status_code == 401


# -- somebody else ---------------------------------------------------------------------------------


def test_somebody_else_runs_no_download_made_for_another(probe: Probe, people: SignIn) -> None:
    with people(probe.house).tab() as tab, people(probe.house, OFFICER).tab() as other:
        _, number = download(tab.run(), "生成")
        other.run()
        before = probe.done()
        other.ask_deferred(number)
        assert not other.run().says("按需生成")
        assert probe.done() == before


def test_somebody_else_uploads_nothing_into_anothers_tab(probe: Probe, people: SignIn) -> None:
    with people(probe.house).tab() as tab:
        tab.run()
        assert upload(people(probe.house, OFFICER), tab).status_code == 403


def test_somebody_else_does_not_take_over_anothers_tab(probe: Probe, people: SignIn) -> None:
    with people(probe.house).tab() as tab:
        tab.run()
        with people(probe.house, OFFICER).tab(resume=tab.session_id) as other:
            other.run()
            assert other.session_id != tab.session_id
        assert tab.run().says("页面机密")


# -- the sign-in is over ---------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["sign_out", "revoked", "idle"])
def test_an_open_tab_is_cleared_when_the_session_ends(
    probe: Probe, people: SignIn, town: Town, way: str
) -> None:
    browser = people(probe.house)
    with browser.tab() as tab:
        tab.run()
        if way == "sign_out":
            browser.copy().sign_out()
        elif way == "revoked":
            town.revoke(CLERK)
        else:
            town.fall_idle(CLERK)
        rest, code = tab.rest()
    assert code == ENDED
    assert rest.redirect() == "/auth/ended"
    assert not rest.says("机密")


def test_a_forged_callback_after_revocation_does_not_run(
    probe: Probe, people: SignIn, town: Town
) -> None:
    with people(probe.house).tab() as tab:
        press = button(tab.run(), "登记")
        before = probe.done()
        town.revoke(CLERK)
        tab.press(press)
        rest, code = tab.rest()
    assert (code, probe.done()) == (ENDED, before)
    assert not rest.says("机密")


def test_a_forged_fragment_after_revocation_does_not_run(
    probe: Probe, people: SignIn, town: Town
) -> None:
    with people(probe.house).tab() as tab:
        fragment = tab.run().fragments()[0]
        assert tab.run(fragment_id=fragment).says("片段机密")
        town.revoke(CLERK)
        tab.send(BackMsg(rerun_script=ClientState(fragment_id=fragment)))
        rest, code = tab.rest()
    assert code == ENDED
    assert not rest.says("机密")


def test_a_copied_cookie_is_worthless_after_sign_out(probe: Probe, people: SignIn) -> None:
    browser = people(probe.house)
    with browser.tab() as tab:
        address, _ = download(tab.run(), "下载")
        thief = browser.copy()
        assert thief.http.get(address).status_code == 200
    browser.sign_out()
    assert thief.http.get(address).status_code == 401
    with thief.tab() as tab:
        run = tab.run()
        assert upload(thief, tab).status_code == 401
    assert run.redirect() is not None
    assert not run.says("机密")


def test_a_copied_cookie_brings_no_old_tab_back_after_sign_out(
    probe: Probe, people: SignIn
) -> None:
    browser = people(probe.house)
    with browser.tab() as tab:
        tab.run()
    thief = browser.copy()
    browser.sign_out()
    with thief.tab(resume=tab.session_id) as back:
        rest, code = back.rest()
    assert (code, rest.redirect()) == (ENDED, "/auth/ended")


# -- where it comes from ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", None, "http://localhost:1", "http://127.0.0.1:8501"]
)
def test_a_websocket_from_anywhere_else_is_refused(
    probe: Probe, people: SignIn, origin: str | None
) -> None:
    with pytest.raises(InvalidStatus) as refused, people(probe.house).tab(origin=origin):
        pass
    assert refused.value.response.status_code == 403


# -- and all of this is the shield's doing ---------------------------------------------------------


def _signed_in_bare(house: House, town: Town) -> Browser:
    browser = house.browser()
    browser.sign_in(CLERK, town.password)
    return browser


def test_without_the_shield_every_one_of_these_holes_is_open(bare_probe: Probe, town: Town) -> None:
    browser = _signed_in_bare(bare_probe.house, town)
    stranger = bare_probe.house.browser()
    with browser.tab(origin=None), browser.tab() as tab, stranger.tab() as strange:
        run = tab.run()
        strange.run()
        assert upload(stranger, strange).status_code == 204
        assert stranger.http.get(download(run, "下载")[0]).status_code == 200
        strange.deferred(download(run, "生成")[1])
        assert bare_probe.done() == 1
        strange.send(BackMsg(clear_cache=True))
        strange.run()
        assert cached(tab.run()) != cached(run)
        town.revoke(CLERK)
        assert tab.run(fragment_id=run.fragments()[0]).says("片段机密")
        tab.click(button(run, "登记"))
        assert bare_probe.done() == 2
