"""The way from a case's resident to the household and the house and back, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Opener


def _household_of_the_first_case(page: Page) -> Page:
    page.get_by_role("link", name="打开一人一档").first.click()
    steps.all_answered(page)
    page.get_by_role("button", name="调取一户一档").first.click()
    expect(page.locator(".st-key-card-person h2")).to_have_text("一户一档")
    steps.all_answered(page)
    return page


@pytest.mark.parametrize("size", [steps.OFFICE, steps.PHONE], ids=["office", "phone"])
def test_from_the_person_to_the_household_and_the_house_and_back(
    shared: Opener, size: tuple[int, int]
) -> None:
    window = shared("dongxing.clerk")
    page = _household_of_the_first_case(window.go_home(size))
    done, total = re.findall(r"\d+", page.locator(".progress b").inner_text())
    assert done == total == "2"
    assert "事项编号" in page.locator(".person").inner_text(), "the purpose went along"
    assert steps.too_wide(page) <= 0
    page.get_by_role("button", name="调取一房一档").first.click()
    expect(page.locator(".st-key-card-person h2")).to_have_text("一房一档")
    steps.all_answered(page)
    assert re.findall(r"\d+", page.locator(".progress b").inner_text()) == ["3", "3"]
    assert "登记有房屋" in page.locator(".st-key-card-population_housing").inner_text()
    assert steps.too_wide(page) <= 0
    own = page.locator(".st-key-acts-tied button:not([disabled])")
    assert own.count() == 1, "a case opens its own resident only"
    own.click()
    expect(page.locator(".st-key-card-person h2")).to_have_text("一人一档")
    assert window.watch.complaints == []


def test_one_box_finds_a_household_a_house_and_an_enterprise(shared: Opener) -> None:
    window = shared("dongxing.clerk")
    page = window.go_home()
    steps.open_page(page, "一人一档")
    steps.search(page, "东兴社区")
    found = page.locator("table.rows.things")
    found.wait_for()
    assert 1 <= found.locator("tbody tr").count() <= 20
    assert "一企一档" in found.inner_text()
    page.get_by_role("button", name="调取一企一档").first.click()
    expect(page.locator(".st-key-card-person h2")).to_have_text("一企一档")
    steps.all_answered(page)
    assert "统一社会信用代码" in page.locator(".person").inner_text()
    assert window.watch.complaints == []
