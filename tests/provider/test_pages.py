"""The pages: what they show, what they refuse, and that nothing typed comes back as markup."""

import html
import logging
import re

import httpx
import pytest
from starlette.applications import Starlette

from auth import provider
from auth.provider import Deps
from tests.conftest import TestDatabase
from tests.provider.harness import (
    DEMO,
    PASSWORD,
    WRONG,
    Attempt,
    Browser,
    Recorder,
    application,
)


@pytest.fixture
def demo_browser(people: TestDatabase, recorder: Recorder) -> Browser:
    return Browser(application(recorder, DEMO))


def test_a_demonstration_lists_its_accounts_by_level_and_says_what_it_is(
    demo_browser: Browser,
) -> None:
    text = demo_browser.open(Attempt()).text
    assert "演示环境" in text
    assert "模拟数据" in text
    assert DEMO.password in text
    assert text.index("wang.city") < text.index("li.clerk")


def test_choosing_an_account_fills_in_its_login_and_keeps_the_request(
    demo_browser: Browser,
) -> None:
    attempt = Attempt()
    page = demo_browser.open(attempt)
    links = [html.unescape(one) for one in re.findall(r'class="pick" href="([^"]+)"', page.text)]
    chosen = demo_browser.get(next(link for link in links if "li.clerk" in link))
    assert 'name="login" type="text" value="li.clerk"' in chosen.text
    answer = demo_browser.submit(chosen, login="li.clerk", password=PASSWORD)
    assert f"state={attempt.state}" in answer.headers["location"]


def test_elsewhere_no_account_and_no_password_is_shown(browser: Browser) -> None:
    text = browser.open(Attempt()).text
    assert "演示" not in text
    assert "li.clerk" not in text


@pytest.mark.parametrize("path", ["idp.css", "idp.js"])
def test_style_and_script_are_own_files(browser: Browser, path: str) -> None:
    assert browser.get(f"/idp/static/{path}").status_code == 200


def test_no_page_has_inline_script_and_all_forbid_it(demo_browser: Browser) -> None:
    pages = [
        demo_browser.open(Attempt()),
        demo_browser.open(Attempt(), client_id="other"),
        demo_browser.sign_in(Attempt(), password=WRONG),
    ]
    for page in pages:
        assert re.findall(r"<script(?![^>]*\bsrc=)", page.text) == []
        assert re.findall(r"\son\w+=", page.text) == []
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["cache-control"] == "no-store"
        assert '<html lang="zh-CN">' in page.text


def test_the_cookie_cannot_be_read_by_scripts_or_sent_across_sites(browser: Browser) -> None:
    cookie = browser.open(Attempt()).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/idp" in cookie


def test_what_is_typed_comes_back_escaped_and_the_password_never(browser: Browser) -> None:
    page = browser.sign_in(Attempt(), '"><script>alert(1)</script>', WRONG)
    assert "<script>alert" not in page.text
    assert html.escape('"><script>alert(1)</script>') in page.text.replace("&#34;", "&quot;")
    assert WRONG not in page.text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"login": "", "password": PASSWORD}, "请填写账号和密码"),
        ({"login": "li.clerk", "password": ""}, "请填写账号和密码"),
        ({"login": "x" * 65, "password": "y"}, "过长"),
        ({"login": "li.clerk", "password": "y" * 129}, "过长"),
        ({"login": "li\x00clerk", "password": "y"}, "控制字符"),
        ({"login": "li.clerk", "password": "y\x1b[2J"}, "控制字符"),
        ({"login": "x" * 5000, "password": "y"}, "过长"),
        ({"login": "x" * 20000, "password": "y"}, "过大"),
    ],
)
def test_bad_input_is_named_in_chinese_and_costs_no_attempt(
    browser: Browser, recorder: Recorder, fields: dict[str, str], message: str
) -> None:
    answer = browser.submit(browser.open(Attempt()), **fields)
    assert answer.status_code == 400
    assert message in answer.text
    assert recorder.rows == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("text/plain", b"login=a"),
        ("application/x-www-form-urlencoded", b"login=%ff&password=y"),
        ("application/x-www-form-urlencoded", b"login=a&login=b"),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(60))),
        ("application/x-www-form-urlencoded", "login=名".encode("gb18030")),
    ],
)
def test_a_body_of_another_kind_gets_a_page_not_a_trace(
    browser: Browser, kind: str, body: bytes
) -> None:
    answer = browser.post("/idp/authorize", content=body, headers={"content-type": kind})
    assert answer.status_code == 400
    assert "提交的内容无法处理" in answer.text


def test_an_oversize_address_gets_a_page(browser: Browser) -> None:
    answer = browser.get(f"/idp/authorize?state={'x' * 9000}")
    assert (answer.status_code, "过长" in answer.text) == (400, True)


def test_a_parameter_given_twice_gets_a_page(browser: Browser) -> None:
    answer = browser.get(f"{Attempt().url()}&client_id=other")
    assert (answer.status_code, "重复" in answer.text) == (400, True)


def _broken(recorder: Recorder) -> Starlette:
    def fails(**_: object) -> object:
        raise RuntimeError("audit is down")

    made = recorder.deps()
    broken = Deps(
        branding=made.branding,
        audit=fails,
        requires_second_factor=made.requires_second_factor,
        on_end_session=made.on_end_session,
    )
    return Starlette(routes=provider.routes(broken))


def test_a_sign_in_that_cannot_be_recorded_does_not_happen(
    people: TestDatabase, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = Browser(_broken(recorder)).sign_in(Attempt())
    assert answer.status_code == 500
    assert "登录服务暂时不可用" in answer.text
    assert "Traceback" not in answer.text
    assert "location" not in answer.headers
    assert PASSWORD not in caplog.text


def test_no_log_line_holds_a_password_or_a_token(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    attempt = Attempt()
    code = browser.sign_in(attempt).headers["location"].partition("code=")[2].partition("&")[0]
    token = browser.tokens(attempt, code).json()["access_token"]
    own = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("http"))
    assert not any(word in own for word in (PASSWORD, token))


def test_every_text_of_a_form_page_is_chinese(demo_browser: Browser) -> None:
    page: httpx.Response = demo_browser.open(Attempt())
    visible = re.sub(r"<(style|script)[^>]*>.*?</\1>|<[^>]+>", " ", page.text, flags=re.S)
    for code in ("Demo-2026!", "li.clerk", "wang.city"):
        visible = visible.replace(code, " ")
    assert re.findall(r"[A-Za-z]{3,}", visible) == []
