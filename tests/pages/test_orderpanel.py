"""诉求态势: the panel's numbers are the measures', and each opens the orders behind it."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import plotly.io as pio
import pytest

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.orders import addresses, boxes, panel, queries, sweep, tally
from portal.affairs.orders.boxes import View
from portal.affairs.orders.filters import Filters
from portal.affairs.supervision import instructing
from portal.affairs.supervision.queries import sheets as supervised
from portal.affairs.supervision.rules import SupervisionError
from portal.look import charts
from portal.look import orderpanel as look
from portal.pages import wall
from portal.pages.parts import instructing as asking
from portal.pages.parts import orderfigures, orderpanel
from portal.store import clock
from tests import people
from tests.orders import world
from tests.pages.conftest import Office, shown
from tests.pages.test_orders import seated

pytestmark = pytest.mark.usefixtures("frozen")
STREET, OTHER = f"gov-{world.STREET}", "990103100001"


def told() -> None:
    tally.define()
    tally.drain()


@pytest.fixture
def busy(office: Office, frozen: clock.FrozenClock) -> Office:
    """A city with orders of today, late ones, and one that is done."""
    for number in ("1", "2"):
        world.sent(world.taken(number))
    done = world.taken("3", region_code=OTHER, category="05.01")
    world.sent(done)
    frozen.advance(timedelta(days=4))
    sweep.sweep()
    world.taken("4", region_code="990102")
    world.taken("5", region_code="9901")
    told()
    office.who = seated(world.command())
    return office


def numbers_of(html: str) -> list[tuple[int, str]]:
    """Every linked number with its address."""
    inside = r"(?:▲ )?([\d,]+)"
    found = re.findall(rf'<a[^>]*href="(/orders[^"]*)"([^>]*)>{inside}', html)
    # A share says in its title how many orders it falls short by.
    told_ = (re.search(r'title="([\d,]+) 件"', more) for _, more, _ in found)
    return [
        (int((title[1] if title else number).replace(",", "")), unescape(href))
        for title, (href, _, number) in zip(told_, found, strict=True)
    ]


def test_every_number_opens_as_many_orders_as_it_says(busy: Office) -> None:
    who = busy.who
    assert isinstance(who, Principal)
    found = panel.read(who, world.CITY)
    pieces = orderfigures.places(found) + orderpanel._funnel(found) + orderpanel._tree(found)
    linked = numbers_of(pieces)
    linked += [(one.value, one.href) for one in orderpanel.numbers(found) if one.href]
    assert len(linked) >= 12
    for number, href in linked:
        view = addresses.read(dict(parse_qsl(urlsplit(href).query)))
        assert isinstance(view, View)
        assert queries.listed(who, boxes.filters_of(view)).counted == number, href


def test_what_has_no_narrower_place_is_not_left_out(busy: Office) -> None:
    found = panel.read(world.command(), world.CITY)
    assert found.total.received == 5 and found.total.open == 5 and found.total.overdue == 3
    assert sum(one.received for one in found.places.values()) == 4
    assert "未登记到下级" in orderfigures.places(found)
    over = orderfigures.rest(found, found.places)
    assert (over.received, over.open, over.today, over.overdue) == (1, 1, 1, 0)


def test_every_figure_leads_down_level_by_level_to_the_orders(busy: Office) -> None:
    who = busy.who
    assert isinstance(who, Principal)
    for code, name in (
        (world.CITY, "东湖区"),
        (world.DISTRICT, "湖滨街道"),
        (world.STREET, "柳岸"),
    ):
        found = panel.read(who, code)
        html = orderfigures.places(found)
        heads = re.findall(r"<th[^>]*>([^<]+)</th>", html)
        if code == world.STREET:  # communities are laid beside each other without a share
            assert {one.name for one in orderfigures.OF_COMMUNITIES} <= set(heads)
            assert "本月按时办结率" not in heads and "逾期占比" not in heads
        else:
            assert {one.name for one in orderpanel.numbers(found)} <= set(heads)
        assert name in html and f'href="/panel?region={code}' in html
        tab = busy.open("panel", region=code)
        text = shown(tab)
        assert name in text and "七个环节" in text and "各地数字" in text
        assert text.count('href="/panel?region=9901"') == (0 if code == world.CITY else 1)
    # At the last level there is nothing below; the orders are one click away.
    community = shown(busy.open("panel", region=world.PLACE))
    assert "各地数字" not in community and "七个环节" in community
    for number, href in numbers_of(community):
        view = addresses.read(dict(parse_qsl(urlsplit(href).query)))
        assert isinstance(view, View)
        assert queries.listed(who, boxes.filters_of(view)).counted == number, href


def test_a_panel_outside_the_scope_is_refused(busy: Office) -> None:
    busy.who = seated(world.street())
    own = shown(busy.open("panel"))
    assert "各地数字" in own and 'href="/panel?region=9901' not in own.partition("order-numbers")[0]
    for code in (OTHER, world.CITY, "990102001999", "x", "99"):
        assert "不在本岗位的管辖范围" in shown(busy.open("panel", region=code))
    desk = shown(busy.open("street"))
    assert f'href="/panel?region={world.STREET}"' in desk, "the desk of a street leads to its panel"


def test_a_sentence_may_be_about_every_figure_and_asks_what_is_open(busy: Office) -> None:
    who = replace(world.command(), acting_for="李四")
    found = panel.read(who, world.CITY)
    named = asking.figures(found)
    assert {one.name for one in orderfigures.FIGURES} | {"临近时限", "环节：派"} <= set(named)
    for name, number in (("今日受理", 2), ("本月受理", 5), ("在办", 5), ("本月按时办结率", 3)):
        assert queries.listed(who, asking.behind(world.CITY, named[name])).counted == number, name
    with pytest.raises(SupervisionError, match="都是已办结的工单"):
        asking._ask(who, world.CITY, named["本月办结"], "请尽快办结并答复")
    done = asking._ask(who, world.CITY, named["本月按时办结率"], "请尽快办结并答复")
    assert len(done.numbers) == 3 and not done.left
    assert {one.issued_by_name for one in supervised(who, "督办中")} == {f"{who.name}（代 李四）"}


def test_the_tree_goes_down_to_the_unit_and_adds_up(busy: Office) -> None:
    knots = orderpanel.knots(panel.read(world.command(), world.CITY))
    assert [(one.name, one.overdue) for one in knots] == [("东湖区", 2), ("西岭县", 1)]
    assert [(one.name, one.overdue) for one in knots[0].below[0].below] == [("湖滨街道", 2)]
    assert sum(one.overdue for one in knots) == 3


def test_the_day_is_told_by_the_hour_beside_the_usual(
    busy: Office, frozen: clock.FrozenClock
) -> None:
    found = panel.read(world.command(), world.CITY)
    assert sum(found.hours) == 2 and found.hours[9] == 2
    frozen.advance(timedelta(days=7))
    later = panel.read(world.command(), world.CITY)
    assert sum(later.hours) == 0 and later.usual[9] == 2 / panel.WEEKS


def test_the_seven_links_hold_every_open_order_once(busy: Office) -> None:
    found = panel.read(world.command(), world.CITY)
    assert [one.name for one in found.links] == list(panel.LINKS)
    assert sum(one.now for one in found.links) == found.total.open == 5


def test_a_district_sees_its_own_and_not_the_city(busy: Office) -> None:
    assert panel.read(world.district(), world.DISTRICT).total.open == 3
    with pytest.raises(Denied):
        panel.read(world.district(), world.CITY)


def test_the_wall_turns_and_names_no_person(busy: Office) -> None:
    tab = busy.open("wall")
    seen = []
    assert isinstance(busy.who, Principal)
    own = [title for region, title, _ in wall.turns(busy.who) if region == world.CITY]
    for title in own:
        text = shown(tab)
        assert title in text
        seen.append(text)
        tab.run()
    for place in ("东湖区", "西岭县"):  # then the level below, place by place
        text = shown(tab)
        assert f"{place} · 诉求态势" in text and "上期" in text
        seen.append(text)
        tab.run()
    assert wall.SLIDES[0][0] in shown(tab)  # and from the beginning
    whole = "".join(seen)
    assert "分类 05.01" in whole and "本月受理" in whole
    for word in ("command", "张三丰", "13800138000", "楼道堆放杂物"):
        assert word not in whole


def test_a_wall_of_streets_is_named_by_what_its_tiles_show(busy: Office) -> None:
    busy.who = seated(world.district())
    titles = [title for region, title, _ in wall.turns(busy.who) if region == world.DISTRICT]
    assert "各地在办工单" in titles and "各地本月受理" not in titles


def test_a_figure_on_a_wall_is_the_same_one_enlarged(busy: Office) -> None:
    figure = look.trend(panel.read(world.command(), world.CITY).trend, height=310)
    was = pio.to_json(figure.to_dict(), validate=False)
    larger = charts.for_a_wall(charts.Finished(figure))
    assert pio.to_json(figure.to_dict(), validate=False) == was
    assert larger.layout.font.size == figure.layout.font.size * charts.WALL
    assert larger.layout.margin.l == figure.layout.margin.l * charts.WALL
    assert larger.data[-1].line.width == figure.data[-1].line.width * charts.WALL
    assert tuple(larger.data[-1].y) == tuple(figure.data[-1].y)


def test_the_axis_of_few_orders_has_no_line_at_half_an_order() -> None:
    days = [date(2026, 11, 1) + timedelta(days=one) for one in range(3)]
    few = look.trend([(day, 1) for day in days], height=200, beside=[("上期", [(days[0], 5)])])
    many = look.trend([(day, 40) for day in days], height=200)
    assert few.layout.yaxis.dtick == 1 and many.layout.yaxis.dtick is None


def test_the_wall_is_not_for_a_post_without_a_region(office: Office) -> None:
    office.who = world.urban()
    assert "没有管辖区域" in shown(office.open("wall"))


def test_a_home_says_how_many_are_due_and_late(office: Office, frozen: clock.FrozenClock) -> None:
    world.sent(world.taken("1"))
    frozen.advance(timedelta(days=3))
    office.who = seated(world.street())
    assert "1 件，今天到期 1，逾期 0" in shown(office.open("street"))


def test_the_homes_of_city_and_district_show_the_panel(
    office: Office,
) -> None:
    office.who = people.principal(roles=("city_officer",), prefixes=("9901",), unit_id="gov-9901",
                                  kind="government", level="city", region_code="9901")  # fmt: skip
    world.sent(world.taken("1"))
    told()
    text = shown(office.open("city"))
    for words in (
        "七个环节",
        "条形为目前在办，实时",
        "今天到期为实时",
        "实时，逐级展开",
        "逾期分布",
        "各地诉求",
        "今天各时段受理",
        "大屏轮播",
        "没有逾期工单",
    ):
        assert words in text, words


def test_the_trend_stands_beside_last_period_and_last_year(
    busy: Office, frozen: clock.FrozenClock
) -> None:
    found = panel.read(world.command(), world.CITY)
    assert orderpanel.compared(found) == "近 30 天共受理 5 件，上期 0 件，上年同期 无数据"
    frozen.advance(timedelta(days=30))
    later = panel.read(world.command(), world.CITY)
    assert orderpanel.compared(later) == "近 30 天共受理 0 件，上期 5 件，上年同期 无数据"
    assert [day for day, _ in later.before] == [day for day, _ in later.trend]
    frozen.advance(timedelta(weeks=52) - timedelta(days=5))
    year = panel.read(world.command(), world.CITY)
    assert len(orderpanel.beside(year)) == 2
    assert "上年同期 5 件" in orderpanel.compared(year)


def test_a_finished_figure_is_drawn_as_it_was(busy: Office) -> None:
    found = panel.read(world.command(), world.CITY)
    figure = look.trend(found.trend, height=200, beside=orderpanel.beside(found))
    was = pio.to_json(figure.to_dict(), validate=False)
    finished = charts.Finished(figure)
    figure.update_layout(height=10)
    assert pio.to_json(finished.to_dict(), validate=False) == was
    drawn = [one.proto.spec for one in busy.open("panel").get("plotly_chart")]
    assert was in drawn


def test_one_sentence_on_a_figure_asks_each_unit_about_its_order(busy: Office) -> None:
    busy.who = replace(world.command(), acting_for="李四")
    late = queries.listed(busy.who, Filters(due="逾期")).rows
    done = instructing.instruct(busy.who, [one.id for one in late], "三日内办结并答复来电人")
    assert len(done.numbers) == 3 and not done.left
    sheets = supervised(busy.who, "督办中")
    assert {one.reason for one in sheets} == {"批示：三日内办结并答复来电人"}
    assert {one.issued_by_name for one in sheets} == {f"{busy.who.name}（代 李四）"}
    again = instructing.instruct(busy.who, [one.id for one in late], "再次催办这些工单")
    assert not again.numbers and len(again.left) == 3 and "没有签发" in again.words
    for orders, words, why in (
        ([], "三日内办结", "目前没有在办工单"),
        ([late[0].id] * 21, "三日内办结", "一次最多批示 20 件"),
        ([late[0].id], "办", "请写明批示"),
    ):
        with pytest.raises(SupervisionError, match=why):
            instructing.instruct(busy.who, orders, words)
    with pytest.raises(Denied):
        instructing.instruct(world.community(), [late[0].id], "三日内办结")


def test_an_instruction_is_drawn_once_it_is_opened_and_keeps_what_is_typed(busy: Office) -> None:
    page = busy.open("panel")
    assert not page.get("text_input")
    page.session_state[asking.OPENED] = True  # opened
    page.run()
    page.text_input(key="instruct_words").set_value("三日内办结并答复来电人").run()
    page.session_state[asking.OPENED] = False  # closed again, by mistake
    page.run()
    assert page.text_input(key="instruct_words").value == "三日内办结并答复来电人"
    page.selectbox(key="instruct_figure").set_value("在办").run()
    page.button(key="instruct_send").click().run()
    assert "签发" in shown(page) and not page.exception
    sheets = supervised(busy.who, "督办中")
    assert sheets and {one.reason for one in sheets} == {"批示：三日内办结并答复来电人"}
    assert page.text_input(key="instruct_words").value == ""
