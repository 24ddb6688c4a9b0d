"""一比三率 on the page: the league of the own scope, why, a trial that keeps nothing, the files."""

from collections.abc import Callable

import pytest

from portal.affairs.orders import desk as orders
from portal.affairs.rates import closing, schemes, showcases
from portal.store import clock
from tests.orders import world
from tests.pages.conftest import Office, shown
from tests.rates import desk


@pytest.fixture
def october(office: Office, frozen: clock.FrozenClock) -> Office:
    """A closed month."""
    desk.file(desk.some(400, desk.month(2026, 10), seed=1))
    closing.close_due()
    return office


def _city(become: Callable[..., None], role: str = "league_setter") -> None:
    become(
        roles=(role,), prefixes=("9901",), unit_id="gov-9901", kind="government", level="city",
        region_code="9901",
    )  # fmt: skip


def test_a_league_with_zones_rules_and_time(october: Office, become: Callable[..., None]) -> None:
    _city(become)
    body = shown(october.open("league"))
    for words in (
        "模拟数据",
        "乡镇（街道）点评榜",
        "湖滨街道",
        "石桥镇",
        "已结账",
        "位次",
        "万人诉求比",
        "蓝区（好）",
        "系统默认，可修改",
        "只比单位，不比个人和社区（村）",
    ):
        assert words in body, words
    assert "/api/v1/bulletins/2026-10.docx?region=9901" in body
    assert "社区（村）提醒" not in body


def test_why_a_unit_stands_there(october: Office, become: Callable[..., None]) -> None:
    _city(become)
    tab = october.open("league")
    tab.button(key="why-gov-990102001").click().run()
    body = shown(tab)
    for words in ("湖滨街道：为什么", "分子/分母", "口径", "退单率", "此前得分"):
        assert words in body, words
    tab.button(key="what-resolved").click().run()
    assert "没有“回访未解决”的工单" in shown(tab)


def test_trying_out_keeps_nothing_and_saving_makes_a_version(
    october: Office, become: Callable[..., None]
) -> None:
    _city(become)
    tab = october.open("league")
    tab.number_input(key="scheme_weight_responded").set_value(100.0)
    tab.button(key="scheme_try").click().run()
    assert "权重之和应为100" in "".join(shown(tab))
    for rate in ("resolved", "satisfied"):
        tab.number_input(key=f"scheme_weight_{rate}").set_value(0.0)
    tab.button(key="scheme_try").click().run()
    assert "试算：乡镇（街道） 2026年10月" in shown(tab)
    assert [one.version for one in schemes.history(desk.setter())] == [0]
    tab.text_input(key="scheme_words").set_value("只看响应率，试行一个月")
    tab.button(key="scheme_save").click().run()
    assert "已保存为第1版，2026年11月起执行" in shown(tab)
    assert [one.version for one in schemes.history(desk.setter())] == [1, 0]


def test_who_may_not_decide_the_scheme_has_no_editor(
    october: Office, become: Callable[..., None]
) -> None:
    _city(become, "league_reader")
    tab = october.open("league")
    assert "考评方案" in shown(tab)
    assert not [one for one in tab.button if one.key == "scheme_save"]


def test_a_street_reads_what_its_communities_need(
    october: Office, become: Callable[..., None]
) -> None:
    desk.file(desk.some(7, desk.month(2026, 10), seed=3, place=desk.LOTUS, topic="01.02"))
    become(
        roles=("street_officer",), prefixes=("990102001",), unit_id="gov-990102001",
        kind="government", level="street", region_code="990102001",
    )  # fmt: skip
    body = shown(october.open("league"))
    assert "社区（村）提醒" in body and "荷塘社区居委会" in body
    assert "只有本乡镇（街道）可见" in body


def test_without_the_right_there_is_no_page(october: Office, become: Callable[..., None]) -> None:
    become(roles=("reader",))
    body = shown(october.open("league"))
    assert "没有权限" in body and "点评榜" not in body


def test_a_case_is_released_by_somebody_else_with_one_click(
    october: Office, become: Callable[..., None]
) -> None:
    order = world.taken()
    world.sent(order)
    world.handled(order, world.street())
    orders.act(world.command(), order, "approve")
    orders.visit(world.command(), order, resolved="已解决", satisfied="满意")
    story = "接到诉求后当天到现场查看，会同物业三日内清理完毕，李女士致谢。"
    case = showcases.propose(world.command(), order, "楼道杂物清理", story)
    _city(become)
    tab = october.open("league")
    assert "某女士致谢" in shown(tab)
    tab.button(key=f"showcase-已退回-{case}").click().run()
    assert "请写明原因" in shown(tab)
    tab.button(key=f"showcase-已发布-{case}").click().run()
    assert "已发布" in shown(tab)
    _city(become, "league_reader")
    assert [one.state for one in showcases.listed(desk.officer("990103", "district"))] == ["已发布"]
