"""The main job in a real browser: find a resident, watch every system answer, unmask, sign out."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pypinyin import lazy_pinyin

from tests.browser import steps
from tests.browser.conftest import Opener, Premises, Window


def _open_first_case(window: Window, size: tuple[int, int] = steps.OFFICE) -> Page:
    page = window.go_home(size)
    page.get_by_role("link", name="打开一人一档").first.click()
    steps.all_answered(page)
    return page


def _unmask(page: Page, label: str) -> str:
    """Ask for the first value of that name in full, with a reason; gives the value."""
    page.locator("[class*=st-key-masked-]").get_by_role("button", name=label).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("与居民本人核对信息").click()
    dialog.get_by_role("button", name="确认查看").click()
    value = page.locator("dd.open").first
    value.wait_for()
    expect(dialog).to_have_count(0)
    return str(value.evaluate("one => one.firstChild.textContent"))


def _from_case(window: Window) -> dict[str, str]:
    """Name, number and address of a resident, as the dossier of a case gives them."""
    page = _open_first_case(window)
    name = page.locator(".person strong").inner_text()
    shown = dict(
        zip(
            page.locator(".record dt").all_inner_texts(),
            page.locator(".record dd").all_inner_texts(),
            strict=True,
        )
    )
    # The head shows the address that lies in the clerk's scope, up to the building; the record it
    # came from shows the whole of it. Another address of the same person may lie elsewhere.
    head = (
        page.locator(".person dd", has_text="***").filter(has_not_text="******").first.inner_text()
    )
    address = next(one for one in shown.values() if one.startswith(head.rstrip("*")))
    return {"name": name, "number": _unmask(page, "身份证号"), "address": address}


@pytest.fixture(scope="module")
def resident(shared: Opener) -> dict[str, str]:
    """Somebody with an open case in the community."""
    return _from_case(shared("dongxing.clerk"))


def test_from_a_case_nothing_is_asked_and_every_system_answers(shared: Opener) -> None:
    window = shared("dongxing.clerk")
    page = _open_first_case(window)
    done, total = re.findall(r"\d+", page.locator(".progress b").inner_text())
    assert done == total == "12"
    assert page.locator(".st-key-finder_text").count() == 0
    assert "事项编号" in page.locator(".person").inner_text()
    for words in ("来源", "用时"):
        assert page.locator(".about").filter(has_text=words).count() == 12
    assert window.watch.complaints == []


@pytest.mark.parametrize("way", ["name", "pinyin", "number", "address"])
def test_a_resident_is_found_and_the_dossier_fills(
    shared: Opener, resident: dict[str, str], way: str
) -> None:
    words = {**resident, "pinyin": "".join(lazy_pinyin(resident["name"]))}[way]
    window = shared("dongxing.clerk")
    page = window.go_home()
    steps.search(page, words)
    assert 1 <= steps.hits(page).count() <= 20
    assert resident["number"] not in page.locator(".st-key-rows-hits").inner_text()
    masked = resident["number"][0] + "*" * 16 + resident["number"][-1]
    place = [masked in one for one in steps.hits(page).all_inner_texts()].index(True)
    page.get_by_role("button", name="调取一人一档").nth(place).click()
    done, total = re.findall(r"\d+", steps.all_answered(page))
    assert done == total
    assert "调取目的" in page.locator(".person").inner_text()
    assert window.watch.complaints == []


def test_a_value_in_full_needs_a_reason_and_the_others_stay_masked(shared: Opener) -> None:
    page = _open_first_case(shared("dongxing.clerk"))
    page.locator("[class*=st-key-masked-]").get_by_role("button", name="身份证号").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="确认查看").click()
    dialog.get_by_text("请选择或写明查看理由").wait_for()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.locator("dd.open").count() == 0
    value = _unmask(page, "身份证号")
    assert re.fullmatch(r"\d{17}[\dX]", value)
    assert page.locator("dd.open").count() == 1
    assert page.locator("dd.masked").count() > 1


def test_a_person_page_carries_the_watermark_and_the_word_simulated(shared: Opener) -> None:
    page = _open_first_case(shared("dongxing.clerk"))
    mark = page.locator(".watermark")
    style = mark.get_attribute("style") or ""
    assert "data:image/svg+xml;base64," in style
    assert mark.evaluate("one => getComputedStyle(one).pointerEvents") == "none"
    assert page.locator(".person").get_by_text("模拟数据").count() == 1


@pytest.mark.parametrize("size", [steps.OFFICE, steps.PHONE])
def test_a_dossier_is_chinese_fits_the_screen_and_is_accessible(
    shared: Opener, size: tuple[int, int]
) -> None:
    window = shared("dongxing.clerk")
    page = _open_first_case(window, size)
    assert steps.too_wide(page) == 0
    assert steps.english(page) == []
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert window.watch.complaints == []


@pytest.fixture
def faulty(premises: Premises) -> Iterator[Premises]:
    """One system hangs, another answers a web page; both are well again afterwards."""
    premises.turn("pension", "hang")
    premises.turn("medical_insurance", "html")
    yield premises
    premises.turn("pension", "normal")
    premises.turn("medical_insurance", "normal")


def test_answers_appear_as_they_come_and_a_failed_system_can_be_asked_again(
    shared: Opener, faulty: Premises
) -> None:
    window = shared("dongxing.clerk")
    page = window.go_home()
    page.get_by_role("link", name="打开一人一档").last.click()
    page.locator(".st-key-card-grid .record").wait_for()
    assert page.locator(".st-key-card-pension").get_by_text("正在调取").count() == 1
    page.get_by_role("button", name="投诉建议").click()
    words = page.get_by_role("dialog").get_by_label("内容")
    words.fill("养老一栏还没有出来")
    steps.all_answered(page)
    page.locator(".st-key-card-medical_insurance").get_by_text("故障").wait_for()
    page.locator(".st-key-card-pension").get_by_text("超时").wait_for()
    expect(words).to_have_value("养老一栏还没有出来")  # the last answer closes no form
    words.fill("")
    words.blur()  # no draft of it is left for whoever writes next
    steps.settled(page)
    page.keyboard.press("Escape")
    expect(words).to_have_count(0)
    steps.settled(page)
    done, total, failed = re.findall(r"\d+", page.locator(".progress").inner_text())
    assert total == "12" and int(done) + int(failed) == 12 and int(failed) >= 2
    assert steps.english(page) == []
    faulty.turn("pension", "normal")
    faulty.turn("medical_insurance", "normal")
    for _ in range(3):  # whoever was too slow on a busy machine is asked again as well
        page.get_by_role("button", name="重新调取").first.click()
        steps.settled(page)
        if "已返回 12" in steps.all_answered(page):
            break
    page.get_by_text("已返回 12 / 共 12").wait_for()
    assert window.watch.complaints == []


def test_nobody_found_says_what_to_do(shared: Opener) -> None:
    page = shared("dongxing.clerk").go_home()
    steps.search(page, "欧阳不存在")
    assert "请核对姓名" in page.locator(".st-key-card-finder .notice").inner_text()


def test_a_district_has_no_free_search(shared: Opener) -> None:
    page = shared("chengdong.district").go_home()
    steps.open_page(page, "一人一档")
    page.get_by_text("本岗位不设无事项的人员查询").wait_for()
    assert page.locator(".st-key-finder_text").count() == 0


def test_after_signing_out_no_tab_shows_or_opens_anything(own: Opener) -> None:
    window = own("dongxing.clerk")
    page = _open_first_case(window)
    other = page.context.new_page()
    other.goto(window.home)
    steps.settled(other)
    page.get_by_role("button", name="退出登录").click()
    page.locator("input[name=login], .st-key-card-entry").first.wait_for()
    other.locator("input[name=login], .st-key-card-entry").first.wait_for()
    for tab in (page, other):
        assert tab.locator(".record").count() == 0
        assert tab.get_by_text("在办事项").count() == 0
    other.goto(f"{window.home}records")
    other.locator("input[name=login], .st-key-card-entry").first.wait_for()
    assert other.locator(".st-key-nav").count() == 0
