"""Screenshots of every page at two widths: ``python -m tests.browser.shots URL FOLDER [LOGIN]``."""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import steps

ROLES = (
    "zhou.city",
    "shuju.city",
    "zonghe.city",
    "chengdong.district",
    "yunjiakou.street",
    "dongxing.clerk",
    "dongxing.secretary",
    "grid.dongxing",
    "minzheng.city",
    "xitong.city",
    "anquan.city",
    "shenji.city",
    "chengdong.admin",
)


def _shot(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.png")
    extra = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]');"
        " return m ? m.scrollHeight - m.clientHeight : 0; }"
    )
    sys.stdout.write(
        f"{name}: too wide by {steps.too_wide(page)}, {extra} px below the fold, "
        f"English {steps.english(page)}\n"
    )
    if extra > 0:
        size = page.viewport_size or {"width": 1366, "height": 768}
        page.set_viewport_size({"width": size["width"], "height": size["height"] + extra})
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"{name}.full.png")
        page.set_viewport_size(size)


def _walk(page: Page, folder: Path, name: str) -> None:
    """The pages of one role."""
    page.wait_for_timeout(1200)
    _shot(page, folder, f"{name}.home")
    titles = page.locator(".st-key-nav a").all_inner_texts()[1:]
    for title in titles:
        steps.open_page(page, title)
        page.wait_for_timeout(600)
        _shot(page, folder, f"{name}.{title}")


def _dossier(page: Page, folder: Path, name: str) -> None:
    page.wait_for_timeout(1500)
    opens = page.get_by_role("link", name="打开一人一档")
    if opens.count() == 0:
        return
    opens.first.click()
    steps.all_answered(page)
    _shot(page, folder, f"{name}.dossier")
    asks = page.locator("[class*=st-key-masked-] button")
    if asks.count() == 0:
        return
    asks.first.click()
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(400)
    _shot(page, folder, f"{name}.reason")
    page.get_by_text("与居民本人核对信息").click()
    page.get_by_role("button", name="确认查看").click()
    page.locator("dd.open").wait_for()
    _shot(page, folder, f"{name}.shown")


def _search(page: Page, folder: Path, name: str) -> None:
    page.wait_for_timeout(1500)
    if page.locator(".st-key-finder_text").count() == 0:
        return
    for number, words in enumerate(("王", "zhang", "不存在的某某人", "东兴")):
        page.reload()
        steps.settled(page)
        steps.search(page, words)
        _shot(page, folder, f"{name}.search{number}")


def shoot(browser: Browser, base: str, folder: Path, login: str, size: tuple[int, int]) -> None:
    """Everything one role sees at one width."""
    kind = "office" if size == steps.OFFICE else "phone"
    name = f"{kind}.{login}"
    context = steps.window(browser, viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.on("console", lambda one: one.type == "error" and sys.stdout.write(f"! {one.text}\n"))
    steps.sign_in(page, base, login)
    _walk(page, folder, name)
    page.goto(base)
    steps.settled(page)
    _search(page, folder, name)
    page.goto(base)
    steps.settled(page)
    _dossier(page, folder, name)
    context.close()


def main(words: list[str]) -> None:
    """URL, folder and optionally the logins to draw."""
    base, folder = words[0], Path(words[1])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, steps.chromium(playwright) as browser:
        for login in words[2:] or ROLES:
            for size in (steps.OFFICE, steps.PHONE):
                shoot(browser, base, folder, login, size)


if __name__ == "__main__":
    main(sys.argv[1:])
