"""未诉先办 on the pages: found, judged, met about, confirmed; the table and the measures."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from auth.principal import Principal
from portal.affairs.findings import meetings, queries
from portal.functions import drafts
from portal.pages import shell
from portal.pages.catalogue import spec
from portal.store.clock import FrozenClock
from tests import people
from tests.findings import world
from tests.pages.conftest import Office, shown

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def sit(office: Office) -> Callable[..., Principal]:
    """Somebody sits down, with an account of his own as drafts need one."""

    def change(who: Principal, role: str) -> Principal:
        account = people.add_account(who.login, who.name)
        post = people.add_post(account, who.unit.id, roles=[role], prefixes=list(who.prefixes))
        office.who = replace(who, account_id=account, post_id=post)
        return office.who

    return change


def _part(tab: AppTest, part: str) -> AppTest:
    return tab.get("button_group")[0].set_value(part).run()


def test_a_community_finds_and_reports_and_what_it_wrote_stays_until_it_fits(
    office: Office, sit: Any
) -> None:
    sit(world.community(), "community_clerk")
    tab = _part(office.open("findings"), "new")
    tab.button(key="finding_send").click().run()
    assert "“标题”须为 4 至 60 个字" in shown(tab) and "没有保存，已填内容已保留" in shown(tab)
    tab.selectbox(key="draft-findings-hand-1-class").set_value("环境卫生").run()
    tab.text_input(key="draft-findings-hand-1-title").set_value("<b>楼后</b>堆积垃圾").run()
    tab.text_input(key="draft-findings-hand-1-place").set_value("柳岸小区 3 号楼后").run()
    tab.text_area(key="draft-findings-hand-1-content").set_value("建筑垃圾两车").run()
    then = tab.radio(key="draft-findings-hand-1-then")
    assert then.value == "社区（村）自办"
    then.set_value("上报街道").run()
    tab.button(key="finding_send").click().run()
    assert "请填写“原因”" in shown(tab)
    tab.text_area(key="draft-findings-hand-1-reason").set_value("需要街道协调").run()
    tab.button(key="finding_send").click().run()
    (path, query) = office.went[-1]
    assert path == "findings"
    opened = shown(office.open("findings", **query))
    assert "&lt;b&gt;楼后" in opened and "<b>楼后" not in opened
    assert "待会商" in opened and "湖滨街道" in opened
    listed = office.open("findings")
    assert "湖滨街道" in shown(listed) and "待会商" in shown(listed)


def test_the_grid_hands_in_and_sees_no_more_than_it_may(office: Office, sit: Any) -> None:
    sit(world.grid(), "grid_worker")
    tab = office.open("findings")
    assert tab.get("button_group")[0].options == ["问题", "发现问题"]
    tab = _part(tab, "new")
    assert "递交后由社区（村）党组织核实" in shown(tab)
    assert not [one for one in tab.radio if (one.key or "").endswith("-then")]


def test_a_street_leads_and_a_second_person_is_told(office: Office, sit: Any) -> None:
    one = world.reported("1")
    who = sit(world.street(), "street_officer")
    tab = office.open("findings", id=str(one))
    tab.button(key="fmove-raise").click().run()
    tab.text_area(key=f"draft-findings-act-{one}-raise-reason").set_value("需要执法").run()
    world.moved(one, world.street(), "lead")
    tab.button(key="fact-raise").click().run()
    text = shown(tab)
    assert "该问题刚刚有变化" in text and "街道牵头办理" in text
    assert tab.text_area(key=f"draft-findings-act-{one}-raise-reason").value == "需要执法"
    assert queries.listed(who).rows[0].state == "协办中"


def test_a_district_dispatches_and_a_meeting_decides(office: Office, sit: Any) -> None:
    sit(world.district(), "order_desk")
    one = world.raised("1")
    tab = office.open("findings", id=str(one))
    tab.button(key="fmove-dispatch").click().run()
    tab.selectbox(key=f"finding-{one}-dispatch-unit").set_value("dept-990102-urban").run()
    tab.button(key="fact-dispatch").click().run()
    assert "已办理“研判派单”" in shown(tab) and "东湖区城市管理局" in shown(tab)
    other = world.at_meeting("2")
    tab = _part(office.open("findings"), "meetings")
    tab.button(key="meeting_call").click().run()
    assert "“会议名称”须为" in shown(tab)
    for key, words in (("title", "第一次联席会议"), ("place", "三楼"), ("attending", "各局")):
        tab.text_input(key=f"meeting_{key}").set_value(words).run()
    tab.button(key="meeting_call").click().run()
    (path, query) = office.went[-1]
    tab = office.open(path, **query)
    assert "还有 1 件待议" in shown(tab)
    tab.text_area(key=f"draft-findings-dispatch-{other}-decision").set_value("由城管局办").run()
    tab.button(key="meeting_decide").click().run()
    assert "请填写“承办单位”" in shown(tab)
    tab.selectbox(key=f"lead-990102-{other}").set_value("dept-990102-urban").run()
    tab.button(key="meeting_decide").click().run()
    assert "还有 1 件待议" not in shown(tab) and "由城管局办" in shown(tab)
    assert world.row(other).state == "联办中"
    tab.button(key="meeting_close").click().run()
    assert meetings.listed(world.district())[0].state == "已结束"


def test_the_table_and_the_measures_of_a_district(office: Office, sit: Any) -> None:
    sit(world.district(), "order_desk")
    world.moved(world.replied("1"), world.community(), "confirm")
    tab = _part(office.open("findings"), "table")
    text = shown(tab)
    assert "湖滨街道" in text and "另有待核实 0 件、经核实不成立 0 件" in text
    assert "未诉先办情况表" in text
    tab = _part(tab, "daily")
    assert "不搞零报告" in shown(tab) and "还没有日报告" in shown(tab)
    tab = _part(tab, "measures")
    assert "未启动" in shown(tab)
    tab.button(key="measure_save").click().run()
    assert "“说明”须为" in shown(tab)
    tab.selectbox(key="measure_state").set_value("推进中").run()
    tab.text_input(key="measure_words").set_value("已经开始").run()
    tab.button(key="measure_save").click().run()
    assert "已经开始" in shown(tab)


def test_the_navigation_follows_where_it_is_run(office: Office) -> None:
    home = spec("community")
    there, not_there = world.community(), world.community("990102001002")
    assert spec("findings") in shell.menu(there, home)
    assert spec("findings") not in shell.menu(not_there, home)


def test_where_it_is_not_run_that_is_said(office: Office, sit: Any) -> None:
    sit(world.community("990102001002"), "community_clerk")
    tab = office.open("findings")
    assert "本地区尚未开展未诉先办" in shown(tab)
    assert "没有开展未诉先办的社区（村）" in shown(_part(tab, "new"))


@pytest.mark.parametrize("one", ["00000000-0000-0000-0000-000000000000", "<b>x</b>"])
@pytest.mark.parametrize("what", ["id", "meeting"])
def test_an_address_of_nothing_says_so(office: Office, sit: Any, what: str, one: str) -> None:
    sit(world.community(), "community_clerk")
    tab = office.open("findings", **{what: one})
    assert "没有找到这" in shown(tab) and "<b>x" not in shown(tab)


def test_kinds_of_demand_are_taken_up(office: Office, sit: Any, frozen: FrozenClock) -> None:
    from tests.orders import world as orders_world

    for number in range(8):
        orders_world.taken(str(number))
    who = sit(world.community(), "community_clerk")
    tab = _part(office.open("findings"), "kinds")
    (take,) = [one for one in tab.button if (one.key or "").startswith("kind_take-")]
    take.click().run()
    assert "由一件到一类" in shown(tab)
    (area,) = tab.text_area
    form = str(area.key).removesuffix("content")
    tab.selectbox(key=f"{form}class").set_value("环境卫生").run()
    tab.text_input(key=f"{form}place").set_value("柳岸小区").run()
    tab.text_area(key=f"{form}content").set_value("多件诉求反映同一情况").run()
    title = tab.text_input(key=f"{form}title").value
    assert title is not None and "等同类诉求" in title
    # What was begun about it is listed on the home and leads back to it, whole.
    (begun,) = drafts.mine(who)
    again = office.open(begun.page, **dict(begun.query))
    assert "由一件到一类" in shown(again)
    assert again.text_input(key=f"{form}place").value == "柳岸小区"
    assert again.selectbox(key=f"{form}class").value == "环境卫生"
    tab.button(key="finding_send").click().run()
    assert office.went[-1][0] == "findings"
    tab = _part(office.open("findings"), "kinds")
    assert "已上报，正在办理" in shown(tab)
