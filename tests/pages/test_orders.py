"""诉求工单 on the page: boxes, filters, one order opened, done, refused, conflicting, printed."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from auth.principal import Principal
from portal import wiring
from portal.affairs.dispatch import offer as dispatching
from portal.affairs.orders import addresses, classes, desk, queries, registering, sweep
from portal.affairs.orders import boxes as order_boxes
from portal.affairs.orders.filters import Filters
from portal.affairs.orders.rules import OrderError
from portal.functions import keepsakes
from portal.store import clock
from tests import people
from tests.doorway import audit
from tests.orders import world
from tests.pages.conftest import Office, shown, without

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def street(office: Office) -> Office:
    """The street office at the desk."""
    office.who = seated(world.street())
    return office


def seated(who: Principal) -> Principal:
    """The same with an account and a post in the database, as drafts want it."""
    account = people.add_account(who.login)
    post = people.add_post(account, who.unit.id, roles=who.roles, prefixes=who.prefixes)
    return replace(who, account_id=account, post_id=post)


def at_street(number: str = "1", **over: object) -> UUID:
    order = world.taken(number, **over)
    world.sent(order)
    return order


def audited(action: str) -> list[dict[str, object]]:
    """The details of what the audit holds of an action, the oldest first."""
    return [one.detail for one in audit() if one.action == action]


def boxes(tab: AppTest) -> list[str]:
    return [one.label for one in tab.button if (one.key or "").startswith("orders-box-")]


def test_an_empty_desk_says_what_comes_next(street: Office) -> None:
    assert "辖区内还没有工单" in shown(street.open("orders"))


def test_a_row_says_number_title_source_kind_place_limit_state_and_unit(street: Office) -> None:
    order = at_street()
    tab = street.open("orders")
    text = shown(tab)
    number = world.row(order).order_no
    for words in (number, "楼道堆放杂物", "12345", "投诉", "柳岸小区 3 号楼", "11-26 18:00",
                  "待签收", "湖滨街道", "模拟数据", f"/orders?id={order}"):  # fmt: skip
        assert words in text, words
    assert "13800138000" not in text and "张三丰" not in text
    assert boxes(tab) == ["待签收 1", "办理中 0", "待我审核 0", "协办 0", "已办 0", "全部 1"]


def test_a_box_shows_its_own_and_the_first_with_something_in_it_comes_first(
    street: Office,
) -> None:
    one, other = at_street("1"), at_street("2", title="路灯不亮")
    desk.sign(world.street(), other)
    tab = street.open("orders")
    assert "楼道堆放杂物" in shown(tab) and "路灯不亮" not in shown(tab)
    tab.button(key="orders-box-doing").click().run()
    assert "路灯不亮" in shown(tab) and "楼道堆放杂物" not in shown(tab)
    tab.button(key="orders-box-all").click().run()
    assert str(one) in shown(tab) and str(other) in shown(tab)
    tab.button(key="orders-box-helping").click().run()
    assert "没有需要协办的工单" in shown(tab)


def test_filters_narrow_and_are_cleared(street: Office) -> None:
    at_street("1")
    late = at_street("2", title="路灯不亮", kind="求助", place="荷塘小区门口")
    tab = street.open("orders")
    tab.selectbox(key="orders_kind").set_value("求助").run()
    assert "路灯不亮" in shown(tab) and "楼道堆放杂物" not in shown(tab)
    tab.text_input(key="orders_place").set_value("柳岸").run()
    assert "没有符合条件的工单" in shown(tab)
    tab.button(key="orders_reset").click().run()
    assert "路灯不亮" in shown(tab) and "楼道堆放杂物" in shown(tab)
    number = world.row(late).order_no
    tab.text_input(key="orders_place").set_value(number).run()
    assert "路灯不亮" in shown(tab) and "楼道堆放杂物" not in shown(tab)
    assert tab.text_input(key="orders_place").value == number
    tab.text_input(key="orders_place").set_value("柳").run()
    assert "至少填 2 个字" in shown(tab) and "没有按地址筛选" in shown(tab)


def test_an_address_opens_what_it_names_and_says_so(street: Office) -> None:
    at_street("1")
    late = at_street("2", title="路灯不亮", category="05.01")
    tab = street.open("orders", due="逾期")
    assert "没有符合条件的工单" in shown(tab)
    tab = street.open("orders", category="05", open="1")
    assert str(late) in shown(tab) and "楼道堆放杂物" not in shown(tab)
    assert "分类：05" in shown(tab) and "进度：在办" in shown(tab)
    tab.selectbox(key="orders_kind").set_value("投诉").run()
    assert str(late) in shown(tab)
    tab.button(key="orders_reset").click().run()
    assert "楼道堆放杂物" in shown(tab)


def test_filters_are_kept_under_a_name_and_come_back(street: Office) -> None:
    at_street("1")
    at_street("2", title="路灯不亮", kind="求助")
    tab = street.open("orders")
    tab.selectbox(key="orders_kind").set_value("求助").run()
    tab.button(key="orders_saving").click().run()
    tab.button(key="orders_save").click().run()
    assert "名称须为 1 至 20 个字" in shown(tab)
    tab.text_input(key="orders_save_name").set_value("求助类").run()
    tab.button(key="orders_save").click().run()
    assert "已保存“求助类”" in shown(tab)
    again = street.open("orders")
    again.selectbox(key="orders_saved").set_value("求助类").run()
    assert "路灯不亮" in shown(again) and "楼道堆放杂物" not in shown(again)
    again.button(key="orders_saving").click().run()
    again.button(key="orders_drop-0").click().run()
    assert street.who is not None and not keepsakes.kept(street.who, "orders.filters")


def test_late_orders_are_said_in_colour_word_and_shape(
    street: Office, frozen: clock.FrozenClock
) -> None:
    at_street("1")
    frozen.advance(timedelta(days=4))
    sweep.sweep()
    text = shown(street.open("orders"))
    assert '<span class="chip failed"' in text and "▲" in text and "逾期" in text


def test_long_lists_are_paged(street: Office) -> None:
    for number in range(17):
        at_street(str(number))
    tab = street.open("orders")
    assert shown(tab).count('class="go row"') == 15
    tab.pagination(key="orders_page").set_value(2).run()
    assert shown(tab).count('class="go row"') == 2


def test_the_map_of_tiles_counts_and_narrows(street: Office) -> None:
    at_street("1")
    tab = street.open("orders")
    tab.button(key="orders_map").click().run()
    text = shown(tab)
    assert "示意图：不表示实际位置和界线" in text
    assert "柳岸社区：在办 1 件，逾期 0 件" in text and "荷塘社区：在办 0 件" in text
    assert f"region={world.PLACE}" in text


# -- one order ------------------------------------------------------------------------------------


def test_an_order_is_signed_and_answered_without_leaving_the_list(street: Office) -> None:
    order = at_street()
    tab = street.open("orders", id=str(order))
    text = shown(tab)
    assert (
        "三单元楼道长期堆放杂物" in text
        and "派单至湖滨街道" in text
        and 'aria-current="true"' in text
    )
    tab.button(key="act-sign").click().run()
    assert world.row(order).state == "办理中" and "已办理“签收”" in shown(tab)
    tab.button(key="act-reply").click().run()
    assert "请填写“答复内容”" in shown(tab)
    key = f"draft-orders-act-{order}-reply-answer"
    tab.text_area(key=key).set_value("已清理完毕，并约谈物业。").run()
    tab.button(key="act-reply").click().run()
    assert world.row(order).state == "待审核"
    assert "已清理完毕" in shown(tab) and "办理中 → 待审核" in shown(tab)


def test_a_template_is_filled_and_what_it_leaves_open_does_not_go_out(street: Office) -> None:
    order = at_street()
    desk.sign(world.street(), order)
    tab = street.open("orders", id=str(order))
    key = f"draft-orders-act-{order}-reply-answer"
    choice = tab.selectbox(key=f"order-{order}-reply-answer-template")
    assert choice.options == ["占道", "已办结"]
    choice.set_value("solved").run()
    words = tab.text_area(key=key).value
    assert words == "您好，“楼道堆放杂物”已由测试单位在湖滨街道柳岸小区 3 号楼核实：【核实情况】。"
    tab.button(key="act-reply").click().run()
    assert "模板还没有填完" in shown(tab) and world.row(order).state == "办理中"
    tab.text_area(key=key).set_value(words.replace("【核实情况】", "已清理")).run()
    tab.button(key="act-reply").click().run()
    assert world.row(order).state == "待审核"


def test_who_was_slower_is_told_who_did_what_and_keeps_the_words(
    street: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = at_street()
    desk.sign(world.street(), order)
    tab = street.open("orders", id=str(order))
    key = f"draft-orders-act-{order}-reply-answer"
    tab.text_area(key=key).set_value("已联系物业，三日内清理。").run()
    seen = queries.state_of(world.street(), order)
    desk.reply(world.street(), order, "同事已经答复")
    with monkeypatch.context() as still:  # a click in the form's fragment looks at nothing else
        still.setattr(queries, "state_of", lambda *_: seen)
        tab.button(key="act-reply").click().run()
        text = shown(tab)
        assert "在您填写期间" in text and "street“答复”" in text and "同事已经答复" in text
        assert tab.text_area(key=key).value == "已联系物业，三日内清理。"
    assert world.row(order).reply == "同事已经答复"
    tab.button(key="order_fresh").click().run()
    text = shown(tab)
    assert "该工单在您打开之后有变化" in text and "办理中 → 待审核" in text
    assert "您写的“答复”没有提交" in text and "已联系物业，三日内清理。" in text


def test_begun_words_are_there_the_next_time(street: Office) -> None:
    order = at_street()
    desk.sign(world.street(), order)
    tab = street.open("orders", id=str(order))
    tab.button(key="move-return").click().run()
    key = f"draft-orders-act-{order}-return-reason"
    tab.text_area(key=key).set_value("不属于本单位职责").run()
    again = street.open("orders", id=f"{order}:return")
    assert again.text_area(key=key).value == "不属于本单位职责"


def test_a_return_needs_a_basis_and_a_unit_that_is_looked_for(street: Office) -> None:
    order = at_street()
    tab = street.open("orders", id=str(order))
    tab.button(key="move-return").click().run()
    for name, words in (("reason", "不属于本街道职责"), ("legal-basis", "市容管理条例第三条")):
        tab.text_area(key=f"draft-orders-act-{order}-return-{name}").set_value(words).run()
    tab.button(key="act-return").click().run()
    assert "请填写“建议承办单位”" in shown(tab)
    tab.text_input(key=f"order-{order}-return-suggested_unit-words").set_value("东湖").run()
    choice = tab.selectbox(key=f"order-{order}-return-suggested_unit")
    choice.set_value("dept-990102-urban").run()
    tab.button(key="act-return").click().run()
    assert world.row(order).state == "退单审核"


def test_who_called_is_shown_on_request_and_recorded(
    street: Office, frozen: clock.FrozenClock
) -> None:
    order = at_street()
    tab = street.open("orders", id=str(order))
    assert "13800138000" not in shown(tab)
    tab.button(key="order_caller").click().run()
    assert "13800138000" in shown(tab) and "张三丰" in shown(tab)
    assert audited("orders.open")[-1]["caller"] is True
    assert audited("orders.open")[0]["caller"] is False
    frozen.advance(timedelta(seconds=121))
    tab.run()
    assert "13800138000" not in shown(tab)


def test_of_a_confidential_order_the_handler_learns_no_caller(street: Office) -> None:
    order = at_street("1", confidential=True)
    tab = street.open("orders", id=str(order))
    assert "诉求人要求保密" in shown(tab)
    assert "order_caller" not in [one.key for one in tab.button]
    street.who = without(street.who, "street_officer")
    assert "没有权限" in shown(street.open("orders", id=str(order)))


@pytest.mark.parametrize("words", ["00000000-0000-0000-0000-000000000000", "<b>x</b>", "1"])
def test_an_address_of_no_order_says_so(street: Office, words: str) -> None:
    text = shown(street.open("orders", id=words))
    assert "没有打开工单" in text and "<b>x" not in text
    assert "没有打开工单" in shown(street.open("orders", print=words))


def test_an_order_of_another_place_is_not_found(
    office: Office, become: Callable[..., None]
) -> None:
    order = at_street("1", region_code="990103100001")
    office.who = world.street()
    row = world.row(order)
    assert row.region_code == "990103100001"  # the street holds it: it sees it
    office.who = world.community()
    assert "没有打开工单" in shown(office.open("orders", id=str(order)))


def test_a_script_in_a_demand_stays_text(street: Office) -> None:
    order = at_street(
        "1", title="<img src=x onerror=alert(1)>", content="<script>alert(1)</script>"
    )
    for text in (shown(street.open("orders", id=str(order))),
                 shown(street.open("orders", print=str(order)))):  # fmt: skip
        assert "<script" not in text and "<img" not in text and "&lt;script&gt;" in text


def test_parts_and_merged_orders_lead_to_each_other(street: Office) -> None:
    whole, same = at_street("1"), at_street("2", title="又有杂物")
    desk.act(world.street(), same, "merge", {"target": world.row(whole).order_no})
    desk.sign(world.street(), whole)
    parts = [{"title": "清理杂物", "content": "清"}, {"title": "约谈物业", "content": "谈"}]
    desk.act(world.street(), whole, "split", {"parts": parts})
    text = shown(street.open("orders", id=str(whole)))
    assert "并入本单" in text and "又有杂物" in text and "共并入 1 件" in text
    assert text.count("拆出") == 2 and "约谈物业" in text
    assert "已并入" in shown(street.open("orders", id=str(same)))


def test_the_sheet_has_number_history_and_places_to_sign_but_no_caller(street: Office) -> None:
    order = at_street()
    text = shown(street.open("orders", print=str(order)))
    for words in (world.row(order).order_no, "楼道堆放杂物", "派单至湖滨街道", "经办人：",
                  "单位（盖章）：", "诉求人信息不打印"):  # fmt: skip
        assert words in text, words
    assert "13800138000" not in text and "张三丰" not in text


def test_many_are_signed_at_once_and_each_failure_has_its_reason(street: Office) -> None:
    orders = [at_street(str(number)) for number in range(3)]
    tab = street.open("orders")
    tab.button(key="orders_batch_turn").click().run()
    tab.button(key="orders_pick_all").click().run()
    desk.sign(world.street(), orders[0])
    tab.button(key="orders_batch_sign").click().run()
    text = shown(tab)
    assert "已签收 2 件，1 件没有签收" in text and "刚" not in text
    assert [world.row(one).state for one in orders] == ["办理中"] * 3


def test_a_desk_finds_what_it_has_to_decide(office: Office) -> None:
    order = at_street()
    world.handled(order, world.street())
    office.who = world.command()
    tab = office.open("orders")
    assert "待我审核 1" in boxes(tab)
    tab.button(key="orders-box-review").click().run()
    assert str(order) in shown(tab)
    opened = office.open("orders", id=str(order))
    opened.button(key="act-approve").click().run()
    assert world.row(order).state == "待回访"


def test_who_asked_himself_for_time_is_decided_on_above(office: Office) -> None:
    order = world.taken()
    desk.dispatch(world.command(), order, "dept-990102-command")
    office.who = world.district()
    desk.sign(world.district(), order)
    desk.act(world.district(), order, "extend", {"reason": "须等待配件", "until": "2026-11-30"})
    assert "待我审核 0" in boxes(office.open("orders"))
    office.who = world.command()
    assert "待我审核 1" in boxes(office.open("orders"))


def test_who_may_not_see_orders_is_refused(office: Office, become: Callable[..., None]) -> None:
    become(roles=("leader",))
    assert "没有权限" in shown(office.open("orders"))


def test_a_class_is_chosen_from_the_tree_or_found_by_its_spelling(street: Office) -> None:
    wiring.app().adviser = dispatching.adviser()  # type: ignore[misc]
    at_street("1")
    at_street("2", title="占道经营", category="01.01")
    tab = street.open("orders")
    tab.button(key="orders_classing").click().run()
    field = tab.selectbox(key="orders_category")
    assert field.options == ["全部分类", "市容环境", "小区管理", "民政"]
    field.set_value("04").run()
    assert "占道经营" not in shown(tab) and "楼道堆放杂物" in shown(tab)
    assert "分类：小区管理" in shown(tab)
    assert tab.selectbox(key="orders_category").options == [
        "全部分类", "小区管理", "小区管理 › 楼道堆物",
    ]  # fmt: skip
    for words in ("占道", "zdjy", "zhandao", "01.01"):
        tab.text_input(key="orders_class_words").set_value(words).run()
        assert "市容环境 › 占道经营" in tab.selectbox(key="orders_category").options
    tab.selectbox(key="orders_category").set_value("01.01").run()
    assert "占道经营" in shown(tab) and "楼道堆放杂物" not in shown(tab)
    assert tab.text_input(key="orders_class_words").value == ""
    tab.text_input(key="orders_class_words").set_value("<b>火星").run()
    assert "没有名称含“&lt;b&gt;火星”的分类" in shown(tab)
    tab.button(key="orders_reset").click().run()
    assert tab.selectbox(key="orders_category").value == ""


_TILE = re.compile(r'<a[^>]*href="/orders\?([^"]*)"[^>]*title="([^"：]*)：在办 (\d+) 件')


def _filters_of(who: Principal, view: order_boxes.View) -> Filters:
    return order_boxes.filters_of(view, order_boxes.under(who))


def test_every_tile_down_to_the_community_opens_what_it_counts(office: Office) -> None:
    for number in ("1", "2"):
        at_street(number)
    at_street("3", region_code="990102001002")
    world.taken("4", region_code="990103100001")
    seen = {}
    for who in (world.command(), world.district(), world.street()):
        office.who = seated(who)
        tab = office.open("orders")
        tab.button(key="orders_map").click().run()
        tiles = _TILE.findall(shown(tab))
        assert tiles, who.unit.level
        for address, name, number in tiles:
            view = addresses.read(dict(parse_qsl(unescape(address))))
            assert view is not None
            page = queries.listed(office.who, _filters_of(office.who, view))
            assert len(page.rows) == int(number), name
            seen[who.unit.level, name] = int(number)
    assert (seen["street", "柳岸社区"], seen["street", "荷塘社区"]) == (2, 1)
    assert seen["city", "西岭县"] == 1


def test_a_desk_gives_another_class_by_its_name(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classes, "_lookup", [dispatching.names_at])
    wiring.app().adviser = dispatching.adviser()  # type: ignore[misc]
    office.who = seated(world.command())
    order = world.taken("1")
    tab = office.open("orders", id=f"{order}:reclass")
    prefix = next(
        one.key for one in tab.text_input if (one.key or "").endswith("category-words")
    ).removesuffix("-words")
    tab.text_input(key=f"{prefix}-words").set_value("zdjy").run()
    field = tab.selectbox(key=prefix)
    assert field.options == ["市容环境 › 占道经营"]
    field.set_value("01.01").run()
    reason = next(one for one in tab.text_area if "reason" in (one.key or ""))
    reason.set_value("诉求实为占道经营").run()
    tab.button(key="act-reclass").click().run()
    assert world.row(order).category == "01.01"
    tab = office.open("orders", id=str(order))
    assert "占道经营" in shown(tab) and "类别改为占道经营" in shown(tab)
    # A code that no list has is refused, by whatever way it comes.
    row = world.row(order)
    with pytest.raises(OrderError, match=r"没有编号为“99\.99”的事项分类"):
        desk.act(office.who, order, "reclass", {"reason": "试一个编号", "category": "99.99"})
    assert world.row(order) == row
    ground = registering.known()
    assert ground.category("01.01") and not ground.category("99.99")
