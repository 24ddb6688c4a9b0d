"""统一报表 on the page: the table of the own scope, down by a click, nothing without the right."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete

from portal import wiring
from portal.connectors.manifest import MeasureMap
from portal.functions.reports import Reports, standing
from portal.functions.reports.delivering import Deliveries
from portal.store import measures
from portal.store.clock import now
from portal.store.measure_lock_tables import measure_period_lock
from portal.store.measure_words import Cell, Definition, Kind, Snapshot
from portal.store.scope import scoped
from tests import people
from tests.pages.conftest import Office, shown, without

WILLOW, LOTUS = "990102001001", "990102001002"
AGES = (0, 7, 15, 60, 65, 80)


def _system(system_id: str, measure: str, *, name: str, mode: str, **more: Any) -> SimpleNamespace:
    return SimpleNamespace(
        id=system_id,
        manifest=SimpleNamespace(measures=[MeasureMap(id=measure, name=measure, **more)]),
        site=SimpleNamespace(name=name, mode=mode, owner="", legal_basis="", approval_no=""),
        mode=mode,
        reachable=mode == "正式",
    )


@pytest.fixture
def counted(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Residents of two communities; the allowance's system has never answered."""
    systems = {
        "grid": _system("grid", "residents", name="网格系统", mode="正式", ages=AGES, by_sex=True),
        "aid": _system("aid", "subsistence_persons", name="低保系统", mode="未接入"),
    }
    registry = SimpleNamespace(systems=systems, system=systems.__getitem__)
    wired = wiring.app()
    wired.reports = Reports(registry=registry)  # type: ignore[arg-type, misc]
    picture = Snapshot(
        measure="residents", system_id="grid", day=now().date(), as_of=now(), taken_at=now()
    )
    cells = [
        Cell(region_code=WILLOW, slice="男|015-059", numerator=31),
        Cell(region_code=LOTUS, slice="女|080-", numerator=12),
    ]
    with scoped(measures.WRITER) as connection:
        definition = Definition(id="residents", kind=Kind.STOCK, name="实有人口", unit="人")
        measures.define(connection, [definition])
        measures.restate(connection, picture, cells)
    return office


def test_a_clerk_sees_the_own_community_with_what_is_missing(counted: Office) -> None:
    tab = counted.open("reports")
    text = shown(tab)
    for words in ("人口结构统计表", "柳岸社区居民委员会", "31", "无数据", "系统默认，可修改"):
        assert words in text, words
    assert "缺 1 家系统：低保系统（未接入）" in text
    assert "/api/v1/reports/population.xlsx?region=990102001001" in text


def test_a_click_leads_down_and_up_again(counted: Office, become: Callable[..., Any]) -> None:
    become(roles=("city_officer",), level="city", kind="government", region_code="9901",
           prefixes=("9901",))  # fmt: skip
    tab = counted.open("reports")
    tab.button(key="down-990102").click().run()
    assert "湖滨街道" in shown(tab)
    tab.button(key="down-990102001").click().run()
    text = shown(tab)
    assert "荷塘社区居委会" in text and "43" in text
    tab.button(key="up-9901").click().run()
    assert "西岭县" in shown(tab)


def test_who_lost_the_right_meanwhile_is_refused_at_the_click(
    counted: Office, become: Callable[..., Any]
) -> None:
    become(roles=("city_officer",), level="city", kind="government", region_code="9901",
           prefixes=("9901",))  # fmt: skip
    tab = counted.open("reports")
    counted.who = without(counted.who, "city_officer")
    tab.button(key="down-990102").click().run()
    text = shown(tab)
    assert "没有权限" in text
    assert "湖滨街道" not in text


def test_a_level_locks_its_own_month_once_it_is_over_and_reopens_it_with_a_reason(
    counted: Office, become: Callable[..., Any]
) -> None:
    before = (now().date().replace(day=1) - timedelta(days=1)).replace(day=1)
    picture = Snapshot(
        measure="residents", system_id="grid", day=before, as_of=now(), taken_at=now()
    )
    with scoped(measures.WRITER) as connection:
        connection.execute(delete(measure_period_lock))
        measures.restate(connection, picture, [Cell(region_code=WILLOW, numerator=30)])
    become(roles=("city_officer",), level="city", kind="government", region_code="9901",
           prefixes=("9901",))  # fmt: skip
    tab = counted.open("reports")
    assert "period_close" not in [one.key for one in tab.button]
    tab.selectbox(key="report_period").select(f"{before:%Y-%m}").run()
    tab.button(key="period_close").click().run()
    assert "已锁定（第1版）" in shown(tab)
    assert f"{before.year}年{before.month}月的数据已锁定" in shown(tab)
    tab.button(key="period_reopen").click().run()
    assert "没有重开" in shown(tab)
    tab.text_input(key="period_reason").input("数据更正").run()
    tab.button(key="period_reopen").click().run()
    assert "已重开" in shown(tab)
    become(roles=("leader",), level="city", kind="government", region_code="9901",
           prefixes=("9901",))  # fmt: skip
    tab = counted.open("reports")
    tab.selectbox(key="report_period").select(f"{before:%Y-%m}").run()
    assert "period_close" not in [one.key for one in tab.button]


def test_a_report_is_found_by_initials_and_all_of_a_place_go_into_one_parcel(
    counted: Office,
) -> None:
    tab = counted.open("reports")
    tab.text_input(key="report_typed").input("没有这样的表").run()
    assert "没有找到报表" in shown(tab)
    tab.text_input(key="report_typed").input("rkjg").run()
    assert tab.selectbox(key="report_template").options == ["人口结构统计表"]
    assert "人口结构统计表" in shown(tab)
    this_year = f"{now().year}年"
    assert tab.selectbox(key="report_period").options[-1] == this_year
    tab.button(key="parcel_all").click().run()
    assert "已打包 1 张报表" in shown(tab)
    assert [one.key for one in tab.button if one.key == "parcel_below"] == [], "nothing is below"


def test_an_own_report_is_put_together_looked_at_kept_and_dropped(counted: Office) -> None:
    assert counted.who is not None
    account = people.add_account(counted.who.login)
    post = people.add_post(
        account, counted.who.unit.id, roles=counted.who.roles, prefixes=counted.who.prefixes
    )
    counted.who = replace(counted.who, account_id=account, post_id=post)
    tab = counted.open("reports")
    tab.button(key="own_look").click().run()
    assert "请选 1 至 12 个指标" in shown(tab)
    tab.multiselect(key="own_measures").select("residents").run()
    tab.multiselect(key="own_compares").select("previous").run()
    tab.text_input(key="own_name").input("我的人口表").run()
    tab.button(key="own_keep").click().run()
    text = shown(tab)
    assert "已保存" in text and "我的人口表" in text and "上期" in text
    other = counted.open("reports")
    assert "我的人口表" not in shown(other)
    other.button(key="own_open").click().run()
    assert "我的人口表" in shown(other) and "31" in shown(other)
    other.button(key="own_drop").click().run()
    assert "own_open" not in [one.key for one in other.button]


def test_an_officer_shares_an_own_report_and_takes_it_back(
    counted: Office, become: Callable[..., Any]
) -> None:
    become(roles=("city_officer",), level="city", kind="government", region_code="9901",
           prefixes=("9901",))  # fmt: skip
    tab = counted.open("reports")
    tab.multiselect(key="own_measures").select("residents").run()
    tab.text_input(key="own_name").input("全市人口表").run()
    tab.selectbox(key="own_reaches").select("below").run()
    tab.button(key="own_keep").click().run()
    assert "已共享：本级和下级可见" in shown(tab)
    become(roles=("community_clerk",))
    clerk = counted.open("reports")
    assert "own_reaches" not in [one.key for one in clerk.selectbox], "not for a community"
    assert "own_withdraw" not in [one.key for one in clerk.button]
    clerk.button(key="own_open_shared").click().run()
    assert "全市人口表" in shown(clerk) and "没有生成" not in shown(clerk)
    become(roles=("city_officer",), level="city", kind="government", region_code="9901",
           prefixes=("9901",))  # fmt: skip
    again = counted.open("reports")
    again.button(key="own_withdraw").click().run()
    assert "已撤回" in shown(again)
    assert "own_open_shared" not in [one.key for one in counted.open("reports").button]


@pytest.mark.usefixtures("frozen")  # at nine in the morning: nothing comes before its hour
def test_a_standing_report_is_ordered_and_what_came_is_taken(counted: Office) -> None:
    assert counted.who is not None
    account = people.add_account(counted.who.login)
    post = people.add_post(
        account, counted.who.unit.id, roles=counted.who.roles, prefixes=counted.who.prefixes
    )
    counted.who = replace(counted.who, account_id=account, post_id=post)
    tab = counted.open("reports")
    assert [one for one in tab.selectbox(key="standing_goes_to").options] == ["本人"]
    tab.button(key="standing_order").click().run()
    assert "已设置" in shown(tab)
    tab.button(key="standing_order").click().run()
    assert "设置过" in shown(tab)
    assert Deliveries(reports=wiring.app().reports).turn() == 1
    later = counted.open("reports")
    assert "人口结构统计表" in shown(later)
    keys = [one.key or "" for one in later.get("download_button")]
    came = [one for one in keys if one.startswith("came_file-")]
    (there,) = standing.delivered(counted.who)  # its button is its own, wherever it stands
    assert came == [f"came_file-{there.standing_id}-{there.period}"]
    later.button(key="standing_cancel").click().run()
    assert "已停止" in shown(later)
    assert "standing_cancel" not in [one.key for one in later.button]
