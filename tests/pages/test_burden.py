"""减负计量 and 考评分区 on the panels: every level, each number with what is behind it."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import pytest

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.forms import burden, desk, held, queries
from portal.affairs.forms.desk import Change
from portal.affairs.forms.queries import Behind, What
from portal.affairs.forms.words import Held
from portal.affairs.rates import closing
from portal.look import map as sketch
from portal.look.map import Mark
from portal.pages.parts import burdenpanel, ordermap
from portal.store import clock, measure_notes
from tests.forms import world
from tests.orders import world as orders
from tests.pages.conftest import Office, shown
from tests.pages.test_orders import seated
from tests.rates import desk as rates

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def handed(office: Office, frozen: clock.FrozenClock) -> Iterator[Office]:
    """One of four communities has answered a form."""
    world.use()
    form_id = world.sent()
    answer = world.answer(form_id)
    desk.save(world.clerk(), answer.id, [Change(row=0, field="teams", value="6", base=0)])
    desk.move(world.clerk(), answer.id, "hand_in")
    measure_notes.drain()
    yield office
    held.comes_from(Held)


def _panel(office: Office, who: Principal, region: str) -> str:
    office.who = seated(who)
    return shown(office.open("panel", region=region))


def test_the_meter_stands_on_the_panel_of_every_level(handed: Office) -> None:
    below = {world.CITY: "东湖区", world.DISTRICT: "湖滨街道", world.STREET: "柳岸"}
    for who in (world.city(), world.district(), world.street(), world.clerk()):
        region = who.unit.region_code
        found = burden.read(who, region)
        text = _panel(handed, who, region)
        card = text[text.index("减负计量") :]
        for words in ("系统自动填充", "逐栏手工填写需", "现在需", "上月全月无数据", "模拟数据",
                      f"{found.now.hours.saved:,} 小时", "分钟数为系统默认，可修改"):  # fmt: skip
            assert words in card, (region, words)
        assert ("各地减负" in card) is (region in below)
        if region in below:
            assert below[region] in card and "/panel?region=" in card


def test_the_homes_and_the_wall_show_it(handed: Office) -> None:
    for who, home in ((world.city(), "city"), (world.district(), "district")):
        handed.who = seated(who)
        assert "减负计量" in shown(handed.open(home))
    tab = handed.open("wall")
    seen = []
    for _ in range(5):
        seen.append(shown(tab))
        tab.run()
    assert any("本月减负" in one and "节省工时" in one for one in seen)


def test_each_number_opens_as_many_answers_as_it_says(
    handed: Office, frozen: clock.FrozenClock
) -> None:
    who = seated(world.district())
    handed.who = who
    for month in (11, 12):
        if month == 12:  # another answers in the next month; the form of November counts no more
            frozen.advance(timedelta(days=15))
            late = next(one for one in queries.answers(who, "全部") if one.state == "待填报")
            clerk = world.clerk(place=late.region_code)
            desk.save(clerk, late.id, [Change(row=0, field="teams", value="6", base=0)])
            desk.move(clerk, late.id, "hand_in")
            measure_notes.drain()
        tiles = {one.name: one for one in burdenpanel.tiles(burden.read(who, world.DISTRICT))}
        for name, number in (("下发报表", (month == 11) * 2), ("上报", 1), ("拒收报表", 0)):
            query = dict(parse_qsl(urlsplit(tiles[name].href).query))
            behind = Behind(region=query["region"], what=cast(What, query["what"]),
                            month=date.fromisoformat(f"{query['month']}-01"))  # fmt: skip
            listed = queries.answers(who, "全部", behind)
            assert tiles[name].value == len(listed) == number, (month, name)
            text = shown(handed.open("forms", **query))
            assert f"2026年{month}月" in text and text.count("<tr") == (len(listed) or -1) + 1


def test_an_address_of_another_place_narrows_nothing(handed: Office) -> None:
    handed.who = seated(world.clerk())
    other = {"part": "all", "region": world.CITY, "what": "sent", "month": "2026-11"}
    assert "只列出：" not in shown(handed.open("forms", **other))
    city = Behind(region=world.CITY, what="sent", month=date(2026, 11, 1))
    with pytest.raises(Denied):
        queries.answers(world.clerk(), "全部", city)
    handed.who = seated(world.city())
    assert "海陵市民政局" in shown(handed.open("forms", part="burden"))


def test_a_post_without_the_forms_sees_no_meter(handed: Office) -> None:
    who = seated(orders.command())
    handed.who = who
    may = burdenpanel.may(who, world.CITY)
    assert ("减负计量" in shown(handed.open("panel"))) is may


def test_nothing_asked_is_said_and_no_share_is_made_of_it(office: Office) -> None:
    text = _panel(office, world.city(), world.CITY)
    assert "还没有计量" in text and "0%" not in text[text.index("减负计量") :]


# -- zones ----------------------------------------------------------------------------------------


def _zones(office: Office, who: Principal) -> str:
    office.who = who
    tab = office.open("panel")
    region = who.unit.region_code
    tab.get("button_group")[0].set_value(ordermap.ZONES)
    assert tab.get("button_group")[0].key == f"order_theme_{region}"
    return shown(tab.run())


def test_zones_are_those_of_the_last_closed_month_with_their_rule(office: Office) -> None:
    rates.file(rates.some(400, rates.month(2026, 10), seed=1))
    city, district = seated(world.city()), seated(world.district())
    assert "结账前不分区" in _zones(office, city)
    assert closing.close_due()
    for who, place in ((city, "东湖区"), (district, "湖滨街道")):
        text = _zones(office, who)
        tiles = re.findall(r'<a[^>]*title="([^"]+)"[^>]*>', text[text.index("各地考评分区") :])
        named = dict(unescape(one).split("：") for one in tiles if "：" in one)
        assert place in named
        assert set(named.values()) <= {"蓝区", "黄区", "红区", "样本不足", "无样本"}
        for words in (
            "2026年10月，已结账",
            "蓝区（好）：",
            "红区：",
            "系统默认，可修改",
            "/league",
        ):
            assert words in text, words


def test_communities_have_no_zones(office: Office) -> None:
    office.who = seated(world.street())
    assert not office.open("panel").get("button_group")


def test_a_zone_on_the_map_is_told_by_word_and_shape_too() -> None:
    square = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]}
    features = [
        {"properties": {"code": code, "name": name}, "geometry": square}
        for code, name in (("1", "甲区"), ("2", "乙区"))
    ]
    figure = sketch.marked(features, {"1": Mark(words="▲ 红区", fill="#fff", edge="#000")})
    said = [one.text for one in figure.layout.annotations]
    assert "甲区<br><b>▲ 红区</b>" in said and "乙区<br><b>无数据</b>" in said
