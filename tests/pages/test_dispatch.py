"""派单目录 and 回访 on the pages: searched, imported, published; rung back, kept when refused."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from portal.affairs.dispatch import reads
from portal.affairs.dispatch.words import CATALOGUE
from portal.affairs.evaluation import visits
from portal.affairs.orders import desk as orders
from tests.dispatch.world import manager, sheet
from tests.orders import world
from tests.pages.conftest import Office, shown

GOOD = ("01.01", None, "区县级", "指挥调度", "城市管理", None, None, None, "《新条例》")
BAD = ("04.02", None, "市级", "火星局", None, None, None, None, None)


def _sends(monkeypatch: pytest.MonkeyPatch, data: bytes | None) -> None:
    sent = SimpleNamespace(name="目录.xlsx", getvalue=lambda: data) if data is not None else None
    monkeypatch.setattr(st, "file_uploader", lambda *_, **__: sent)


def test_the_lists_are_searched_by_whoever_sees_orders(office: Office) -> None:
    office.who = world.street()
    tab = office.open("dispatch-lists")
    text = shown(tab)
    assert "楼道堆物" in text and "属地乡镇（街道）" in text
    assert "导入新版" not in text
    tab.text_input(key="lists_search").set_value("占道").run()
    text = shown(tab)
    assert "占道经营" in text and "楼道堆物" not in text
    tab.segmented_control(key="lists_kind").set_value("乡镇职责").run()
    tab.text_input(key="lists_search").set_value("").run()
    assert "低保入户核查" in shown(tab)


def test_a_file_is_looked_at_kept_as_a_draft_and_published(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.who = manager()
    _sends(monkeypatch, sheet(CATALOGUE, [GOOD, BAD]))
    tab = office.open("dispatch-lists")
    text = shown(tab)
    assert "不认识的单位或条线“火星局”" in text and "有 1 行有误，其余行不受影响" in text
    _sends(monkeypatch, None)
    tab.button(key="lists_save").click().run()
    assert "已存为草稿第 2 版，共 4 条；1 行有误未导入" in shown(tab)
    tab.button(key="lists_publish").click().run()
    assert "第 2 版自" in shown(tab)
    found = reads.versions(manager(), CATALOGUE)
    assert [(one.number, one.state) for one in found] == [(2, "已发布"), (1, "已发布")]


def test_a_file_that_is_none_is_refused_in_a_sentence(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.who = manager()
    _sends(monkeypatch, b"<html>")
    assert "不是 .xlsx 文件" in shown(office.open("dispatch-lists"))


def _to_visit() -> Any:
    order = world.taken(title="楼道<b>堆物</b>")
    world.sent(order)
    world.handled(order, world.street())
    orders.act(world.command(), order, "approve")
    visits.draw()
    return order


def test_who_rings_back_chooses_and_the_order_is_closed(office: Office) -> None:
    order = _to_visit()
    office.who = world.command()
    listed = shown(office.open("visits"))
    assert "楼道&lt;b&gt;堆物" in listed and "湖滨街道" in listed
    tab = office.open("visits", id=str(order))
    assert "投诉：全部回访" in shown(tab)
    tab.button(key="visit_save").click().run()
    assert "请选择是否解决和是否满意" in shown(tab)
    tab.segmented_control(key=f"visit_resolved_{order}").set_value("已解决").run()
    tab.segmented_control(key=f"visit_satisfied_{order}").set_value("满意").run()
    tab.button(key="visit_save").click().run()
    assert "已记录回访结果：已解决、满意。" in shown(tab)
    assert world.row(order).state == "已办结"


def test_a_missed_call_is_counted_and_said(office: Office) -> None:
    order = _to_visit()
    office.who = world.command()
    tab = office.open("visits", id=str(order))
    tab.button(key="visit_missed").click().run()
    assert "还可再拨 2 次" in shown(tab)


def test_what_others_ring_back_about_is_not_opened(office: Office) -> None:
    order = _to_visit()
    office.who = world.visitor()
    text = shown(office.open("visits", id=str(order)))
    assert "不再等待本单位回访" in text and "楼道" not in text
    office.who = world.street()
    assert "没有权限" in shown(office.open("visits"))
