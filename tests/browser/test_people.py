"""A new colleague: an administrator uploads, sees, confirms; the colleague signs in and works."""

import re
from io import BytesIO
from uuid import uuid4

from openpyxl import Workbook
from playwright.sync_api import Browser, FilePayload, Page

from portal.functions.people.model import COLUMNS, PEOPLE
from tests.browser import steps
from tests.browser.conftest import Opener

VACANT = "com-630102101003-20"
OWN = "My-Own-Secret-9"


def _file(login: str, name: str) -> FilePayload:
    book = Workbook()
    page = book.worksheets[0]
    page.title = PEOPLE
    page.append(list(COLUMNS[PEOPLE].values()))
    page.append([login, name, VACANT, "是", "在岗"])
    held = BytesIO()
    book.save(held)
    return {
        "name": "人员.xlsx",
        "mimeType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "buffer": held.getvalue(),
    }


def _part(page: Page, name: str) -> None:
    page.locator(".st-key-people_part").get_by_role("radio", name=name).click()


def _import(page: Page, login: str, name: str) -> None:
    _part(page, "批量导入")
    page.locator("input[type=file]").set_input_files(_file(login, name))
    page.get_by_text("到岗", exact=True).wait_for()
    steps.settled(page)
    assert steps.english(page, frozenset(re.findall("[A-Za-z]{4,}", f"{login} xlsx"))) == []
    page.get_by_role("button", name="确认导入").click()
    page.get_by_text("新增账号 1 个").wait_for()


def _password(page: Page, login: str) -> str:
    _part(page, "初始密码")
    page.locator(".st-key-password_logins input").fill(login)
    page.get_by_role("option").filter(has_text=login).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="发放初始密码").and_(page.locator(":enabled")).click()
    return page.locator("[data-testid=stHtml] code").inner_text()


def test_upload_preview_apply_and_the_new_person_signs_in(
    base: str, own: Opener, browser: Browser
) -> None:
    login, name = f"new{uuid4().hex[:8]}", "马新来"
    window = own("dongxing.admin")
    page = window.page
    _import(page, login, name)
    password = _password(page, login)
    assert window.watch.complaints == []

    context = steps.window(browser)
    theirs = context.new_page()
    theirs.goto(base)
    theirs.locator("input[name=login]").fill(login)
    theirs.locator("input[name=password]").fill(password)
    theirs.get_by_role("button", name="登录").click()
    theirs.get_by_role("heading", name="设置新密码").wait_for()
    theirs.locator("input[name=password]").fill(OWN)
    theirs.locator("input[name=again]").fill(OWN)
    theirs.get_by_role("button", name="保存并登录").click()
    steps.settled(theirs)
    band = theirs.locator(".band-who").inner_text()
    assert name in band and "社区工作人员" in band
    context.close()
