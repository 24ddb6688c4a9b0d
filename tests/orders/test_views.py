"""Views of orders as addresses, templates for answers, filters under a name."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.affairs.orders import addresses, boxes, phrases
from portal.affairs.orders.boxes import ANY, NAMES, View
from portal.affairs.orders.phrases import About
from portal.functions import drafts, keepsakes
from portal.functions.keepsakes import NotKeptError
from portal.store import clock
from portal.store import drafts as drawer
from portal.store.reply_texts import ReplyText
from tests.orders import world
from tests.pages.test_orders import seated

WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
DAYS = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))
NARROW = st.builds(
    lambda **given: replace(ANY, **given),
    states=st.lists(WORDS, max_size=3).map(tuple),
    open=st.sampled_from([None, True, False]),
    urgency=st.sampled_from([None, 1, 2, 3, 4]),
    kind=st.just("") | WORDS,
    category=st.sampled_from(["", "04", "04.02.01"]),
    region=st.sampled_from(["", world.CITY, world.PLACE]),
    unit=st.just("") | WORDS,
    due=st.sampled_from(["", "逾期", "临期", "今天到期"]),
    place=st.just("") | WORDS,
    since=DAYS,
    until=DAYS,
    on_account=st.sampled_from([None, True, False]),
    whole=st.booleans(),
    closed_since=DAYS,
    sort=st.sampled_from(["时限", "最新"]),
)


@given(box=st.sampled_from(list(NAMES)), narrow=NARROW)
def test_an_address_names_the_view_it_was_made_from(
    box: boxes.BoxId, narrow: boxes.Filters
) -> None:
    view = View(box=box, narrow=narrow)
    assert addresses.read(addresses.query(view)) == view


@given(query=st.dictionaries(st.sampled_from(addresses.WORDS), st.text(max_size=30)))
def test_whatever_stands_in_an_address_is_read_or_left_out(query: dict[str, str]) -> None:
    view = addresses.read(query)
    assert view is None or view.box in NAMES


def test_an_address_without_filters_names_nothing() -> None:
    assert addresses.read({"id": "x", "due": ""}) is None
    found = addresses.read({"due": "昨天", "since": "2026-13-01", "urgency": "x", "box": "y"})
    assert found == View(box="all", narrow=ANY)


# -- templates ------------------------------------------------------------------------------------

ABOUT = About(order_no="63001", title="{单位}漏水", place="柳岸小区", kind="投诉", category="04.02",
              state="办理中", unit_name="湖滨街道", today=date(2026, 11, 3))  # fmt: skip


def template(name: str, **over: object) -> ReplyText:
    return ReplyText.model_validate({"id": name, "name": name, "text": "您好，【情况】。"} | over)


def test_what_is_known_is_filled_in_once() -> None:
    one = template("a", text="{编号}{标题}在{地点}，{单位}{日期}：【情况】{不认识}")
    assert phrases.filled(one, ABOUT) == (
        "63001{单位}漏水在柳岸小区，湖滨街道2026年11月3日：【情况】{不认识}"
    )


@pytest.mark.parametrize(
    ("over", "fits"),
    [
        ({}, True),
        ({"category": "04"}, True),
        ({"category": "04.02"}, True),
        ({"category": "04.021"}, False),
        ({"category": "4"}, False),
        ({"kinds": ["咨询"]}, False),
        ({"kinds": ["投诉"], "states": ["办理中"]}, True),
        ({"states": ["重办"]}, False),
        ({"item": "text"}, False),
    ],
)
def test_a_template_is_offered_where_it_fits(over: dict[str, object], fits: bool) -> None:
    assert bool(phrases.fitting([template("a", **over)], ABOUT, "answer")) is fits


def test_the_closest_template_comes_first() -> None:
    texts = [template("any"), template("kind", kinds=["投诉"]), template("class", category="04.02")]
    found = [one.id for one in phrases.fitting(texts, ABOUT, "answer")]
    assert found == ["class", "kind", "any"]


def test_only_what_a_template_left_open_is_unfilled() -> None:
    texts = [template("a")]
    assert phrases.unfilled(texts, "您好，【情况】。【情况】") == ("【情况】",)
    assert phrases.unfilled(texts, "见【2026】12 号文。") == ()


# -- filters under a name -------------------------------------------------------------------------


@pytest.mark.usefixtures("hailing")
def test_what_is_kept_does_not_age_and_waits_for_nobody(frozen: clock.FrozenClock) -> None:
    who = seated(world.street())
    keepsakes.keep(who, "orders.filters", "  本周  到期 ", "due=今天到期")
    drafts.save(who, "feedback", "", "反馈", {"body": "写到一半"})
    assert [one.title for one in drafts.mine(who)] == ["反馈"]
    frozen.advance(drawer.KEPT_FOR * 2)
    assert drawer.expire() == 1
    assert keepsakes.kept(who, "orders.filters") == {"本周 到期": "due=今天到期"}
    assert keepsakes.kept(seated(world.community()), "orders.filters") == {}
    keepsakes.drop(who, "orders.filters", "本周 到期")
    assert keepsakes.kept(who, "orders.filters") == {}


@pytest.mark.usefixtures("hailing", "frozen")
def test_names_and_numbers_have_their_limits() -> None:
    who = seated(world.street())
    for name in ("", "  ", "长" * 21):
        with pytest.raises(NotKeptError, match="没有保存"):
            keepsakes.keep(who, "orders.filters", name, "due=逾期")
    for number in range(keepsakes.MOST):
        keepsakes.keep(who, "orders.filters", str(number), "due=逾期")
    with pytest.raises(NotKeptError, match="最多保存"):
        keepsakes.keep(who, "orders.filters", "又一个", "due=逾期")
    keepsakes.keep(who, "orders.filters", "0", "due=临期")
    assert keepsakes.kept(who, "orders.filters")["0"] == "due=临期"
