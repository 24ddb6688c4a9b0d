"""分拨台: what is to be decided, by box; what is suggested, alike, and how loaded units are."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from auth.principal import Principal
from portal import wiring
from portal.affairs.orders import desk
from portal.affairs.orders.advising import Adviser
from tests.orders import world
from tests.pages.conftest import Office, shown
from tests.pages.test_orders import seated

pytestmark = pytest.mark.usefixtures("frozen")
STREET = f"gov-{world.STREET}"


@pytest.fixture
def centre(office: Office) -> Office:
    """The city's command centre at the desk."""
    office.who = seated(world.command())
    return office


def boxes(tab: AppTest) -> list[str]:
    return [one.label for one in tab.button if (one.key or "").startswith("triage-box-")]


def test_each_box_holds_what_is_to_be_decided(centre: Office) -> None:
    world.taken("1")
    disputed, returned, longer = (world.taken(one, title=f"第{one}件") for one in ("2", "3", "4"))
    for one in (disputed, returned, longer):
        world.sent(one)
    basis = {"reason": "不属于本单位职责", "legal_basis": "市容管理条例第三条"}
    desk.act(world.street(), disputed, "dispute", basis)
    desk.act(world.street(), returned, "return", {**basis, "suggested_unit": "dept-civil"})
    desk.sign(world.street(), longer)
    desk.act(world.street(), longer, "extend", {"reason": "须等待配件", "until": "2026-11-30"})
    tab = centre.open("triage")
    assert boxes(tab) == ["未派 1", "争议 1", "退单 1", "超期 0", "延期待审 1"]
    assert "楼道堆放杂物" in shown(tab) and "第2件" not in shown(tab)
    for box, title in (("disputed", "第2件"), ("returned", "第3件"), ("longer", "第4件")):
        tab.button(key=f"triage-box-{box}").click().run()
        assert title in shown(tab)
    tab.button(key="triage-box-late").click().run()
    assert "没有超期的工单" in shown(tab)


def test_the_load_is_told_by_unit_and_each_number_opens_what_it_counts(centre: Office) -> None:
    for number in ("1", "2"):
        world.sent(world.taken(number))
    text = shown(centre.open("triage"))
    assert "各单位在办" in text and f'unit={STREET}"' in text and ">2</a>" in text
    assert "王小梅" not in text


@dataclass(frozen=True)
class Guess:
    unit_id: str = STREET
    unit_name: str = "湖滨街道"
    reasons: tuple[str, ...] = ("派单目录：楼道杂物归属街道", "近 90 天同类 3 件由其办结")
    helpers: tuple[tuple[str, str], ...] = (("dept-990102-urban", "东湖区城管局"),)


@dataclass(frozen=True)
class Advice:
    class_name: str = "环境卫生"
    offered: tuple[Guess, ...] = (Guess(),)
    notes: tuple[str, ...] = ()


@dataclass
class Book:
    """An adviser that remembers what was sent by its advice."""

    sent: list[dict[str, Any]] = field(default_factory=list)

    def suggest(self, who: Principal, order_id: UUID) -> Advice:
        return Advice()

    def dispatch(self, who: Principal, order_id: UUID, advice: Advice, **given: Any) -> None:
        desk.dispatch(who, order_id, given["unit_id"], given["version"], helping=given["helpers"])
        self.sent.append(given)


def test_without_an_adviser_nothing_is_suggested_and_the_desk_sends_by_itself(
    centre: Office,
) -> None:
    order = world.taken()
    tab = centre.open("triage", id=str(order))
    assert "建议承办" not in shown(tab)
    tab.selectbox(key=f"order-{order}-dispatch-unit").set_value(STREET).run()
    tab.button(key="act-dispatch").click().run()
    assert (world.row(order).state, world.row(order).unit_id) == ("待签收", STREET)


def test_a_suggestion_has_reasons_and_is_taken_with_one_click(centre: Office) -> None:
    order, book = world.taken(), Book()
    wiring.app().adviser = Adviser(suggest=book.suggest, dispatch=book.dispatch)  # type: ignore[misc]
    tab = centre.open("triage", id=str(order))
    text = shown(tab)
    assert "派单目录：楼道杂物归属街道" in text and "建议协办：东湖区城管局" in text
    tab.button(key=f"advice_take-{STREET}").click().run()
    assert tab.selectbox(key=f"order-{order}-dispatch-unit").value == STREET
    assert world.row(order).state == "待派单"  # nothing is sent before the button is pressed
    tab.button(key="act-dispatch").click().run()
    assert world.row(order).unit_id == STREET
    assert book.sent[0]["helpers"] == ["dept-990102-urban"] and book.sent[0]["version"] == 1


def test_what_looks_alike_can_be_merged(centre: Office) -> None:
    first, second = world.taken("1"), world.taken("2", title="楼道又堆杂物")
    world.taken("3", category="05.01")
    tab = centre.open("triage", id=str(second))
    assert "可能是同一诉求" in shown(tab)
    assert [one.label for one in tab.button if (one.key or "").startswith("alike_")] == ["并入"]
    tab.button(key=f"alike_take-{first}").click().run()
    tab.button(key="act-merge").click().run()
    assert world.row(second).state == "已并单" and world.row(second).merged_into == first


def test_who_does_not_dispatch_is_refused(office: Office) -> None:
    office.who = world.urban()
    assert "没有权限" in shown(office.open("triage"))
