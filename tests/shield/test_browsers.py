"""A browser too old for the frontend is told what to do, by a page that it can show."""

import re

import pytest

from portal.settings import ROOT
from portal.shield import browsers
from portal.shield.documents import Documents
from portal.shield.doorkeeper import Doorkeeper
from tests.shield.people import People
from tests.shield.wire import Answer, fetch, plain

_WIN7 = "Mozilla/5.0 (Windows NT 6.1; Win64; x64)"
_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
OLD = {
    "IE 11": "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "IE 8": "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)",
    "360 in its compatible mode": (
        "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0; QIHU 360SE) like Gecko"
    ),
    "the first Edge": f"{_WIN7} {_KIT} Chrome/64.0.3282.140 Safari/537.36 Edge/17.17134",
    "Chrome 49": f"{_WIN7} {_KIT} Chrome/49.0.2623 Safari/537.36",
    "Chrome 109 of Windows 7": f"{_WIN7} {_KIT} Chrome/109.0.0.0 Safari/537.36",
    "360 on an old engine": f"{_WIN7} {_KIT} Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE",
    "Chrome 110": f"{_WIN7} {_KIT} Chrome/110.0.0.0 Safari/537.36",
    "an old Android in a chat": f"Mozilla/5.0 (Linux; Android 8.1) {_KIT} Chrome/86.0.4240.99 "
    "Mobile Safari/537.36 MMWEBID/1",
    "Firefox 102 ESR": "Mozilla/5.0 (Windows NT 6.1; rv:102.0) Gecko/20100101 Firefox/102.0",
    "Safari 15": f"{_MAC} Version/15.6 Safari/605.1.15",
    "iPhone on 15": "Mozilla/5.0 (iPhone; CPU iPhone OS 15_7 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) CriOS/119.0 Mobile/15E148 Safari/604.1",
}
NEW = {
    "Chrome 111": f"{_WIN7} {_KIT} Chrome/111.0.0.0 Safari/537.36",
    "Edge 120": f"{_WIN7} {_KIT} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91",
    "360 on a new engine": f"{_WIN7} {_KIT} Chrome/122.0.0.0 Safari/537.36 QIHU 360EE",
    "Firefox 115 ESR": "Mozilla/5.0 (Windows NT 6.1; rv:109.0) Gecko/20100101 Firefox/115.0",
    "Safari 16.4": f"{_MAC} Version/16.4 Safari/605.1.15",
    "iPad on 17": "Mozilla/5.0 (iPad; CPU OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
    "a headless one": f"{_WIN7} {_KIT} HeadlessChrome/156.0.0.0 Safari/537.36",
    "nobody knows": "curl/8.5.0",
    "nothing at all": "",
}
PAGE = browsers.page(title="某市<平台>", support="市数据局平台运维")


@pytest.mark.parametrize("name", OLD)
def test_too_old(name: str) -> None:
    assert browsers.too_old(OLD[name])


@pytest.mark.parametrize("name", NEW)
def test_new_enough_or_unknown(name: str) -> None:
    assert not browsers.too_old(NEW[name])


def get(path: str, agent: str) -> Answer:
    guard = Documents(
        plain(), index="<page>", pages=["/", "/records"], doorkeeper=Doorkeeper(People()),
        https=False, old=PAGE,
    )  # fmt: skip
    return fetch(guard, path, headers={"user-agent": agent})


@pytest.mark.parametrize("path", ["/", "/records", browsers.PATH])
def test_an_old_browser_gets_the_page_at_every_address_and_no_cookie(path: str) -> None:
    answer = get(path, OLD["IE 11"])
    assert (answer.status, answer.body.decode()) == (200, PAGE)
    assert answer.cookies() == []


def test_a_new_browser_gets_the_portal_and_may_look_at_the_page() -> None:
    assert get("/", NEW["Chrome 111"]).body == b"<page>"
    assert get(browsers.PATH, NEW["Chrome 111"]).body.decode() == PAGE


def test_other_addresses_are_not_ours_to_answer() -> None:
    assert get("/healthz", OLD["IE 11"]).body.decode() != PAGE


def test_the_page_needs_no_script_and_no_file_and_says_whom_to_ask() -> None:
    assert "<script" not in PAGE
    assert "http" not in PAGE
    assert not re.search(r"<(img|link|iframe)", PAGE)
    assert "市数据局平台运维" in PAGE
    assert "某市&lt;平台&gt;" in PAGE
    for words in ("极速模式", "111", "115", "16.4", "IE"):
        assert words in PAGE


def test_the_check_in_the_browser_is_written_in_words_that_old_browsers_know() -> None:
    script = (ROOT / "static" / "old.js").read_text(encoding="utf-8")
    code = re.sub(r"//.*", "", script)
    for young in ("=>", "const ", "let ", "`", "?.", "??", "...", "class "):
        assert young not in code
    assert "/browser" in code
