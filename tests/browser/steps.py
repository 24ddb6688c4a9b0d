"""What a person does in the browser, in words: shared by the tests and by the screenshots."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Playwright,
    TimeoutError,
    expect,
)
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PASSWORD = "Demo-2026!"
OFFICE, PHONE = (1366, 768), (390, 844)
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_ASKED, _TOLD = BackMsg.DESCRIPTOR.fields_by_name, ForwardMsg.DESCRIPTOR.fields_by_name
_ASK, _META = _ASKED["rerun_script"], _TOLD["metadata"]
_RUN = _META.message_type.fields_by_name["run"]
_NUMBERS = {
    "ask": _ASK.number,
    "piece": _ASK.message_type.fields_by_name["fragment_id"].number,
    "clock": _ASK.message_type.fields_by_name["is_auto_rerun"].number,
    "knock": list(BackMsg(app_heartbeat=True).SerializeToString()),
    "echo": _TOLD["heartbeat_ack"].number,
    "begun": _TOLD["new_session"].number,
    "ended": _TOLD["script_finished"].number,
    "metadata": _META.number,
    "run": _RUN.number,
    "pieces": _RUN.message_type.fields_by_name["fragment_ids"].number,
}
_PULSE = Path(__file__).with_name("pulse.js").read_text(encoding="utf-8")
_LOOK_MS = 40
_words = count()


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The browser that is on this machine."""
    path = os.environ.get("CHROMIUM_PATH", "/usr/bin/chromium")
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


def window(browser: Browser, **options: Any) -> BrowserContext:
    """A browser window as in Xining, in which it can be told when a page has settled."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **options)
    context.add_init_script(f"(() => {{ const NUMBERS = {json.dumps(_NUMBERS)};\n{_PULSE} }})();")
    return context


def settled(page: Page) -> None:
    """Wait until the page is drawn to the end and nothing that was done in it is still under way.

    That no script runs is not enough: between a click and the run that it causes none does. No
    field may have been made anew meanwhile, unless a button was pressed: what was typed is lost.
    """
    page.locator(".st-key-nav .scope").wait_for()
    try:
        found = page.wait_for_function(
            "word => window.pulse?.settled(word)", arg=f"{next(_words)}", polling=_LOOK_MS
        )
    except TimeoutError as late:
        raise AssertionError(f"never settled: {page.evaluate('window.pulse?.state()')}") from late
    assert found.json_value()["moved"] == []


def sign_in(page: Page, base: str, login: str) -> None:
    """From any address to the page behind the sign-in."""
    page.goto(base)
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    settled(page)


def open_page(page: Page, title: str) -> None:
    """By the navigation on top."""
    page.locator(".st-key-nav").get_by_role("link", name=title).click()
    page.locator(f".st-key-nav .st-key-here a:has-text('{title}')").wait_for()
    settled(page)


def inbox(page: Page, box: str = "待办", source: str = "全部来源") -> None:
    """A box of the inbox, tasks of one source: on which page they are is not asked."""
    open_page(page, "统一办理")
    page.get_by_role("button", name=box).click()
    page.locator(".st-key-taskbar [data-testid=stBaseButton-primary]", has_text=box).wait_for()
    settled(page)
    chosen = page.locator(".st-key-tasks_system").get_by_role("combobox")
    if chosen.input_value() != source:
        chosen.click()
        page.get_by_role("option", name=source, exact=True).click()
        # Not the run but what it draws: a quick one begins and ends in one turn of the browser.
        page.wait_for_function(
            "source => [...document.querySelectorAll('table.rows.tasks tbody tr')]"
            ".every(one => one.innerText.includes(source))",
            arg=source,
        )
        settled(page)


def beside(row: Locator, acts: str) -> Locator:
    """The button of a row of a table, by its own key: the list may move before it is clicked."""
    key = row.evaluate(
        """(row, acts) => {
          const place = [...row.parentNode.children].indexOf(row);
          const button = document.querySelectorAll(`${acts} button`)[place];
          return [...button.closest('[class*="st-key-"]').classList]
            .find((name) => name.startsWith('st-key-'));
        }""",
        acts,
    )
    return row.page.locator(f".{key} button")


def search(page: Page, words: str, purpose: str = "本人到场办理事项") -> None:
    """Type into the search line of a page drawn anew, send it off, wait for what it finds.

    It waits for the result, not for the run: a quick one can begin and end in one turn of the
    browser, which then never shows that it ran.
    """
    choices = page.locator(".st-key-finder_purpose")
    chosen = choices.get_by_role("radio", name=purpose).or_(choices.get_by_role("radio").last).first
    if chosen.get_attribute("aria-checked") != "true":
        chosen.click()
    page.get_by_label("查询内容").fill(words)
    page.locator(".st-key-finder_send button").click()
    page.locator(
        ".st-key-rows-hits, .st-key-rows-things, .st-key-card-finder .notice"
    ).first.wait_for()
    settled(page)


def hits(page: Page) -> Locator:
    """The persons found."""
    return page.locator(".st-key-rows-hits tbody tr")


def all_answered(page: Page) -> str:
    """Wait for the last answer; gives the progress in words.

    What was asked before stands beside what is asked now until the run of the page has ended.
    """
    settled(page)
    bar = page.locator(".progress b")
    expect(bar).to_have_count(1)
    page.wait_for_function(
        "() => !document.querySelector('.progress')?.innerText.includes('正在调取')"
        " && !document.querySelector('.chip.waiting')"
    )
    settled(page)
    return bar.inner_text()


def too_wide(page: Page) -> int:
    """By how many pixels the page scrolls sideways."""
    found: int = page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]') ?? document.body;"
        " return Math.max(main.scrollWidth - main.clientWidth,"
        " document.documentElement.scrollWidth - document.documentElement.clientWidth); }"
    )
    return found


# A word of four letters or more; letters between digits are a number in hexadecimal, not a word.
_LATIN = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{4,}(?![0-9A-Za-z])")


def english(page: Page, allowed: frozenset[str] = frozenset()) -> list[str]:
    """English words that a person could read or have read out; an icon's letters are a picture."""
    seen: list[str] = page.evaluate(
        """() => {
          let shown = document.body.innerText;
          for (const one of document.querySelectorAll('[data-testid=stIconMaterial]'))
            shown = shown.replace(one.innerText, '');
          const words = [document.title, shown];
          for (const one of document.querySelectorAll('[aria-label],[title],[placeholder],[alt]'))
            for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
              if (one.getAttribute(name)) words.push(one.getAttribute(name));
          return words;
        }"""
    )
    found = {word for text in seen for word in _LATIN.findall(text)}
    return sorted(found - allowed)
