"""The page is Chinese from its first byte, and leads people where they wanted to go."""

from pathlib import Path

import pytest
from streamlit.file_util import get_static_dir

from portal.settings import ROOT
from portal.shield.documents import Documents, chinese_index
from portal.shield.doorkeeper import Doorkeeper
from tests.shield.people import People, signed_in
from tests.shield.wire import Answer, fetch, plain

ORIGINAL = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
PAGES = ["/", "/records"]


def get(path: str, *standing: str, query: str = "", cookie: str = "") -> Answer:
    guard = Documents(
        plain(),
        index="<page>",
        pages=PAGES,
        doorkeeper=Doorkeeper(People(*standing)),
        https=False,
    )
    return fetch(guard, path, query=query, headers={"cookie": cookie} if cookie else {})


def test_the_installed_page_becomes_chinese() -> None:
    page = chinese_index(ORIGINAL, title="某市<平台>", static=ROOT / "static")
    assert '<html lang="zh-CN">' in page
    assert "<title>某市&lt;平台&gt;</title>" in page
    assert 'src="/app/static/zh.js?v=' in page
    assert "本平台需要启用浏览器的 JavaScript" in page


def test_nothing_english_or_inline_is_left_of_the_installed_page() -> None:
    page = chinese_index(ORIGINAL, title="平台", static=ROOT / "static")
    for leftover in ("<title>Streamlit", "You need to", "agent", "<script>", "favicon", "<!--"):
        assert leftover not in page
        assert leftover in ORIGINAL


def test_a_changed_frontend_is_noticed_at_start() -> None:
    with pytest.raises(LookupError):
        chinese_index("<html></html>", title="平台", static=ROOT / "static")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_address_gives_the_page(path: str) -> None:
    answer = get(path)
    assert (answer.status, answer.body) == (200, b"<page>")


def test_other_addresses_are_not_pages() -> None:
    assert get("/_stcore/health").body == b"inside"


def test_a_stranger_is_taken_on_after_signing_in() -> None:
    (line,) = get("/records", query="case=7&q=%E5%BC%A0").cookies()
    note = line.split(";")[0]
    assert "HttpOnly" in line
    answer = get("/", "li", cookie=f"_streamlit_user=li; {note}")
    assert (answer.status, answer.header("location")) == (302, "/records?case=7&q=%E5%BC%A0")
    assert answer.cookies()[0].startswith("portal_next=;")


@pytest.mark.parametrize(
    "target",
    [
        "https%3A%2F%2Fevil.test%2Frecords",
        "%2F%2Fevil.test",
        "%2Fadmin",
        "%2F",
        "",
        "%00",
        "records",
    ],
)
def test_nobody_is_taken_elsewhere(target: str) -> None:
    assert get("/", "li", cookie=f"_streamlit_user=li; portal_next={target}").status == 200


def test_only_the_first_page_takes_anybody_on() -> None:
    answer = get("/records", "li", cookie="_streamlit_user=li; portal_next=%2Frecords")
    assert answer.status == 200
    assert answer.cookies()[0].startswith("portal_next=;")


def test_a_dead_cookie_is_cleared_away_and_explained() -> None:
    lines = get("/", cookie="_streamlit_user=li; _streamlit_user_tokens=x; other=1").cookies()
    names = [line.split("=")[0] for line in lines]
    assert names == ["_streamlit_user", "_streamlit_user_tokens", "portal_signed_out"]
    assert "Max-Age=0" in lines[0]
    assert lines[2].startswith("portal_signed_out=ended;")


def test_a_live_cookie_is_left_alone() -> None:
    answer = get("/", "li", cookie=signed_in("li")["cookie"])
    assert (answer.status, answer.cookies()) == (200, [])
